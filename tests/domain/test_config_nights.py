"""Hours past midnight in a centre's files: read, written back, and refused where they collide."""

from datetime import date, time
from pathlib import Path

import msgspec
import pytest
from hypothesis import given

from config.files import check_centre, load_centre, write_centre
from config.notation import format_weekly, parse_days, parse_periods
from queue_app.domain.centre import Period, Weekly
from queue_app.domain.hours import bounds
from tests.domain import nights
from tests.domain.spoiling import problems_after

MON_THU, FRI = 'hours.mon-thu = "9:00-18:00"', 'hours.fri = "9:00-16:30"'


@pytest.mark.parametrize(
    ("written", "minutes"),
    [
        ("22:00-6:00", [(1320, 1800)]),
        ("22:00-30:00", [(1320, 1800)]),
        ("9:00-24:00", [(540, 1440)]),
        ("0:00-24:00", [(0, 1440)]),
        ("4:00-28:00", [(240, 1680)]),
        ("20:00-8:00", [(1200, 1920)]),
        (["25:30-30:00", "22:00-25:00"], [(1320, 1500), (1530, 1800)]),
    ],
)
def test_a_night_counts_on_past_midnight(
    written: str | list[str], minutes: list[tuple[int, int]]
) -> None:
    assert [bounds(one) for one in parse_periods(written)] == minutes


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("18:00-9:00", "opens after it closes"),
        ("9:00-9:00", "opens after it closes"),
        ("26:00-25:00", "opens after it closes"),
        ("9:00-36:00", "is longer than a day"),
        ("22:00-37:00", "a night ends by 36:00, the next noon"),
        ("24:60-25:00", "is not a time of day"),
        (["22:00-6:00", "25:00-26:00"], "22:00-6:00 overlaps 25:00-26:00"),
    ],
)
def test_what_can_be_no_night_is_refused(written: str | list[str], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        parse_periods(written)


@pytest.mark.parametrize(
    ("written", "days"),
    [
        ("sun-thu", ["sun", "mon", "tue", "wed", "thu"]),
        ("sat-wed", ["sat", "sun", "mon", "tue", "wed"]),
        ("mon-sun", ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]),
        ("sun-sat", ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]),
        ("sun-sun", ["sun"]),
        ("tue, sat-sun", ["tue", "sat", "sun"]),
    ],
)
def test_a_run_of_days_goes_on_past_sunday_where_weeks_begin_otherwise(
    written: str, days: list[str]
) -> None:
    assert list(parse_days(written)) == days


@pytest.mark.parametrize("written", ["fri-mon", "thu-tue", "tue-mon"])
def test_a_run_of_days_that_begins_within_a_week_does_not_go_on_past_sunday(written: str) -> None:
    with pytest.raises(ValueError, match="comes after"):
        list(parse_days(written))


@given(nights.weeks())
def test_nights_read_back_as_written(weekly: Weekly) -> None:
    read = {
        day: parse_periods(written)
        for days, written in format_weekly(weekly).items()
        for day in parse_days(days)
    }
    assert read == {day: periods for day, periods in weekly.items() if periods}


def test_usual_hours_are_kept_as_they_were(folder: Path) -> None:
    """No installation sees a change of its hours where nobody changed them."""
    kept = msgspec.to_builtins(load_centre(folder).branches[0].hours)
    assert kept["fri"] == ({"opens": "09:00:00", "closes": "16:30:00"},)


def test_nights_are_written_back_to_the_same_centre(folder: Path, tmp_path: Path) -> None:
    _replace(folder, MON_THU, 'hours.mon-thu = "22:00-6:00"')
    _replace(folder, FRI, 'hours.fri = ["22:00-25:00", "25:30-32:00"]')
    centre = load_centre(folder)
    assert centre.branches[0].hours["fri"][1] == Period(time(1, 30), time(8), after_midnight=True)
    write_centre(centre, tmp_path / "out")
    assert load_centre(tmp_path / "out") == centre


def test_a_night_that_reaches_past_the_next_opening_is_refused(folder: Path) -> None:
    assert problems_after(folder, "capacity.toml", MON_THU, 'hours.mon-thu = "22:00-10:00"') == [
        (
            "capacity.toml: layouts[district].hours.mon-thu: 22:00-10:00 of thu reaches past the"
            " first hours of fri, 9:00-16:30"
        )
    ]


def test_a_sundays_night_ends_before_monday_opens(folder: Path) -> None:
    said = problems_after(folder, "capacity.toml", FRI, 'hours.sun = "22:00-33:05"')
    assert said[0] == (
        "capacity.toml: layouts[district].hours.sun: 22:00-9:05 of sun reaches past the first"
        " hours of mon, 9:00-18:00"
    )


def test_other_hours_of_a_date_collide_with_neither_neighbour(folder: Path) -> None:
    _replace(folder, FRI, 'hours.fri = "22:00-6:00"')
    path = folder / "branches.toml"
    closure = '[[branches.closures]]\nday = {day}\nreason.uk = "Свято"\nreason.en = "Day"\n'
    closure = closure.format(day=date(2027, 1, 2)) + 'hours = "6:00-9:00"\n'
    offices, mark, rest = path.read_text(encoding="utf-8").partition("\n# The contact centre")
    path.write_text(offices + "\n" + closure + mark + rest, encoding="utf-8")
    last = load_centre(folder).branches[-2]
    assert len(last.closures) == 1
    assert problems_after(folder, "branches.toml", '"6:00-9:00"', '"5:50-9:00"') == [
        (
            f"branches.toml: branches[{last.slug}].closures[2027-01-02].hours: 22:00-6:00 of"
            " 2027-01-01 reaches past the first hours of 2027-01-02, 5:50-9:00"
        )
    ]


def test_one_night_that_is_written_as_two_days_is_a_warning(folder: Path) -> None:
    _replace(folder, FRI, 'hours.fri = "20:00-24:00"\nhours.sat = "0:00-6:00"')
    warned = [str(one) for one in check_centre(folder)[1] if "midnight" in str(one)]
    assert warned == [
        (
            "capacity.toml: layouts[district].hours.fri: ends at midnight and sat goes on; one"
            " night of one day is written fri = '20:00-6:00'"
        )
    ]


def test_a_roster_of_the_small_hours_is_within_the_night_under_either_day(folder: Path) -> None:
    _replace(folder, FRI, 'hours.fri = "20:00-6:00"')
    path = folder / "branches.toml"
    desks = (
        '[[branches.desks]]\nnumber = "{}"\nskills = ["payments", "charges", "meters", "legal",'
        ' "reception"]\nroster.{}\n'
    )
    rosters = ('sat = "2:00-6:00"', 'fri = "26:00-30:00"', 'sat = "2:00-7:00"')
    more = "".join(desks.format(place, one) for place, one in enumerate(rosters, 1))
    offices, mark, rest = path.read_text(encoding="utf-8").partition("\n# The contact centre")
    path.write_text(offices + "\n" + more + mark + rest, encoding="utf-8")
    warned = [str(one) for one in check_centre(folder)[1] if ".roster: sat" in str(one)]
    beyond = "sat 2:00-7:00 reaches beyond the hours of the branch"
    assert [one.partition(": ")[2].partition(" (")[0] for one in warned] == [
        f"branches[{load_centre(folder).branches[-2].slug}].desks[3].roster: {beyond}"
    ]


def _replace(folder: Path, old: str, new: str) -> None:
    path = folder / "capacity.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
