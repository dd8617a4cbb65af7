"""What leaves the house: one message for an event, a channel and a recipient."""

from datetime import datetime, timedelta
from typing import Literal, get_args

from msgspec import Struct

from queue_app.domain.catalogue import Language

Medium = Literal["mail", "sms", "push", "print", "webhook"]
"""The way by which a message goes; a `Channel` is the way by which a service is given."""
MEDIA: tuple[Medium, ...] = get_args(Medium)
MessageKind = Literal[
    "booked",
    "moved",
    "cancelled",
    "plans",
    "link",
    "code",
    "missed",
    "reminder",
    "call",
    "soon",
    "offer",
    "unmet",
    "ticket",
    "reprint",
]

ATTEMPTS = 8
"""After so many failures a message is given up."""
FIRST_PAUSE = timedelta(seconds=30)
"""Between the first failure and the next attempt; four times as long after each further one."""


class Outgoing(Struct, frozen=True):
    """A message that is to be sent. `event`: which one it tells of, such as "appointment 7 3".

    What it says is made when it is sent, from what is known then; here stands only for whom. By
    push it is for every browser that is to be told of the visit: no `recipient` is named. In print
    it is for the printer of the kiosk that is the `recipient`, as actor, if it has one.
    """

    branch_id: int
    event: str
    kind: MessageKind
    channel: Medium
    recipient: str
    language: Language
    due_at: datetime
    appointment_id: int | None = None
    ticket_id: int | None = None


class Message(Struct, frozen=True):
    """A message that was taken to be sent; `attempts` counts this one, too.

    Its id may be given again once a backup was restored, its `identity` never is. `outbox`: that
    of the database from which it is.
    """

    branch_id: int
    id: int
    identity: str
    outbox: str
    event: str
    kind: MessageKind
    channel: Medium
    recipient: str
    language: Language
    created_at: datetime
    attempts: int
    appointment_id: int | None
    ticket_id: int | None


def pause_after(attempts: int, jitter: float) -> timedelta | None:
    """How long to wait after so many failed attempts; None: give up.

    `jitter` from 0 to 1 makes it up to a quarter longer, so that what failed together does not
    come back together.
    """
    if attempts >= ATTEMPTS:
        return None
    factor: float = 4 ** (attempts - 1) * (1 + jitter / 4)
    return FIRST_PAUSE * factor
