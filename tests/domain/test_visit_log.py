"""A log of visits, read strictly: what can be true is read, and what cannot is said by its line."""

import csv
import io
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queue_app.domain.log_table import FLAWS, ODD, Flaw, UnreadableLog, flaw_counts
from queue_app.domain.visit_log import LoggedAbsence, LoggedVisit, VisitLog, read_log

KYIV = ZoneInfo("Europe/Kyiv")
HEAD = "arrival,service,priority,start,end,left_at,desk,due,called,ticket"
MORNING = datetime(2026, 11, 23, 9, tzinfo=KYIV)


def log(*rows: str, head: str = HEAD) -> VisitLog:
    return read_log("\n".join([head, *rows]), KYIV)


def test_a_row_is_read_as_it_stands() -> None:
    found = log(
        "2026-11-23T09:00:00,bill,1,2026-11-23T09:05:30,2026-11-23T09:15:00,,5,,2026-11-23 09:05,A1"
    )
    assert found.visits == [
        LoggedVisit(
            line=2,
            arrival=datetime(2026, 11, 23, 7, 0, tzinfo=UTC),
            service="bill",
            start=datetime(2026, 11, 23, 7, 5, 30, tzinfo=UTC),
            end=datetime(2026, 11, 23, 7, 15, tzinfo=UTC),
            desk=1,
            priority=True,
            called=datetime(2026, 11, 23, 7, 5, tzinfo=UTC),
            ticket="A1",
        )
    ]
    assert found.faults == []


MISTAKES: dict[Flaw, str] = {
    "columns": "2026-11-23T09:00:00,bill",
    "arrival_missing": ",bill,,2026-11-23T09:05:00,2026-11-23T09:15:00,,5,,,",
    "service_missing": "2026-11-23T09:00:00,,,2026-11-23T09:05:00,2026-11-23T09:15:00,,5,,,",
    "time_unreadable": "soon,bill,,2026-11-23T09:05:00,2026-11-23T09:15:00,,5,,,",
    "zero_for_none": "2026-11-23T09:00:00,bill,,2026-11-23T09:05:00,0,,5,,,",
    "skipped_hour": "2026-03-29T03:30:00,bill,,2026-03-29T04:05:00,2026-03-29T04:15:00,,5,,,",
    "end_before_start": "2026-11-23T09:00:00,bill,,2026-11-23T09:05:00,2026-11-23T09:04:00,,5,,,",
    "start_before_arrival": "2026-11-23T09:00:00,b,,2026-11-23T08:05:00,2026-11-23T09:15:00,,5,,,",
    "called_before_arrival": "2026-11-23T09:00,b,,2026-11-23T09:05,2026-11-23T09:15,,5,,"
    "2026-11-23T08:59,",
    "called_after_start": "2026-11-23T09:00,b,,2026-11-23T09:05,2026-11-23T09:15,,5,,"
    "2026-11-23T09:06,",
    "left_before_arrival": "2026-11-23T09:00:00,bill,,,,2026-11-23T08:59:00,,,,",
    "left_and_served": "2026-11-23T09:00,b,,2026-11-23T09:05,2026-11-23T09:15,"
    "2026-11-23T09:01,5,,,",
    "round_midnight": "2026-11-23T23:50:00,bill,,2026-11-23T23:55:00,2026-11-23T00:05:00,,5,,,",
    "end_without_start": "2026-11-23T09:00:00,bill,,,2026-11-23T09:15:00,,5,,,",
    "start_without_end": "2026-11-23T09:00:00,bill,,2026-11-23T09:05:00,,,5,,,",
    "called_without_start": "2026-11-23T09:00:00,bill,,,,,5,,2026-11-23T09:05:00,",
    "no_fate": "2026-11-23T09:00:00,bill,,,,,,,,",
    "desk_missing": "2026-11-23T09:00:00,bill,,2026-11-23T09:05:00,2026-11-23T09:15:00,,,,,",
    "desk_twice": "2026-11-23T10:31:00,bill,,2026-11-23T10:35:00,2026-11-23T10:45:00,,9,,,",
    "duplicate": "2026-11-23T10:30:00,bill,,2026-11-23T10:30:00,2026-11-23T10:40:00,,9,,,T1",
    "due_on_another_day": "2026-11-23T09:00,b,,2026-11-23T09:05,2026-11-23T09:15,,5,"
    "2026-11-24T09:05,,",
    "service_unknown": "2026-11-23T09:00:00,dance,,2026-11-23T09:05:00,2026-11-23T09:15:00,,5,,,",
    "hour_twice": "2026-10-25T03:30:00,bill,,2026-10-25T04:05:00,2026-10-25T04:15:00,,5,,,",
    "short": "2026-11-23T09:00:00,bill,,2026-11-23T09:05:00,2026-11-23T09:05:09,,5,,,",
    "long": "2026-11-23T09:00:00,bill,,2026-11-23T09:05:00,2026-11-23T11:05:01,,6,,,",
}  # fmt: skip
FINE = "2026-11-23T10:30:00,bill,,2026-11-23T10:30:00,2026-11-23T10:40:00,,9,,,T1"


