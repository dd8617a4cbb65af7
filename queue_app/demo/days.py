"""The days of a demo, one after the other: a scratch hall with synthetic people in real time."""

import asyncio
import random
import secrets
import subprocess
import time
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Protocol

import msgspec
from msgspec import Struct

from config.settings import Settings
from queue_app import installation
from queue_app.clock import ShiftedClock
from queue_app.demo import residents
from queue_app.demo.crowd import Crowd, full_hall
from queue_app.demo.plan import DemoPlan, alert_of, plan_of
from queue_app.demo.report import Moment, Report
from queue_app.demo.scratch import HOST, require_free, scratch_database, scratch_folder
from queue_app.demo.server import DemoServer
from queue_app.demo.showing import FILE
from queue_app.demo.stopping import StopRequest, stopping
from queue_app.demo.wire import Wire
from queue_app.demo.working_day import DemoSignIns, WorkingDay
from queue_app.domain.directory import Branch, Directory
from queue_app.domain.people import OPERATOR
from queue_app.flow import accounts, devices, promising
from queue_app.flow.act import By
from queue_app.installation import InstallationError
from queue_app.jobs import learning
from queue_app.queries import doctor, reference
from queue_app.queries.accuracy import Accuracy, accuracy
from queue_app.queries.doctor import Finding
from queue_app.simulation.past import write_past
from queue_app.simulation.synthetic_day import SyntheticDay

BEFORE_OPENING = timedelta(minutes=10)
AFTERWARDS = timedelta(hours=2)
"""How long after closing a day of the demo may last."""
BETWEEN_DAYS = 10.0
"""Real seconds to look at the empty hall before the next day begins."""


class DemoOptions(Struct, frozen=True, kw_only=True):
    """`clock`: when the first day begins, ten minutes before opening where the branch is closed
    then; None for a Monday.

    `visitors`: how many in a day, None for as many as keep the clerks busy. `until`: the hall's
    local time of the first day at which to end. `alert`: whether there is one at noon.
    """

    port: int
    rate: float = 60.0
    clock: datetime | None = None
    seed: int = 1
    branch: str | None = None
    visitors: int | None = None
    workers: int = 1
    once: bool = False
    until: tuple[int, int] | None = None
    alert: bool = True


class Verdict(Struct, frozen=True):
    """How a day of a demo went. `ranges`: whether those that people were told held; `errors`: lines
    of the server's log; `findings`: invariants that its records break."""

    report: Report
    ranges: Sequence[Accuracy]
    errors: Sequence[str]
    findings: Sequence[Finding]

    @property
    def is_sound(self) -> bool:
        return not (self.report.unexpected or self.errors or self.findings)


class Teller(Protocol):
    """Tells whoever watches what goes on."""

    def starting(self) -> None: ...

    def begins(self, address: str, plan: DemoPlan, at: datetime) -> None:
        """The hall's clock will show `at`, the first of this demo."""
        ...

    def progress(self, plan: DemoPlan) -> Callable[[Moment], None]:
        """What a day shall tell each of its moments."""
        ...

    def day_ends(self) -> None: ...

    def verdict(self, plan: DemoPlan, verdict: Verdict) -> None: ...

    def another_day(self) -> None: ...


def run_demo(
    options: DemoOptions, settings: Settings, server: Sequence[str], teller: Teller
) -> bool:
    """Run days until told to stop; False where the server answered what it should not.

    `server`: the command that starts the application with the page of all faces. InstallationError
    for what the operator can fix.
    """
    require_free(options.port)
    with stopping() as stop, scratch_folder() as folder:
        settings = msgspec.structs.replace(
            settings, host=HOST, port=options.port, data=folder, database_url=None,
            rate_limits=False, workers=options.workers, public_url=None,
        )  # fmt: skip
        teller.starting()
        try:
            with scratch_database(folder) as dsn:
                own = DemoServer(settings, server)
                return stop.asked or _Demo(options, own, dsn, stop, teller).run()
        except Exception:
            if not stop.asked:  # the terminal's Ctrl-C also ends PostgreSQL's own programs
                raise
            return True


