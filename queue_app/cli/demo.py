"""`queue-app demo`: a scratch hall with synthetic people, which leaves nothing behind."""

import asyncio
import os
import random
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import click
import httpx
import msgspec
from msgspec import Struct

from config.settings import Settings
from queue_app.cli import operator
from queue_app.clock import ShiftedClock
from queue_app.domain.directory import Branch, Directory
from queue_app.domain.people import OPERATOR
from queue_app.flow import accounts, promising
from queue_app.flow.act import By
from queue_app.jobs import learning
from queue_app.queries import doctor, reference
from queue_app.queries.accuracy import Accuracy, accuracy
from queue_app.queries.doctor import Finding
from queue_app.simulation import demo as simulation
from queue_app.simulation import history, visitors
from queue_app.simulation.crowd import Crowd, full_hall
from queue_app.simulation.day import Day
from queue_app.simulation.demo import Moment, Report, SignIns, Spread
from queue_app.simulation.hall import Plan, plan_of
from queue_app.simulation.page import FILE
from queue_app.simulation.wire import Wire
from queue_app.store.cluster import cluster

T = TypeVar("T")

HOST = "127.0.0.1"
BEFORE_OPENING = timedelta(minutes=10)
EVENING_HOUR = 21
"""Of the day before, when the residents book."""
TELLING_RATE = 120.0
"""Above it people and clerks lag by minutes of the hall, as they need real time for each step."""
READY_WITHIN = 120.0
"""Seconds that a slow machine gets to start the server."""
STOP_WITHIN = 20.0
BETWEEN_DAYS = 10.0
"""Real seconds to look at the empty hall before the next day begins."""


class Options(Struct, frozen=True, kw_only=True):
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


class _Stop:
    """Whether somebody asked to end. A signal interrupts only what may be interrupted."""

    def __init__(self) -> None:
        self.asked = False
        self._interrupt: Callable[[], object] | None = None

    def handle(self, _number: int, _frame: FrameType | None) -> None:
        if not self.asked and self._interrupt:
            self._interrupt()
        self.asked = True

    def run(self, work: Coroutine[Any, Any, T]) -> T | None:
        """What `work` gives; None where it was interrupted."""
        try:
            return asyncio.run(self._interruptible(work))
        except asyncio.CancelledError:
            if not self.asked:
                raise
            return None

    async def _interruptible(self, work: Coroutine[Any, Any, T]) -> T:
        task = asyncio.create_task(work)
        loop = asyncio.get_running_loop()
        self._interrupt = lambda: loop.call_soon_threadsafe(task.cancel)
        if self.asked:
            task.cancel()
        try:
            return await task
        finally:
            self._interrupt = None


@contextmanager
def _stopping() -> Iterator[_Stop]:
    """Polite signals are noted; nothing that tidies up is ever cut short by one."""
    stop = _Stop()
    polite = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, stop.handle) for number in polite}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def demo(options: Options) -> None:
    """Run days until told to stop; exit code 1 where the server answered what it should not."""
    _require_free(options.port)
    with _stopping() as stop, _scratch() as folder:
        settings = msgspec.structs.replace(
            operator.settings(), host=HOST, port=options.port, data=folder, database_url=None,
            rate_limits=False, workers=options.workers, public_url=None,
        )  # fmt: skip
        click.echo("Starting a hall of its own ...", err=True)
        try:
            with _cluster(folder) as dsn:
                sound = stop.asked or _Demo(options, settings, dsn, stop).run()
        except Exception:
            if not stop.asked:  # the terminal's Ctrl-C also ends PostgreSQL's own programs
                raise
            sound = True
    if not sound:
        raise SystemExit(1)


def _require_free(port: int) -> None:
    try:
        socket.create_server((HOST, port)).close()
    except OSError:
        raise click.ClickException(f"port {port} is taken; choose another with --port") from None