def read_with(mistake: str) -> VisitLog:
    return read_log(f"{HEAD}\n{FINE}\n{mistake}", KYIV, services=frozenset({"bill", "b"}))


@pytest.mark.parametrize("flaw", FLAWS)
def test_each_kind_of_mistake_is_said_with_its_line(flaw: Flaw) -> None:
    found = read_with(MISTAKES[flaw])
    assert [(one.flaw, one.line) for one in found.faults] == [(flaw, 3)]
    assert str(found.faults[0]).startswith(f"line 3: {FLAWS[flaw]}")
    assert len(found.visits) == (2 if flaw in ODD else 1)
    assert found.bad == (0 if flaw in ODD else 1)


def test_a_log_with_every_kind_of_mistake_says_each_of_them_once() -> None:
    text = "\n".join([HEAD, FINE, *MISTAKES.values()])
    found = read_log(text, KYIV, services=frozenset({"bill", "b"}))
    assert [one.flaw for one in found.faults if one.flaw != "desk_twice"] == [
        flaw for flaw in MISTAKES if flaw != "desk_twice"
    ]
    counts = flaw_counts(found.faults, found.rows)
    assert {one.said for one in counts} == set(FLAWS.values())
    assert len(FLAWS) >= 20


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "line 1: the file is empty"),
        ("\n \n", "line 1: the file is empty"),
        ("arrival,start\n", "line 1: there is no column 'service'"),
        ("arrival,service,arrival\n", "line 1: two columns are called 'arrival'"),
        ('arrival,service\n2026-11-23T09:00,"bill\n', "line 2: "),
    ],
)
def test_what_is_no_log_is_refused_with_the_line(text: str, said: str) -> None:
    with pytest.raises(UnreadableLog, match=said):
        read_log(text, KYIV)


def test_a_column_that_was_named_must_be_there() -> None:
    with pytest.raises(UnreadableLog, match="line 1: there is no column 'came' for arrival"):
        read_log(HEAD, KYIV, {"arrival": "came"})


def test_whoever_comes_in_the_hour_that_the_clock_shows_twice_is_taken_for_early() -> None:
    found = read_with(MISTAKES["hour_twice"])
    assert found.visits[1].arrival == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_blank_lines_are_no_rows_and_lines_count_as_an_editor_counts_them() -> None:
    found = log("", FINE, "", "soon,bill,,,,,,,,")
    assert found.rows == 2
    assert [one.line for one in found.faults] == [5]


def test_a_booking_to_which_nobody_came_is_a_row_of_its_own() -> None:
    found = log(FINE, ",bill,,,,,,2026-11-23T09:05,,B7", ",,,,,,,2026-11-23T09:05,,B8")
    due = datetime(2026, 11, 23, 7, 5, tzinfo=UTC)
    assert found.absences == [LoggedAbsence(3, "bill", due, "B7")]
    assert [(one.line, one.flaw) for one in found.faults] == [(4, "service_missing")]
    assert (len(found.visits), found.bad) == (1, 1)


def test_names_of_desks_are_not_kept() -> None:
    found = log(FINE.replace(",9,", ",Olena Petrenko,"))
    assert "Olena" not in repr(found)
    assert found.visits[0].desk == 1


seconds = st.integers(0, 3600)


