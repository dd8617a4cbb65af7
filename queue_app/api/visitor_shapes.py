"""What API v1 takes from residents and kiosks, and gives them."""

from datetime import date, datetime
from typing import Annotated

from msgspec import Meta, Struct, field

from queue_app.api.shapes import AsItIs, Body, Code, Codes, Proofs
from queue_app.domain.appointments import AppointmentState
from queue_app.domain.catalogue import Channel, Language
from queue_app.domain.centre import Weekday
from queue_app.domain.company import MOST_PEOPLE, CompanyKind
from queue_app.domain.wish import WishState


class NewAppointment(Body, frozen=True):
    services: Codes
    starts_at: datetime
    channel: Channel = "visit"


class Confirmation(Body, frozen=True):
    name: Annotated[str, Meta(max_length=200)]
    phone: Annotated[str, Meta(max_length=80)] | None = None
    email: Annotated[str, Meta(max_length=254)] | None = None
    language: Language | None = None
    as_it_is: AsItIs = field(default_factory=list)
    proofs: Proofs = field(default_factory=list)
    work: Annotated[str, Meta(max_length=20)] = ""


class LookUp(Body, frozen=True):
    """`contact`: the phone or e-mail with which it was booked."""

    code: Annotated[str, Meta(max_length=40)]
    contact: Annotated[str, Meta(max_length=254)]


class ContactChange(Body, frozen=True):
    """What is left out stays as it is."""

    name: Annotated[str, Meta(min_length=1, max_length=200)] | None = None
    phone: Annotated[str, Meta(min_length=1, max_length=80)] | None = None
    email: Annotated[str, Meta(min_length=1, max_length=254)] | None = None
    as_it_is: AsItIs = field(default_factory=list)
    proofs: Proofs = field(default_factory=list)


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
    weekdays: Annotated[list[Weekday], Meta(max_length=7)] = field(default_factory=list)
    from_hour: Annotated[int, Meta(ge=0, le=23)] = 0
    until_hour: Annotated[int, Meta(ge=1, le=24)] = 24
    language: Language | None = None
    as_it_is: AsItIs = field(default_factory=list)
    proofs: Proofs = field(default_factory=list)


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
