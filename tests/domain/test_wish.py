"""The laws of the waiting list, without a database."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from queue_app.domain.centre import Rules
from queue_app.domain.errors import RuleBroken
from queue_app.domain.hours import Window
from queue_app.domain.quiet import Quiet
from queue_app.domain.wish import (
    FARTHEST,
    SHORTEST,
    Listed,
    Wanted,
    Wish,
    before,
    check_wanted,
    competes,
    ends_at,
    first_fit,
    first_offered,
    in_order,
    stands_until,
)
from tests.conftest import KYIV

MONDAY, TUESDAY = date(2026, 11, 23), date(2026, 11, 24)
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=KYIV)
QUIET = Quiet(21, 8, KYIV)
WANTED = Wanted(("debt-amount",), "visit", (1, 2), TUESDAY, TUESDAY + timedelta(days=6))


def wish(number: int, wanted: Wanted = WANTED, made_at: datetime = NOON) -> Wish:
    return Wish(
        id=number,
        token=f"1-{number}",
        state="open",
        wanted=wanted,
        language="uk",
        made_at=made_at,
        changed_at=made_at,
        revision=1,
    )


def at(hour: int, minute: int = 0, day: date = TUESDAY) -> datetime:
    return datetime.combine(day, time(hour, minute), KYIV)


def by_day(starts: list[datetime]) -> dict[date, list[datetime]]:
    return {day: list(own) for day, own in groupby(starts, key=datetime.date)}


hours = st.tuples(st.integers(0, 23), st.integers(1, 24)).filter(lambda pair: pair[0] < pair[1])
wishes_for = st.builds(
    lambda branches, first, days, weekdays, span: Wanted(
        ("debt-amount",),
        "visit",
        tuple(sorted(branches)),
        MONDAY + timedelta(days=first),
        MONDAY + timedelta(days=first + days),
        tuple(sorted(weekdays)),
        *span,
    ),
    st.sets(st.integers(1, 3), min_size=1),
    st.integers(0, 10),
    st.integers(0, 10),
    st.sets(st.integers(0, 6)),
    hours,
)
starts = st.lists(
    st.integers(0, 21 * 24 * 6).map(lambda tens: at(0, 0, MONDAY) + timedelta(minutes=10 * tens)),
    unique=True,
).map(sorted)


@given(wishes_for, st.integers(1, 3), starts)
def test_what_is_offered_suits_and_nothing_earlier_does(
    wanted: Wanted, branch: int, free: list[datetime]
) -> None:
    found = first_fit(Listed(wish(1, wanted)), branch, by_day(free), 10)
    suiting = [
        one
        for one in free
        if branch in wanted.branches
        and wanted.first_day <= one.date() <= wanted.last_day
        and (not wanted.weekdays or one.weekday() in wanted.weekdays)
        and wanted.from_hour <= one.hour < wanted.until_hour
    ]
    assert found == (suiting[0] if suiting else None)


@given(st.lists(wishes_for, max_size=8), starts)
def test_of_those_whom_a_start_suits_the_first_is_offered_it_and_nobody_two(
    asked: list[Wanted], free: list[datetime]
) -> None:
    """As the house offers: down the list, each the first that suits and is left."""
    line = [wish(number, wanted) for number, wanted in enumerate(asked, 1)]
    left, offered = list(free), dict[int, datetime]()
    for one in in_order(reversed(line)):
        start = first_fit(Listed(one), 1, by_day(left), 10)
        if start is not None:
            offered[one.id] = start
            left.remove(start)
    assert len(set(offered.values())) == len(offered)
    for one in line:
        if one.id not in offered:
            assert not any(one.wanted.suits(1, start) for start in left)
        for other, start in offered.items():
            if other > one.id and one.wanted.suits(1, start):
                assert one.id in offered and offered[one.id] < start


@given(
    st.integers(0, 2 * 24 * 60),
    st.integers(-60, 4 * 24 * 60),
    st.integers(0, 90),
    st.sampled_from([0, 10, 15, 20, 30, 60]),
)
def test_an_offer_ends_before_it_is_too_late_to_come_and_never_wakes_anybody(
    minute: int, ahead: int, lead: int, stands: int
) -> None:
    rules = Rules(offer_minutes=stands, lead_minutes=lead)
    now = NOON + timedelta(minutes=minute)
    starts_at = now + timedelta(minutes=ahead)
    until = stands_until(now, starts_at, rules, QUIET)
    first = first_offered(now, rules, QUIET)
    assert (until is not None) is (first is not None and first <= starts_at)
    if until is None:
        return
    assert stands > 0
    assert now < until <= starts_at - timedelta(minutes=lead)
    assert until - now <= timedelta(minutes=stands)
    assert until - now >= min(SHORTEST, timedelta(minutes=stands))
    assert not QUIET.holds(now) and not QUIET.holds(now + SHORTEST)


def test_by_day_an_offer_stands_half_an_hour_and_less_where_the_time_is_near() -> None:
    def stands(now: datetime, starts_at: datetime) -> timedelta | None:
        until = stands_until(now, starts_at, Rules(), QUIET)
        return until - now if until else None

    assert stands(NOON, at(10)) == timedelta(minutes=30)
    assert stands(NOON, NOON + timedelta(minutes=50)) == timedelta(minutes=20)
    assert stands(NOON, NOON + timedelta(minutes=44)) is None
    assert stands(at(22, 0, MONDAY), at(10)) is None
    assert stands(at(20, 50, MONDAY), at(10)) is None
    assert stands(at(8, 0), at(10)) == timedelta(minutes=30)
    assert stands_until(NOON + timedelta(seconds=1), at(10), Rules(), QUIET) == NOON + timedelta(
        minutes=31
    )


def test_what_was_offered_before_or_overlaps_a_booking_is_not_offered() -> None:
    had = frozenset({(1, at(10).astimezone(UTC))})
    free = by_day([at(10), at(10, 10), at(10, 20)])
    assert first_fit(Listed(wish(1), had), 1, free, 10) == at(10, 10)
    assert first_fit(Listed(wish(1), had), 2, free, 10) == at(10)
    busy = (Window(at(10, 15).astimezone(UTC), at(10, 20).astimezone(UTC)),)
    assert first_fit(Listed(wish(1), had, busy), 1, free, 10) == at(10, 20)


@given(wishes_for, wishes_for, starts)
def test_those_who_do_not_compete_never_suit_the_same_start(
    one: Wanted, other: Wanted, free: list[datetime]
) -> None:
    assert competes(one, other) == competes(other, one)
    if not competes(one, other):
        assert not any(
            one.suits(branch, start) and other.suits(branch, start)
            for branch in (1, 2, 3)
            for start in free
        )


def test_whoever_asked_earlier_for_such_times_is_before() -> None:
    line = [
        wish(1),
        wish(2, replace(WANTED, branches=(3,))),
        wish(3, replace(WANTED, from_hour=8, until_hour=10)),
        wish(4, replace(WANTED, channel="phone")),
        wish(5),
        wish(6, made_at=NOON - timedelta(days=1)),
    ]
    assert [before(one, line) for one in line] == [1, 0, 2, 0, 3, 0]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"branches": ()}, "wish_without_branch"),
        ({"from_hour": 12, "until_hour": 12}, "wish_hours"),
        ({"until_hour": 25}, "wish_hours"),
        ({"last_day": MONDAY - timedelta(days=1)}, "wish_days"),
        ({"last_day": MONDAY + FARTHEST + timedelta(days=1)}, "wish_days"),
        ({"last_day": TUESDAY, "weekdays": (4,)}, "wish_days"),
        ({"first_day": date.min, "last_day": date.min}, "wish_days"),
        ({"last_day": date.max}, "wish_days"),
    ],
)
def test_a_wish_that_nothing_can_suit_is_refused(changes: dict[str, object], code: str) -> None:
    with pytest.raises(RuleBroken, match=code):
        check_wanted(replace(WANTED, **changes), MONDAY)


def test_a_wish_is_kept_in_order_and_from_today_on() -> None:
    asked = replace(
        WANTED, branches=(2, 1, 2), weekdays=(4, 1, 4, 9), first_day=MONDAY - timedelta(days=9)
    )
    kept = check_wanted(asked, MONDAY)
    assert (kept.branches, kept.weekdays, kept.first_day) == ((2, 1), (1, 4), MONDAY)


@given(wishes_for)
def test_after_its_end_nothing_suits_any_more(wanted: Wanted) -> None:
    if wanted.last_that_suits is None:
        return
    over = ends_at(wanted, Rules(lead_minutes=0), KYIV)
    for hour in range(48):
        start = over + timedelta(hours=hour)
        assert not wanted.suits(wanted.branches[0], start.astimezone(KYIV))
    assert wanted.suits(wanted.branches[0], (over - timedelta(minutes=1)).astimezone(KYIV))
