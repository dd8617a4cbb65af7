"""The demo: a whole synthetic day through the real server, and nothing left of it afterwards."""

import asyncio
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import httpx
import pytest
from msgspec.structs import replace

from queue_app.cli import demo_lines
from queue_app.clock import ShiftedClock
from queue_app.demo import clerks, residents
from queue_app.demo.crowd import Crowd, full_hall
from queue_app.demo.days import _sign_ins
from queue_app.demo.floor import Floor, Visitor
from queue_app.demo.plan import MINUTE, DemoPlan, plan_of
from queue_app.demo.report import Moment, summed
from queue_app.demo.wire import Refused
from queue_app.jobs import learning
from queue_app.queries import doctor, habits, reference
from queue_app.simulation.past import write_past
from queue_app.simulation.synthetic_day import SyntheticDay
from tests.support.night import NIGHT_CENTRE
from tests.support.server import ROOT, free_port

MONDAY = date(2026, 11, 23)
WITHIN = 180.0
"""Seconds; generous, for a machine that does much else."""


class Demo:
    """`queue-app demo` in a terminal of its own, its temporary files in `folder`."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.folder = folder
        self.port = free_port()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "queue_app.cli", "demo", "--port", str(self.port), *arguments],
            cwd=ROOT,
            env=os.environ | {"TMPDIR": str(folder), "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.said = ""
        self._too_long = threading.Timer(WITHIN, self.process.kill)
        self._too_long.start()

    def until(self, pattern: str) -> re.Match[str]:
        """Read on until a line matches."""
        assert self.process.stdout
        for line in self.process.stdout:
            self.said += line
            if found := re.search(pattern, line):
                return found
        raise AssertionError(f"it never said {pattern}:\n{self.said}")

    def end(self) -> int:
        """The exit code, once it has ended by itself."""
        assert self.process.stdout
        self.said += self.process.stdout.read()
        code = self.process.wait(WITHIN)
        self._too_long.cancel()
        return code

    def signal_all(self, number: int) -> None:
        """As a terminal does: the whole foreground group gets it."""
        os.killpg(self.process.pid, number)

    def leftovers(self) -> list[str]:
        """Processes that still know the folder, and whatever stands in it."""
        files = [str(path) for path in self.folder.iterdir()]
        return [*files, *_processes_of(str(self.folder))]


StartDemo = Callable[..., Demo]


def _processes_of(folder: str) -> list[str]:
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            command = (place / "cmdline").read_bytes()
            environment = (place / "environ").read_bytes()
        except OSError:
            continue
        if int(place.name) != os.getpid() and folder.encode() in command + environment:
            found.append(f"{place.name} {command!r}")
    return found


@pytest.fixture
def demo() -> Iterator[StartDemo]:
    """Starts demos; those that a failed test leaves are killed, their server follows them."""
    started: list[Demo] = []
    folder = Path(tempfile.mkdtemp(prefix="queue-app-demo-test-"))
    folder.chmod(0o711)

    def start(*arguments: str) -> Demo:
        started.append(Demo(folder, *arguments))
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None:
            one.process.terminate()
            one.end()
        if one.process.stdout:
            one.process.stdout.close()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
async def plan(database: str) -> DemoPlan:
    directory = await reference.directory()
    found = plan_of(directory, next(iter(directory.branches.values())), MONDAY)
    assert found
    return found


@pytest.mark.slow
@pytest.mark.server
def test_a_whole_day_passes_without_one_unexpected_answer_and_leaves_nothing(
    demo: StartDemo,
) -> None:
    day = demo("--rate", "1200", "--visitors", "50", "--once")
    code = day.end()
    assert code == 0, day.said
    assert "every invariant holds" in day.said
    assert "UNEXPECTED" not in day.said
    served = re.search(r"(\d+) served,", day.said)
    assert served and int(served[1]) >= 30, day.said
    assert re.search(r"Pace +90 in 100 things that clerks did were late by at most \d+ s", day.said)
    assert "more cut" not in day.said and "none (" not in day.said
    assert day.leftovers() == []


async def test_the_clerks_of_desks_with_names_have_logins(plan: DemoPlan) -> None:
    names = ("Gabinet Róży", "Açor", "A", "a", "№ 5", "6")
    desks = tuple(replace(desk, number=name) for desk, name in zip(plan.desks, names, strict=True))
    clerks = (await _sign_ins(replace(plan, desks=desks))).clerks
    assert {name: login for name, (login, _) in clerks.items()} == {
        name: f"clerk{place}" for place, name in enumerate(names, 1)
    }


@pytest.mark.slow
@pytest.mark.server
def test_a_night_passes_without_one_unexpected_answer_and_leads_on_to_the_next(
    demo: StartDemo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No hour that a night of the hall lacks or has twice, no clock that is set back."""
    monkeypatch.setenv("QUEUE_APP_CONFIG", str(NIGHT_CENTRE))
    day = demo(
        "--rate", "1200", "--visitors", "40", "--branch", "station",
        "--clock", "2026-11-25T12:00:00+02:00",
    )  # fmt: skip
    day.until("clock shows Wednesday 25 November 2026, 21:50")
    day.until("every invariant holds")
    day.until(r"2[12]:\d\d  waiting")
    day.until(r"0[12]:\d\d  waiting")
    day.signal_all(signal.SIGINT)
    assert day.end() == 0, day.said
    assert "UNEXPECTED" not in day.said
    assert day.leftovers() == []


