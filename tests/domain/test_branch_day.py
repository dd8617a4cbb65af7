"""A branch's day: its hours and closures, the kiosk's door, and the days when the clocks change."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from queue_app.domain.branch_day import BranchDay, Door
from queue_app.domain.catalogue import Text
from queue_app.domain.centre import WEEKDAYS, Closure, Period, Rules, Weekly

KYIV = ZoneInfo("Europe/Kyiv")
SPRING, AUTUMN, NEXT_SPRING = date(2026, 3, 29), date(2026, 10, 25), date(2027, 3, 28)
MONDAY, SUNDAY = date(2026, 11, 23), date(2026, 11, 22)
RULES = Rules(kiosk_early_minutes=15, last_ticket_minutes=30, horizon_days=7)
EVERY_DAY: Weekly = {day: (Period(time(9), time(18)),) for day in WEEKDAYS}
WEEK: Weekly = {
    "mon": (Period(time(9), time(13)), Period(time(14), time(18))),
    "fri": (Period(time(9), time(16, 30)),),
}
REASON = Text(uk="Свято", en="Holiday")
MINUTE = timedelta(minutes=1)


def day_of(day: date = MONDAY, weekly: Weekly = WEEK, *closures: Closure) -> BranchDay:
    return BranchDay(day, KYIV, RULES, weekly, closures)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc, arg-type]


def at(hour: int, minute: int = 0, day: date = MONDAY) -> datetime:
    return datetime.combine(day, time(hour, minute), KYIV)


def test_a_winter_monday_is_two_hours_behind_utc() -> None:
    assert day_of().windows == (
        (utc(2026, 11, 23, 7), utc(2026, 11, 23, 11)),
        (utc(2026, 11, 23, 12), utc(2026, 11, 23, 16)),
    )


def test_a_summer_friday_is_three_hours_behind_utc() -> None:
    assert day_of(date(2026, 7, 3)).windows == ((utc(2026, 7, 3, 6), utc(2026, 7, 3, 13, 30)),)


def test_a_day_that_the_week_does_not_name_is_closed() -> None:
    closed = day_of(SUNDAY)
    assert (closed.periods, closed.windows, closed.kiosk) == ((), (), ())
    assert (closed.opens, closed.closes) == (None, None)


def test_a_closure_without_hours_closes_the_whole_day() -> None:
    closed = Closure(MONDAY, REASON)
    assert day_of(MONDAY, WEEK, closed).windows == ()
    assert day_of(date(2026, 11, 30), WEEK, closed).windows != ()


def test_a_closure_with_hours_replaces_those_of_the_week() -> None:
    shorter = Closure(MONDAY, REASON, (Period(time(9), time(12)),))
    assert day_of(MONDAY, WEEK, shorter).windows == ((utc(2026, 11, 23, 7), utc(2026, 11, 23, 10)),)


@pytest.mark.parametrize("day", [SPRING, AUTUMN, NEXT_SPRING])
def test_nine_is_nine_on_the_wall_when_the_clocks_change(day: date) -> None:
    ((opens, closes),) = day_of(day, EVERY_DAY).windows
    assert opens.astimezone(KYIV).time() == time(9)
    assert closes - opens == timedelta(hours=9)
    ((before, _),) = day_of(day - timedelta(days=1), EVERY_DAY).windows
    assert opens - before != timedelta(days=1)


@pytest.mark.parametrize(("day", "length"), [(SPRING, 23), (AUTUMN, 25), (MONDAY, 24)])
def test_a_day_spans_from_midnight_to_midnight(day: date, length: int) -> None:
    begins, ends = day_of(day).span
    assert begins.astimezone(KYIV) == at(0, 0, day)
    assert ends - begins == timedelta(hours=length)


@pytest.mark.parametrize("day", [SPRING, AUTUMN])
def test_the_kiosk_of_a_night_with_another_clock_keeps_real_minutes_before_and_after(
    day: date,
) -> None:
    night = day_of(day, dict.fromkeys(WEEKDAYS, (Period(time(2), time(5)),)))
    ((opens, closes),) = night.windows
    ((first, last),) = night.kiosk
    assert (opens - first, closes - last) == (15 * MINUTE, 30 * MINUTE)
    assert closes - opens == timedelta(hours=2 if day == SPRING else 4)


def test_the_wall_shows_minutes_since_midnight_whatever_the_clocks_did() -> None:
    for day in (SPRING, AUTUMN, MONDAY):
        one = day_of(day, EVERY_DAY)
        assert one.minutes(one.windows[0]) == (540.0, 1080.0)
        assert one.minute(at(0, 0, day) - 10 * MINUTE) == -10.0


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        (utc(2026, 11, 23, 7), utc(2026, 11, 23, 7)),
        (utc(2026, 11, 23, 11), utc(2026, 11, 23, 12)),
        (utc(2026, 11, 23, 16), utc(2026, 11, 27, 7)),
        (utc(2026, 11, 21, 12), utc(2026, 11, 23, 7)),
    ],
    ids=["running", "the break", "after closing", "the weekend"],
)
def test_the_opening_that_runs_or_comes_next_is_found(now: datetime, opens: datetime) -> None:
    day = now.astimezone(KYIV).date()
    found = day_of(day).opening(now)
    assert found is not None
    assert found.opens == opens
    assert day_of(day, {}).opening(now) is None


def test_a_closed_door_says_from_when_there_are_tickets_not_only_when_desks_open() -> None:
    for now in (at(6, 0, MONDAY), at(23, 0, MONDAY)):
        door = day_of(MONDAY, EVERY_DAY).door(now)
        assert door.state == "closed"
        assert door.opens_at and door.tickets_at == door.opens_at - 15 * MINUTE
    assert day_of(MONDAY, EVERY_DAY).door(at(9, 30, MONDAY)).tickets_at is None


def test_nothing_opens_beyond_the_horizon() -> None:
    soon = msgspec.structs.replace(day_of(date(2026, 11, 24)), rules=Rules(horizon_days=2))
    now = at(10, 0, soon.date)
    assert soon.opening(now) is None
    assert soon.door(now) == Door("closed", None, None, None)


@pytest.mark.parametrize(
    ("hour", "minute", "state", "closes", "opens"),
    [
        (8, 44, "closed", None, at(9)),
        (8, 45, "open", at(18), at(9)),
        (12, 59, "open", at(18), at(9)),
        (13, 0, "closed", None, at(14)),
        (13, 45, "open", at(18), at(14)),
        (17, 29, "open", at(18), at(14)),
        (17, 30, "past_last_ticket", at(18), at(9, 0, date(2026, 11, 27))),
        (18, 0, "closed", None, at(9, 0, date(2026, 11, 27))),
    ],
)
def test_the_door_opens_early_each_time_and_gives_its_last_ticket_once(
    hour: int, minute: int, state: str, closes: datetime | None, opens: datetime
) -> None:
    door = day_of().door(at(hour, minute))
    assert (door.state, door.closes_at, door.opens_at) == (state, closes, opens)


@pytest.mark.parametrize(
    ("hour", "state", "closes"),
    [(10, "past_last_ticket", at(18)), (13, "closed", None), (19, "closed", None)],
)
def test_a_day_without_any_more_tickets_names_the_next_day_that_has_some(
    hour: int, state: str, closes: datetime | None
) -> None:
    following = date(2026, 11, 27)
    opens, tickets = at(9, 0, following), at(8, 45, following)
    door = day_of().door_without_tickets(at(hour))
    assert (door.state, door.closes_at) == (state, closes)
    assert (door.opens_at, door.tickets_at) == (opens, tickets)


def test_a_break_shorter_than_the_kiosks_minutes_does_not_count_twice() -> None:
    brief = (Period(time(9), time(13)), Period(time(13, 5), time(18)))
    morning, afternoon = day_of(MONDAY, {"mon": brief}).kiosk
    assert morning.closes == afternoon.opens == at(13)


def test_a_day_is_over_at_its_last_closing_and_a_closed_day_always_is() -> None:
    assert not day_of().is_over(at(0))
    assert not day_of().is_over(at(13, 30)), "the break of the whole branch"
    assert day_of().is_over(at(18))
    assert day_of(SUNDAY).is_over(at(10, 0, SUNDAY))


def test_a_desk_has_its_own_hours_as_far_as_the_branch_is_open() -> None:
    roster: Weekly = {"mon": (Period(time(8), time(12)), Period(time(12, 30), time(15)))}
    assert day_of().rostered(roster) == (
        (at(9), at(12)),
        (at(12, 30), at(13)),
        (at(14), at(15)),
    )
    assert day_of().rostered({}) == ()
    assert day_of(SUNDAY).rostered({"sun": (Period(time(9), time(12)),)}) == ()


_grid = st.integers(0, 24 * 12 - 1).map(lambda cell: time(cell // 12, cell % 12 * 5))


@st.composite
def _periods(draw: st.DrawFn) -> tuple[Period, ...]:
    edges = sorted(draw(st.sets(_grid, max_size=4)))
    return tuple(Period(*pair) for pair in zip(edges[::2], edges[1::2], strict=False))


_days = st.builds(
    BranchDay,
    st.sampled_from([SPRING, AUTUMN, SPRING - timedelta(days=1), MONDAY]),
    st.just(KYIV),
    st.builds(
        Rules,
        kiosk_early_minutes=st.sampled_from([0, 5, 15, 90]),
        last_ticket_minutes=st.sampled_from([0, 30, 90]),
        horizon_days=st.integers(0, 3),
    ),
    st.fixed_dictionaries({day: _periods() for day in WEEKDAYS}),
)
_minutes = st.integers(0, 24 * 60 - 1)


def moment(day: BranchDay, minute: int) -> datetime:
    """Within the day, the shortest of which has 23 hours."""
    begins, ends = day.span
    return begins + minute * MINUTE % (ends - begins)


UNTIL_THE_SECOND_THREE = BranchDay(AUTUMN, KYIV, Rules(), {"sun": (Period(time(0), time(3)),)})


def horizon(day: BranchDay) -> list[BranchDay]:
    ahead = range(day.rules.horizon_days + 1)
    return [day.on(day.date + timedelta(days=days)) for days in ahead]


@given(_days, _minutes)
@example(UNTIL_THE_SECOND_THREE, 120)
def test_the_door_is_open_exactly_while_the_kiosk_gives_tickets(
    day: BranchDay, minute: int
) -> None:
    """Tomorrow's first tickets may be given before midnight."""
    now = moment(day, minute)
    giving = [
        one for one in horizon(day) if any(opens <= now < closes for opens, closes in one.kiosk)
    ]
    assert (day.gives_until(now) is not None) == bool(giving)
    if giving:
        closes_at = day.door(now).closes_at
        assert closes_at
        # A local time that comes twice is equal to no time of another zone.
        assert closes_at.astimezone(UTC) == giving[0].closes


