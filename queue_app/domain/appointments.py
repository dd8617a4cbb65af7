"""The life of an appointment: one table says what may follow what.

An appointment's row is the fold of its events, as a ticket's is. Whose it is (name, phone,
e-mail) is not part of that: events are kept for ever, people's data is not.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Literal

from msgspec import Struct
from msgspec.structs import asdict, replace

from queue_app.domain.catalogue import Channel, Language
from queue_app.domain.errors import Conflict
from queue_app.domain.tickets import CLOCKS_APART, State

AppointmentState = Literal["held", "booked", "cancelled", "expired", "fulfilled", "missed"]
AppointmentVerb = Literal[
    "hold",
    "extend",
    "confirm",
    "move",
    "change",
    "correct",
    "cancel",
    "expire",
    "check_in",
    "fulfil",
    "miss",
    "unsettle",
    "settle",
    "restore",
]
Settlement = Literal["moved", "cancelled", "came", "staff", "restored", "over"]

OPEN: tuple[AppointmentState, ...] = ("held", "booked")
"""States in which an appointment occupies its lane."""

TRANSITIONS: dict[
    AppointmentVerb, tuple[frozenset[AppointmentState | None], AppointmentState | None]
] = {
    "hold": (frozenset({None}), "held"),
    "extend": (frozenset({"held"}), None),
    "confirm": (frozenset({"held"}), "booked"),
    "move": (frozenset({"held", "booked"}), None),
    "change": (frozenset({"booked"}), None),
    "correct": (frozenset({"booked"}), None),
    "cancel": (frozenset({"held", "booked"}), "cancelled"),
    "expire": (frozenset({"held"}), "expired"),
    "check_in": (frozenset({"booked"}), None),
    "fulfil": (frozenset({"booked"}), "fulfilled"),
    "miss": (frozenset({"booked"}), "missed"),
    "unsettle": (frozenset({"booked"}), None),
    "settle": (frozenset({"booked"}), None),
    "restore": (frozenset({"booked"}), None),
}
"""verb: the states it may start from, and the state it leads to; None: it stays as it is.

Changed plans `unsettle` a booking, which keeps its place on paper until it is settled: staff
`settle` it, or plans that fit it again `restore` it.
"""

INSTEAD = "instead"
"""Why a hold was given back: its browser holds another time instead."""

SETTLES: dict[AppointmentVerb, Settlement] = {
    "move": "moved",
    "change": "moved",
    "cancel": "cancelled",
    "check_in": "came",
    "settle": "staff",
    "restore": "restored",
    "fulfil": "over",
    "miss": "over",
}
"""How each verb settles a booking that changed plans had hit."""


class AppointmentEvent(Struct, frozen=True):
    """One thing that happened to an appointment; `seq` counts from 1 without a gap.

    `hold` sets everything but `seq`, `at` and the actor; `move` the lane and the period, `change`
    the services with their lane and end, and the start where that is another one, too, `extend`
    `held_until`, `confirm` the language. `correct` says that name or contact are others
    now, not which. `why` stands where changed plans are the cause, or the name alone was corrected.
    """

    seq: int
    at: datetime
    verb: AppointmentVerb
    actor: str
    lane_id: int | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    held_until: datetime | None = None
    language: Language | None = None
    services: tuple[str, ...] | None = None
    why: str | None = None

    @property
    def settles(self) -> Settlement | None:
        """How it settles a booking that changed plans had hit, if it does."""
        given_up = self.verb == "cancel" and self.why not in (None, INSTEAD)
        return "over" if given_up else SETTLES.get(self.verb)


class AppointmentProgress(Struct, frozen=True):
    """How far an appointment has come: the part of its row that events change.

    `ends_at` is the end of what is planned for the visit. `held_until` stays after a hold has
    expired.
    """

    revision: int
    state: AppointmentState
    services: tuple[str, ...]
    lane_id: int
    starts_at: datetime
    ends_at: datetime
    held_until: datetime | None
    language: Language
    checked_in_at: datetime | None
    changed_at: datetime


class Appointment(Struct, frozen=True):
    """A visit's place in time, as its row has it."""

    branch_id: int
    id: int
    token: str
    code: str
    channel: Channel
    services: tuple[str, ...]
    revision: int
    state: AppointmentState
    lane_id: int
    starts_at: datetime
    ends_at: datetime
    held_until: datetime | None
    language: Language
    checked_in_at: datetime | None
    changed_at: datetime
    name: str | None = None
    phone: str | None = None
    email: str | None = None
    wish_id: int | None = None
    """The wish to which this time was offered, if it was."""
    ticket_token: str | None = None
    """The link of the ticket that this appointment got at check-in, if any."""
    ticket_state: State | None = None
    ticket_started_at: datetime | None = None
    """When its visit began, if it did."""
    ticket_ended_at: datetime | None = None
    ticket_expected_at: datetime | None = None
    """From when whoever was called in vain is called again, if they are."""

    @property
    def progress(self) -> AppointmentProgress:
        return AppointmentProgress(
            **{name: getattr(self, name) for name in AppointmentProgress.__struct_fields__}
        )

    def at(self, progress: AppointmentProgress) -> "Appointment":
        """The same appointment, come so far."""
        return replace(self, **asdict(progress))


