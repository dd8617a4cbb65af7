"""Whom one desk would call of these people, as a hall finds it of its line."""

from collections.abc import Iterable
from datetime import datetime

from queue_app.domain.dispatch import (
    CallingDesk,
    Outlook,
    Policy,
    Ranked,
    Waiting,
    for_desk,
    in_order,
)


def rank(
    waiting: Iterable[Waiting],
    desk: CallingDesk,
    now: datetime,
    policy: Policy,
    outlook: Outlook | None = None,
) -> list[Ranked]:
    return [*for_desk(in_order(waiting, now, policy), desk, now, policy, outlook)]