@contextmanager
def _scratch() -> Iterator[Path]:
    """A folder for one demo: passable for PostgreSQL's account, readable for its owner alone."""
    folder = Path(tempfile.mkdtemp(prefix="queue-app-demo-"))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        for _ in range(20):
            shutil.rmtree(folder, ignore_errors=True)
            if not folder.exists():
                break
            time.sleep(0.1)


@contextmanager
def _cluster(folder: Path) -> Iterator[str]:
    """The scratch database, and its socket's folder where that had to stand elsewhere."""
    sockets: Path | None = None
    try:
        with cluster(folder) as dsn:
            sockets = Path(parse_qs(urlsplit(dsn).query)["host"][0])
            yield dsn
    finally:
        if sockets and folder not in sockets.parents:
            shutil.rmtree(sockets, ignore_errors=True)


class _Demo:
    """The days of one demo."""

    def __init__(self, options: Options, settings: Settings, dsn: str, stop: _Stop) -> None:
        self.options = options
        self.settings = settings
        self.stop = stop
        self._dsn = dsn
        self._address = f"http://{HOST}:{settings.port}"
        self._rng = random.Random(options.seed)
        self._log = settings.data / "server.log"
        self._sign_ins: SignIns | None = None
        self._crowd: Crowd | None = None

    def run(self) -> bool:
        """Whether all went as it should."""
        sound, first, after = True, True, None
        while sound and not self.stop.asked:
            plan, drawn, sign_ins = operator.run(self._dsn, partial(self._prepare, after))
            begins = self._begins(plan) if first else plan.opens - BEFORE_OPENING
            if first:
                click.echo(_guide(self._address, plan, begins, self.options))
            report = self._day(plan, drawn, sign_ins, begins, self._until(plan) if first else None)
            if report:
                sound = self._settle(plan, report) and sound
            if self.options.once or self.options.until:
                break
            first, after = False, plan.day
            self._rest()
        return sound

    def _begins(self, plan: Plan) -> datetime:
        """As asked for, unless the branch is closed then: ten minutes before it opens again."""
        asked = self.options.clock
        if asked is None or asked < plan.kiosk_from:
            return plan.opens - BEFORE_OPENING
        return asked.astimezone(UTC)

    async def _prepare(self, after: date | None) -> tuple[Plan, Day, SignIns]:
        """The centre with a past, the next working day with its people, and who can sign in."""
        await operator.prepare(self.settings, ShiftedClock(_real_now(), 1, _real_now()))
        directory = await reference.directory()
        slug = self.options.branch or next(iter(directory.branches))
        branch = directory.branch(slug)
        day = _first_day(self.options.clock, directory.zone) if after is None else _next(after)
        for _ in range(directory.rules.horizon_days):
            plan = plan_of(directory, branch, day)
            if plan and self._is_ahead(plan) and any(desk.windows for desk in plan.desks):
                if after is None:
                    self._require_some_of(plan)
                self._sign_ins = self._sign_ins or await _sign_ins(plan)
                self._crowd = self._crowd or await self._full_hall(directory, branch, day)
                return plan, self._crowd.draw(day, self._rng), self._sign_ins
            day = _next(day)
        raise click.ClickException(f"{slug} has no opening hours to demonstrate")

    def _require_some_of(self, plan: Plan) -> None:
        """That the demo does not end before it begins."""
        begins, until = self._begins(plan), self._until(plan)
        if until and until <= begins:
            raise click.ClickException(
                f"--until {until.astimezone(plan.zone):%H:%M} is not after the demo's beginning,"
                f" {begins.astimezone(plan.zone):%A %d %B %Y, %H:%M}"
            )

    def _is_ahead(self, plan: Plan) -> bool:
        """Whether this day is not over when the demo's clock begins."""
        return self.options.clock is None or self.options.clock < plan.closes

    async def _full_hall(self, directory: Directory, branch: Branch, day: date) -> Crowd:
        """Who comes to this branch; their past visits are in its records, and learned from."""
        plan = next(one for one in directory.centre.branches if one.slug == branch.slug)
        crowd = full_hall(directory.centre, plan, day, self.options.visitors, self._rng)
        await history.write(directory, branch, crowd.past(day, self._rng))
        now = directory.day(branch, day).span.opens
        await learning.learn(directory, now)
        await learning.learn_habits(directory, now)
        return crowd

    def _until(self, plan: Plan) -> datetime | None:
        until = self.options.until
        if until is None:
            return None
        local = datetime(plan.day.year, plan.day.month, plan.day.day, *until, tzinfo=plan.zone)
        return local.astimezone(UTC)

    def _day(
        self, plan: Plan, drawn: Day, sign_ins: SignIns, begins: datetime, until: datetime | None
    ) -> Report | None:
        """The evening before, when residents book, and the day; None if stopped before it."""
        return self.stop.run(self._live(plan, drawn, sign_ins, begins, until))

    async def _live(
        self, plan: Plan, drawn: Day, sign_ins: SignIns, begins: datetime, until: datetime | None
    ) -> Report | None:
        day_before = plan.day - timedelta(days=1)
        evening = datetime(day_before.year, day_before.month, day_before.day, EVENING_HOUR,
                           tzinfo=plan.zone)  # fmt: skip
        wire = Wire(self._address, self._rng)
        try:
            began = time.monotonic()
            async with self._server(ShiftedClock(evening, 1, _real_now())):
                start_takes = time.monotonic() - began
                booked = await visitors.book(plan, drawn, begins, wire, self._rng)
            # The clock passes `begins` when the server answers, however slow the machine.
            origin = _real_now() + timedelta(seconds=1.5 * start_takes + 0.5)
            clock = ShiftedClock(begins, self.options.rate, origin)
            async with self._server(clock) as server:
                day = simulation.Day(
                    plan, clock, wire, sign_ins, booked, drawn, self._rng,
                    simulation.alert_of(plan) if self.options.alert else None,
                )  # fmt: skip
                return await self._watched(day, until, plan, server)
        finally:
            await wire.close()

    async def _watched(
        self,
        day: simulation.Day,
        until: datetime | None,
        plan: Plan,
        server: subprocess.Popen[bytes],
    ) -> Report:
        """The day's report, also when somebody asks to stop in the middle of it."""
        progress = _Progress(plan)
        running = asyncio.create_task(day.run(until, self.settings.data / FILE, progress.say))
        try:
            while not running.done():
                await asyncio.wait([running], timeout=0.5)
                if server.poll() is not None:
                    raise click.ClickException(f"the server ended:\n{self._last_words()}")
            return running.result()
        except asyncio.CancelledError:
            if not self.stop.asked:
                raise
            return day.report()
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            progress.end()

    @asynccontextmanager
    async def _server(self, clock: ShiftedClock) -> AsyncIterator[subprocess.Popen[bytes]]:
        """The server with that clock. It has a session of its own, so that a Ctrl-C in the
        terminal reaches this process alone, and it ends when this process does."""
        with self._log.open("ab") as log:
            process = subprocess.Popen(  # noqa: ASYNC220 - returns at once
                [sys.executable, "-m", "queue_app.cli.hall"],
                env=self._environment(clock),
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            await self._ready(process)
            yield process
        finally:
            process.terminate()
            try:
                process.wait(STOP_WITHIN)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _environment(self, clock: ShiftedClock) -> dict[str, str]:
        settings = self.settings
        kept = {name: text for name, text in os.environ.items() if not name.startswith("QUEUE_APP")}
        return kept | {
            "QUEUE_APP_HOST": settings.host,
            "QUEUE_APP_PORT": str(settings.port),
            "QUEUE_APP_DATA": str(settings.data),
            "QUEUE_APP_CONFIG": str(settings.config),
            "QUEUE_APP_WORKERS": str(settings.workers),
            "QUEUE_APP_RATE_LIMITS": "off",
            "QUEUE_APP_CLOCK": clock.start.isoformat(),
            "QUEUE_APP_CLOCK_ORIGIN": clock.origin.isoformat(),
            "QUEUE_APP_RATE": str(clock.rate),
        }

    async def _ready(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + READY_WITHIN
        async with httpx.AsyncClient(trust_env=False) as client:
            while time.monotonic() < deadline and process.poll() is None:
                with suppress(httpx.TransportError):
                    answer = await client.get(f"{self._address}/health/ready", timeout=5)
                    if answer.status_code == httpx.codes.OK:
                        return
                await asyncio.sleep(0.05)
        raise click.ClickException(f"the server did not start:\n{self._last_words()}")

    def _last_words(self) -> str:
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-20:])

    def _settle(self, plan: Plan, report: Report) -> bool:
        """The summary, and whether the day was sound."""
        end = plan.closes + timedelta(hours=2)
        findings, ranges = operator.run(self._dsn, partial(_judged, plan.opens, end))
        logged = [
            line for line in self._log.read_text(errors="replace").splitlines() if " ERROR " in line
        ]
        self._log.write_text("")
        click.echo(_summary(plan, report, ranges, self.options.rate))
        for what, often in report.unexpected.items():
            click.echo(f"  UNEXPECTED  {often} x {what}", err=True)
        for line in logged:
            click.echo(f"  SERVER LOG  {line}", err=True)
        for finding in findings:
            click.echo(f"  DOCTOR      {finding.invariant}: {finding.where}", err=True)
        if not findings:
            click.echo("  Doctor        every invariant holds")
        return not (report.unexpected or logged or findings)

    def _rest(self) -> None:
        if not self.stop.asked:
            click.echo("  The next day begins in a moment; Ctrl-C ends the demo.")
            self.stop.run(asyncio.sleep(BETWEEN_DAYS))


