"""The life of a ticket: one table says what may follow what.

A ticket's row is the fold of its events. Verbs use the same `apply` as the fold, so the
row cannot say anything that the events do not.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from queue_app.domain.catalogue import Channel, Language
from queue_app.domain.company import CompanyKind
from queue_app.domain.dispatch import Waiting
from queue_app.domain.errors import Conflict

State = Literal["waiting", "called", "serving", "parked", "finished", "no_show", "left"]
Verb = Literal[
    "issue",
    "call",
    "recall",
    "start",
    "finish",
    "no_show",
    "park",
    "return",
    "transfer",
    "leave",
    "expect",
    "rejoin",
    "redirect",
    "prove",
    "deny",
    "undo",
]

LIVE: tuple[State, ...] = ("waiting", "called", "serving", "parked")
"""States of people who are still in the house."""
CLOCKS_APART = timedelta(minutes=1)
"""So far may the clocks of two processes differ; further, one was set back."""
RECALL_SECONDS = 5
"""A call-out is heard to its end: recalls of one person lie at least so far apart."""

AT_DESK: tuple[State, ...] = ("called", "serving")
"""States in which a ticket occupies a desk."""

TRANSITIONS: dict[Verb, tuple[frozenset[State | None], State]] = {
    "issue": (frozenset({None}), "waiting"),
    "call": (frozenset({"waiting", "parked"}), "called"),
    "recall": (frozenset({"called"}), "called"),
    "start": (frozenset({"called"}), "serving"),
    "finish": (frozenset({"serving"}), "finished"),
    "no_show": (frozenset({"called"}), "no_show"),
    "park": (frozenset({"called", "serving"}), "parked"),
    "return": (frozenset({"parked", "no_show"}), "waiting"),
    "transfer": (frozenset({"called", "serving"}), "waiting"),
    "leave": (frozenset({"waiting", "parked", "called", "serving"}), "left"),
    "expect": (frozenset({"called"}), "waiting"),
    "rejoin": (frozenset({"waiting", "no_show", "left"}), "waiting"),
    "redirect": (frozenset({"waiting", "parked"}), "waiting"),
    "prove": (frozenset({"serving"}), "serving"),
    "deny": (frozenset({"called", "serving"}), "waiting"),
}
"""verb: the states it may start from, and the state it leads to.

