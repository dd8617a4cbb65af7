"""Who is called next, and why: the one ranking for console, estimates and simulator.

Every person has a key in minutes: when they joined the queue, or the time they booked, less the
head start of their class. The lowest key is called first. A key never changes while its person
waits, so whoever comes later by more than the largest head start can never pass: nobody
starves, and within a class nobody overtakes. A policy is the set of those numbers.

The exact law: at a desk that can serve you nobody is called before you who joined more than
`longest_head_start` after you joined or, with a booking kept in time, after the time you booked;
except who was sent to that very desk.

Two things depend on the moment. A booking that came early has no claim before `early_minutes`
to its time: until then it is called only where a desk has nobody else. And a desk that is the
last one to be free for a booking about to fall due does not begin a visit that would make the
booked person wait (`lookahead_minutes`). Only who would rank behind that booking is held back
for it, so the law above holds with the look ahead as well.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from heapq import merge
from operator import attrgetter, itemgetter
from typing import Generic, Literal, Protocol, TypeVar

from msgspec import Struct

ReasonCode = Literal[
    "sent_to_desk",
    "booked_on_time",
    "priority",
    "booked_late",
    "waiting_longest",
    "booked_early",
    "expected",
    "held_for_booking",
    "service_paused",
]
PolicyName = Literal["promise", "fcfs", "merge", "fair"]

GRACE_MINUTES = 5.0
"""A booked person may be made to wait this long before somebody is held back for them."""
_SENT_AHEAD = 1e6
_MINUTE = timedelta(minutes=1)


class Policy(Struct, frozen=True):
    """The numbers by which people are ranked, in minutes.

    `from_booked_time`: a booking counts from its time, else from its check-in.
    `late_minutes`: a check-in later than this joins the live queue; None: it keeps its time.
    `early_minutes`: from when before its time a booking has its claim; None: from check-in.
    """

    name: PolicyName
    booked_head_start: float = 0.0
    priority_head_start: float = 0.0
    from_booked_time: bool = True
    late_minutes: float | None = None
    early_minutes: float | None = None
    lookahead_minutes: float = 0.0


POLICIES: dict[PolicyName, Policy] = {
    policy.name: policy
    for policy in (
        # Ours: bookings near their time, priority with ageing, and a look ahead.
        Policy(
            "promise",
            booked_head_start=120,
            priority_head_start=45,
            late_minutes=10,
            early_minutes=10,
            lookahead_minutes=10,
        ),
        # First come, first served: a booking is worth nothing once its holder is there.
        Policy("fcfs", from_booked_time=False),
        # The ZMS of Berlin and Munich: one list by booked time or arrival.
        Policy("merge"),
        # Qmatic's fair queueing: waiting counts from the booked time, the late are walk-ins.
        Policy("fair", priority_head_start=20, late_minutes=10, early_minutes=0),
    )
}


class Waiting(Struct, frozen=True, gc=False):
    """A person who waits. `queued_at`: when they joined; `due_at`: their booked time, if any.

    `late_after`: where an interruption moved the moment from which the booking counts as late.
    `expected_at`: from when they may be called, as they were not there when called early.
    `people`: so many with the same errand, called at once and served one after the other.
    """

    id: int
    number: str
    services: tuple[str, ...]
    queued_at: datetime
    due_at: datetime | None = None
    priority: str | None = None
    for_desk_id: int | None = None
    late_after: datetime | None = None
    expected_at: datetime | None = None
    people: int = 1


class CallingDesk(Struct, frozen=True):
    """What dispatch needs of a desk: its id and the services it can give."""

    id: int
    services: frozenset[str]


class Person(Struct, frozen=True, gc=False):
    """A person who waits, with times as minutes from some origin."""

    id: int
    services: frozenset[str]
    queued: float
    due: float | None = None
    priority: bool = False
    for_desk_id: int | None = None
    late_after: float | None = None
    expected: float = -math.inf
    people: int = 1

    def is_away(self, minute: float) -> bool:
        """Whether they are not expected back by this minute."""
        return minute < self.expected


class Expected(Struct, frozen=True, gc=False):
    """A booking to come, its holder there or not: its minute and services, and whose it is."""

    due: float
    services: frozenset[str]
    id: int = 0


class Outlook(Struct, frozen=True):
    """What the look ahead sees.

    `expected`: bookings not called yet, by time, their holders there or not. `free`: each working
    desk and the minute from which it may call. `minutes`: the planned length of a visit for these
    services.
    """

    expected: Sequence[Expected]
    free: Sequence[tuple[CallingDesk, float]]
    minutes: Callable[[frozenset[str]], float]


class Claim(Struct, frozen=True, order=True, gc=False):
    """A person's place: the key, and the minute from which it counts."""

    key: float
    since: float


