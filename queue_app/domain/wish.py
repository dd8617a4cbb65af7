"""The waiting list: whoever found no time says what would suit, and is offered what comes free.

An offer is a start that is held for one wish; it stands for a time that fits the hour. Of those
whom a start suits, whoever asked first is offered it first.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from msgspec import Struct

from queue_app.domain.catalogue import Channel, Language
from queue_app.domain.centre import Rules
from queue_app.domain.contacts import Resident
from queue_app.domain.errors import Conflict, RuleBroken
from queue_app.domain.hours import Window, instant
from queue_app.domain.quiet import Quiet

WishState = Literal["open", "booked", "withdrawn", "ended"]
WishVerb = Literal["make", "change", "book", "withdraw", "end"]
LEADS_TO: dict[WishVerb, WishState] = {
    "make": "open",
    "change": "open",
    "book": "booked",
    "withdraw": "withdrawn",
    "end": "ended",
}

SHORTEST = timedelta(minutes=15)
"""What stands for less is read too late by most, so it is not offered at all."""
UNANSWERED = 3
"""After so many offers without an answer nobody waits any more."""
FARTHEST = timedelta(days=90)
"""No wish is for a day farther ahead."""
WEEK = tuple(range(7))
DAY_HOURS = 24


class Wanted(Struct, frozen=True):
    """What would suit: for which services, where and when, in the centre's local time.

    `weekdays` count from Monday, 0, and none means any. A start suits from `from_hour` on and
    before `until_hour`, 24 being midnight.
    """

    services: tuple[str, ...]
    channel: Channel
    branches: tuple[int, ...]
    first_day: date
    last_day: date
    weekdays: tuple[int, ...] = ()
    from_hour: int = 0
    until_hour: int = DAY_HOURS

    @property
    def last_that_suits(self) -> date | None:
        """The last of its days; None where no day is of its weekdays."""
        days = min((self.last_day - self.first_day).days + 1, len(WEEK))
        week = (self.last_day - timedelta(days=back) for back in range(days))
        return next(filter(self.is_of_week, week), None)

    def suits(self, branch_id: int, start: datetime) -> bool:
        """`start`: in the centre's local time."""
        return (
            branch_id in self.branches
            and self.first_day <= start.date() <= self.last_day
            and self.is_of_week(start.date())
            and self.from_hour <= start.hour < self.until_hour
        )

    def is_of_week(self, day: date) -> bool:
        """Whether the day is one of its weekdays."""
        return not self.weekdays or day.weekday() in self.weekdays


class Wish(Struct, frozen=True):
    """What somebody waits for, as its row has it."""

    id: int
    token: str
    state: WishState
    wanted: Wanted
    language: Language
    made_at: datetime
    changed_at: datetime
    revision: int
    name: str | None = None
    phone: str | None = None
    email: str | None = None

    @property
    def person(self) -> Resident:
        return Resident(self.name or "", self.phone, self.email)


class Listed(Struct, frozen=True):
    """A wish in its place on the list, with what rules out a start that would suit.

    `had`: by branch and start, in UTC, what it was offered before. `busy`: when they are booked.
    """

    wish: Wish
    had: frozenset[tuple[int, datetime]] = frozenset()
    busy: tuple[Window, ...] = ()


def check_wanted(wanted: Wanted, today: date) -> Wanted:
    """The same in order, with each branch and weekday once.

    RuleBroken `wish_without_branch`, `wish_days`, `wish_hours`, with the `field` that it is about.
    """
    if not wanted.branches:
        raise RuleBroken("wish_without_branch", field="branches")
    if not 0 <= wanted.from_hour < wanted.until_hour <= DAY_HOURS:
        raise RuleBroken("wish_hours", field="from_hour")
    made = Wanted(
        services=wanted.services,
        channel=wanted.channel,
        branches=tuple(dict.fromkeys(wanted.branches)),
        first_day=max(wanted.first_day, today),
        last_day=wanted.last_day,
        weekdays=tuple(sorted(set(wanted.weekdays) & set(WEEK))),
        from_hour=wanted.from_hour,
        until_hour=wanted.until_hour,
    )
    if made.last_day > today + FARTHEST or made.last_that_suits is None:
        raise RuleBroken("wish_days", field="last_day", last=today + FARTHEST)
    return made


