"""A day that opens in the evening ends in the morning: laws of the service day."""

from datetime import UTC, date, datetime, time, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from queue_app.domain.branch_day import REST, BranchDay
from queue_app.domain.catalogue import Text
from queue_app.domain.centre import WEEKDAYS, Closure, Rules, Weekly
from queue_app.domain.hours import DAY_MINUTES, bounds, day_window, of_date, period_of
from tests.domain import nights
from tests.domain.nights import KYIV, night

TINY = timedelta(microseconds=1)
FRIDAY, SATURDAY, SUNDAY = date(2026, 11, 27), date(2026, 11, 28), date(2026, 11, 29)
EVERY_NIGHT: Weekly = {day: (night("22:00", "30:00"),) for day in WEEKDAYS}
ROUND_THE_CLOCK: Weekly = {day: (night("0:00", "24:00"),) for day in WEEKDAYS}
FROM_FOUR: Weekly = {day: (night("4:00", "28:00"),) for day in WEEKDAYS}
SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)
RULES = Rules(kiosk_early_minutes=15, last_ticket_minutes=30)


def day_of(day: date, weekly: Weekly = EVERY_NIGHT, *closures: Closure) -> BranchDay:
    return BranchDay(day, KYIV, RULES, weekly, closures)


def at(day: date, hour: int, minute: int = 0, fold: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute, fold=fold), KYIV).astimezone(UTC)


def test_a_night_belongs_to_the_day_on_which_it_opens() -> None:
    friday = day_of(FRIDAY)
    assert friday.windows == ((at(FRIDAY, 22), at(SATURDAY, 6)),)
    assert friday.at(at(FRIDAY, 23, 59)).date == FRIDAY
    assert friday.at(at(SATURDAY, 0)).date == FRIDAY
    assert friday.at(at(SATURDAY, 6, 30)).date == FRIDAY, "people are served after closing"
    assert friday.at(at(SATURDAY, 8)).date == SATURDAY
    assert friday.span == (at(FRIDAY, 8), at(SATURDAY, 8))
    assert not friday.is_over(at(SATURDAY, 5, 59))
    assert friday.is_over(at(SATURDAY, 6))


def test_a_centre_that_is_shut_at_night_turns_at_midnight_as_ever() -> None:
    usual: Weekly = {day: (night("9:00", "18:00"),) for day in WEEKDAYS}
    for day in (FRIDAY, SPRING, AUTUMN):
        assert day_of(day, usual).span == day_window(day, KYIV)


def test_a_centre_that_closes_at_midnight_still_serves_its_people_after_it() -> None:
    late: Weekly = {"fri": (night("9:00", "24:00"),), "sat": (night("9:00", "18:00"),)}
    friday = day_of(FRIDAY, late)
    assert friday.closes == at(SATURDAY, 0)
    assert friday.ends == at(SATURDAY, 2)
    assert not friday.goes_on


def test_a_short_gap_turns_in_its_middle() -> None:
    week: Weekly = {"fri": (night("22:00", "30:00"),), "sat": (night("7:00", "18:00"),)}
    assert day_of(FRIDAY, week).ends == at(SATURDAY, 6, 30)


def test_round_the_clock_turns_at_midnight_or_at_the_hour_that_the_files_say() -> None:
    for weekly, hour in ((ROUND_THE_CLOCK, 0), (FROM_FOUR, 4)):
        friday = day_of(FRIDAY, weekly)
        assert friday.span == friday.windows[0] == (at(FRIDAY, hour), at(SATURDAY, hour))
        assert friday.goes_on
        assert friday.came_on
        assert friday.oldest.date == FRIDAY - timedelta(days=1)
        assert friday.shuts(at(FRIDAY, 12)) is None


