"""What API v1 takes from staff, and gives them."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct, field

from queue_app.api.shapes import AsItIs, Body, Code, Codes
from queue_app.domain.catalogue import Channel, Text
from queue_app.domain.interruptions import Kind
from queue_app.domain.people import Role
from queue_app.domain.tickets import PickReason, State
from queue_app.domain.told_range import Wait


class ContactAtDesk(Body, frozen=True):
    """What is left out stays as it is."""

    phone: Annotated[str, Meta(min_length=1, max_length=80)] | None = None
    email: Annotated[str, Meta(min_length=1, max_length=254)] | None = None
    as_it_is: AsItIs = field(default_factory=list)


class Credentials(Body, frozen=True):
    login: Annotated[str, Meta(max_length=200)]
    password: Annotated[str, Meta(max_length=1000)]


class SessionView(Struct, frozen=True):
    token: str
    expires_at: datetime
    login: str
    role: Role
    branch: str | None


class DeskView(Struct, frozen=True):
    id: int
    number: str
    services: tuple[str, ...]
    state: str
    clerk: str | None
    pause_reason: str | None
    mine: bool


class Pause(Body, frozen=True):
    reason: Annotated[str, Meta(max_length=200)] = ""


class DeskDone(Struct, frozen=True):
    id: int
    number: str
    state: str


class NewInterruption(Body, frozen=True):
    """`services`: codes, null for all; `note`: why, which the screens show for `other`."""

    kind: Kind
    services: Annotated[list[Code], Meta(max_length=500)] | None = None
    note: Annotated[str, Meta(max_length=200)] = ""


class Resumption(Body, frozen=True):
    """`after_minutes`: from the end to the first call; null for what is usual."""

    after_minutes: int | None = None


class InterruptionDone(Struct, frozen=True):
    """`resumes_at` is set once the end has been said."""

    id: int
    kind: Kind
    services: tuple[str, ...] | None
    note: str | None
    started_at: datetime
    ended_at: datetime | None
    resumes_at: datetime | None


class NewCall(Body, frozen=True):
    """`why`: of a ticket that is picked before others."""

    ticket: int | None = None
    why: PickReason | None = None


class Finish(Body, frozen=True):
    """`services`: those that were given in the end, null: as asked for; `outcome`: a code of the
    centre's; `note`: deleted with the visit's name and contact."""

    services: Codes | None = None
    outcome: Code | None = None
    note: Annotated[str, Meta(max_length=500)] = ""


class Transfer(Body, frozen=True):
    services: Codes | None = None
    desk: int | None = None
    note: Annotated[str, Meta(max_length=500)] = ""


class RightCheck(Body, frozen=True):
    """`shown` false: there was no document, and the person waits in the usual order."""

    shown: bool


class TicketDone(Struct, frozen=True):
    """A ticket after a verb. `desk` is the number on the board."""

    id: int
    number: str
    state: State
    services: tuple[str, ...]
    channel: Channel
    desk: str | None
    due_at: datetime | None
    issued_at: datetime
    called_at: datetime | None
    calls: int
    started_at: datetime | None
    ended_at: datetime | None


class Queued(Struct, frozen=True):
    """Somebody in a desk's queue: place from 1, and why."""

    place: int
    ticket: int
    number: str
    channel: Channel
    services: tuple[str, ...]
    issued_at: datetime
    due_at: datetime | None
    reason: Text
    reason_code: str
    wait: Wait | None
