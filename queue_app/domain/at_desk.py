"""What only a desk is told of who is there: their name, what was noted, what can be undone."""

from datetime import datetime

from msgspec import Struct

from queue_app.domain.catalogue import Channel
from queue_app.domain.contacts import ContactField


class UndoView(Struct, frozen=True):
    """The last thing that can be taken back at this desk, until `until`.

    `back`: a transfer that changed nothing but the place, so the person went back to the queue.
    """

    ticket: int
    number: str
    verb: str
    until: datetime
    channel: Channel = "visit"
    back: bool = False


class VisitNoted(Struct, frozen=True):
    """What a member of staff noted of a visit, with its event `seq`; `author`: a login."""

    seq: int
    at: datetime
    author: str
    text: str


class DeskExtra(Struct, frozen=True):
    """The name and number behind a booking at the desk, at which of its contacts our messages do
    not arrive, and what may be undone there."""

    name: str | None = None
    phone: str | None = None
    undo: UndoView | None = None
    refused: tuple[ContactField, ...] = ()
    notes: tuple[VisitNoted, ...] = ()
    """What was noted of this visit before, such as by whoever transferred it."""