def _real_now() -> datetime:
    """The machine's own time, from which the hall's clock is derived."""
    return datetime.now(UTC)


def _first_day(clock: datetime | None, zone: ZoneInfo) -> date:
    """The day of the given clock, else the next Monday."""
    if clock:
        return clock.astimezone(zone).date()
    today = _real_now().astimezone(zone).date()
    return today + timedelta(days=7 - today.weekday())


def _next(day: date) -> date:
    return day + timedelta(days=1)


async def _sign_ins(plan: Plan) -> SignIns:
    """New people and a new kiosk in the scratch database."""
    by = By(OPERATOR, _real_now())
    clerks = {}
    for desk in plan.desks:
        login, password = f"clerk{desk.number}".lower(), secrets.token_urlsafe(9)
        await accounts.add_staff(by, login, "clerk", plan.branch, password)
        clerks[desk.number] = (login, password)
    return SignIns(await accounts.add_device(by, "Demo kiosk", "kiosk", plan.branch), clerks)


def _guide(address: str, plan: Plan, begins: datetime, options: Options) -> str:
    """What somebody who starts a demo reads first."""
    local = begins.astimezone(plan.zone)
    hours = (plan.closes - begins) / timedelta(hours=1)
    return "\n".join([
        "",
        f"  All faces on one page   {address}/demo",
        f"  Booking                 {address}/",
        f"  Board                   {address}/display/{plan.branch}",
        f"  API                     {address}/api/v1/openapi.json",
        "",
        f"  The hall's clock shows {local:%A %d %B %Y, %H:%M} and runs {options.rate:g} times as",
        f"  fast: the day lasts about {_duration(hours * 3600 / options.rate)}.",
        "  Ctrl-C ends the demo and leaves nothing behind.",
        "",
    ])  # fmt: skip


