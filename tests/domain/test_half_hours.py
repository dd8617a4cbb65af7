"""When to come without a booking: what is foretold of a day, half hour by half hour."""

from datetime import date, datetime, timedelta

import pytest
from msgspec.structs import replace

from config.files import load_centre
from queue_app.domain.branch_day import branch_day
from queue_app.domain.catalogue import Text
from queue_app.domain.centre import Centre
from queue_app.domain.demand import PastDay
from queue_app.domain.directory import Branch, Desk, Directory
from queue_app.domain.habits import Habits
from queue_app.domain.half_hours import DayAhead, HalfHour, Past, busiest, day_ahead, quietest
from tests.conftest import KYIV
from tests.domain.nights import night as period
from tests.support.database import CONFIG
from tests.support.night import NIGHT_CENTRE, TO_SUMMER, TO_WINTER, at

TUESDAY = date(2026, 11, 24)
SATURDAY = date(2026, 11, 28)


@pytest.fixture(scope="module")
def directory() -> Directory:
    return of(load_centre(CONFIG))


def of(centre: Centre, desks: int | None = None) -> Directory:
    """With this centre's first branch, at so many of its desks."""
    plan = centre.branches[0]
    given = {one.code: frozenset(one.services) for one in centre.skills}
    places = tuple(
        Desk(
            number,
            desk.number,
            desk.skills,
            frozenset().union(*(given[skill] for skill in desk.skills)),
            desk.roster,
        )
        for number, desk in enumerate(plan.desks[:desks], start=1)
    )
    branch = Branch(1, plan.slug, Text(uk="Тут"), None, plan.hours, (), places, ())
    services = {one.code: one for one in centre.services}
    return Directory(1, "e", centre, services, {plan.slug: branch}, {1: branch})


def foretold(directory: Directory, day: date = TUESDAY, past: Past | None = None) -> DayAhead:
    (branch,) = directory.branches.values()
    open_day = branch_day(directory.centre, branch, day)
    return day_ahead(directory, branch, open_day, past or Past((), {}), {}, Habits())


def test_a_day_is_foretold_from_opening_to_the_last_ticket(directory: Directory) -> None:
    halves = foretold(directory).half_hours
    local = [one.starts_at.astimezone(KYIV) for one in halves]
    assert f"{local[0]:%H:%M}" == "09:00"
    assert f"{local[-1]:%H:%M}" <= "17:00", "the last ticket is given at half past five"
    assert all(one.minute in (0, 30) and one.second == 0 for one in local)
    assert all(0 <= one.low_minutes < one.high_minutes for one in halves)
    assert len(halves) > 12


def test_a_closed_day_foretells_nothing(directory: Directory) -> None:
    assert foretold(directory, SATURDAY) == DayAhead(SATURDAY, ())


def test_the_same_records_foretell_the_same(directory: Directory) -> None:
    assert foretold(directory) == foretold(directory)


@pytest.mark.slow
def test_fewer_desks_and_more_people_make_longer_waits(directory: Directory) -> None:
    few = of(directory.centre, desks=3)
    asked = frozenset(["payment-search"])
    known = Past([busy(TUESDAY - timedelta(weeks=n), asked, 4) for n in range(1, 9)], {})
    assert mean(foretold(few, past=known)) > mean(foretold(directory, past=known))
    kind = frozenset(["no-debt-certificate"])
    crowd = Past([busy(TUESDAY - timedelta(weeks=n), kind) for n in range(1, 9)], {})
    assert mean(foretold(directory, past=crowd)) > mean(foretold(directory))


@pytest.mark.slow
def test_a_night_of_one_desk_of_which_nothing_is_known_is_foretold_whole_and_in_reason() -> None:
    centre = load_centre(NIGHT_CENTRE)
    square = tuple(one for one in centre.branches if one.slug == "square")
    quiet = of(replace(centre, branches=square), desks=1)
    halves = foretold(quiet).half_hours
    assert len(halves) >= 44, "round the clock, from four to four"
    assert max(one.high_minutes for one in halves) <= 90


def busy(day: date, kind: frozenset[str], people: int = 9) -> PastDay:
    periods = load_centre(CONFIG).branches[0].hours["tue"]
    return PastDay(day, periods, {minute: {kind: people} for minute in range(600, 720, 15)})


@pytest.mark.parametrize("change", [TO_WINTER, TO_SUMMER])
def test_in_the_night_of_the_change_waits_are_foretold_for_the_hours_that_are_open(
    change: date,
) -> None:
    """From ten to six, be that nine hours or seven; tickets are given until half past five."""
    night = change - timedelta(days=1)
    centre = load_centre(NIGHT_CENTRE)
    place = replace(centre.branches[1], hours={"sat": (period("22:00", "30:00"),)})
    centre = replace(centre, branches=(place,))
    coming = [one.starts_at for one in foretold(of(centre), night).half_hours]
    assert f"{coming[0].astimezone(KYIV):%H:%M}" == "22:00"
    assert all(one < at(change, 5, 30) for one in coming)
    assert coming[-1] >= at(change, 4, 30)


def test_bookings_of_the_day_lengthen_the_waits_of_walk_ins(directory: Directory) -> None:
    few = of(directory.centre, desks=2)
    at = datetime(2026, 11, 24, 11, tzinfo=KYIV)
    booked = [
        (at + timedelta(minutes=5 * n), frozenset(["no-debt-certificate"])) for n in range(12)
    ]
    with_bookings = foretold(few, past=Past((), {TUESDAY: booked}))
    assert mean(with_bookings) > mean(foretold(few))


def mean(day: DayAhead) -> float:
    assert day.half_hours
    return sum(one.high_minutes for one in day.half_hours) / len(day.half_hours)


def test_the_quietest_and_the_busiest_half_hour() -> None:
    at = datetime(2026, 11, 24, 9, tzinfo=KYIV)
    halves = [
        HalfHour(at + n * timedelta(minutes=30), low, high)
        for n, (low, high) in enumerate([(5, 20), (0, 5), (10, 40), (0, 5)])
    ]
    assert quietest(halves) is halves[1]
    assert busiest(halves) is halves[2]
    assert quietest([]) is None
