"""A log played through the estimates as if it were live."""

import json
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from queue_app.cli.commands import main
from queue_app.domain.desk_log import read_desks
from queue_app.domain.dispatch import POLICIES
from queue_app.domain.habits import PAUSE, Habits
from queue_app.domain.interval_score import score
from queue_app.domain.visit_log import LoggedVisit, read_log
from queue_app.simulation.live_log import LiveHall, TimesOf
from queue_app.simulation.log_learning import head_start
from queue_app.simulation.logged_day import LoggedDay, LoggedPerson, days_of, supposed_states
from queue_app.simulation.replay_figures import figures
from queue_app.simulation.rivals import QuantileLine

KYIV = ZoneInfo("Europe/Kyiv")
OPENS = datetime(2026, 11, 23, 9, tzinfo=KYIV)
MINUTE = timedelta(minutes=1)
HEAD = "arrival,service,priority,start,end,left_at,desk"


def hall_log(days: int = 3, people: int = 40, away: float = 0.0, seed: int = 1) -> str:
    """Two desks that serve in order, write up each visit for half a minute, and `away` of the
    time do not come back for six minutes."""
    chance, rows = Random(seed), [HEAD]
    for day in range(days):
        free = [OPENS + timedelta(days=day)] * 2
        at = OPENS + timedelta(days=day)
        for _ in range(people):
            at += timedelta(seconds=round(chance.expovariate(1 / 200)))
            desk = 0 if free[0] <= free[1] else 1
            begins = max(at, free[desk])
            ends = begins + timedelta(seconds=round(chance.lognormvariate(5.8, 0.5)) + 10)
            rest = 360 if chance.random() < away else 30
            free[desk] = ends + timedelta(seconds=rest)
            times = (one.replace(tzinfo=None).isoformat() for one in (at, begins, ends))
            came, start, end = times
            rows.append(f"{came},bill,0,{start},{end},,desk of Olena {desk}")
    return "\n".join(rows)


def replay(tmp_path: Path, text: str, *options: str) -> Result:
    file = tmp_path / "log.csv"
    file.write_text(text, encoding="utf-8")
    command = ["simulate", "replay", str(file), "--timezone", "Europe/Kyiv", "--runs", "15"]
    return CliRunner().invoke(main, [*command, *options])


def test_a_log_is_told_as_if_it_were_live_and_every_rival_beside_it(tmp_path: Path) -> None:
    done = replay(tmp_path, hall_log(), "--learn-days", "1", "--json")
    assert done.exit_code == 0, done.output
    found = json.loads(done.output)
    rows = found["rows"]
    assert rows["before rounding"]["count"] > 30
    assert 0.7 <= rows["before rounding"]["held"] <= 1
    assert rows["as shown, whole minutes"]["held"] >= rows["before rounding"]["held"]
    assert {"position × average", "head of the line", "linear quantile regression"} <= rows.keys()
    assert [part["title"] for part in found["parts"]] == [
        "people ahead", "hour", "service", "class", "desks free", "desks paused",
    ]  # fmt: skip
    for part in found["parts"]:
        counts = [one["count"] for one in part["rows"].values()]
        assert sum(counts) == rows["before rounding"]["count"]


def test_the_table_says_what_was_assumed_and_names_no_desk(tmp_path: Path) -> None:
    done = replay(tmp_path, hall_log(), "--learn-days", "1", "--against", "formula")
    assert done.exit_code == 0, done.output
    assert "Assumed, as the log does not say" in done.output
    assert "as shown, whole minutes" in done.output
    assert "head of the line" not in done.output
    assert "Olena" not in done.output


def test_the_same_seed_gives_the_same_figures(tmp_path: Path) -> None:
    once, again = (replay(tmp_path, hall_log(), "--learn-days", "2", "--json") for _ in range(2))
    assert once.output == again.output