def _duration(seconds: float) -> str:
    return f"{seconds / 60:.0f} minutes" if seconds >= 90 else f"{seconds:.0f} seconds"


class _Progress:
    """One line that is written over in a terminal; elsewhere a line for each hour of the hall,
    and when an alert begins and ends."""

    def __init__(self, plan: Plan) -> None:
        self._zone = plan.zone
        self._terminal = sys.stdout.isatty()
        self._said = (-1, False)
        self._recent: list[tuple[float, int]] = []

    def say(self, moment: Moment) -> None:
        local = moment.at.astimezone(self._zone)
        line = (
            f"  {local:%H:%M}  waiting {moment.waiting:3}  at desks {moment.serving:2}"
            f"  desks open {moment.desks_open:2}  served {moment.served:3}"
            f"  {self._rate(moment.tickets):.1f} tickets/s"
            + ("  AIR-RAID ALERT" if moment.alert else "")
            + (f"  UNEXPECTED {moment.unexpected}" if moment.unexpected else "")
        )
        if self._terminal:
            click.echo(f"\r{line:<79}", nl=False)
        elif (local.hour, moment.alert) != self._said:
            self._said = (local.hour, moment.alert)
            click.echo(line)

    def _rate(self, tickets: int) -> float:
        """Tickets in a real second, over the last ten."""
        now = time.monotonic()
        self._recent = [(at, many) for at, many in self._recent if at > now - 10]
        self._recent.append((now, tickets))
        since, before = self._recent[0]
        return (tickets - before) / (now - since) if now > since else 0.0

    def end(self) -> None:
        if self._terminal:
            click.echo()


