"""How desks stood, beside a log of visits: read as strictly, every mistake by its line."""

import csv
import io
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queue_app.domain.desk_log import MARKS, DeskLog, LoggedState, read_desks
from queue_app.domain.log_table import DESK_FLAWS, ODD, DeskFlaw, UnreadableLog, flaw_counts
from queue_app.domain.visit_log import VisitLog, read_log

KYIV = ZoneInfo("Europe/Kyiv")
HEAD = "desk,state,from,until"
VISITS = """arrival,service,start,end,desk
2026-11-23T09:00,bill,2026-11-23T09:05,2026-11-23T09:15,Olena
2026-11-23T09:01,bill,2026-11-23T09:06,2026-11-23T09:16,two
2026-11-23T09:02,bill,2026-11-23T12:06,2026-11-23T12:16,two"""
MORNING = datetime(2026, 11, 23, 9, tzinfo=KYIV)


def visits() -> VisitLog:
    return read_log(VISITS, KYIV)


def read(*rows: str, head: str = HEAD) -> DeskLog:
    return read_desks("\n".join([head, *rows]), KYIV, visits())


def test_a_row_is_read_as_it_stands_and_its_desk_is_that_of_the_visits() -> None:
    found = read("two,paused,2026-11-23T09:00,2026-11-23T09:04")
    begins = datetime(2026, 11, 23, 7, tzinfo=UTC)
    assert found.states == [
        LoggedState(2, 2, "paused", begins, begins + timedelta(minutes=4)),
    ]
    assert found.faults == []


def test_names_of_desks_are_not_kept() -> None:
    found = read("Olena,open,2026-11-23T09:00,2026-11-23T09:30")
    assert found.states[0].desk == 1
    assert "Olena" not in repr(found) + repr(visits())


MISTAKES: dict[DeskFlaw, str] = {
    "columns": "two,open,2026-11-23T09:00",
    "time_unreadable": "two,open,soon,2026-11-23T09:10",
    "zero_for_none": "two,open,2026-11-23T09:00,0",
    "skipped_hour": "two,open,2026-03-29T03:30,2026-03-29T05:00",
    "hour_twice": "two,open,2026-10-25T03:30,2026-10-25T05:00",
    "desk_unnamed": "-,open,2026-11-23T09:00,2026-11-23T09:10",
    "state_unknown": "two,away,2026-11-23T09:00,2026-11-23T09:10",
    "span_open": "two,open,2026-11-23T09:00,",
    "span_backward": "two,open,2026-11-23T09:00,2026-11-23T09:00",
    "states_at_once": "two,paused,2026-11-23T10:29,2026-11-23T10:40",
    "served_nobody": "seven,open,2026-11-23T09:00,2026-11-23T09:10",
    "served_while_shut": "two,closed,2026-11-23T12:00,2026-11-23T12:30",
}
FINE = "two,open,2026-11-23T10:00,2026-11-23T10:30"


@pytest.mark.parametrize("flaw", DESK_FLAWS)
def test_each_kind_of_mistake_is_said_with_its_line(flaw: DeskFlaw) -> None:
    found = read(FINE, MISTAKES[flaw])
    assert [(one.flaw, one.line) for one in found.faults] == [(flaw, 3)]
    assert str(found.faults[0]).startswith(f"line 3: {DESK_FLAWS[flaw]}")
    assert found.bad == (0 if flaw in ODD else 1)
    [count] = flaw_counts(found.faults, found.rows)
    assert (count.said, count.count, count.lines) == (DESK_FLAWS[flaw], 1, [3])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "line 1: the file is empty"),
        ("desk,state,from\n", "line 1: there is no column 'until'"),
        (f'{HEAD}\ntwo,"open\n', "line 2: "),
    ],
)
def test_what_says_nothing_of_desks_is_refused_with_the_line(text: str, said: str) -> None:
    with pytest.raises(UnreadableLog, match=said):
        read_desks(text, KYIV, visits())


@st.composite
def spans(draw: st.DrawFn) -> list[LoggedState]:
    """A morning of each desk, in which nothing overlaps, before the visits of noon."""
    found: list[LoggedState] = []
    for desk in (1, 2):
        at = MORNING.astimezone(UTC) + timedelta(minutes=20)
        for _ in range(draw(st.integers(0, 4))):
            since = at + timedelta(minutes=draw(st.integers(0, 10)))
            at = since + timedelta(minutes=draw(st.integers(1, 20)))
            state = draw(st.sampled_from(MARKS))
            found.append(LoggedState(len(found) + 2, desk, state, since, at))
    return found


FORMS: tuple[Callable[[datetime], str], ...] = (
    lambda at: at.astimezone(KYIV).replace(tzinfo=None).isoformat(),
    lambda at: at.isoformat(),
    lambda at: f"{at.astimezone(KYIV):%d.%m.%Y %H:%M:%S}",
    lambda at: f"{at.astimezone(KYIV):%H:%M:%S}",
)
NAMES = {1: "Olena", 2: "two"}


@given(
    spans(),
    st.permutations([*HEAD.split(","), "remark"]),
    st.sampled_from(",;\t"),
    st.sampled_from(FORMS),
    st.booleans(),
)
def test_columns_and_formats_permuted_read_the_same(
    states: list[LoggedState],
    columns: list[str],
    comma: str,
    form: Callable[[datetime], str],
    loud: bool,
) -> None:
    stream = io.StringIO()
    out = csv.writer(stream, delimiter=comma)
    head = [*columns, "date"]
    out.writerow(name.upper() if loud else name for name in head)
    for one in states:
        cells = {
            "desk": NAMES[one.desk],
            "state": one.state.upper() if loud else one.state,
            "from": form(one.since),
            "until": form(one.until),
            "remark": "extra",
            "date": str(MORNING.date()),
        }
        out.writerow(cells[name] for name in head)
    found = read_desks(stream.getvalue(), KYIV, visits())
    assert found.states == states
    assert found.faults == []


def read_or_refused(rows: Sequence[Sequence[str]]) -> DeskLog | str:
    try:
        return read(*(",".join(row) for row in rows))
    except UnreadableLog as error:
        return str(error)


@given(
    st.lists(
        st.lists(
            st.sampled_from(["", "0", "two", "Olena", "open", "paused", "closed", "soon", '"',
                             "2026-11-23T09:00", "2026-11-23T09:10", "31.02.2026 9:00"]),
            min_size=1,
            max_size=5,
        ),
        max_size=8,
    )
)  # fmt: skip
def test_whatever_is_refused_names_its_line(rows: Sequence[Sequence[str]]) -> None:
    found = read_or_refused(rows)
    if isinstance(found, str):
        assert found.startswith("line ")
        return
    lines = {one.line for one in found.faults if one.flaw not in ODD}
    assert all(2 <= line <= len(rows) + 1 for line in lines)
    assert len(lines) == found.bad
    for one, after in zip(found.states, found.states[1:], strict=False):
        assert one.desk != after.desk or one.until <= after.since
