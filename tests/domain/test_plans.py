"""Laws of changed plans: who is hit, who moves to another lane, and who is left alone."""

from datetime import UTC, date, datetime, time, timedelta

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from config.files import load_centre
from queue_app.domain import plans, slots
from queue_app.domain.appointments import Appointment
from queue_app.domain.catalogue import Text
from queue_app.domain.centre import WEEKDAYS, Closure, Period, Weekly
from queue_app.domain.directory import Branch, Desk, Directory, Lane
from queue_app.domain.slots import Capacity, Visit
from tests.domain import nights
from tests.domain.lanes import AUTUMN, KYIV, MONDAY, SPRING, TUESDAY, at
from tests.support.database import CONFIG

replace = msgspec.structs.replace
CENTRE = load_centre(CONFIG)
CODES = ("debt-amount", "tariffs", "owner-change")
DAY: Weekly = {day: (Period(time(9), time(18)),) for day in WEEKDAYS}
MORNING: Weekly = {day: (Period(time(9), time(13)),) for day in WEEKDAYS}
NO_TEXT = Text({"uk": "свято"})
EVERYTHING = Desk(1, "1", (), frozenset(one.code for one in CENTRE.services), DAY)


def lane(id_: int, services: tuple[str, ...] = CODES, roster: Weekly = DAY) -> Lane:
    return Lane(id_, f"lane{id_}", "visit", (), frozenset(services), roster)


def directory(
    *lanes: Lane, hours: Weekly = DAY, retired: bool = False, closed: bool = False
) -> Directory:
    closures = (Closure(TUESDAY, NO_TEXT),) if closed else ()
    branch = Branch(1, "one", NO_TEXT, None, hours, closures, (EVERYTHING,), lanes, retired=retired)
    live = {} if retired else {"one": branch}
    return Directory(1, "x", CENTRE, {one.code: one for one in CENTRE.services}, live, {1: branch})


def booking(
    id_: int,
    start: datetime,
    lane_id: int = 1,
    services: tuple[str, ...] = CODES[:1],
    **more: object,
) -> Appointment:
    starts_at = start.astimezone(UTC)
    made = Appointment(
        branch_id=1, id=id_, token=f"1-{id_}", code=f"{id_:06}", channel="visit",
        services=services, revision=2, state="booked", lane_id=lane_id, starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=10), held_until=None, language="uk",
        checked_in_at=None, changed_at=starts_at,
    )  # fmt: skip
    return replace(made, **more)


def said(*asked: plans.Hit) -> list[tuple[int, str, int | None]]:
    return [(one.appointment.id, one.why, one.lane_id) for one in asked]


def test_a_lane_that_goes_gives_its_bookings_to_one_that_is_free_at_the_time() -> None:
    one, two = booking(1, at(TUESDAY, 10)), booking(2, at(TUESDAY, 11))
    other = booking(3, at(TUESDAY, 11), lane_id=2)
    assert said(*plans.hits(directory(lane(2)), [one, two, other])) == [
        (1, "lane", 2),
        (2, "lane", None),
    ]


def test_the_lane_of_the_fewest_services_is_taken_so_that_the_versatile_stay_free() -> None:
    after = directory(lane(2), lane(3, CODES[:1]))
    assert said(*plans.hits(after, [booking(1, at(TUESDAY, 10))])) == [(1, "lane", 3)]


def test_each_reason_has_its_name() -> None:
    noon = booking(1, at(TUESDAY, 14))
    assert plans.why_not(directory(lane(1)), noon) is None
    assert plans.why_not(directory(lane(1), closed=True), noon) == "closed"
    assert plans.why_not(directory(lane(1), hours=MORNING), noon) == "closed"
    assert plans.why_not(directory(lane(1, roster=MORNING)), noon) == "lane"
    assert plans.why_not(directory(lane(1, CODES[1:])), noon) == "service"
    assert plans.why_not(directory(lane(1), retired=True), noon) == "branch"


