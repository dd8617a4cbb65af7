"""One working day with synthetic people, through the real HTTP interface, and what came of it."""

import asyncio
import contextlib
import json
import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import websockets.asyncio.client as websockets
from msgspec import Struct
from websockets.exceptions import WebSocketException

from queue_app.clock import ShiftedClock
from queue_app.domain.hours import Window
from queue_app.simulation import visitors
from queue_app.simulation.clerks import Clerk
from queue_app.simulation.day import Day as Drawn
from queue_app.simulation.hall import MINUTE, Fate, Person, Plan, World
from queue_app.simulation.visitors import Visitor
from queue_app.simulation.wire import Refused, Wire

BOARDS = 3
ALERT_MINUTES = 20
ALL_CLEAR = 5
"""Minutes of them from the all-clear to the first call."""
TICK = 0.5
"""Real seconds between two looks at the hall for the progress line and the shown phone."""
CLASSES = ("walk-in", "priority", "booked")
FATES: tuple[Fate, ...] = ("served", "no-show", "left", "turned away")


class SignIns(Struct, frozen=True):
    """The kiosk's token, and the clerks' logins and passwords by number of desk."""

    kiosk: str
    clerks: dict[str, tuple[str, str]]


class Showing(Struct, frozen=True):
    """What the page of all faces shows; a file in the scratch folder, written anew on change.

    `login` and `password`: of the clerk whose screen stands at `console`; `ticket`: the token
    of somebody who waits now.
    """

    branch: str
    day: str
    kiosk: str
    login: str
    password: str
    ticket: str | None
    console: str


class Moment(Struct, frozen=True):
    """The hall at one moment, for the progress line. `tickets`: issued so far."""

    at: datetime
    waiting: int
    serving: int
    desks_open: int
    tickets: int
    served: int
    unexpected: int
    alert: bool = False


class Spread(Struct, frozen=True):
    """How a number of times are spread, in the unit of those times."""

    count: int
    mean: float
    median: float
    p90: float


class Report(Struct, frozen=True):
    """What a day came to. `waits`: the hall's minutes by class, from the ticket or, for who was
    early, the booked time to the first call; `seconds`: real time of requests by path."""

    visitors: int
    booked: int
    fates: dict[str, int]
    waits: dict[str, Spread]
    requests: int
    frames: int
    boards_p50_ms: float
    boards_p95_ms: float
    seconds: dict[str, Spread]
    refused: dict[str, int]
    unexpected: dict[str, int]


def alert_of(plan: Plan) -> Window:
    """At noon; in the middle of a day that has no noon, or ends soon after it."""
    noon = datetime(plan.day.year, plan.day.month, plan.day.day, 12, tzinfo=plan.zone)
    begins = noon.astimezone(UTC)
    if not plan.opens <= begins <= plan.closes - 2 * ALERT_MINUTES * MINUTE:
        begins = plan.opens + (plan.closes - plan.opens) / 2
    return Window(begins, begins + ALERT_MINUTES * MINUTE)


