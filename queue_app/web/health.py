"""For whoever runs it: alive, ready, and what is measured."""

import asyncio
import secrets
import time
from datetime import datetime, timedelta
from typing import Any

from litestar import Request, Response, get
from litestar.datastructures import State
from litestar.di import NamedDependency
from prometheus_client import CONTENT_TYPE_LATEST

from config.settings import Settings
from queue_app.clock import Clock
from queue_app.domain.correction import AHEAD, Correction
from queue_app.domain.errors import NotAllowed, QueueError
from queue_app.domain.paper import PRINTS
from queue_app.queries import reference
from queue_app.queries.accuracy import Accuracy, accuracy
from queue_app.queries.devices import Installed, installed
from queue_app.queries.habits import corrections
from queue_app.queries.jobs import JobFigures, job_figures
from queue_app.queries.outbox import OutboxFigures, figures
from queue_app.queries.printers import KnownPrinter, all_known
from queue_app.store import answers, db
from queue_app.store.outages import Outage
from queue_app.web.figures import OUTAGE_FIGURES, Figure, exposition
from queue_app.web.guards import bearer, right

ACCURACY_DAYS = 7
LOOPBACK = ("127.0.0.1", "::1")
FORWARDED = ("x-forwarded-for", "forwarded")
"""What a proxy says of whoever asks."""
READY_SECONDS = 2.0
"""With the age that an answer may have, within the three seconds that a load balancer waits."""
READY_FOR_SECONDS = 0.5
"""How long an answer holds for all who ask."""
_DATABASE = Figure(
    "queue_app_database_answers",
    "Whether the database answered; else its figures are left out",
    registry=OUTAGE_FIGURES,
)
_LABELS = ["branch", "shown"]
_PROMISES = Figure(
    "queue_app_wait_promises",
    "Waits promised in the last 7 days, with the ticket or later, whose people were called",
    _LABELS,
)
_COVERED = Figure(
    "queue_app_wait_coverage", "Share of these in their range; 0.8 is promised", _LABELS
)
_CUT = Figure("queue_app_wait_cut", "Of these promises: an interruption began in the wait", _LABELS)
_COVERED_ELSE = Figure(
    "queue_app_wait_coverage_uncut", "Share in their range of those that were not cut", _LABELS
)
_ERROR = Figure(
    "queue_app_wait_error_minutes", "Mean distance of a wait from its range's middle", _LABELS
)
_UNCALLED = Figure(
    "queue_app_wait_uncalled",
    "Waits promised in the last 7 days without a call: left, closed by the day's end, waiting yet",
    [*_LABELS, "outcome"],
)
_OVERDUE = Figure(
    "queue_app_wait_overdue", "Of those left or closed: after their range had passed", _LABELS
)
_OUTBOX = Figure("queue_app_outbox_waiting", "Messages that are to leave and have not yet")
_OUTBOX_AGE = Figure("queue_app_outbox_oldest_seconds", "How long the oldest of them has waited")
_OUTBOX_FAILED = Figure("queue_app_outbox_failed", "Messages that were given up")
_PRINTER = Figure(
    "queue_app_printer_takes_tickets",
    "Whether a ticket printer prints, as it was found last; 0: see its state",
    ["branch", "printer", "state"],
)
_JOB_RUN = Figure(
    "queue_app_job_last_run_timestamp_seconds", "When a job last ended well, in Unix time", ["job"]
)
_JOB_FAILURE = Figure(
    "queue_app_job_last_failure_timestamp_seconds", "When a job last failed, in Unix time", ["job"]
)
_JOB_SECONDS = Figure("queue_app_job_duration_seconds", "How long its last run took", ["job"])
_JOB_RUNS = Figure("queue_app_job_runs", "Runs so far, by how they ended", ["job", "outcome"])
_DEVICES = Figure(
    "queue_app_devices",
    "Devices in use: here, away (no sign of life for a minute), or new (none yet)",
    ["branch", "state"],
)
_DEVICE_SEEN = Figure(
    "queue_app_device_last_seen_timestamp_seconds",
    "When a device gave its last sign of life, in Unix time",
    ["branch", "device"],
)
_CORRECTION = Figure(
    "queue_app_wait_correction",
    "Minutes that are added to the ends of forecast ranges, from so many people ahead on",
    ["branch", "ahead", "end"],
)


@get("/health/live", opt=right("see_health"), include_in_schema=False, sync_to_thread=False)
def live() -> dict[str, str]:
    return {"status": "live"}


@get("/health/ready", opt=right("see_health"), include_in_schema=False)
async def ready(state: State) -> Response[dict[str, str]]:
    """200 when the database takes writes and the centre is loaded, else 503 with what is missing,
    within three seconds."""
    reason = await state.readiness.reason()
    if reason:
        return Response({"status": "not ready", "reason": reason}, status_code=503)
    return Response({"status": "ready"})


class Readiness:
    """Why this process cannot serve, if so; asked once in a while, whoever wants to know.

    Stands in `app.state.readiness`.
    """

    def __init__(self) -> None:
        self._asking = asyncio.Lock()
        self._asked_at: float | None = None
        self._reason: str | None = None

    async def reason(self) -> str | None:
        async with self._asking:
            if self._asked_at is None or time.monotonic() - self._asked_at > READY_FOR_SECONDS:
                self._reason = await _what_is_missing()
                self._asked_at = time.monotonic()
            return self._reason