@pytest.mark.slow
@pytest.mark.server
def test_a_sunday_leads_on_to_monday_and_ctrl_c_in_the_middle_of_it_leaves_nothing(
    demo: StartDemo,
) -> None:
    day = demo("--rate", "1800", "--visitors", "60", "--clock", "2026-11-22T15:00:00+02:00")
    day.until("clock shows Monday 23 November 2026, 08:50")
    day.until(r"served +[1-9]")
    _every_face_answers(f"http://127.0.0.1:{day.port}")
    day.signal_all(signal.SIGINT)
    day.signal_all(signal.SIGINT)
    assert day.end() == 0, day.said
    assert "Traceback" not in day.said
    assert "every invariant holds" in day.said
    assert day.leftovers() == []


def _every_face_answers(address: str) -> None:
    """As the browser of somebody who watches: one page, and what its frames load."""
    with httpx.Client(base_url=address, follow_redirects=True, timeout=30) as browser:
        page = browser.get("/demo")
        assert page.status_code == 200
        assert "frame-ancestors 'self'" in page.headers["content-security-policy"]
        frames = re.findall(r'<iframe id="(\w+)"[^>]*src="([^"]+)"', page.text)
        assert {"board", "console", "kiosk", "booking"} <= {name for name, _ in frames}
        for name, source in frames:
            shown = browser.get(source)
            assert shown.status_code == 200, name
            assert "/sign-in" not in shown.url.path, name
        english = browser.get("/demo?lang=en").text
        for name, source in re.findall(r'<iframe id="(\w+)"[^>]*src="([^"]+)"', english):
            said = browser.get(unescape(source)).text
            assert f'<html lang="{"uk" if name == "board" else "en"}"' in said, name
        assert browser.get("/demo/state").json()["day"]
        assert browser.get("/demo/files/demo.css").status_code == 200
        assert browser.get("/demo/files/..%2Fpage.py").status_code == 404


