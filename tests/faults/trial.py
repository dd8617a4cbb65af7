"""One trial: people at work, a fault that comes, lasts and ends, and what is true afterwards."""

import asyncio
import shutil
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from queue_app.queries import doctor, reference
from queue_app.store import db
from tests.conftest import MONDAY
from tests.faults.altered import PROGRAM
from tests.faults.book import Kept, Verdict, judge
from tests.faults.crowd import Crowd
from tests.faults.homes import Home, embedded
from tests.faults.service import Service, tracebacks
from tests.faults.stage import Stage
from tests.load.stage import HALL
from tests.load.table import part

BEFORE = 2.0
"""Seconds in which people are at work before the fault comes."""
GONE = "the server ended by itself"


@dataclass
class Scene:
    """What a fault finds. `forgiven`: what was asked for before then may be gone."""

    home: Home
    service: Service
    crowd: Crowd
    began: float = 0.0
    ended: float = 0.0
    notes: list[str] = field(default_factory=list)
    forgiven: float = 0.0
    findings: list[str] = field(default_factory=list)

    def end(self) -> None:
        """The fault is over: from now on the time until all is well is counted."""
        self.ended = time.monotonic()

    def note(self, words: str) -> None:
        self.notes.append(words)

    def amiss(self, words: str) -> None:
        """Something that the product promises did not come true."""
        self.findings.append(words)

    def note_answers(self, what: str, name: str) -> None:
        """How long such requests took since the fault began."""
        took = [one.seconds for one in self.crowd.book.within(self.began, time.monotonic(), what)]
        if took:
            self.note(
                f"{name}: {len(took)} answers, half within {part(took, 0.5):.2f} s,"
                f" the longest {max(took):.2f} s"
            )


@dataclass(frozen=True)
class Trial:
    """`fault` brings the fault and returns when it has ended, or says so before by `scene.end()`;
    its docstring says what it is. `begins`: files in the data folder by which a server of
    `tests.faults.altered` begins; none: it is the product's own."""

    name: str
    fault: Callable[[Scene], Awaitable[None]]
    home: Callable[[Stage, Path], AbstractContextManager[Home]] = embedded
    begins: tuple[str, ...] = ()

    @property
    def what(self) -> str:
        return " ".join((self.fault.__doc__ or "").split())


@dataclass
class Result:
    """What a trial showed. Seconds are None for what never came."""

    name: str
    answers: Counter[str] = field(default_factory=Counter)
    longest_answer: float = 0.0
    no_ticket_for: float = 0.0
    no_after: float | None = None
    yes_after: float | None = None
    boards_still_for: float = 0.0
    verdict: Verdict = field(default_factory=Verdict)
    log_lines: int = 0
    tracebacks: int = 0
    findings: list[str] = field(default_factory=list)
    stands: bool = False
    memory: float = 0.0
    acknowledged: int = 0
    started_in: float = 0.0
    """Seconds from `serve` to ready, before the fault."""
    refusals: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    skipped: str = ""

    @property
    def sound(self) -> bool:
        """Nothing acknowledged is lost or done twice, and every invariant holds."""
        return not (self.verdict.lost or self.verdict.twice or self.findings)


async def perform(trial: Trial, stage: Stage, logs: Path | None = None) -> Result:
    """The whole of it, and nothing of it left behind but the server's log in `logs`."""
    with stage.room(trial.name) as room, trial.home(stage, room) as home:
        service = Service(room, home.data, home.url, PROGRAM if trial.begins else None)
        for name in trial.begins:
            (home.data / name).touch()
        memory = asyncio.create_task(service.remember_memory())
        try:
            service.start()
            began = time.monotonic()
            if not await service.until_ready():
                raise RuntimeError("it did not start:\n" + "\n".join(service.lines()[-20:]))
            took = time.monotonic() - began
            result = await _lived(
                trial, Scene(home, service, Crowd(service.address, stage.sign_ins))
            )
        finally:
            memory.cancel()
            service.stop()
            if logs and service.log.exists():
                shutil.copy(service.log, logs / f"{trial.name}.log")
    result.started_in = took
    return result


async def _lived(trial: Trial, scene: Scene) -> Result:
    crowd, service = scene.crowd, scene.service
    async with crowd.at_work():
        start = time.monotonic()
        await asyncio.sleep(BEFORE)
        scene.began = time.monotonic()
        await trial.fault(scene)
        if not scene.ended:
            scene.end()
        if not await crowd.until_well(scene.ended, service.stands):
            scene.note("not all were well 30 s after the fault's end" if service.stands() else GONE)
        over = time.monotonic()
        stands = service.stands() and await crowd.probe.ask()
        if not stands:
            crowd.give_up()
    if stands:
        await crowd.repeated(scene.forgiven)
        stands = service.stands()
    if not service.stop():
        scene.note("it did not stop when it was asked to, and was killed")
    result = Result(
        trial.name,
        answers=crowd.book.counted(),
        longest_answer=crowd.book.longest_answer(),
        no_ticket_for=crowd.book.longest_without(start, over),
        no_after=crowd.probe.said_no_after(scene.began),
        yes_after=crowd.probe.said_yes_after(scene.began, scene.ended),
        boards_still_for=crowd.boards.stood_still(scene.began, over),
        refusals=crowd.book.refusals(),
        log_lines=len(service.lines()),
        tracebacks=tracebacks(service.lines()),
        stands=stands,
        memory=service.memory,
        acknowledged=len(crowd.book.tickets) + len(crowd.book.bookings),
        notes=scene.notes,
    )
    await asyncio.to_thread(_look, scene, result)
    return result


def _look(scene: Scene, result: Result) -> None:
    """What the database says when all is over, in a loop of its own: the first start of the
    database may take its time."""
    with scene.home.opened() as dsn:
        kept, result.findings = asyncio.run(_truth(dsn))
    result.findings += scene.findings
    result.verdict = judge(scene.crowd.book, kept, scene.forgiven)


async def _truth(dsn: str) -> tuple[Kept, list[str]]:
    async with db.pool(dsn, max_size=2):
        reference.forget()
        findings = [f"{one.invariant}: {one.where}" for one in await doctor.check(MONDAY)]
        tickets = await db.fetch(
            "SELECT token, number FROM ticket JOIN branch b ON b.id = branch_id WHERE slug = $1",
            HALL,
        )
        bookings = await db.fetch(
            "SELECT token, name FROM appointment"
            " WHERE state IN ('booked', 'fulfilled') AND name IS NOT NULL"
        )
        verbs = await db.fetch(
            "SELECT format('%s %s', ticket_id, verb) AS verb, count(*) AS times"
            " FROM ticket_event WHERE verb IN ('call', 'start', 'finish') GROUP BY 1"
        )
    reference.forget()
    kept = Kept(
        frozenset(row["token"] for row in tickets),
        tuple((row["token"], row["name"]) for row in bookings),
        {row["verb"]: row["times"] for row in verbs},
        tuple(row["number"] for row in tickets),
    )
    return kept, findings


async def during(seconds: float, act: Callable[[], Awaitable[object]], every: float) -> None:
    """`act` again and again for so long; what goes wrong with it does not matter."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with suppress(Exception):
            await act()
        await asyncio.sleep(every)