class _Demo:
    """The days of one demo."""

    def __init__(
        self, options: DemoOptions, server: DemoServer, dsn: str, stop: StopRequest, teller: Teller
    ) -> None:
        self.options = options
        self.settings = server.settings
        self.stop = stop
        self._server = server
        self._teller = teller
        self._dsn = dsn
        self._rng = random.Random(options.seed)
        self._sign_ins: DemoSignIns | None = None
        self._crowd: Crowd | None = None
        self._closed: datetime | None = None

    def run(self) -> bool:
        """Whether all went as it should."""
        sound, first, after = True, True, None
        while sound and not self.stop.asked:
            plan, drawn, sign_ins = installation.run(self._dsn, partial(self._prepare, after))
            begins = self._begins(plan) if first else plan.opens - BEFORE_OPENING
            if first:
                self._teller.begins(self._server.address, plan, begins)
            report = self._day(plan, drawn, sign_ins, begins, self._until(plan) if first else None)
            if report:
                sound = self._settle(plan, report) and sound
            if self.options.once or self.options.until:
                break
            first, after, self._closed = False, plan.day, plan.closes
            self._rest()
        return sound

    def _begins(self, plan: DemoPlan) -> datetime:
        """As asked for, unless the branch is closed then: ten minutes before it opens again."""
        asked = self.options.clock
        if asked is None or asked < plan.kiosk_from:
            return plan.opens - BEFORE_OPENING
        return asked.astimezone(UTC)

    async def _prepare(self, after: date | None) -> tuple[DemoPlan, SyntheticDay, DemoSignIns]:
        """The centre with a past, the next working day with its people, and who can sign in."""
        await installation.prepare(self.settings, ShiftedClock(_real_now(), 1, _real_now()))
        directory = await reference.directory()
        slug = self.options.branch or next(iter(directory.branches))
        branch = directory.branch(slug)
        day = _first_day(directory, branch, self.options.clock) if after is None else _next(after)
        for _ in range(directory.rules.horizon_days):
            plan = plan_of(directory, branch, day)
            if plan and self._is_ahead(plan) and any(desk.windows for desk in plan.desks):
                if after is None:
                    self._require_some_of(plan)
                self._sign_ins = self._sign_ins or await _sign_ins(plan)
                self._crowd = self._crowd or await self._full_hall(directory, branch, day)
                return plan, self._crowd.draw(day, self._rng), self._sign_ins
            day = _next(day)
        raise InstallationError(f"{slug} has no opening hours to demonstrate")

    def _require_some_of(self, plan: DemoPlan) -> None:
        """That the demo does not end before it begins."""
        begins, until = self._begins(plan), self._until(plan)
        if until and until <= begins:
            raise InstallationError(
                f"--until {until.astimezone(plan.zone):%H:%M} is not after the demo's beginning,"
                f" {begins.astimezone(plan.zone):%A %d %B %Y, %H:%M}"
            )

    def _is_ahead(self, plan: DemoPlan) -> bool:
        """Whether this day is not over when the demo's clock begins, and its residents need not
        book while the day before goes on, as they would round the clock."""
        if self._closed is not None:
            return self._closed <= plan.evening
        return self.options.clock is None or self.options.clock < plan.closes

    async def _full_hall(self, directory: Directory, branch: Branch, day: date) -> Crowd:
        """Who comes to this branch; their past visits are in its records, and learned from."""
        plan = next(one for one in directory.centre.branches if one.slug == branch.slug)
        crowd = full_hall(directory.centre, plan, day, self.options.visitors, self._rng)
        await write_past(directory, branch, crowd.past(day, self._rng))
        now = directory.day(branch, day).begins
        await learning.learn(directory, now)
        await learning.learn_habits(directory, now)
        return crowd

    def _until(self, plan: DemoPlan) -> datetime | None:
        until = self.options.until
        if until is None:
            return None
        local = datetime(plan.day.year, plan.day.month, plan.day.day, *until, tzinfo=plan.zone)
        if local < plan.opens and local + timedelta(days=1) <= plan.closes + AFTERWARDS:
            local += timedelta(days=1)  # an hour of the night
        return local.astimezone(UTC)

    def _day(
        self,
        plan: DemoPlan,
        drawn: SyntheticDay,
        sign_ins: DemoSignIns,
        begins: datetime,
        until: datetime | None,
    ) -> Report | None:
        """The evening before, when residents book, and the day; None if stopped before it."""
        return self.stop.run(self._live(plan, drawn, sign_ins, begins, until))

    async def _live(
        self,
        plan: DemoPlan,
        drawn: SyntheticDay,
        sign_ins: DemoSignIns,
        begins: datetime,
        until: datetime | None,
    ) -> Report | None:
        wire = Wire(self._server.address, self._rng)
        try:
            began = time.monotonic()
            async with self._server.running(ShiftedClock(plan.evening, 1, _real_now())):
                start_takes = time.monotonic() - began
                booked = await residents.book(plan, drawn, begins, wire, self._rng)
            # The clock passes `begins` when the server answers, however slow the machine.
            origin = _real_now() + timedelta(seconds=1.5 * start_takes + 0.5)
            clock = ShiftedClock(begins, self.options.rate, origin)
            async with self._server.running(clock) as server:
                day = WorkingDay(
                    plan, clock, wire, sign_ins, booked, drawn, self._rng,
                    alert_of(plan) if self.options.alert else None,
                )  # fmt: skip
                return await self._watched(day, until, plan, server)
        finally:
            await wire.close()

    async def _watched(
        self,
        day: WorkingDay,
        until: datetime | None,
        plan: DemoPlan,
        server: subprocess.Popen[bytes],
    ) -> Report:
        """The day's report, also when somebody asks to stop in the middle of it."""
        say = self._teller.progress(plan)
        running = asyncio.create_task(day.run(until, self.settings.data / FILE, say))
        try:
            while not running.done():
                await asyncio.wait([running], timeout=0.5)
                if server.poll() is not None:
                    raise InstallationError(f"the server ended:\n{self._server.last_words()}")
            return running.result()
        except asyncio.CancelledError:
            if not self.stop.asked:
                raise
            return day.report()
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            self._teller.day_ends()

    def _settle(self, plan: DemoPlan, report: Report) -> bool:
        """Whether the day was sound; what came of it is told."""
        end = plan.closes + AFTERWARDS
        findings, ranges = installation.run(self._dsn, partial(_judged, plan.opens, end))
        verdict = Verdict(report, ranges, self._server.take_errors(), findings)
        self._teller.verdict(plan, verdict)
        return verdict.is_sound

    def _rest(self) -> None:
        if not self.stop.asked:
            self._teller.another_day()
            self.stop.run(asyncio.sleep(BETWEEN_DAYS))