Whoever is called before their booked time and is not there is `expect`ed at that time. By `rejoin`
whoever booked is there again, as long as their booking holds. A supervisor `redirect`s whoever
waits: to one desk, or to whoever gives other services. By `prove` the clerk has seen the document
of a right to go first, by `deny` there was none: its holder waits in the usual order.
"""

PickReason = Literal["returned", "short", "unwell", "with_child", "agreed", "told", "other"]
PICK_REASONS: tuple[PickReason, ...] = (
    "returned",
    "short",
    "unwell",
    "with_child",
    "agreed",
    "told",
    "other",
)
"""Why somebody is called before others: they came back to finish, have a short question, are
unwell, have a small child, agreed on it with the desk, or whoever is in charge has said so."""

UNDOABLE: frozenset[Verb] = frozenset(
    {"call", "recall", "start", "finish", "no_show", "park", "return", "transfer", "expect",
     "prove", "deny"}
)  # fmt: skip
"""What a clerk may take back. A ticket stays issued, and who left has left."""


class Event(Struct, frozen=True):
    """One thing that happened to a ticket; `seq` counts from 1 without a gap.

    `services` and `for_desk_id` are set by `issue`, `transfer` and `redirect`, `desk_id` by `call`,
    `expected_at` by `expect`; `queued_at` by `issue`, where the place is not that of its time;
    `given` and `outcome` by `finish`, where they were said; `why` by the `call` of somebody picked.
    """

    seq: int
    at: datetime
    verb: Verb
    actor: str
    desk_id: int | None = None
    services: tuple[str, ...] | None = None
    for_desk_id: int | None = None
    expected_at: datetime | None = None
    queued_at: datetime | None = None
    given: tuple[str, ...] | None = None
    outcome: str | None = None
    why: PickReason | None = None


class Progress(Struct, frozen=True):
    """How far a ticket has come: the part of its row that events change.

    `expected_at`: whoever waits was not there when called early, and is called from then on.
    `given`: the services that were given in the end, empty while nobody said that they were others
    than `services`; `outcome`: a code of the centre's.
    `right_shown`: whether there was a document for the right to go first; None: nobody asked yet.
    """

    revision: int
    state: State
    services: tuple[str, ...]
    queued_at: datetime
    for_desk_id: int | None = None
    desk_id: int | None = None
    called_at: datetime | None = None
    calls: int = 0
    started_at: datetime | None = None
    ended_at: datetime | None = None
    expected_at: datetime | None = None
    given: tuple[str, ...] = ()
    outcome: str | None = None
    right_shown: bool | None = None


class Ticket(Struct, frozen=True):
    """One row: what stays as it was issued, and `progress`, which events change."""

    branch_id: int
    id: int
    day: date
    number: str
    token: str
    channel: Channel
    priority: str | None
    language: Language
    appointment_id: int | None
    due_at: datetime | None
    issued_at: datetime
    progress: Progress
    changed_at: datetime | None = None
    """When the last thing happened to it; None where that was not asked for."""
    people: int = 1
    """Who come with the same errand on this number."""
    company: CompanyKind | None = None

    def as_waiting(self) -> Waiting:
        return Waiting(
            id=self.id,
            number=self.number,
            services=self.progress.services,
            queued_at=self.progress.queued_at,
            due_at=self.due_at,
            priority=standing_right(self.priority, self.progress.right_shown),
            for_desk_id=self.progress.for_desk_id,
            expected_at=self.progress.expected_at,
            people=self.people,
        )


def standing_right(priority: str | None, shown: bool | None) -> str | None:
    """The right to go first, as long as nobody missed its document."""
    return None if shown is False else priority


def apply(progress: Progress | None, event: Event) -> Progress:
    """What the ticket becomes by this event; Conflict `ticket_state` where it may not follow.

    `undo` needs the whole history: see `fold`.
    """
    state = progress.state if progress else None
    allowed, then = TRANSITIONS[event.verb]
    if state not in allowed:
        raise Conflict("ticket_state", state=state, verb=event.verb)
    if progress is None:
        assert event.services
        return Progress(
            revision=event.seq,
            state="waiting",
            services=event.services,
            queued_at=event.queued_at or event.at,
        )
    waits = {"revision": event.seq, "state": then, "expected_at": event.expected_at}
    return replace(progress, **waits | _changes(progress, event))


def _changes(progress: Progress, event: Event) -> dict[str, object]:
    away: dict[str, object] = {
        "desk_id": None,
        "called_at": None,
        "calls": 0,
        "started_at": None,
        "ended_at": None,
    }
    match event.verb:
        case "call":
            return {"desk_id": event.desk_id, "called_at": event.at, "calls": 1}
        case "recall":
            return {"calls": progress.calls + 1}
        case "start":
            return {"started_at": event.at}
        case "finish":
            given = event.given or ()
            return {"ended_at": event.at, "given": given, "outcome": event.outcome}
        case "no_show" | "leave":
            return {"ended_at": event.at}
        case "prove":
            return {"right_shown": True}
        case "deny":
            return away | {"right_shown": False}
        case "transfer" | "redirect":
            return away | {
                "services": event.services or progress.services,
                "for_desk_id": event.for_desk_id,
            }
        case _:
            return away


def is_away(progress: Progress, now: datetime) -> bool:
    """Whether they were not there when called early, and are not expected back yet."""
    return progress.expected_at is not None and now < progress.expected_at


def expected_next(
    ticket: Ticket,
    events: Iterable[Event],
    now: datetime,
    again_minutes: int,
    others: Iterable[tuple[datetime, datetime]] = (),
    lasts: timedelta = timedelta(0),
) -> datetime | None:
    """From when somebody who was called and is not there is called again; None: a no-show.

    Called before the time they booked, they are expected at that time: nobody has missed a visit
    that was not due. Who does not answer a booked phone call is called once more
    `again_minutes` later; 0: not again. `others`: from when until when the same person has other
    bookings; this call of `lasts` waits until none of them is in its way.
    """
    back = expected_back(ticket.due_at, ticket.progress.called_at)
    if ticket.channel != "phone" or not again_minutes:
        return back
    due = ticket.due_at or ticket.issued_at
    again = [one for one in effective(events) if one.expected_at and one.expected_at > due]
    if back or again:
        return back
    return _clear_of(others, now + timedelta(minutes=again_minutes), lasts)


def _clear_of(
    others: Iterable[tuple[datetime, datetime]], start: datetime, lasts: timedelta
) -> datetime:
    """The first moment from `start` on at which so much time meets none of the others."""
    for begins, ends in sorted(others):
        if begins < start + lasts and start < ends:
            start = ends
    return start


def expected_back(due_at: datetime | None, called_at: datetime | None) -> datetime | None:
    """The booked time, for whoever was called before it."""
    return due_at if due_at and called_at and called_at < due_at else None


def effective(events: Iterable[Event]) -> list[Event]:
    """The events that still count: an `undo` takes back itself and the one before it."""
    kept: list[Event] = []
    for event in events:
        if event.verb == "undo":
            kept.pop()
        else:
            kept.append(event)
    return kept


def fold(events: Iterable[Event]) -> Progress:
    """The progress that these events, in order of `seq` and at least one, lead to."""
    every = list(events)
    progress: Progress | None = None
    for event in effective(every):
        progress = apply(progress, event)
    assert progress
    return replace(progress, revision=every[-1].seq)


def require_heard(events: Iterable[Event], now: datetime) -> None:
    """Conflict `recall_too_soon`, with when a recall is possible, while the last is still heard."""
    recalls = [one.at for one in effective(events) if one.verb == "recall"]
    possible_at = recalls[-1] + timedelta(seconds=RECALL_SECONDS) if recalls else now
    was_set_back = bool(recalls) and now < recalls[-1] - CLOCKS_APART
    if now < possible_at and not was_set_back:
        raise Conflict("recall_too_soon", possible_at=possible_at)


def puts_back(events: Iterable[Event]) -> bool:
    """Whether the last event that counts sent the person back to the queue for the same services:
    a transfer in which nothing but the place changed."""
    kept = effective(events)
    last = kept[-1]
    if last.verb != "transfer" or last.for_desk_id is not None:
        return False
    return last.services is None or set(last.services) == set(fold(kept[:-1]).services)


def undoable(events: Iterable[Event], now: datetime, undo_minutes: int) -> Event | None:
    """The event that an undo would take back now, or None."""
    kept = effective(events)
    if not kept or kept[-1].verb not in UNDOABLE:
        return None
    return kept[-1] if now - kept[-1].at <= timedelta(minutes=undo_minutes) else None
