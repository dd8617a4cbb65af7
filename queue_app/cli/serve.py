"""`queue-app serve`: the database, the centre, and the processes that answer."""

import errno
import gc
import logging
import logging.config
import multiprocessing.connection
import os
import resource
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from types import FrameType

import click
import msgspec
import uvicorn
from litestar import Litestar
from uvicorn.config import STARTUP_FAILURE

from config.settings import Settings, from_environment
from queue_app import installation
from queue_app.cli import operator, trial, unprivileged
from queue_app.cli.workers import ALIVE_WITHIN, STOP_WITHIN, Workers
from queue_app.queries import reference
from queue_app.web import figures, logs
from queue_app.web.protocol import BoundedHttp
from queue_app.web.websocket import BoundedWebsocket

BACKLOG = 2048
ACCEPTED_AT_ONCE = 16
"""Connections that a turn of the loop accepts. uvloop accepts one of each listening socket, so the
one that there is gets so many names; else a page would wait until every screen was accepted."""
OPEN_FILES = 65_536
TIDY_UP_AFTER = (4_000, 4, 100)
"""The garbage collector's thresholds: new objects, then rounds of the younger generation.

Whoever stays is looked at twice, however many are looked at together; but the loop stands still for
all of them. With (20,000, 5, 20) that were 120,000 at once, and 150 ms on a busy machine."""
GIVE_WAY_SECONDS = 0.001
"""So long a thread that computes, as the waits of a full hall, may keep the interpreter from the
loop, which lets go of it at each turn: by the usual five milliseconds, a verb of twenty turns would
wait for a tenth of a second."""
DATABASE_WITHIN = 60
"""Seconds that the database of another machine gets to be there, as after a power cut."""


log = logging.getLogger(__name__)

APPLICATION = "queue_app.cli.serve:application"


def serve(settings: Settings, with_trial: bool, factory: str = APPLICATION) -> None:
    """Run until told to stop. One line for the operator when the port is taken.

    `factory`: where the answering processes find their application.
    """
    logging.config.dictConfig(logs.configuration(settings.log))
    if settings.clock or settings.rate != 1:
        origin = settings.clock_origin or datetime.now(UTC)
        settings = msgspec.structs.replace(settings, clock_origin=origin)
    if settings.dkim and settings.dkim.key.exposed:
        log.warning("others can read %s; chmod 600 keeps it from them", settings.dkim.key.path)
    with (
        _listening(settings) as listener,
        _stopping(),
        installation.server(settings, watched=True) as dsn,
    ):
        prepare = partial(_prepare, settings, _address(listener), with_trial)
        greeting = installation.run(dsn, prepare, DATABASE_WITHIN)
        _hand_over(msgspec.structs.replace(settings, trial=settings.trial or with_trial), dsn)
        account = unprivileged.account_for(settings)
        os.environ[unprivileged.ACCOUNT] = account or ""
        click.echo(greeting)
        _answer(settings, listener, factory, account)


@contextmanager
def _listening(settings: Settings) -> Iterator[socket.socket]:
    """The address is taken first, so that a second start ends before it does anything."""
    try:
        family, *_, address = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.create_server(address[:2], family=family, backlog=BACKLOG)
    except OSError as error:
        taken = error.errno == errno.EADDRINUSE
        raise click.ClickException(
            f"port {settings.port} of {settings.host} is taken; "
            "choose another with --port or QUEUE_APP_PORT"
            if taken
            else f"cannot listen on {settings.host} port {settings.port}: {error.strerror}"
        ) from None
    with listener:
        yield listener