async def _judged(since: datetime, until: datetime) -> tuple[list[Finding], list[Accuracy]]:
    """What the doctor finds, and whether the ranges that people were told held."""
    await promising.judge()
    return await doctor.check(until), await accuracy(since - BEFORE_OPENING)


def _held(one: Accuracy) -> str:
    """Alerts are nobody's to foresee: the ranges that one cut are counted apart."""
    shown = "with a ticket" if one.shown == "ticket" else "later"
    others = f"{one.cut} other was" if one.cut == 1 else f"{one.cut} others were"
    cut = f" ({others} cut by an interruption)" if one.cut else ""
    return f"{one.promises - one.cut} {shown}: {one.percent_else:.0f} in 100 held{cut}"


def _summary(plan: Plan, report: Report, ranges: Sequence[Accuracy], rate: float) -> str:
    """The day in numbers: minutes are the hall's, milliseconds are real."""
    fates = ", ".join(f"{many} {fate}" for fate, many in report.fates.items())
    issuing = report.seconds.get(f"POST /api/v1/branches/{plan.branch}/tickets")
    calling = report.seconds.get("POST /api/v1/desks/*/calls")
    refused = ", ".join(f"{many} {code}" for code, many in report.refused.items())
    boards = (
        f"from a call's answer to the first board {report.boards_p50_ms:.0f} ms"
        f" (95 in 100 within {report.boards_p95_ms:.0f})"
    )
    return "\n".join([
        "",
        f"  {plan.day:%A %d %B %Y}, {plan.branch}",
        f"  Visitors      {report.visitors}: {fates}; {report.booked} residents had booked",
        *(
            f"  Wait {kind:<9}{spread.count:4} people: mean {spread.mean:.0f} min,"
            f" median {spread.median:.0f}, 90 in 100 within {spread.p90:.0f}"
            for kind, spread in report.waits.items()
        ),
        f"  Ranges        {'; '.join(map(_held, ranges)) or 'nobody was told one'}",
        *_doubt(rate),
        f"  Requests      {report.requests}; a ticket {_ms(issuing)}, a call {_ms(calling)}",
        f"  Screens       {report.frames} frames; {boards}",
        f"  Refusals      {f'{refused} (races and rules, as expected)' if refused else 'none'}",
    ])  # fmt: skip


def _doubt(rate: float) -> list[str]:
    if rate <= TELLING_RATE:
        return []
    return [f"                at rate {rate:g} they mean little: people lag by minutes of the hall"]


def _ms(spread: Spread | None) -> str:
    if spread is None:
        return "-"
    return f"{1000 * spread.median:.0f} ms (90 in 100 within {1000 * spread.p90:.0f})"