def test_tickets_are_given_on_past_the_turn_where_the_branch_goes_on() -> None:
    weekend: Weekly = {"sat": (night("22:00", "24:00"),), "sun": (night("0:00", "6:00"),)}
    assert day_of(SATURDAY, weekend).gives_until(at(SATURDAY, 23)) == at(SUNDAY, 5, 30)
    friday = day_of(FRIDAY, ROUND_THE_CLOCK)
    assert friday.gives_until(at(FRIDAY, 23)) == at(SUNDAY, 0)
    assert friday.door(at(FRIDAY, 23)).closes_at is None


def test_no_last_ticket_is_given_where_the_branch_goes_on() -> None:
    for minute in range(-40, 40, 5):
        now = at(SATURDAY, 0) + timedelta(minutes=minute)
        day = day_of(SATURDAY, ROUND_THE_CLOCK).at(now)
        door = day.door(now)
        assert (door.state, door.closes_at) == ("open", None)
    over = day_of(FRIDAY).door(at(SATURDAY, 5, 30))
    assert (over.state, over.closes_at) == ("past_last_ticket", at(SATURDAY, 6))


def test_the_last_night_of_an_unbroken_week_says_when_it_closes() -> None:
    week: Weekly = {"sat": (night("9:00", "24:00"),), "sun": (night("0:00", "6:00"),)}
    saturday = day_of(SATURDAY, week)
    assert saturday.goes_on
    assert saturday.shuts(at(SATURDAY, 23)) == at(SUNDAY, 6)
    assert saturday.shuts(at(SATURDAY, 5)) is None, "that is more than a day away"
    assert saturday.next.oldest.date == SATURDAY


def test_a_closure_leaves_the_night_that_began_before_it() -> None:
    closed = Closure(SATURDAY, Text(uk="Свято", en="Holiday"))
    assert day_of(FRIDAY, EVERY_NIGHT, closed).closes == at(SATURDAY, 6)
    assert day_of(SATURDAY, EVERY_NIGHT, closed).windows == ()
    assert day_of(SATURDAY, EVERY_NIGHT, closed).is_over(at(SATURDAY, 23))


def test_a_night_loses_an_hour_in_spring_and_gains_one_in_autumn() -> None:
    for change, hours in ((SPRING, 7), (AUTUMN, 9), (FRIDAY, 8)):
        eve = day_of(change - timedelta(days=1))
        ((opens, closes),) = eve.windows
        assert closes - opens == timedelta(hours=hours)
        assert eve.at(closes - TINY).date == eve.date
        assert eve.minutes(eve.windows[0]) == (22 * 60, 30 * 60)
    around = day_of(SPRING, ROUND_THE_CLOCK).span, day_of(AUTUMN, ROUND_THE_CLOCK).span
    assert [ends - begins for begins, ends in around] == [timedelta(hours=23), timedelta(hours=25)]


def test_days_that_meet_in_the_hour_that_comes_twice_do_not_overlap() -> None:
    week: Weekly = {day: (night("3:30", "27:30"),) for day in WEEKDAYS}
    eve = day_of(AUTUMN - timedelta(days=1), week)
    assert eve.closes == eve.next.opens == eve.ends == at(AUTUMN, 3, 30)
    assert eve.goes_on


def test_a_desk_of_the_small_hours_may_be_written_under_either_date() -> None:
    friday = day_of(FRIDAY)
    early = ((at(SATURDAY, 2), at(SATURDAY, 6)),)
    assert friday.rostered({"fri": (night("26:00", "30:00"),)}) == early
    assert friday.rostered({"sat": (night("2:00", "6:00"),)}) == early
    whole: Weekly = {"fri": (night("22:00", "24:00"),), "sat": (night("0:00", "6:00"),)}
    assert friday.rostered(whole) == friday.windows


def test_a_desk_works_on_where_the_branch_goes_on() -> None:
    shift: Weekly = {"fri": (night("20:00", "32:00"),)}
    friday = day_of(FRIDAY, ROUND_THE_CLOCK)
    assert friday.rostered(shift) == ((at(FRIDAY, 20), at(SATURDAY, 0)),)
    assert friday.next.rostered(shift) == ((at(SATURDAY, 0), at(SATURDAY, 8)),)
    assert friday.working(shift) == ((at(FRIDAY, 20), at(SATURDAY, 8)),)