class Reason(Struct, frozen=True, gc=False):
    """Why a person is where they are; `due_at` and `priority` complete the sentence."""

    code: ReasonCode
    due_at: datetime | None = None
    priority: str | None = None


class Ranked(Struct, frozen=True, gc=False):
    waiting: Waiting
    reason: Reason


_Order = tuple[bool, float, int]
Placed = tuple[_Order, Waiting, ReasonCode]
"""Somebody who waits, where they stand, and why."""
_order = itemgetter(0)


def for_desk(
    line: Iterable[Placed],
    desk: CallingDesk,
    now: datetime,
    policy: Policy,
    outlook: Outlook | None = None,
) -> Iterator[Ranked]:
    """The people of a `line` that is `InOrder` at `now` whom this desk may call, first first,
    each with the reason.

    Minutes of the outlook count from `now`. Who is held back for a booking comes last: the
    desk may still call them, but is not told to.
    """
    kept = reserved(desk, 0.0, policy, outlook) if outlook else []
    held = []
    for _, one, code in line:
        if not may_call(desk, one):
            continue
        if kept and outlook and held_back(as_person(one, now), 0.0, policy, outlook, kept):
            held.append(one)
        else:
            yield _ranked(one, code)
    for one in held:
        yield _ranked(one, "held_for_booking")


def _ranked(one: Waiting, code: ReasonCode) -> Ranked:
    return Ranked(one, Reason(code, one.due_at, one.priority))


class AnyoneWaiting(Protocol):
    """What is asked of everybody who waits whenever a desk calls."""

    @property
    def id(self) -> int: ...
    @property
    def queued_at(self) -> datetime: ...
    @property
    def due_at(self) -> datetime | None: ...
    @property
    def priority(self) -> str | None: ...
    @property
    def for_desk_id(self) -> int | None: ...
    @property
    def expected_at(self) -> datetime | None: ...


S = TypeVar("S", bound=AnyoneWaiting)


class InOrder(Iterable[Placed], Generic[S]):
    """Everybody who may be called at `now`, first first, as they stand whichever desk calls,
    while none is kept free for a booking. Who is expected later is not among them.

    It is made whenever a desk calls, of everybody who waits, and mostly the first alone is asked
    for. So of those who wait by nothing but when they joined, as most do, it is said only then
    what `as_waiting`, `place` and `reason_of` say of anybody.

    `has_bookings`: whether anybody of them, expected later or not, is booked.
    """

    def __init__(
        self,
        people: Iterable[S],
        now: datetime,
        policy: Policy,
        as_waiting: Callable[[S], Waiting],
    ) -> None:
        self._now = now
        self._as_waiting = as_waiting
        self._usual, unusual = list[S](), list[S]()
        for one in people:
            (self._usual if _is_usual(one) else unusual).append(one)
        self._usual.sort(key=_joined)
        others = [as_waiting(one) for one in unusual]
        self.has_bookings = any(one.due_at is not None for one in others)
        self._others = [found for one in others if (found := _placed(one, now, policy))]
        self._others.sort(key=_order)

    def __iter__(self) -> Iterator[Placed]:
        usual = map(self._place, self._usual)
        return merge(usual, self._others, key=_order) if self._others else usual

    def _place(self, one: S) -> Placed:
        order = (False, (one.queued_at - self._now) / _MINUTE, one.id)
        return order, self._as_waiting(one), "waiting_longest"


def _is_usual(one: AnyoneWaiting) -> bool:
    return (
        one.due_at is None
        and one.priority is None
        and one.for_desk_id is None
        and one.expected_at is None
    )


_joined = attrgetter("queued_at", "id")


def _placed(one: Waiting, now: datetime, policy: Policy) -> Placed | None:
    """None who is expected later."""
    person = as_person(one, now)
    if person.is_away(0.0):
        return None
    return place(person, 0.0, policy), one, reason_of(person, 0.0, policy)