class Day:
    """A day in which the booked and the walk-ins come and every desk has its clerk."""

    def __init__(
        self,
        plan: Plan,
        clock: ShiftedClock,
        wire: Wire,
        sign_ins: SignIns,
        booked: list[Person],
        drawn: Drawn,
        rng: random.Random,
        alert: Window | None = None,
    ) -> None:
        """`booked`: who of the `drawn` found a time; `alert`: from the siren until calls go on."""
        self._alert = alert
        self.world = World(plan, clock, wire, rng)
        self._booked = len(booked)
        self._expected = [*booked, *visitors.walk_ins(plan, drawn, clock.start, rng)]
        self._sign_ins = sign_ins
        self._rng = rng

    async def run(
        self, until: datetime | None, showing: Path, say: Callable[[Moment], None]
    ) -> Report:
        """Live through the day, or as far as `until`."""
        people = asyncio.create_task(self._people())
        around = [
            asyncio.create_task(one)
            for one in (
                *(self._board() for _ in range(BOARDS)),
                self._tell(showing, say),
            )
        ]
        try:
            await self._wait_for(people, around, until)
        finally:
            await _end((people, *around))
        return self.report()

    async def _wait_for(
        self, people: asyncio.Task[None], around: list[asyncio.Task[None]], until: datetime | None
    ) -> None:
        """The end of the day or `until`; what breaks in any task is raised here."""
        world = self.world
        left = (until - world.now()).total_seconds() if until else None
        done, _ = await asyncio.wait(
            (people, *around),
            timeout=None if left is None else world.clock.real_seconds(left),
            return_when=asyncio.FIRST_COMPLETED,
        )
        for task in done:
            task.result()

    async def _people(self) -> None:
        world, kiosk = self.world, self._sign_ins.kiosk
        async with asyncio.TaskGroup() as group:
            for place, shift in enumerate(world.plan.desks):
                sign_in = self._sign_ins.clerks[shift.number]
                clerk = Clerk(world, shift, sign_in, place == 0, self._rng.getrandbits(64))
                group.create_task(clerk.work())
            for person in self._expected:
                own = random.Random(self._rng.getrandbits(64))
                group.create_task(Visitor(world, person, kiosk, own).live())
            if self._alert and self._alert.opens > world.now():
                group.create_task(self._sound(self._alert))

    async def _sound(self, alert: Window) -> None:
        """The siren and the all-clear; somebody who watches may have stopped the hall by hand."""
        world = self.world
        await world.until(alert.opens)
        world.stop()
        with contextlib.suppress(Refused):
            await self._alert_through(alert)
        world.go_on()

    async def _alert_through(self, alert: Window) -> None:
        """A clerk says at both that it is so; calls go on some minutes after the second."""
        world, wire = self.world, self.world.wire
        login, password = next(iter(self._sign_ins.clerks.values()))
        session = await wire.post("/api/v1/sessions", {"login": login, "password": password})
        begun = await wire.post(
            f"/api/v1/branches/{world.plan.branch}/interruptions", {"kind": "alert"},
            token=session["token"], keyed=True, allow=("already_interrupted",),
        )  # fmt: skip
        await world.until(alert.closes - ALL_CLEAR * MINUTE)
        over = await wire.post(
            f"/api/v1/interruptions/{begun['id']}/resumption", {"after_minutes": ALL_CLEAR},
            token=session["token"], keyed=True,
        )  # fmt: skip
        world.all_clear.set()
        await world.until(datetime.fromisoformat(over["resumes_at"]))

    async def _board(self) -> None:
        """A board on the wall."""
        world = self.world
        address = world.wire.socket(f"/ws/branches/{world.plan.branch}/board")
        while True:
            with contextlib.suppress(OSError, WebSocketException):
                async with websockets.connect(address, proxy=None) as socket:
                    async for frame in socket:
                        world.on_board(json.loads(frame))
            await asyncio.sleep(TICK)

    async def _tell(self, path: Path, say: Callable[[Moment], None]) -> None:
        """The progress, and the page of all faces: a phone of somebody who waits or is served."""
        before: Showing | None = None
        shown: Person | None = None
        while True:
            say(self.moment())
            if shown is None or shown.gone.is_set():
                waiting = [one for one in self.world.inside.values() if not one.away]
                shown = max(waiting, key=lambda one: one.ticket, default=None)
            now = self._showing(shown)
            if now != before:
                write_showing(path, now)
                before = now
            await asyncio.sleep(TICK)

    def _showing(self, shown: Person | None) -> Showing:
        plan = self.world.plan
        number = plan.desks[0].number
        login, password = self._sign_ins.clerks[number]
        desk = self.world.taken.get(number)
        return Showing(
            branch=plan.branch,
            day=plan.day.isoformat(),
            kiosk=self._sign_ins.kiosk,
            login=login,
            password=password,
            ticket=shown.token if shown else None,
            console=f"/console/desks/{desk}" if desk else "/console",
        )

    def moment(self) -> Moment:
        world = self.world
        return Moment(
            at=world.now(),
            waiting=world.waiting,
            serving=world.serving,
            desks_open=world.desks_open,
            tickets=sum(one.issued is not None for one in world.everybody),
            served=sum(one.fate == "served" for one in world.everybody),
            unexpected=sum(world.wire.unexpected.values()),
            alert=not world.calls_go_on.is_set(),
        )

    def report(self) -> Report:
        world, wire = self.world, self.world.wire
        waits = {
            kind: [
                one.waited for one in world.everybody if one.kind == kind and one.waited is not None
            ]
            for kind in CLASSES
        }
        boards = sorted(world.seen_after)
        return Report(
            visitors=len(world.everybody),
            booked=self._booked,
            fates={fate: sum(one.fate == fate for one in world.everybody) for fate in FATES},
            waits={kind: summed(minutes) for kind, minutes in waits.items() if minutes},
            requests=wire.requests,
            frames=world.frames,
            boards_p50_ms=1000 * quantile(boards, 0.5),
            boards_p95_ms=1000 * quantile(boards, 0.95),
            seconds={shape: summed(taken) for shape, taken in sorted(wire.seconds.items())},
            refused=dict(wire.refused),
            unexpected=dict(wire.unexpected),
        )


async def _end(tasks: Sequence[asyncio.Task[None]]) -> None:
    """Cancel, and again where a library kept a cancelling to itself."""
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=1)


def write_showing(path: Path, showing: Showing) -> None:
    """For its owner only, and whole at any moment."""
    draft = path.with_suffix(".new")
    draft.touch(mode=0o600)
    draft.write_bytes(msgspec.json.encode(showing))
    draft.replace(path)


def summed(values: Sequence[float]) -> Spread:
    ordered = sorted(values)
    return Spread(
        len(ordered),
        sum(ordered) / len(ordered),
        quantile(ordered, 0.5),
        quantile(ordered, 0.9),
    )


def quantile(ordered: Sequence[float], share: float) -> float:
    """The nearest rank of ordered values; 0 where there are none."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0
