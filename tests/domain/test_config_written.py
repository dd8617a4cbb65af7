"""The way back out: a centre that is written loads as the same centre."""

from datetime import date, time
from pathlib import Path

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from config.files import load_centre, write_centre
from config.notation import (
    format_duration,
    format_weekly,
    parse_days,
    parse_duration,
    parse_periods,
)
from queue_app.domain.catalogue import Duration, Text
from queue_app.domain.centre import WEEKDAYS, Centre, Closure, Period, Weekly
from queue_app.domain.paper import Paper, PrinterPlan


def test_what_is_written_loads_as_the_same_centre(centre: Centre, tmp_path: Path) -> None:
    write_centre(centre, tmp_path)
    assert load_centre(tmp_path) == centre


def test_a_centre_with_everything_loads_as_it_was_written(centre: Centre, tmp_path: Path) -> None:
    replace = msgspec.structs.replace
    first, *others = centre.branches
    own = replace(
        first,
        address=Text(uk="вул. Перша, 1", en="1 First St"),
        shelter=Text(uk="підвал, вхід із двору", en="basement, entrance from the yard"),
        closures=(
            Closure(date(2027, 1, 1), Text(uk="Новий рік", en="New Year’s Day")),
            Closure(
                date(2026, 12, 31),
                Text(uk='Переддень "свята"', en="Eve"),
                (Period(time(9), time(12)), Period(time(13), time(15, 5))),
            ),
        ),
        desks=(replace(first.desks[0], roster={}), *first.desks[1:]),
        printers=(
            PrinterPlan("hall", "tcp://10.0.0.5:9100"),
            PrinterPlan("door", "/dev/usb/lp0", 58, "Entrance", answers=False),
        ),
    )
    paper = Paper(("number", "wait", "foot"), {"foot": Text(uk="Бувайте", en="Goodbye")})
    service = replace(centre.services[0], planned_minutes=12, duration=Duration(10, None))
    changed = replace(centre, branches=(own, *others), services=(service, *centre.services[1:]))
    changed = replace(changed, paper=paper)
    write_centre(changed, tmp_path)
    assert load_centre(tmp_path) == changed


@given(st.integers(1, 500), st.one_of(st.none(), st.integers(0, 500)))
def test_durations_read_back_as_written(shortest: int, more: int | None) -> None:
    duration = Duration(shortest, None if more is None else shortest + more)
    assert parse_duration(format_duration(duration)) == duration


@given(
    st.dictionaries(
        st.sampled_from(WEEKDAYS),
        st.sets(st.integers(0, 24 * 60 - 1), min_size=2, max_size=6).map(
            lambda minutes: tuple(
                Period(time(*divmod(opens, 60)), time(*divmod(closes, 60)))
                for opens, closes in zip(sorted(minutes)[::2], sorted(minutes)[1::2], strict=False)
            )
        ),
    )
)
def test_weekly_hours_read_back_as_written(weekly: Weekly) -> None:
    read = {
        day: parse_periods(periods)
        for days, periods in format_weekly(weekly).items()
        for day in parse_days(days)
    }
    assert read == weekly
