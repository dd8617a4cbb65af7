"""What API v1 takes and gives. Read with `interface.md`; the OpenAPI file shows the same."""

from datetime import date, datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from queue_app.domain.appointments import AppointmentState
from queue_app.domain.catalogue import Channel, Duration, Language, Text
from queue_app.domain.centre import BranchKind, Checklist, Contact, Note, Priority, Weekday
from queue_app.domain.company import MOST_PEOPLE, CompanyKind
from queue_app.domain.interruptions import Kind
from queue_app.domain.people import Role
from queue_app.domain.tickets import PickReason, State
from queue_app.domain.waits import Wait
from queue_app.domain.wish import WishState

Code = Annotated[str, Meta(max_length=80)]
Codes = Annotated[list[Code], Meta(max_length=20)]
AsItIs = Annotated[list[Literal["email", "overlap"]], Meta(max_length=10)]
"""What was asked back about and is meant as it is: an e-mail that is hardly one, refused as
`contact_unsure`, and a booking beside another of the same contact, `overlapping_bookings`."""
Proofs = Annotated[list[Annotated[str, Meta(max_length=80)]], Meta(max_length=4)]
"""Of `POST /proofs`, proven: asked for by 422 `contact_unproven`."""


class Body(Struct, frozen=True, forbid_unknown_fields=True):
    """The body of a request: what it names and we do not know is refused, not dropped."""


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
    """`title` in the language that was asked for; `matched`: the words of ours that led there."""

    kind: Literal["service", "note"]
    code: str
    title: str
    matched: tuple[str, ...]


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
    """`closures`: from today on, in their order."""

    slug: str
    kind: BranchKind
    title: Text
    address: Text | None
    timezone: str
    hours: dict[str, tuple[OpenView, ...]]
    closures: tuple[ClosureView, ...]
    kiosk: str
    opens_at: datetime | None
    closes_at: datetime | None


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


class NewAppointment(Body, frozen=True):
    services: Codes
    starts_at: datetime
    channel: Channel = "visit"


class Confirmation(Body, frozen=True):
    name: Annotated[str, Meta(max_length=200)]
    phone: Annotated[str, Meta(max_length=80)] | None = None
    email: Annotated[str, Meta(max_length=254)] | None = None
    language: Language | None = None
    as_it_is: AsItIs = []
    proofs: Proofs = []
    work: Annotated[str, Meta(max_length=20)] = ""


class ContactAtDesk(Body, frozen=True):
    """What is left out stays as it is."""

    phone: Annotated[str, Meta(min_length=1, max_length=80)] | None = None
    email: Annotated[str, Meta(min_length=1, max_length=254)] | None = None
    as_it_is: AsItIs = []


class LookUp(Body, frozen=True):
    """`contact`: the phone or e-mail with which it was booked."""

    code: Annotated[str, Meta(max_length=40)]
    contact: Annotated[str, Meta(max_length=254)]


class ContactChange(Body, frozen=True):
    """What is left out stays as it is."""

    name: Annotated[str, Meta(min_length=1, max_length=200)] | None = None
    phone: Annotated[str, Meta(min_length=1, max_length=80)] | None = None
    email: Annotated[str, Meta(min_length=1, max_length=254)] | None = None
    as_it_is: AsItIs = []
    proofs: Proofs = []


class NewProof(Body, frozen=True):
    """A phone or an e-mail to which a code is sent."""

    contact: Annotated[str, Meta(max_length=254)]
    language: Language | None = None


class ProofAsked(Struct, frozen=True):
    """`proof`: a secret of whoever asked, shown this once."""

    proof: str
    contact: str
    expires_at: datetime


class ProofCode(Body, frozen=True):
    code: Annotated[str, Meta(max_length=40)]


class NewWish(Body, frozen=True):
    """What would suit where no time does: days in the centre's local time, weekdays, of which none
    means any, and full hours, from one on and before another."""

    services: Codes
    branches: Annotated[list[Code], Meta(min_length=1, max_length=40)]
    first_day: date
    last_day: date
    name: Annotated[str, Meta(max_length=200)]
    phone: Annotated[str, Meta(max_length=80)] | None = None
    email: Annotated[str, Meta(max_length=254)] | None = None
    channel: Channel = "visit"
    weekdays: Annotated[list[Weekday], Meta(max_length=7)] = []
    from_hour: Annotated[int, Meta(ge=0, le=23)] = 0
    until_hour: Annotated[int, Meta(ge=1, le=24)] = 24
    language: Language | None = None
    as_it_is: AsItIs = []
    proofs: Proofs = []


class FirstWish(NewWish, frozen=True):
    """`instead`: the link's token of a booking that changed plans left without a place, which is
    given up once something is booked in its stead."""

    instead: Code | None = None


class OfferView(Struct, frozen=True):
    """A time that is held for a wish until `held_until`."""

    branch: str
    starts_at: datetime
    ends_at: datetime
    held_until: datetime


class WishView(Struct, frozen=True):
    """A place on the waiting list. `before`: so many wait longer for such times; `appointment`: the
    token of what was booked. Contacts are shown in part."""

    token: str
    state: WishState
    services: tuple[str, ...]
    channel: Channel
    branches: tuple[str, ...]
    first_day: date
    last_day: date
    weekdays: tuple[Weekday, ...]
    from_hour: int
    until_hour: int
    before: int
    offer: OfferView | None = None
    appointment: str | None = None
    name: str | None = None
    phone: str | None = None
    email: str | None = None


class Rescheduling(Body, frozen=True):
    starts_at: datetime


class ServicesChange(Body, frozen=True):
    """`starts_at`: another start; without it the booking keeps its own."""

    services: Codes
    starts_at: datetime | None = None


class AppointmentView(Struct, frozen=True):
    """One's own appointment; `phone` and `email` are shown in part, as whoever holds the link may
    be somebody else.

    `branch_retired`: the branch has closed for good; the appointment can only be cancelled.
    `work_bits`, of what is held: a program that is to book without a proof of the contact sends as
    `work` a number with which the SHA-256 of "token.number" begins with so many zero bits; 0: none.
    """

    token: str
    code: str
    state: AppointmentState
    branch: str
    channel: Channel
    services: tuple[str, ...]
    starts_at: datetime
    ends_at: datetime
    held_until: datetime | None
    name: str | None
    phone: str | None
    email: str | None
    ticket_token: str | None
    branch_retired: bool
    work_bits: int


class ProofView(Struct, frozen=True):
    """A proven contact, shown in part, and whatever is booked with it."""

    contact: str
    appointments: tuple[AppointmentView, ...]


class NewTicket(Body, frozen=True):
    services: Codes
    priority: Code | None = None
    language: Language | None = None
    people: Annotated[int, Meta(ge=1, le=MOST_PEOPLE)] = 1
    company: CompanyKind | None = None


class CheckIn(Body, frozen=True):
    code: Annotated[str, Meta(max_length=300)]


class Arrival(Body, frozen=True):
    """`hall_code`: what the board in the hall shows at this moment."""

    hall_code: Annotated[str, Meta(max_length=40)]


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


class PushKey(Struct, frozen=True):
    """In base64url, without padding."""

    key: str


class NewPush(Body, frozen=True):
    """A browser's own words, of its `PushSubscription`; the keys in base64url."""

    endpoint: Annotated[str, Meta(max_length=1000)]
    p256dh: Annotated[str, Meta(max_length=100)]
    auth: Annotated[str, Meta(max_length=40)]
    language: Language | None = None


class NoMorePush(Body, frozen=True):
    endpoint: Annotated[str, Meta(max_length=1000)]
