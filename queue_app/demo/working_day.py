"""One working day with synthetic people, through the real HTTP interface."""

import asyncio
import contextlib
import json
import random
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import websockets.asyncio.client as websockets
from msgspec import Struct
from websockets.exceptions import WebSocketException

from queue_app.clock import ShiftedClock
from queue_app.demo.clerks import Clerk
from queue_app.demo.floor import Fate, Floor, Visitor
from queue_app.demo.journey import Journey
from queue_app.demo.plan import ALL_CLEAR, MINUTE, DemoPlan
from queue_app.demo.report import Moment, Report, quantile, summed
from queue_app.demo.residents import walk_ins
from queue_app.demo.showing import Showing, write_showing
from queue_app.demo.wire import Refused, Wire
from queue_app.domain.hours import Window
from queue_app.simulation.synthetic_day import SyntheticDay
from queue_app.tasks import cancelled

BOARDS = 3
TICK = 0.5
"""Real seconds between two looks at the hall for the progress line and the shown phone."""
CLASSES = ("walk-in", "priority", "booked")
FATES: tuple[Fate, ...] = ("served", "no-show", "left", "turned away")


class DemoSignIns(Struct, frozen=True):
    """The kiosk's token, and the clerks' logins and passwords by number of desk."""

    kiosk: str
    clerks: dict[str, tuple[str, str]]


class WorkingDay:
    """A day in which the booked and the walk-ins come and every desk has its clerk."""

    def __init__(
        self,
        plan: DemoPlan,
        clock: ShiftedClock,
        wire: Wire,
        sign_ins: DemoSignIns,
        booked: list[Visitor],
        drawn: SyntheticDay,
        rng: random.Random,
        alert: Window | None = None,
    ) -> None:
        """`booked`: who of the `drawn` found a time; `alert`: from the siren until calls go on."""
        self._alert = alert
        self.floor = Floor(plan, clock, wire, rng)
        self._booked = len(booked)
        self._expected = [*booked, *walk_ins(plan, drawn, clock.start, rng)]
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
            await cancelled((people, *around))
        return self.report()

    async def _wait_for(
        self, people: asyncio.Task[None], around: list[asyncio.Task[None]], until: datetime | None
    ) -> None:
        """The end of the day or `until`; what breaks in any task is raised here."""
        floor = self.floor
        left = (until - floor.now()).total_seconds() if until else None
        done, _ = await asyncio.wait(
            (people, *around),
            timeout=None if left is None else floor.clock.real_seconds(left),
            return_when=asyncio.FIRST_COMPLETED,
        )
        for task in done:
            task.result()

    async def _people(self) -> None:
        floor, kiosk = self.floor, self._sign_ins.kiosk
        async with asyncio.TaskGroup() as group:
            for place, shift in enumerate(floor.plan.desks):
                sign_in = self._sign_ins.clerks[shift.number]
                clerk = Clerk(floor, shift, sign_in, place == 0, self._rng.getrandbits(64))
                group.create_task(clerk.work())
            for person in self._expected:
                own = random.Random(self._rng.getrandbits(64))
                group.create_task(Journey(floor, person, kiosk, own).live())
            if self._alert and self._alert.opens > floor.now():
                group.create_task(self._sound(self._alert))

    async def _sound(self, alert: Window) -> None:
        """The siren and the all-clear; somebody who watches may have stopped the hall by hand."""
        floor = self.floor
        await floor.until(alert.opens)
        floor.stop()
        with contextlib.suppress(Refused):
            await self._alert_through(alert)
        floor.go_on()

    async def _alert_through(self, alert: Window) -> None:
        """A clerk says at both that it is so; calls go on some minutes after the second."""
        floor, wire = self.floor, self.floor.wire
        begun = await wire.post(
            f"/api/v1/branches/{floor.plan.branch}/interruptions", {"kind": "alert"},
            token=await self._token_at_a_desk(), keyed=True, allow=("already_interrupted",),
        )  # fmt: skip
        await floor.until(alert.closes - ALL_CLEAR * MINUTE)
        over = await wire.post(
            f"/api/v1/interruptions/{begun['id']}/resumption", {"after_minutes": ALL_CLEAR},
            token=await self._token_at_a_desk(), keyed=True,
        )  # fmt: skip
        floor.all_clear.set()
        await floor.until(datetime.fromisoformat(over["resumes_at"]))

    async def _token_at_a_desk(self) -> str:
        """Of a clerk who works: whoever has no desk stops no calls."""
        clerks = self._sign_ins.clerks
        number = next(iter(self.floor.taken), next(iter(clerks)))
        login, password = clerks[number]
        body = {"login": login, "password": password}
        session = await self.floor.wire.post("/api/v1/sessions", body)
        return str(session["token"])

    async def _board(self) -> None:
        """A board on the wall."""
        floor = self.floor
        address = floor.wire.socket(f"/ws/branches/{floor.plan.branch}/board")
        while True:
            with contextlib.suppress(OSError, WebSocketException):
                async with websockets.connect(address, proxy=None) as socket:
                    async for frame in socket:
                        floor.on_board(json.loads(frame))
            await asyncio.sleep(TICK)

    async def _tell(self, path: Path, say: Callable[[Moment], None]) -> None:
        """The progress, and the page of all faces: a phone of somebody who waits or is served."""
        before: Showing | None = None
        shown: Visitor | None = None
        while True:
            say(self.moment())
            if shown is None or shown.gone.is_set():
                waiting = [one for one in self.floor.inside.values() if not one.away]
                shown = max(waiting, key=lambda one: one.ticket, default=None)
            now = self._showing(shown)
            if now != before:
                write_showing(path, now)
                before = now
            await asyncio.sleep(TICK)

    def _showing(self, shown: Visitor | None) -> Showing:
        plan = self.floor.plan
        number = plan.desks[0].number
        login, password = self._sign_ins.clerks[number]
        desk = self.floor.taken.get(number)
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
        floor = self.floor
        return Moment(
            at=floor.now(),
            waiting=floor.waiting,
            serving=floor.serving,
            desks_open=floor.desks_open,
            tickets=sum(one.issued is not None for one in floor.everybody),
            served=sum(one.fate == "served" for one in floor.everybody),
            unexpected=sum(floor.wire.unexpected.values()),
            alert=not floor.calls_go_on.is_set(),
        )

    def report(self) -> Report:
        floor, wire = self.floor, self.floor.wire
        waits = {
            kind: [
                one.waited for one in floor.everybody if one.kind == kind and one.waited is not None
            ]
            for kind in CLASSES
        }
        boards = sorted(floor.seen_after)
        return Report(
            visitors=len(floor.everybody),
            booked=self._booked,
            fates={fate: sum(one.fate == fate for one in floor.everybody) for fate in FATES},
            waits={kind: summed(minutes) for kind, minutes in waits.items() if minutes},
            behind=summed(floor.behind) if floor.behind else None,
            requests=wire.requests,
            frames=floor.frames,
            boards_p50_ms=1000 * quantile(boards, 0.5),
            boards_p95_ms=1000 * quantile(boards, 0.95),
            seconds={shape: summed(taken) for shape, taken in sorted(wire.seconds.items())},
            refused=dict(wire.refused),
            unexpected=dict(wire.unexpected),
        )