def test_what_is_planned_just_across_an_open_midnight_concerns_this_hall() -> None:
    friday = day_of(FRIDAY, ROUND_THE_CLOCK)
    now = at(FRIDAY, 23, 50)
    assert friday.concerns(at(SATURDAY, 0, 30), now)
    assert friday.concerns(at(FRIDAY, 8), now)
    assert not friday.concerns(at(SATURDAY, 3), now)
    assert not friday.concerns(at(SATURDAY, 0, 30), at(FRIDAY, 8)), "the day before that night"
    assert friday.next.concerns(now, at(SATURDAY, 0, 5)), "a little late"
    shut = day_of(FRIDAY)
    assert shut.concerns(at(SATURDAY, 5), at(FRIDAY, 22))
    assert not shut.concerns(at(SATURDAY, 22), at(SATURDAY, 6, 30))


@settings(deadline=None)
@given(st.data())
def test_every_instant_lies_in_exactly_one_day_and_days_follow_one_another(
    data: st.DataObject,
) -> None:
    day = data.draw(nights.days())
    assert day.begins < day.ends == day.next.begins
    moment = data.draw(nights.moments(day))
    found = day.at(moment)
    assert found.begins <= moment < found.ends
    assert abs(found.begins - day_window(found.date, day.zone).opens) <= timedelta(hours=15)


@settings(deadline=None)
@given(nights.days())
def test_every_open_moment_lies_in_the_day_that_opened_it(day: BranchDay) -> None:
    for opens, closes in day.windows:
        assert day.at(opens).date == day.date
        assert day.at(closes - TINY).date == day.date
    assert day.closes is None or day.closes <= day.ends
    assert day.goes_on == (day.closes is not None and day.closes == day.next.opens)
    assert not day.goes_on or day.closes == day.ends


@settings(deadline=None)
@given(nights.days())
def test_a_day_turns_far_from_open_hours_or_in_the_middle_of_them(day: BranchDay) -> None:
    if not day.closes or not day.next.opens:
        return
    after, before = day.ends - day.closes, day.next.opens - day.ends
    assert min(after, before) >= min(REST, (after + before) / 2) - TINY
    assert day.ends == day_window(day.next.date, day.zone).opens or min(after, before) <= REST


@settings(deadline=None)
@given(st.data())
def test_a_ticket_of_the_kiosk_is_one_of_the_day_that_gives_it(data: st.DataObject) -> None:
    day = data.draw(nights.days())
    moment = data.draw(nights.moments(day))
    today = day.at(moment)
    giving = any(opens <= moment < closes for opens, closes in today.kiosk)
    assert (today.gives_until(moment) is not None) == giving


@settings(deadline=None)
@given(nights.weeks(), nights.DATES)
def test_the_calendars_dates_share_out_all_hours(weekly: Weekly, day: date) -> None:
    """By date, as free starts are listed, the same hours are open as by service day."""
    own, former = (weekly[WEEKDAYS[(day.weekday() - ago) % 7]] for ago in (0, 1))
    pieces = [bounds(one) for one in of_date(former, own)]
    wanted = {
        minute
        for periods, off in ((former, DAY_MINUTES), (own, 0))
        for one in periods
        for minute in range(bounds(one)[0] - off, bounds(one)[1] - off)
        if 0 <= minute < DAY_MINUTES
    }
    assert {minute for opens, closes in pieces for minute in range(opens, closes)} == wanted
    assert pieces == sorted(pieces)


@given(st.integers(0, DAY_MINUTES + 700), st.integers(1, DAY_MINUTES))
def test_a_period_keeps_its_bounds(opens: int, length: int) -> None:
    assert bounds(period_of(opens, opens + length)) == (opens, opens + length)


@given(nights.days())
def test_a_roster_of_the_branchs_own_hours_is_its_hours(day: BranchDay) -> None:
    assert day.rostered(day.weekly) == day.windows
