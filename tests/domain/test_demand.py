"""Whom to expect: by what was seen, and by the usual profile where little was."""

from collections.abc import Mapping
from datetime import date, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from queue_app.domain.branch_day import BranchDay
from queue_app.domain.centre import Period, Rules
from queue_app.domain.demand import (
    BUSY,
    DAYS_WEIGHT,
    Basis,
    Booked,
    PastDay,
    basis_of,
    expected,
    mix,
    quarter_of,
    quarters,
    usual_level,
    walk_ins,
)

MONDAY = date(2026, 11, 23)
NINE_TO_TEN = (Period(time(9), time(10)),)
OPEN = BranchDay(
    MONDAY,
    ZoneInfo("Europe/Kyiv"),
    Rules(kiosk_early_minutes=15, last_ticket_minutes=15),
    {"mon": NINE_TO_TEN},
)
SIX = 6
"""Desks."""
BILL, METER = frozenset({"bill"}), frozenset({"meter"})


def days(
    count: int, weekday: int, walk_ins: Mapping[int, Mapping[frozenset[str], int]]
) -> list[PastDay]:
    """So many past days of that weekday (0: Monday), one as the other."""
    back = timedelta(days=7 - weekday)
    return [
        PastDay(MONDAY - back - timedelta(weeks=ago), NINE_TO_TEN, walk_ins) for ago in range(count)
    ]


def test_without_a_past_the_usual_profile_holds_from_the_first_ticket_to_the_last() -> None:
    found = walk_ins(OPEN, [], SIX)
    assert list(found) == [540, 555, 570, 585]
    assert found[585] == 0
    assert found[540] == pytest.approx(found[555] + 0.25 * 12 * 1.2 * 0.8)
    assert found[555] == pytest.approx(found[570]) == pytest.approx(0.25 * 12 * 1.2 * 1.3)


def test_fewer_desks_are_taken_to_have_fewer_visitors_until_some_were_seen() -> None:
    one, six = (walk_ins(OPEN, [], desks)[555] for desks in (1, SIX))
    assert one == pytest.approx(six / 6)
    mondays = days(90, 0, {555: {BILL: 10}})
    one, six = (walk_ins(OPEN, mondays, desks)[555] for desks in (1, SIX))
    assert one == pytest.approx(six, rel=0.03)


def test_no_more_are_taken_to_come_than_their_desks_could_serve() -> None:
    """Else visits of an hour and a half, two an hour for each desk, were said to wait 20 hours."""
    short, long = (walk_ins(OPEN, [], SIX, minutes)[555] for minutes in (10, 84))
    assert short == pytest.approx(walk_ins(OPEN, [], SIX)[555])
    assert long == pytest.approx(short * 0.5 / 2)
    level = usual_level(SIX, 84)
    assert level * 84 / 60 == pytest.approx(BUSY * SIX), "the part of six desks' time"


def test_the_same_weekday_speaks_louder_than_other_days_and_those_than_the_profile() -> None:
    mondays, others = days(9, 0, {555: {BILL: 10}}), days(30, 2, {555: {BILL: 2}})
    usual = walk_ins(OPEN, [], SIX)[555]
    behind = (30 * 2 + DAYS_WEIGHT * usual) / (30 + DAYS_WEIGHT)
    found = walk_ins(OPEN, [*mondays, *others], SIX)
    assert found[555] == pytest.approx((9 * 10 + DAYS_WEIGHT * behind) / (9 + DAYS_WEIGHT))
    assert found[570] < usual
    assert walk_ins(OPEN, others, SIX)[555] == pytest.approx(behind)  # no Monday yet


def test_a_day_speaks_only_for_the_hours_in_which_it_was_open() -> None:
    short = [
        PastDay(one.day, (Period(time(9, 30), time(10)),), {570: {BILL: 4}})
        for one in days(9, 0, {})
    ]
    usual, found = (walk_ins(OPEN, past, SIX) for past in ([], short))
    assert found[540] == pytest.approx(usual[540])
    assert found[570] == pytest.approx((9 * 4 + 3 * usual[570]) / 12)


def test_what_is_asked_for_follows_what_was_and_knows_what_may_be() -> None:
    assert mix(MONDAY, [], ["bill", "meter"]) == {BILL: 0.5, METER: 0.5}
    found = mix(MONDAY, days(10, 0, {555: {BILL: 30}}), ["bill", "meter"])
    assert found[BILL] > 0.95
    assert found[METER] > 0
    assert sum(found.values()) == pytest.approx(1)


def test_bookings_count_at_their_time_by_the_chance_that_they_come() -> None:
    booked = [Booked(570, METER, 0.8), Booked(584, METER, 1.0), Booked(620, METER, 0.5)]
    found = expected(OPEN, booked, days(50, 0, {}), ["bill"], SIX)
    assert found[570][METER] == pytest.approx(1.8)
    assert found[585] == {METER: 0.5}


def test_who_comes_before_opening_counts_in_the_first_quarter_and_after_closing_in_the_last() -> (
    None
):
    lunch = (Period(time(9), time(12)), Period(time(13, 10), time(17)))
    assert quarters(lunch)[12] == 780
    assert [quarter_of(minute, lunch) for minute in (500, 554, 725, 1030)] == [540, 540, 780, 1005]


def test_the_basis_says_what_each_kind_of_day_weighs() -> None:
    past = [*days(9, 0, {}), *days(27, 3, {})]
    assert basis_of(MONDAY, past) == Basis(9, 27)
    assert basis_of(MONDAY, past).shares == pytest.approx((0.75, 0.225, 0.025))
    assert Basis(0, 0).shares == (0, 0, 1)