@st.composite
def visits(draw: st.DrawFn) -> list[LoggedVisit]:
    """Some people of a day: served at desks of their own, or gone."""
    found: list[LoggedVisit] = []
    for number in range(draw(st.integers(0, 6))):
        at = [MORNING.astimezone(UTC)]
        for _ in range(3):
            at.append(at[-1] + timedelta(seconds=draw(st.integers(10, 3600))))
        served = draw(st.booleans())
        found.append(
            LoggedVisit(
                line=number + 2,
                arrival=at[0],
                service=draw(st.sampled_from(["bill", "meter, hot water", 'the "third"', "ліфт"])),
                start=at[2] if served else None,
                end=at[3] if served else None,
                left_at=None if served else at[1],
                desk=sum(one.start is not None for one in found) + 1 if served else None,
                priority=draw(st.booleans()),
                due=draw(st.sampled_from([None, at[1]])),
                called=draw(st.sampled_from([None, at[1]])) if served else None,
                ticket=f"A{number}",
            )
        )
    return found


FORMS = (
    lambda at: at.astimezone(KYIV).replace(tzinfo=None).isoformat(),
    lambda at: at.isoformat(),
    lambda at: at.isoformat().replace("+00:00", "Z"),
    lambda at: f"{at.astimezone(KYIV):%Y-%m-%d %H:%M:%S}",
    lambda at: f"{at.astimezone(KYIV):%d.%m.%Y %H:%M:%S}",
    lambda at: f"{at.astimezone(KYIV):%Y%m%dT%H%M%S}",
    lambda at: at.astimezone(ZoneInfo("Asia/Tokyo")).isoformat(),
)
CLOCK = lambda at: f"{at.astimezone(KYIV):%H:%M:%S}"  # noqa: E731


def written(
    people: Sequence[LoggedVisit], columns: Sequence[str], comma: str, form: object, none: str
) -> str:
    """The same people in another form."""
    stream = io.StringIO()
    out = csv.writer(stream, delimiter=comma)
    out.writerow(columns)
    for one in people:
        cells = []
        for name in columns:
            value = MORNING.date() if name == "date" else getattr(one, name, "extra")
            if isinstance(value, datetime):
                value = form(value)  # type: ignore[operator]
            elif isinstance(value, bool):
                value = "1" if value else "0"
            elif name == "desk" and value is not None:
                value = f"desk of {one.ticket}"
            cells.append(none if value is None else str(value))
        out.writerow(cells)
    return stream.getvalue()


def read_or_refused(text: str) -> VisitLog | str:
    try:
        return read_log(text, KYIV)
    except UnreadableLog as error:
        return str(error)


ALL = ("arrival", "service", "start", "end", "left_at", "desk", "priority", "due", "called",
       "ticket")  # fmt: skip


@given(
    visits(),
    st.permutations([*ALL, "remark"]),
    st.sampled_from(",;\t"),
    st.sampled_from([*FORMS, CLOCK]),
    st.sampled_from(["", "-", "NULL"]),
    st.sampled_from(["", "\ufeff"]),
    st.booleans(),
)
def test_columns_and_formats_permuted_read_the_same(
    people: list[LoggedVisit],
    columns: list[str],
    comma: str,
    form: object,
    none: str,
    mark: str,
    windows: bool,
) -> None:
    columns = [*columns, "date"] if form is CLOCK else columns
    text = mark + written(people, columns, comma, form, none)
    found = read_log(text if windows else text.replace("\r\n", "\n"), KYIV)
    assert found.visits == people
    assert found.faults == []


@given(
    st.lists(
        st.lists(
            st.sampled_from(
                ["", "0", "bill", "soon", "2026-11-23T09:00", "2026-11-23T09:10", "31.02.2026 9:00",
                 "25:00", "2026-11-23T09:00+02:00", '"', "2026-03-29 03:30", "-", "1"]
            ),
            min_size=1,
            max_size=11,
        ),
        max_size=8,
    )
)  # fmt: skip
def test_whatever_is_refused_names_its_line(rows: list[list[str]]) -> None:
    text = "\n".join([HEAD, *(",".join(row) for row in rows)])
    found = read_or_refused(text)
    if isinstance(found, str):
        assert found.startswith("line ")
        return
    lines = {one.line for one in found.faults if one.flaw not in ODD}
    assert all(2 <= line <= len(rows) + 1 for line in lines)
    assert len(lines) == found.bad
    assert {one.line for one in found.visits}.isdisjoint(lines)