@contextmanager
def _stopping() -> Iterator[None]:
    """A polite signal ends the block as if it were done, so that the database stops too."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        for each in polite:
            signal.signal(each, signal.SIG_IGN)
        raise SystemExit(0)

    polite = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, stop) for number in polite}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _address(listener: socket.socket) -> str:
    host, port, *_ = listener.getsockname()
    return operator.local_address(host, port)


async def _prepare(settings: Settings, address: str, with_trial: bool) -> str:
    """Everything that answering needs; what to tell the operator."""
    clock = installation.clock(settings)
    await installation.prepare(settings, clock)
    if not with_trial:
        return f"Serving at {address}/"
    made = await trial.ensure(settings.data, clock.now())
    directory = await reference.directory()
    today = directory.today(directory.branch(made.branch), clock.now())
    return trial.guide(address, made, settings, today, clock.now())


def _hand_over(settings: Settings, dsn: str) -> None:
    """What the answering processes read from their environment."""
    os.environ |= {
        "QUEUE_APP_DATABASE_URL": dsn,
        "QUEUE_APP_DATA": str(settings.data),
        "QUEUE_APP_CONFIG": str(settings.config),
        "QUEUE_APP_HOST": settings.host,
        "QUEUE_APP_PORT": str(settings.port),
        "QUEUE_APP_WORKERS": str(settings.workers),
        "QUEUE_APP_RATE_LIMITS": "on" if settings.rate_limits else "off",
        "QUEUE_APP_TRIAL": "on" if settings.trial else "off",
        "QUEUE_APP_CLOCK": settings.clock.isoformat() if settings.clock else "",
        "QUEUE_APP_CLOCK_ORIGIN": settings.clock_origin.isoformat()
        if settings.clock_origin
        else "",
        "QUEUE_APP_RATE": str(settings.rate),
    }


def _open_many_files() -> None:
    """Every screen is an open file, and the usual limit of 1,024 is soon reached."""
    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if most == resource.RLIM_INFINITY else min(OPEN_FILES, most)
    if now != resource.RLIM_INFINITY and now < wanted:
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


def _answer(settings: Settings, listener: socket.socket, factory: str, account: str | None) -> None:
    """`account`: as whom, where it is not that of this process; then not by this one."""
    _open_many_files()
    config = uvicorn.Config(
        factory,
        factory=True,
        workers=settings.workers,
        loop="uvloop",
        http=BoundedHttp,
        ws=BoundedWebsocket,
        ws_per_message_deflate=False,
        ws_max_size=64 * 1024,
        lifespan="on",
        log_config=logs.configuration(settings.log),
        log_level=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=STOP_WITHIN,
        timeout_worker_healthcheck=ALIVE_WITHIN,
    )
    with _under_many_names(listener) as listeners:
        if settings.workers > 1 or account:
            with figures.counted_together(account):
                several = Workers(config, sockets=listeners)
                several.run()
            started = all(one.exitcode != STARTUP_FAILURE for one in several.processes)
        else:
            alone = uvicorn.Server(config)
            alone.run(sockets=listeners)
            started = alone.started
    if not started:
        raise click.ClickException("the application did not start; the reason is above")


@contextmanager
def _under_many_names(listener: socket.socket) -> Iterator[list[socket.socket]]:
    with ExitStack() as stack:
        more = [stack.enter_context(listener.dup()) for _ in range(1, ACCEPTED_AT_ONCE)]
        yield [listener, *more]


def application() -> Litestar:
    """The application of one answering process, which ends when the process that keeps it does."""
    from config.app import serve

    settings = from_environment()  # secrets lie in files that root alone reads
    unprivileged.become(os.environ.get(unprivileged.ACCOUNT))
    keeper = multiprocessing.parent_process()
    if keeper:
        threading.Thread(target=_follow, args=[keeper.sentinel], daemon=True).start()
    made = serve(settings)
    sys.setswitchinterval(GIVE_WAY_SECONDS)
    _tidy_up_seldom()
    return made


def _tidy_up_seldom() -> None:
    """What is there now stays for good, so the garbage collector need not look at it again. Each
    screen that comes is 150 objects that stay for hours: where all of them are looked at again and
    again, as usual, a quarter of what two thousand of them cost is looking."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*TIDY_UP_AFTER)


def _follow(sentinel: int) -> None:
    multiprocessing.connection.wait([sentinel])
    os.kill(os.getpid(), signal.SIGTERM)