def first_fit(
    listed: Listed, branch_id: int, days: Mapping[date, Sequence[datetime]], minutes: int
) -> datetime | None:
    """The first of these free starts that suits and can be offered; by date, in local time and in
    order.

    `minutes`: how long the visit is planned for. What overlaps a booking of theirs suits nobody.
    """
    wanted = listed.wish.wanted
    if branch_id not in wanted.branches:
        return None
    for day, starts in days.items():
        if not (wanted.first_day <= day <= wanted.last_day and wanted.is_of_week(day)):
            continue
        for start in starts:
            if wanted.from_hour <= start.hour < wanted.until_hour and _is_new_and_free(
                listed, branch_id, start.astimezone(UTC), minutes
            ):
                return start
    return None


def _is_new_and_free(listed: Listed, branch_id: int, begins: datetime, minutes: int) -> bool:
    ends = begins + timedelta(minutes=minutes)
    return (branch_id, begins) not in listed.had and not any(
        one.opens < ends and begins < one.closes for one in listed.busy
    )


def in_order(line: Iterable[Wish]) -> list[Wish]:
    """Whoever asked first comes first; a change of the wish keeps its place."""
    return sorted(line, key=lambda wish: (wish.made_at, wish.id))


def stands_until(now: datetime, starts_at: datetime, rules: Rules, quiet: Quiet) -> datetime | None:
    """Until when a start that is offered now is held; None: it is not offered now.

    Nobody is written to in the night, nor so late in the evening that the message might wake
    somebody. It ends while there is still time to come, on a full minute.
    """
    first = first_offered(now, rules, quiet)
    if first is None or starts_at < first:
        return None
    latest = starts_at - timedelta(minutes=rules.lead_minutes)
    return min(_full_minute(now + timedelta(minutes=rules.offer_minutes)), latest)


def first_offered(now: datetime, rules: Rules, quiet: Quiet) -> datetime | None:
    """The earliest start that is offered now, as `stands_until` has it; None: none is."""
    if rules.offer_minutes == 0 or quiet.holds(now) or quiet.holds(now + SHORTEST):
        return None
    shortest = min(SHORTEST, timedelta(minutes=rules.offer_minutes))
    return now + timedelta(minutes=rules.lead_minutes) + shortest


def _full_minute(moment: datetime) -> datetime:
    """The first full minute from this moment on."""
    whole = moment.replace(second=0, microsecond=0)
    return whole if whole == moment else whole + timedelta(minutes=1)


def ends_at(wanted: Wanted, rules: Rules, zone: ZoneInfo) -> datetime:
    """From then on no start that suits can be booked any more."""
    day = wanted.last_that_suits or wanted.last_day
    late, hour = divmod(wanted.until_hour, DAY_HOURS)
    over = instant(day + timedelta(days=late), time(hour), zone)
    return over - timedelta(minutes=rules.lead_minutes)


def competes(one: Wanted, other: Wanted) -> bool:
    """Whether some start at some branch suits both, each for what they need."""
    first, last = max(one.first_day, other.first_day), min(one.last_day, other.last_day)
    days = min((last - first).days + 1, len(WEEK))
    return (
        one.channel == other.channel
        and bool(set(one.branches) & set(other.branches))
        and max(one.from_hour, other.from_hour) < min(one.until_hour, other.until_hour)
        and any(
            one.is_of_week(day) and other.is_of_week(day)
            for day in (first + timedelta(days=ahead) for ahead in range(days))
        )
    )


def before(wish: Wish, line: Sequence[Wish]) -> int:
    """How many of those who asked earlier wait for such times, too."""
    ahead = in_order([*line, wish])
    earlier = ahead[: ahead.index(wish)]
    return sum(one.id != wish.id and competes(one.wanted, wish.wanted) for one in earlier)


def gives_up(unanswered: int) -> bool:
    """Whether so many offers without an answer say that nobody waits any more."""
    return unanswered >= UNANSWERED


def require_open(wish: Wish) -> None:
    """Conflict `wish_state` where nobody waits for it any more."""
    if wish.state != "open":
        raise Conflict("wish_state", state=wish.state)