def place(person: Person, minute: float, policy: Policy) -> _Order:
    """The sort key of a person at this minute: without a claim yet, the key, the id."""
    own = claim(person, policy)
    return minute < own.since, own.key, person.id


def as_person(waiting: Waiting, origin: datetime) -> Person:
    return Person(
        waiting.id,
        frozenset(waiting.services),
        (waiting.queued_at - origin) / _MINUTE,
        (waiting.due_at - origin) / _MINUTE if waiting.due_at else None,
        waiting.priority is not None,
        waiting.for_desk_id,
        (waiting.late_after - origin) / _MINUTE if waiting.late_after else None,
        (waiting.expected_at - origin) / _MINUTE if waiting.expected_at else -math.inf,
        waiting.people,
    )


def may_call(desk: CallingDesk, person: "Person | Waiting") -> bool:
    """A desk may call whoever was sent to it, else those whose every service it gives."""
    if person.for_desk_id is not None:
        return person.for_desk_id == desk.id
    return desk.services.issuperset(person.services)


def claim(person: Person, policy: Policy) -> Claim:
    """The person's place under this policy; it does not change while they wait."""
    if person.for_desk_id is not None:
        return Claim(person.queued - _SENT_AHEAD, -math.inf)
    if person.due is None or not policy.from_booked_time or is_late(person, policy):
        head_start = policy.priority_head_start if person.priority else 0.0
        return Claim(person.queued - head_start, -math.inf)
    since = -math.inf if policy.early_minutes is None else person.due - policy.early_minutes
    return Claim(person.due - policy.booked_head_start, since)


def is_late(person: Person, policy: Policy) -> bool:
    """Whether a booking's holder came too late to keep its time."""
    if person.due is None or policy.late_minutes is None:
        return False
    if person.late_after is not None:
        return person.queued > person.late_after
    return person.queued > person.due + policy.late_minutes


def reason_of(person: Person, minute: float, policy: Policy) -> ReasonCode:
    """Why this person stands where they stand at this minute, whichever desk asks."""
    if person.for_desk_id is not None:
        return "sent_to_desk"
    if person.due is not None:
        if is_late(person, policy):
            return "booked_late"
        return "booked_early" if minute < claim(person, policy).since else "booked_on_time"
    return "priority" if person.priority else "waiting_longest"


def reserved(desk: CallingDesk, minute: float, policy: Policy, outlook: Outlook) -> list[Expected]:
    """The bookings within the look ahead that no desk but this one could take in time."""
    found = []
    for one in outlook.expected:
        if one.due > minute + policy.lookahead_minutes:
            break
        if one.due >= minute and one.services <= desk.services:
            by = one.due + GRACE_MINUTES
            if not any(
                free <= by and one.services <= other.services and other.id != desk.id
                for other, free in outlook.free
            ):
                found.append(one)
    return found


def held_back(
    person: Person, minute: float, policy: Policy, outlook: Outlook, kept: Sequence[Expected]
) -> bool:
    """Whether this person's visit would make one of these `reserved` bookings wait too long.

    Only the live queue is held back, and only for a booking that ranks before the person.
    """
    if not in_live_queue(person, policy) or policy.lookahead_minutes <= 0:
        return False
    length = outlook.minutes(person.services) * person.people
    key = claim(person, policy).key
    return any(
        one.due - minute < length - GRACE_MINUTES and one.due - policy.booked_head_start < key
        for one in kept
    )


def in_live_queue(person: Person, policy: Policy) -> bool:
    """Whether they wait by the time they joined: no booking, or one that lost its time."""
    return person.for_desk_id is None and (person.due is None or is_late(person, policy))


def longest_head_start(policy: Policy) -> float:
    """Minutes by which somebody may join after another and still be called before them."""
    if not policy.from_booked_time:
        return policy.priority_head_start
    if policy.late_minutes is None:
        return math.inf
    return max(policy.priority_head_start, policy.booked_head_start + policy.late_minutes)


def people_before(turns: Iterable[int], waiting: Iterable[Person | Waiting]) -> dict[int, int]:
    """How many people are called before each of these, who are called in this order: of a group
    on one number each counts."""
    people, found, before = {one.id: one.people for one in waiting}, dict[int, int](), 0
    for number in turns:
        found[number] = before
        before += people[number]
    return found