def test_a_service_that_the_centre_gives_no_more_is_given_by_no_lane() -> None:
    rest = tuple(one for one in CENTRE.services if one.code != CODES[0])
    after = replace(directory(lane(1)), centre=replace(CENTRE, services=rest))
    assert said(*plans.hits(after, [booking(1, at(TUESDAY, 10))])) == [(1, "service", None)]


def test_whoever_is_in_the_house_is_served_and_keeps_the_others_out_of_the_lane() -> None:
    here = booking(1, at(TUESDAY, 10), checked_in_at=at(TUESDAY, 9), lane_id=2)
    gone = booking(2, at(TUESDAY, 10))
    assert said(*plans.hits(directory(lane(2)), [here, gone])) == [(2, "lane", None)]


@st.composite
def _changes(draw: st.DrawFn) -> tuple[Directory, list[Appointment]]:
    """What is in force after a change, and bookings of before it that never overlap in a lane."""
    weeks = st.one_of(st.sampled_from([DAY, MORNING]), nights.weeks(step=5))
    given_there = st.lists(st.sampled_from(CODES), min_size=1, unique=True).map(tuple)
    lanes = [
        lane(id_, draw(given_there), draw(weeks))
        for id_ in draw(st.lists(st.integers(1, 4), unique=True, max_size=4))
    ]
    after = directory(*lanes, hours=draw(weeks), closed=draw(st.booleans()))
    places = draw(st.sets(st.tuples(st.integers(1, 4), st.integers(0, 287)), max_size=25))
    day = draw(st.sampled_from([MONDAY, TUESDAY, SPRING, AUTUMN]))
    midnight = datetime.combine(day, time(), KYIV).astimezone(UTC)
    return after, [
        booking(
            number,
            midnight + timedelta(minutes=10 * place),
            lane_id,
            draw(given_there),
            checked_in_at=midnight if draw(st.integers(0, 9)) == 0 else None,
        )
        for number, (lane_id, place) in enumerate(sorted(places), start=1)
    ]


@given(_changes())
def test_whoever_still_fits_is_never_touched_and_nobody_is_both_moved_and_listed(
    change: tuple[Directory, list[Appointment]],
) -> None:
    after, bookings = change
    found = plans.hits(after, bookings)
    ids = [hit.appointment.id for hit in found]
    assert len(ids) == len(set(ids))
    assert set(ids) == {
        one.id
        for one in bookings
        if one.checked_in_at is None and plans.why_not(after, one) is not None
    }


@given(_changes())
def test_whoever_is_moved_fits_there_and_no_lane_has_two_at_a_time(
    change: tuple[Directory, list[Appointment]],
) -> None:
    after, bookings = change
    moved = {hit.appointment.id: hit.lane_id for hit in plans.hits(after, bookings) if hit.lane_id}
    then = [replace(one, lane_id=moved.get(one.id) or one.lane_id) for one in bookings]
    assert all(plans.why_not(after, one) is None for one in then if one.id in moved)
    assert len({(one.lane_id, one.starts_at) for one in then}) == len(then)
    assert {hit.appointment.id for hit in plans.hits(after, then)}.isdisjoint(moved)


@given(_changes(), st.sampled_from([MONDAY, TUESDAY, SPRING, AUTUMN]))
def test_what_can_be_booked_fits(change: tuple[Directory, list[Appointment]], day: date) -> None:
    after, _ = change
    branch = after.branch("one")
    visit = Visit(frozenset(CODES[:1]), "visit", 10)
    offer = Capacity(branch.lanes, branch.hours, branch.closures, (), after.rules, KYIV)
    now = datetime.combine(day - timedelta(days=1), time(12), KYIV)
    for start in slots.free_starts(offer, visit, day, 1, now)[day]:
        [first, *_] = slots.lanes_free_at(offer, visit, start, now)
        assert plans.why_not(after, booking(1, start, first)) is None