async def _what_is_missing() -> str | None:
    """None where a write can be done, was not refused of late, and the centre is loaded."""
    try:
        async with asyncio.timeout(READY_SECONDS):
            await db.check_writes()
            await reference.directory()
    except QueueError as error:
        return error.code
    except Outage as outage:
        return "no_writes" if outage.no_writes else "no_database"
    except Exception:  # whatever the driver says, the answer is the same
        return "no_database"
    return "no_writes" if answers.trouble.refuses_writes() else None


@get("/metrics", opt=right("see_health"), include_in_schema=False)
async def metrics(
    request: Request[Any, Any, Any],
    settings: NamedDependency[Settings],
    clock: NamedDependency[Clock],
) -> Response[bytes]:
    """In the Prometheus format: requests, of all processes of this server; waits, outbox and jobs,
    unless the database is away.

    NotAllowed `figures_closed`.
    """
    _require_watcher(request, settings.metrics_token)
    try:
        await _ask_database(clock.now())
        is_there = True
    except db.OUTAGES:  # whoever watches wants to see just then how many are sent away
        is_there = False
    _DATABASE.set(is_there)
    return Response(exposition(is_there), headers={"Content-Type": CONTENT_TYPE_LATEST})


async def _ask_database(now: datetime) -> None:
    _show(await accuracy(now - timedelta(days=ACCURACY_DAYS)))
    _show_corrections(await corrections())
    _show_outbox(await figures(now))
    _show_printers(await all_known())
    _show_jobs(await job_figures())
    _show_devices(await installed(), now)


def _require_watcher(request: Request[Any, Any, Any], token: str | None) -> None:
    """Whoever knows the token, or asks on this machine itself, and not through a proxy on it."""
    given = bearer(request) or ""
    if token and secrets.compare_digest(given.encode(), token.encode()):
        return
    host = request.client.host if request.client else ""
    if host not in LOOPBACK or any(name in request.headers for name in FORWARDED):
        raise NotAllowed("figures_closed")


def _show(found: list[Accuracy]) -> None:
    for gauge in (_PROMISES, _COVERED, _CUT, _COVERED_ELSE, _ERROR, _UNCALLED, _OVERDUE):
        gauge.clear()
    for one in found:
        labels = (one.branch, one.shown)
        _PROMISES.labels(*labels).set(one.promises)
        if one.covered is not None and one.error_minutes is not None:
            _COVERED.labels(*labels).set(one.covered)
            _ERROR.labels(*labels).set(one.error_minutes)
        _CUT.labels(*labels).set(one.cut)
        if one.covered_else is not None:
            _COVERED_ELSE.labels(*labels).set(one.covered_else)
        _UNCALLED.labels(*labels, "left").set(one.left)
        _UNCALLED.labels(*labels, "closed").set(one.closed)
        _UNCALLED.labels(*labels, "waiting").set(one.waiting)
        _OVERDUE.labels(*labels).set(one.overdue)


def _show_corrections(found: dict[str, Correction]) -> None:
    _CORRECTION.clear()
    for branch, one in found.items():
        for ahead, shift in zip(AHEAD, one.shifts, strict=False):
            _CORRECTION.labels(branch, str(ahead), "low").set(shift.low)
            _CORRECTION.labels(branch, str(ahead), "high").set(shift.high)


def _show_outbox(found: OutboxFigures) -> None:
    _OUTBOX.set(found.waiting)
    _OUTBOX_AGE.set(found.oldest_seconds)
    _OUTBOX_FAILED.set(found.failed)


def _show_printers(found: list[KnownPrinter]) -> None:
    _PRINTER.clear()
    for one in found:
        _PRINTER.labels(one.branch, one.code, one.state).set(one.state in PRINTS)


def _show_devices(found: list[Installed], now: datetime) -> None:
    _DEVICES.clear()
    _DEVICE_SEEN.clear()
    used = [one for one in found if one.revoked_at is None]
    for branch in {one.branch for one in used}:
        states = [one.state(now) for one in used if one.branch == branch]
        for state in ("here", "away", "new"):
            _DEVICES.labels(branch, state).set(states.count(state))
    for one in used:
        if one.seen_at is not None:
            _DEVICE_SEEN.labels(one.branch, one.name).set(one.seen_at.timestamp())


def _show_jobs(found: list[JobFigures]) -> None:
    for gauge in (_JOB_RUN, _JOB_FAILURE, _JOB_SECONDS, _JOB_RUNS):
        gauge.clear()
    for one in found:
        if one.finished_at is not None:
            _JOB_RUN.labels(one.name).set(one.finished_at.timestamp())
        if one.failed_at is not None:
            _JOB_FAILURE.labels(one.name).set(one.failed_at.timestamp())
        if one.seconds is not None:
            _JOB_SECONDS.labels(one.name).set(one.seconds)
        _JOB_RUNS.labels(one.name, "done").set(one.runs)
        _JOB_RUNS.labels(one.name, "failed").set(one.failures)
