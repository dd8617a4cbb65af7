"""The small protocol behind which every way out of the house stands."""

from datetime import datetime
from typing import Literal, Protocol

from msgspec import Struct

from queue_app.domain.catalogue import Language
from queue_app.domain.messages import Medium
from queue_app.domain.pushes import PushSubscription, Urgency


class CalendarPart(Struct, frozen=True):
    """An iCalendar file that goes with a mail, and what it asks of whoever reads it (RFC 5546)."""

    method: Literal["REQUEST", "CANCEL"]
    content: bytes


class PushPart(Struct, frozen=True):
    """To which browser a push goes, and how long it is worth anything. `topic`: a newer one of
    the same takes its place while it waits for the phone."""

    branch_id: int
    subscription_id: int
    to: PushSubscription
    ttl_seconds: int
    urgency: Urgency
    topic: str


class Letter(Struct, frozen=True):
    """A message as it is handed over. `identity` is the same however often it is sent, and no
    other's in any database; `outbox` is the same for all that this database sends.

    `html`, `calendar` and `unsubscribe` are of a mail: what it looks like, the booking as a
    calendar has it, and the address by which no further reminder is asked for. `centre`: its
    title in the letter's language.
    """

    identity: str
    outbox: str
    channel: Medium
    recipient: str
    language: Language
    subject: str
    text: str
    created_at: datetime
    html: str | None = None
    calendar: CalendarPart | None = None
    unsubscribe: str | None = None
    centre: str | None = None
    push: PushPart | None = None


class Undeliverable(Exception):
    """It is useless to try again; `str()` says why, without anybody's data."""


class NoSuchRecipient(Undeliverable):
    """And that is about whom it is for: at this contact nothing arrives."""


class NotNow(Exception):
    """It may go later; `str()` says why, without anybody's data. `after_seconds`: nothing is taken
    by this way before so many of the real time have passed."""

    def __init__(self, reason: str, after_seconds: float | None = None) -> None:
        super().__init__(reason)
        self.after_seconds = after_seconds


class Needless(Exception):
    """Nobody is to be told any more; `str()` says why, without anybody's data."""


class Adapter(Protocol):
    @property
    def hangs(self) -> bool:
        """Whether it is at something yet that was given up: until that ends it is handed nothing
        more, and no message has failed for it."""
        ...

    async def deliver(self, letter: Letter) -> None:
        """Hand it over. Undeliverable: never; Needless: nobody is there to be told; any other
        exception: not now."""
        ...

    async def rest(self) -> None:
        """Nothing more is due at the moment: what stands open may be closed. Raises nothing."""
        ...
