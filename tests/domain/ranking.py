"""Whom one desk would call of these people, as a hall finds it of its line."""

from collections.abc import Iterable
from datetime import datetime

from queue_app.domain.dispatch import (
    CallingDesk,
    InOrder,
    Outlook,
    Policy,
    Ranked,
    Waiting,
    for_desk,
)


def rank(
    waiting: Iterable[Waiting],
    desk: CallingDesk,
    now: datetime,
    policy: Policy,
    outlook: Outlook | None = None,
) -> list[Ranked]:
    line = InOrder(waiting, now, policy, lambda one: one)
    return [*for_desk(line, desk, now, policy, outlook)]