@pytest.mark.server
@pytest.mark.parametrize(
    ("arguments", "begins"),
    [
        pytest.param(("--until", "08:30"), "Monday .*, 08:50", marks=pytest.mark.slow),
        pytest.param(
            ("--clock", "2026-11-23T12:00:00+02:00", "--until", "11:00"),
            "Monday 23 November 2026, 12:00",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_a_demo_that_would_end_before_it_begins_is_refused(
    demo: StartDemo, arguments: tuple[str, ...], begins: str
) -> None:
    day = demo("--once", *arguments)
    assert day.end() == 1, day.said
    assert re.search(f"{arguments[-1]} is not after the demo's beginning, {begins}", day.said)
    assert "Traceback" not in day.said
    assert day.leftovers() == []


@pytest.mark.server
@pytest.mark.slow
@pytest.mark.parametrize("seconds", [0.3, 1.5])
def test_a_polite_signal_while_it_starts_leaves_nothing(demo: StartDemo, seconds: float) -> None:
    day = demo("--rate", "300", "--visitors", "40")
    day.until("Starting")
    time.sleep(seconds)
    day.process.send_signal(signal.SIGTERM)
    assert day.end() == 0, day.said
    assert "Traceback" not in day.said
    assert day.leftovers() == []


class SlowWire:
    """Answers everything, each time only after half a minute of the hall."""

    def __init__(self, clock: ShiftedClock) -> None:
        self.seconds = clock.real_seconds(30)
        self.asked: list[str] = []

    async def post(self, path: str, *_: object, **__: object) -> dict[str, int]:
        self.asked.append(path.rpartition("/")[2])
        await asyncio.sleep(self.seconds)
        return {"id": 7, "calls": 1}


@pytest.mark.parametrize("rate", [pytest.param(60.0, marks=pytest.mark.slow), 300.0, 3_000.0])
async def test_what_a_machine_takes_for_its_answers_is_no_time_of_the_clerks_at_any_rate(
    rate: float, plan: DemoPlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten visits of four minutes take as long as by the roster, not an hour and more."""
    monkeypatch.setattr(clerks, "UNKNOWN_MINUTES", 4.0 * rate / 3_000)
    monkeypatch.setattr(clerks, "SLIP_SHARE", 0.0)
    clock = ShiftedClock(plan.opens, rate, datetime.now(UTC))
    wire = SlowWire(clock)
    floor = Floor(plan, clock, wire, random.Random(1))  # type: ignore[arg-type]
    clerk = clerks.Clerk(floor, plan.desks[0], ("clerk", "word"), False, 1)
    monkeypatch.setattr(clerk.rng, "uniform", lambda low, high: (low + high) / 2 * rate / 3_000)
    for _ in range(10):
        await clerk._attend({"id": 7})
    worked = (clerk._at - plan.opens).total_seconds()
    assert worked == pytest.approx(10 * (50 + 240 + 7) * rate / 3_000, abs=0.01)
    assert wire.asked == ["starts", "finishes"] * 10
    assert len(floor.behind) == 30


class JustResumedWire:
    """An alert is over; whoever was called before it may not be given up for half a minute."""

    def __init__(self, clock: ShiftedClock, possible_at: datetime) -> None:
        self.clock, self.possible_at = clock, possible_at
        self.given_up: list[datetime] = []

    async def post(self, path: str, *_: object, allow: tuple[str, ...], **__: object) -> Any:
        assert path.endswith("/no-shows")
        if self.clock.now() < self.possible_at:
            assert "just_resumed" in allow, "it is a rule of the hall, not a fault"
            body = {"possible_at": self.possible_at.isoformat()}
            raise Refused(409, "just_resumed", body)
        self.given_up.append(self.clock.now())
        return {}


async def test_who_does_not_come_after_an_alert_is_given_up_once_they_had_the_time(
    plan: DemoPlan,
) -> None:
    clock = ShiftedClock(plan.opens, 300, datetime.now(UTC))
    wire = JustResumedWire(clock, plan.opens + timedelta(seconds=60))
    floor = Floor(plan, clock, wire, random.Random(1))  # type: ignore[arg-type]
    clerk = clerks.Clerk(floor, plan.desks[0], ("clerk", "word"), False, 1)
    await clerk._missed(7, None)
    [given_up] = wire.given_up
    assert wire.possible_at <= given_up
    assert clerk._at >= wire.possible_at


def test_each_hour_of_the_night_of_the_change_is_a_line_and_told_apart(
    plan: DemoPlan, capsys: pytest.CaptureFixture[str]
) -> None:
    say = demo_lines.TerminalTeller(rate=1).progress(plan)
    begins = datetime(2026, 10, 24, 23, 10, tzinfo=UTC)
    for minutes in range(0, 240, 10):
        say(Moment(begins + timedelta(minutes=minutes), 0, 0, 1, 0, 0, 0))
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition("  waiting")[0].strip() for line in lines] == [
        "02:10", "03:00 (UTC+3)", "03:00 (UTC+2)", "04:00", "05:00",
    ]  # fmt: skip


@pytest.mark.parametrize(("late", "said"), [(20.0, None), (299.0, None), (900.0, 100), (9e4, 1)])
def test_a_demo_says_which_rate_its_machine_can_hold(late: float, said: int | None) -> None:
    pace, *doubt = demo_lines.pace(summed([late]), None, 300)
    assert f"late by at most {late:.0f} s of the hall" in pace
    assert bool(doubt) == (said is not None)
    assert (
        said is None
        or f"cannot hold rate 300, so the ranges mean little; try --rate {said}" in (doubt[0])
    )


def test_tickets_that_come_late_are_a_rate_that_is_not_held() -> None:
    """Two seconds for a ticket are half an hour of a hall whose clock runs 900 times as fast."""
    early, late = (demo_lines.pace(summed([5.0]), summed([one]), 900) for one in (0.2, 2.0))
    assert len(early) == 1 and "90 in 100 tickets took at most 180" in early[0]
    assert "try --rate 100" in late[1]


async def test_a_server_of_a_real_centre_has_no_demo_page(client: httpx.AsyncClient) -> None:
    assert (await client.get("/demo")).status_code == 404
    assert (await client.get("/demo/state")).status_code == 404


@pytest.fixture
async def crowd(plan: DemoPlan) -> Crowd:
    directory = await reference.directory()
    branch = next(one for one in directory.centre.branches if one.slug == plan.branch)
    return full_hall(directory.centre, branch, plan.day, None, random.Random(1))


def walk_ins(
    plan: DemoPlan, crowd: Crowd, seed: int, since: timedelta = timedelta()
) -> list[Visitor]:
    rng = random.Random(seed)
    return residents.walk_ins(plan, crowd.draw(plan.day, rng), plan.opens + since, rng)


async def test_the_same_seed_gives_the_same_visitors(plan: DemoPlan, crowd: Crowd) -> None:
    def drawn(seed: int) -> list[tuple[object, ...]]:
        people = walk_ins(plan, crowd, seed)
        return [(one.arrives, one.services, one.minutes, one.priority) for one in people]

    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)


async def test_visitors_come_while_the_kiosk_gives_tickets_and_for_what_some_desk_gives(
    plan: DemoPlan, crowd: Crowd
) -> None:
    people = walk_ins(plan, crowd, 3)
    assert len(people) > 150
    assert all(plan.kiosk_from <= one.arrives <= plan.kiosk_until for one in people)
    assert all(any(desk.services.issuperset(one.services) for desk in plan.desks) for one in people)
    assert any(len(one.services) == 2 for one in people)
    assert any(one.priority in plan.priorities for one in people if one.kind == "priority")


async def test_a_day_that_begins_late_has_only_who_is_there_or_still_comes(
    plan: DemoPlan, crowd: Crowd
) -> None:
    whole, late = (walk_ins(plan, crowd, 3, timedelta(hours=hours)) for hours in (0, 3))
    assert len(whole) / 4 < len(late) < len(whole) * 0.9
    assert all(one.arrives > plan.opens + timedelta(hours=3) - 20 * MINUTE for one in late)


async def test_as_many_come_as_are_wanted_else_as_many_as_the_desks_can_serve(
    plan: DemoPlan,
) -> None:
    directory = await reference.directory()
    branch = next(one for one in directory.centre.branches if one.slug == plan.branch)

    def hall(count: int | None) -> tuple[Crowd, SyntheticDay]:
        crowd = full_hall(directory.centre, branch, plan.day, count, random.Random(1))
        return crowd, crowd.draw(plan.day, random.Random(2))

    for count in (40, 700):
        _, drawn = hall(count)
        assert len(
            {one.person.id for one in drawn.people} | {one.id for one in drawn.bookings}
        ) == (count)
    crowd, _ = hall(None)
    busy = [one.figures["use"] for one in crowd.past(plan.day, random.Random(2))]
    assert 65 < sum(busy) / len(busy) < 95


@pytest.mark.slow
async def test_a_hall_has_a_past_from_which_its_branch_has_learned(
    plan: DemoPlan, crowd: Crowd
) -> None:
    directory = await reference.directory()
    branch = directory.branch(plan.branch)
    await write_past(directory, branch, crowd.past(plan.day, random.Random(2)))
    now = plan.opens - timedelta(hours=1)
    assert await learning.learn(directory, now) > 20
    await learning.learn_habits(directory, now)
    known = await habits.learned(branch.id)
    assert known.habits.priority_per_minute > 0
    assert abs(known.habits.comes - 0.85) < 0.03
    for code, learned in known.times.items():
        if learned.visits > 100:
            true = crowd.truth.times[code].mean_minutes
            assert abs(learned.mean_minutes - true) < 0.2 * true, code
    assert await doctor.check(now) == []