def test_too_few_ranges_that_held_are_an_exit_code_of_their_own(tmp_path: Path) -> None:
    """Two days like any other, and then one on which every visit takes ten times as long."""
    rows = hall_log(days=3).splitlines()
    text = "\n".join([rows[0], *(row for row in rows[1:] if "11-25" not in row)])
    slow = OPENS + timedelta(days=2)
    for number in range(40):
        came = slow + timedelta(minutes=number)
        begins = max(came, slow + timedelta(minutes=40 * (number // 2)))
        ends = begins + timedelta(minutes=39)
        times = [one.replace(tzinfo=None).isoformat() for one in (came, begins, ends)]
        text += f"\n{times[0]},bill,0,{times[1]},{times[2]},,desk of Olena {number % 2}"
    assert replay(tmp_path, text, "--learn-days", "2").exit_code == 3


def test_a_log_of_which_too_much_cannot_be_true_is_refused(tmp_path: Path) -> None:
    bad = "soon,bill,0,,,,\n" * 8
    text = f"{hall_log(days=2)}\n{bad}"
    done = replay(tmp_path, text, "--learn-days", "1")
    assert done.exit_code == 1
    assert "8 rows (9.1 %): a time that cannot be read; lines 82, 83, 84, 85, 86 …" in done.output
    assert "8 of 88 rows of log.csv cannot be true" in done.output
    lenient = replay(tmp_path, text, "--learn-days", "1", "--lenient", "--against", "")
    assert lenient.exit_code in (0, 3)


@pytest.mark.parametrize(
    ("text", "options", "said"),
    [
        (HEAD, [], "the log has 0 days"),
        (hall_log(days=1, people=5), [], "the log has 1 day: --learn-days 14 leaves none"),
        (hall_log(days=1, people=5), ["--map", "came=x"], "NAME=COLUMN"),
        (hall_log(days=1, people=5), ["--against", "magic"], "magic: there are formula"),
        ("arrival\n2026", [], "line 1: there is no column 'service'"),
    ],
)
def test_what_cannot_be_played_is_said_in_a_line(
    tmp_path: Path, text: str, options: list[str], said: str
) -> None:
    done = replay(tmp_path, text, *options)
    assert done.exit_code in (1, 2)
    assert said in done.output
    assert "Traceback" not in done.output


def test_bytes_that_are_no_text_are_refused_with_their_line(tmp_path: Path) -> None:
    file = tmp_path / "log.csv"
    file.write_bytes(f"{HEAD}\n".encode() + "привіт".encode("cp1251"))
    done = CliRunner().invoke(main, ["simulate", "replay", str(file)])
    assert done.exit_code == 1
    assert "line 2: this is not UTF-8" in done.output


def days(text: str, pressed: float = 1.0) -> list[LoggedDay]:
    return days_of(read_log(text, KYIV).visits, KYIV, 1.0, pressed, 1)


@given(st.integers(1, 10_000), st.floats(0, 0.3))
def test_at_every_arrival_the_hall_is_what_the_log_says(seed: int, away: float) -> None:
    for day in days(hall_log(days=1, people=25, away=away, seed=seed)):
        seen = 0

        def on_arrival(hall: LiveHall, one: LoggedPerson, day: LoggedDay = day) -> None:
            nonlocal seen
            seen += 1
            now = hall.minute
            assert one.arrives == now
            assert one.id in hall.waiting
            waiting = {p.id for p in day.people if p.waited and p.arrives <= now < p.until}
            assert hall.waiting.keys() <= waiting
            assert {p for p in waiting if day_person(day, p).arrives < now} <= hall.waiting.keys()
            for person in day.people:
                if person.turn is not None and person.ends and person.turn <= now < person.ends:
                    at = hall.desks[person.desk or 0]
                    assert at.person is person

        LiveHall(day).run(on_arrival)
        assert seen == sum(one.waited for one in day.people)


def day_person(day: LoggedDay, number: int) -> LoggedPerson:
    return next(one for one in day.people if one.id == number)


def test_a_desk_that_stays_away_though_somebody_waits_has_paused_if_it_says_so() -> None:
    text = hall_log(days=1, people=3).splitlines()[0]
    rows = [
        "2026-11-23T09:00:00,bill,0,2026-11-23T09:00:00,2026-11-23T09:05:00,,1",
        "2026-11-23T09:01:00,bill,0,2026-11-23T09:30:00,2026-11-23T09:35:00,,1",
    ]
    gaps = days("\n".join([text, *rows]))[0].gaps
    assert [(one.since, one.until, one.paused) for one in gaps] == [(545.0, 570.0, True)]
    unsaid = days("\n".join([text, *rows]), pressed=0.0)[0].gaps
    assert [(one.since, one.paused) for one in unsaid] == [(545.0, False), (575.0, False)]


DESKS = """desk,state,from,until
1,open,2026-11-23T08:55,2026-11-23T09:10
1,paused,2026-11-23T09:10,2026-11-23T09:20
1,open,2026-11-23T09:20,2026-11-23T09:40
2,open,2026-11-23T09:00,2026-11-23T09:03"""
AT_TWO_DESKS = f"""{HEAD}
2026-11-23T09:00:00,bill,0,2026-11-23T09:00:00,2026-11-23T09:05:00,,1
2026-11-23T09:01:00,bill,0,2026-11-23T09:30:00,2026-11-23T09:35:00,,1
2026-11-22T09:01:00,bill,0,2026-11-22T09:30:00,2026-11-22T09:35:00,,2"""


def test_desks_stand_as_their_own_log_says() -> None:
    log = read_log(AT_TWO_DESKS, KYIV)
    states = read_desks(DESKS, KYIV, log).states
    _, day = days_of(log.visits, KYIV, states=states)
    assert [(one.desk, one.since, one.until, one.paused, one.called) for one in day.gaps] == [
        (1, 535.0, 540.0, False, True),
        (1, 545.0, 550.0, False, False),
        (1, 550.0, 560.0, True, False),
        (1, 560.0, 570.0, False, True),
        (1, 575.0, 580.0, False, False),
        (2, 540.0, 543.0, False, False),
    ]
    seen: list[tuple[float, list[int]]] = []
    LiveHall(day).run(lambda hall, one: seen.append((hall.minute, sorted(hall.desks))))
    assert seen == [(541.0, [1, 2])]


def test_without_a_log_of_desks_they_are_supposed_to_have_stood_from_first_visit_to_last() -> None:
    log = read_log(AT_TWO_DESKS, KYIV)
    day = OPENS.replace(hour=0)
    found = [
        (one.desk, one.state, (one.since - day) / MINUTE, (one.until - day) / MINUTE)
        for one in supposed_states(days_of(log.visits, KYIV)[1:], KYIV)
    ]
    assert found == [
        (1, "open", 540.0, 545.0),
        (1, "paused", 545.0, 570.0),
        (1, "open", 570.0, 575.0),
    ]


def test_a_replay_reads_how_the_desks_stood_and_says_what_is_wrong_with_it(tmp_path: Path) -> None:
    desks = tmp_path / "desks.csv"
    rows = [
        f"desk of Olena {desk},open,2026-11-{23 + day}T08:50,2026-11-{23 + day}T18:00"
        for day in range(2)
        for desk in range(2)
    ]
    desks.write_text("\n".join(["desk,state,from,until", *rows, "x,open,soon,"]), "utf-8")
    options = ("--learn-days", "1", "--against", "", "--desks", str(desks))
    refused = replay(tmp_path, hall_log(days=2), *options)
    assert refused.exit_code == 1
    assert "1 row (20.0 %): a time that cannot be read; line 6" in refused.output
    assert "1 of 5 rows of desks.csv cannot be true" in refused.output
    done = replay(tmp_path, hall_log(days=2), *options, "--lenient")
    assert done.exit_code in (0, 3)
    assert "a desk of which no row of --desks speaks is there" in done.output


def visit(minute: float, begins: float, priority: bool) -> LoggedVisit:
    at = [OPENS + timedelta(minutes=one) for one in (minute, begins, begins + 4)]
    return LoggedVisit(0, at[0], "bill", at[1], at[2], None, 1, priority)


def test_the_head_start_of_priority_is_seen_from_who_passes_whom() -> None:
    """With priority one goes before whoever came up to five minutes earlier."""
    found: list[LoggedVisit] = []
    for number in range(40):
        begins = 60.0 * number
        lead = 1 + number % 9
        passes = lead < 5
        found.append(visit(begins, begins + (20 if passes else 10), priority=False))
        found.append(visit(begins + lead, begins + (10 if passes else 20), priority=True))
    assert head_start(days_of(found, KYIV, 1.0, 1.0, 1), 1.0) == 5.0


def told(*ranges: tuple[float, float, float]) -> Sequence[tuple[date, tuple[float, ...], float]]:
    return [(OPENS.date(), (low, (low + high) / 2, high), true) for low, high, true in ranges]


def test_the_interval_score_is_the_width_and_ten_for_each_minute_of_a_miss() -> None:
    assert score(2.0, 6.0, 4.0) == 4.0
    assert score(2.0, 6.0, 7.0) == pytest.approx(4 + 10)
    assert score(2.0, 6.0, 1.5) == pytest.approx(4 + 5)


def test_the_figures_of_ranges_add_up() -> None:
    found = figures(told((0, 4, 1), (0, 4, 5), (2, 6, 1), (2, 6, 3)))  # type: ignore[arg-type]
    assert (found.held, found.below, found.above) == (0.5, 0.25, 0.25)
    assert found.width == 4.0


def test_quantile_regression_finds_the_line_that_a_tenth_lies_beyond() -> None:
    chance, line = Random(3), QuantileLine()
    for _ in range(1500):
        x = chance.uniform(0, 10)
        line.heard((x,), 2 + 3 * x + chance.uniform(0, 10))
    line.fit()
    low, middle, high = line.told((4.0,)) or (0.0, 0.0, 0.0)
    assert low == pytest.approx(15, abs=0.7)
    assert middle == pytest.approx(19, abs=0.7)
    assert high == pytest.approx(23, abs=0.7)


def test_what_a_desk_gave_once_and_passes_over_today_is_not_expected_of_it_today() -> None:
    """Both desks gave both services on the first day; on the second, desk A leaves whoever comes
    for "legal" to the other, which is long busy."""
    rows = [HEAD]

    def visit(day: int, came: int, service: str, start: int, end: int, desk: str) -> None:
        at = (OPENS + timedelta(days=day) + minutes * MINUTE for minutes in (came, start, end))
        came_at, starts, ends = (one.replace(tzinfo=None).isoformat() for one in at)
        rows.append(f"{came_at},{service},0,{starts},{ends},,{desk}")

    for number, desk in enumerate("AB"):
        visit(0, number, "bill", number, 5, desk)
        visit(0, 2 + number, "legal", 6 + number, 9, desk)
    visit(1, 0, "legal", 0, 40, "B")
    visit(1, 1, "legal", 40, 50, "B")
    for number in range(5):
        visit(1, 2 + 4 * number, "bill", 6 + 4 * number, 9 + 4 * number, "A")
    _, day = days("\n".join(rows))
    given = []

    def on_arrival(hall: LiveHall, one: LoggedPerson) -> None:
        scene = hall.scene(POLICIES["promise"], Habits(), TimesOf({}, PAUSE))
        given.append([sorted(desk.desk.services) for desk in scene.desks])

    LiveHall(day).run(on_arrival)
    both = ["bill", "legal"]
    assert given[0] == [both], "nobody was passed over yet"
    assert sorted(given[-1]) == [["bill"], both]
