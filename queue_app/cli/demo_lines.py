"""What `queue-app demo` says: where to look, how the day goes, and what came of it."""

import math
import sys
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import click

from queue_app.demo.days import Verdict
from queue_app.demo.plan import DemoPlan
from queue_app.demo.report import Moment, Report, Spread
from queue_app.queries.accuracy import Accuracy
from queue_app.texts.formats import NBSP, wall_time

LATE_SECONDS = 300.0
"""Of the hall: where more than ten things in a hundred are later than this, for want of a quicker
machine, it is another hall than the one that the branch has learned from."""


class TerminalTeller:
    """Tells a demo to a terminal. `rate`: seconds of the hall's clock in a real second."""

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._progress: _Progress | None = None

    def starting(self) -> None:
        click.echo("Starting a hall of its own ...", err=True)

    def begins(self, address: str, plan: DemoPlan, at: datetime) -> None:
        click.echo(_guide(address, plan, at, self._rate))

    def progress(self, plan: DemoPlan) -> Callable[[Moment], None]:
        self._progress = _Progress(plan)
        return self._progress.say

    def day_ends(self) -> None:
        if self._progress:
            self._progress.end()

    def verdict(self, plan: DemoPlan, verdict: Verdict) -> None:
        click.echo(_summary(plan, verdict.report, verdict.ranges, self._rate))
        for what, often in verdict.report.unexpected.items():
            click.echo(f"  UNEXPECTED  {often} x {what}", err=True)
        for line in verdict.errors:
            click.echo(f"  SERVER LOG  {line}", err=True)
        for finding in verdict.findings:
            click.echo(f"  DOCTOR      {finding.invariant}: {finding.where}", err=True)
        if not verdict.findings:
            click.echo("  Doctor        every invariant holds")

    def another_day(self) -> None:
        click.echo("  The next day begins in a moment; Ctrl-C ends the demo.")


def _guide(address: str, plan: DemoPlan, begins: datetime, rate: float) -> str:
    """What somebody who starts a demo reads first."""
    local, shown = begins.astimezone(plan.zone), _clock(begins, plan.zone)
    hours = (plan.closes - begins) / timedelta(hours=1)
    return "\n".join([
        "",
        f"  All faces on one page   {address}/demo",
        f"  Booking                 {address}/",
        f"  Board                   {address}/display/{plan.branch}",
        f"  API                     {address}/api/v1/openapi.json",
        "",
        f"  The hall's clock shows {local:%A %d %B %Y}, {shown} and runs {rate:g} times as",
        f"  fast: the day lasts about {_duration(hours * 3600 / rate)}.",
        "  Ctrl-C ends the demo and leaves nothing behind.",
        "",
    ])  # fmt: skip


def _clock(moment: datetime, zone: ZoneInfo) -> str:
    return wall_time(moment, zone).replace(NBSP, " ")


def _duration(seconds: float) -> str:
    return f"{seconds / 60:.0f} minutes" if seconds >= 90 else f"{seconds:.0f} seconds"


class _Progress:
    """One line that is written over in a terminal; elsewhere a line for each hour of the hall,
    and when an alert begins and ends."""

    def __init__(self, plan: DemoPlan) -> None:
        self._zone = plan.zone
        self._terminal = sys.stdout.isatty()
        self._said = ("", False)
        self._recent: list[tuple[float, int]] = []

    def say(self, moment: Moment) -> None:
        hour = f"{moment.at.astimezone(self._zone):%H %z}"  # one may come twice in a night
        line = (
            f"  {_clock(moment.at, self._zone)}  waiting {moment.waiting:3}"
            f"  at desks {moment.serving:2}  desks open {moment.desks_open:2}"
            f"  served {moment.served:3}  {self._rate(moment.tickets):.1f} tickets/s"
            + ("  CALLS STOPPED" if moment.alert else "")
            + (f"  UNEXPECTED {moment.unexpected}" if moment.unexpected else "")
        )
        if self._terminal:
            click.echo(f"\r{line:<79}", nl=False)
        elif (hour, moment.alert) != self._said:
            self._said = (hour, moment.alert)
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


def _held(one: Accuracy) -> str:
    """Alerts are nobody's to foresee: the ranges that one cut are counted apart."""
    shown = "with a ticket" if one.shown == "ticket" else "later"
    others = f"{one.cut} other was" if one.cut == 1 else f"{one.cut} others were"
    cut = f" ({others} cut by an interruption)" if one.cut else ""
    return f"{one.promises - one.cut} {shown}: {one.percent_else:.0f} in 100 held{cut}"


def _summary(plan: DemoPlan, report: Report, ranges: Sequence[Accuracy], rate: float) -> str:
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
        *pace(report.behind, issuing, rate),
        f"  Requests      {report.requests}; a ticket {_ms(issuing)}, a call {_ms(calling)}",
        f"  Screens       {report.frames} frames; {boards}",
        f"  Refusals      {f'{refused} (races and rules, as expected)' if refused else 'none'}",
    ])  # fmt: skip


def pace(behind: Spread | None, issuing: Spread | None, rate: float) -> list[str]:
    """How late people and clerks were by the hall's clock; and, where this machine cannot hold the
    rate, which one it could."""
    if behind is None:
        return []
    ticket = issuing.p90 * rate if issuing else 0.0
    told = (
        f"  Pace          90 in 100 things that clerks did were late by at most {behind.p90:.0f} s"
        f" of the hall, 90 in 100 tickets took at most {ticket:.0f}"
    )
    late = max(behind.p90, ticket)
    if late <= LATE_SECONDS:
        return [told]
    held = _round_down(rate * LATE_SECONDS / late)
    doubt = (
        f"                this machine cannot hold rate {rate:g}, so the ranges mean little;"
        f" try --rate {held:g}"
    )
    return [told, doubt]


def _round_down(rate: float) -> float:
    """To one figure, and never below the machine's own time."""
    power = 10 ** math.floor(math.log10(max(rate, 1.0)))
    return float(max(1, math.floor(rate / power) * power))


def _ms(spread: Spread | None) -> str:
    if spread is None:
        return "-"
    return f"{1000 * spread.median:.0f} ms (90 in 100 within {1000 * spread.p90:.0f})"