@given(_days, _minutes)
def test_the_kiosk_gives_tickets_by_its_two_rules_alone(day: BranchDay, minute: int) -> None:
    now = moment(day, minute)
    early = day.rules.kiosk_early_minutes * MINUTE
    last = day.rules.last_ticket_minutes * MINUTE
    assert (day.gives_until(now) is not None) == any(
        max(opens - early, one.begins) <= now < (closes - last if closes == one.closes else closes)
        for one in horizon(day)
        for opens, closes in one.windows
    )


@given(_days, _minutes)
def test_the_opening_runs_or_nothing_before_it_does(day: BranchDay, minute: int) -> None:
    now = moment(day, minute)
    found = day.opening(now)
    running = [one for one in day.windows if one.opens <= now < one.closes]
    if running:
        assert found == running[0]
    elif found:
        assert found.opens > now
    if not day.is_over(now):
        assert found in day.windows


@given(_days, _periods())
def test_rostered_hours_lie_in_the_branchs_own_and_follow_one_another(
    day: BranchDay, own: tuple[Period, ...]
) -> None:
    found = day.rostered(dict.fromkeys(WEEKDAYS, own))
    for window in found:
        assert any(one.opens <= window.opens < window.closes <= one.closes for one in day.windows)
    assert list(found) == sorted(found)
    assert day.rostered(day.weekly) == day.windows
