"""What API v1 gives of the centre: its catalogue, branches, free days and waits."""

from datetime import date, datetime
from typing import Literal

from msgspec import Struct, field

from queue_app.domain.catalogue import Channel, Duration, Text
from queue_app.domain.centre import BranchKind, Checklist, Contact, Note, Priority


class ServiceView(Struct, frozen=True):
    code: str
    title: Text
    duration: Duration
    channels: tuple[Channel, ...]
    documents: tuple[str, ...]
    bring: tuple[str, ...]
    planned_minutes: int


class GroupView(Struct, frozen=True):
    code: str
    title: Text
    services: tuple[ServiceView, ...]


class CatalogueView(Struct, frozen=True):
    title: Text
    groups: tuple[GroupView, ...]
    checklists: tuple[Checklist, ...]
    contacts: tuple[Contact, ...]
    notes: tuple[Note, ...]
    priorities: tuple[Priority, ...]


class FoundView(Struct, frozen=True):
    """`title` in the language that was asked for; `matched`: the words of ours that led there;
    `sure`: more than half of the words of the question are known here."""

    kind: Literal["service", "note"]
    code: str
    title: str
    matched: tuple[str, ...]
    sure: bool


class SearchView(Struct, frozen=True):
    """Best first."""

    results: tuple[FoundView, ...]


class OpenView(Struct, frozen=True):
    """Local hours of one day."""

    opens: str
    closes: str


class ClosureView(Struct, frozen=True):
    """A day with other hours than the week's; none: closed all day."""

    date: date
    reason: Text
    hours: tuple[OpenView, ...]


class BranchView(Struct, frozen=True):
    """`closures`: from today on, in their order. `tickets_at`: from when the kiosk gives tickets
    for the hours that begin at `opens_at`, while it gives none. `priority_minutes`: whoever has a
    right to go first is called before those without a booking who came up to so much earlier."""

    slug: str
    kind: BranchKind
    title: Text
    address: Text | None
    timezone: str
    hours: dict[str, tuple[OpenView, ...]]
    closures: tuple[ClosureView, ...]
    kiosk: str
    opens_at: datetime | None
    tickets_at: datetime | None
    closes_at: datetime | None
    priority_minutes: int


class DayView(Struct, frozen=True):
    date: date
    starts: tuple[datetime, ...]


class DaysView(Struct, frozen=True):
    days: tuple[DayView, ...]


class WalkInNow(Struct, frozen=True):
    """What a walk-in who comes now waits, and how many wait already; None: nobody can say."""

    low_minutes: int | None
    high_minutes: int | None
    people: int | None


class HalfHourView(Struct, frozen=True):
    """`from`: a local time."""

    begins: datetime = field(name="from")
    low_minutes: int = 0
    high_minutes: int = 0


class WaitsView(Struct, frozen=True):
    """`now`: None where no ticket is given at this moment. `held_percent`: of the walk-ins of the
    last 30 days, how many waited as long as was foretold an hour before; None: not known yet."""

    made_at: datetime | None
    now: WalkInNow | None
    by_half_hour: tuple[HalfHourView, ...]
    held_percent: int | None