async def _judged(since: datetime, until: datetime) -> tuple[list[Finding], list[Accuracy]]:
    """What the doctor finds, and whether the ranges that people were told held."""
    await promising.judge()
    return await doctor.check(until), await accuracy(since - BEFORE_OPENING)


def _real_now() -> datetime:
    """The machine's own time, from which the hall's clock is derived."""
    return datetime.now(UTC)


def _first_day(directory: Directory, branch: Branch, clock: datetime | None) -> date:
    """The day of the given clock, else the next Monday."""
    if clock:
        return directory.today(branch, clock).date
    today = directory.local(_real_now()).date()
    return today + timedelta(days=7 - today.weekday())


def _next(day: date) -> date:
    return day + timedelta(days=1)


async def _sign_ins(plan: DemoPlan) -> DemoSignIns:
    """New people and a new kiosk in the scratch database."""
    by = By(OPERATOR, _real_now())
    clerks = {}
    for place, desk in enumerate(plan.desks, 1):  # a desk's name is no login
        login, password = f"clerk{place}", secrets.token_urlsafe(9)
        await accounts.add_staff(by, login, "clerk", plan.branch, password)
        clerks[desk.number] = (login, password)
    return DemoSignIns(await devices.add_device(by, "Demo kiosk", ["kiosk"], plan.branch), clerks)