def apply(progress: AppointmentProgress | None, event: AppointmentEvent) -> AppointmentProgress:
    """What the appointment becomes; Conflict `appointment_state` where it may not follow."""
    state = progress.state if progress else None
    allowed, then = TRANSITIONS[event.verb]
    if state not in allowed:
        raise Conflict("appointment_state", state=state)
    if progress is None:
        return _held(event)
    return replace(
        progress,
        revision=event.seq,
        changed_at=event.at,
        state=then or progress.state,
        **_changes(event),
    )


def _held(event: AppointmentEvent) -> AppointmentProgress:
    assert event.lane_id is not None
    assert event.starts_at
    assert event.ends_at
    assert event.language
    assert event.services
    return AppointmentProgress(
        revision=event.seq,
        state="held",
        services=event.services,
        lane_id=event.lane_id,
        starts_at=event.starts_at,
        ends_at=event.ends_at,
        held_until=event.held_until,
        language=event.language,
        checked_in_at=None,
        changed_at=event.at,
    )


def _changes(event: AppointmentEvent) -> dict[str, object]:
    match event.verb:
        case "move":
            return {
                "lane_id": event.lane_id,
                "starts_at": event.starts_at,
                "ends_at": event.ends_at,
            }
        case "change":
            later = {"starts_at": event.starts_at} if event.starts_at else {}
            return {
                "services": event.services,
                "lane_id": event.lane_id,
                "ends_at": event.ends_at,
                **later,
            }
        case "extend":
            return {"held_until": event.held_until}
        case "confirm":
            return {"held_until": None, "language": event.language}
        case "cancel":
            return {"held_until": None}
        case "check_in":
            return {"checked_in_at": event.at}
        case _:
            return {}


def fold(events: Iterable[AppointmentEvent]) -> AppointmentProgress:
    """The progress that these events, in order of `seq` and at least one, lead to."""
    progress: AppointmentProgress | None = None
    for event in events:
        progress = apply(progress, event)
    assert progress
    return progress


Ender = Literal["resident", "another_choice", "time", "centre"]


class Ending(Struct, frozen=True):
    """Who ended an appointment, and when: its resident, who may have chosen another time in the
    same browser; the time that a hold has; the centre.

    `was_booked`: it was more than a hold. `why`: what changed plans left it without a place.
    """

    by: Ender
    at: datetime
    was_booked: bool
    why: str | None = None


def ending(events: Sequence[AppointmentEvent], now: datetime) -> Ending | None:
    """Of a cancelled or expired one, swept or not; None of any other."""
    progress, last = fold(events), events[-1]
    if (
        progress.state == "held"
        and progress.held_until
        and _is_over(progress.held_until, last.at, now)
    ):
        return Ending("time", min(progress.held_until, now), was_booked=False)
    if last.verb == "expire":
        return Ending("time", progress.held_until or last.at, was_booked=False)
    if last.verb != "cancel":
        return None
    booked = any(one.verb == "confirm" for one in events)
    if last.why == INSTEAD:
        return Ending("another_choice", last.at, booked)
    by: Ender = "resident" if last.actor == "resident" and not last.why else "centre"
    return Ending(by, last.at, booked, last.why)


def taken_up(booked: Appointment, now: datetime) -> tuple[datetime, datetime]:
    """From when until when a booking that is not over takes up its resident: at its time, or at
    that of a call's second try; not before `now`, where it is late or goes on."""
    begins = max(booked.starts_at, booked.ticket_expected_at or booked.starts_at, now)
    return begins, begins + (booked.ends_at - booked.starts_at)


def lapsed(appointment: Appointment, now: datetime) -> bool:
    """Whether this is a hold whose time has run out, swept or not.

    One that is from later than now is from before the clock was set back, and counts for nothing:
    else it would last by as much longer.
    """
    if appointment.state != "held" or appointment.held_until is None:
        return False
    return _is_over(appointment.held_until, appointment.changed_at, now)


def _is_over(held_until: datetime, changed_at: datetime, now: datetime) -> bool:
    return held_until <= now or now + CLOCKS_APART < changed_at


def as_of(appointment: Appointment, now: datetime) -> Appointment:
    """The appointment with a hold that ran out shown as expired, swept or not."""
    return replace(appointment, state="expired") if lapsed(appointment, now) else appointment


def require_confirmable(appointment: Appointment, now: datetime) -> None:
    """Conflict `hold_expired`, or `appointment_state` where it is not held any more."""
    if as_of(appointment, now).state == "expired":
        raise Conflict("hold_expired")
    if appointment.state != "held":
        raise Conflict("appointment_state", state=appointment.state)


def require_changeable(appointment: Appointment, now: datetime) -> None:
    """Whether its resident may still move or cancel it.

    Conflict `appointment_state`, `already_checked_in`, `too_late_to_change`.
    """
    require_not_come(appointment, now)
    if appointment.starts_at <= now:
        raise Conflict("too_late_to_change")


def require_not_come(appointment: Appointment, now: datetime) -> None:
    """Whether staff may still move it: whose time has passed and who has not come is given another
    on the telephone. Conflict `appointment_state`, `already_checked_in`.
    """
    state = as_of(appointment, now).state
    if state not in OPEN:
        raise Conflict("appointment_state", state=state)
    if appointment.checked_in_at is not None:
        raise Conflict("already_checked_in")


def require_correctable(appointment: Appointment) -> None:
    """Whether its resident may still give another name or contact.

    Conflict `appointment_state`, `already_checked_in`.
    """
    if appointment.checked_in_at is not None:
        raise Conflict("already_checked_in")
    if appointment.state != "booked":
        raise Conflict("appointment_state", state=appointment.state)
