"""The fixtures; what they are made of stands in tests/support."""

import gc
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import argon2
import asyncpg
import httpx
import pytest
from hypothesis import HealthCheck, settings
from litestar import Litestar
from playwright.async_api import Browser, BrowserContext, async_playwright

from config.files import load_centre
from queue_app.clock import FixedClock
from queue_app.domain import chance
from queue_app.flow import passwords
from queue_app.queries import reference
from queue_app.store import db
from tests.flow.stage import pool_on
from tests.support import application
from tests.support import browser as chromium
from tests.support.database import (
    CONFIG,
    RUN_FOLDER,
    drop_database,
    empty,
    own_database,
    run_server,
)
from tests.support.night import night_database
from tests.support.server import Server, start_servers, stop_servers

KYIV = ZoneInfo("Europe/Kyiv")
Connected = tuple[asyncpg.Pool | None, dict[str, Any]]
MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=KYIV)
"""An ordinary working day of the centre, in opening hours."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--laws", type=int, default=15, help="examples of a law that names no number")


def pytest_configure(config: pytest.Config) -> None:
    # How long an example takes says how busy the machine is, and nothing of the rule.
    # How many there are is said by `--laws`, as the same laws are tried longer with the slow tests.
    settings.register_profile(
        "patient",
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
        max_examples=config.getoption("--laws"),
    )
    settings.load_profile("patient")
    # Hundreds of clerks sign in; what a password costs is the library's to test.
    passwords.hasher = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    # Each process that serves draws these numbers once; each test would draw them for each wait.
    chance._slices, chance._strangers = cache(chance._slices), cache(chance._strangers)
    if not hasattr(config, "workerinput"):
        os.environ[RUN_FOLDER] = tempfile.mkdtemp(prefix="queue-app-tests-")
        config.add_cleanup(lambda: shutil.rmtree(os.environ.pop(RUN_FOLDER), ignore_errors=True))
        # Pytest's own place for files keeps three runs, and takes the fourth's away while it runs.
        config.option.basetemp = config.option.basetemp or f"{os.environ[RUN_FOLDER]}/files"


def pytest_collection_finish() -> None:
    # What is imported stays: looking at it again and again took a fifth of the time of the rules.
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 10, 20)


@pytest.fixture(scope="session")
def worker(request: pytest.FixtureRequest) -> str:
    return str(getattr(request.config, "workerinput", {}).get("workerid", "main"))


@pytest.fixture(scope="session")
def database_server() -> Iterator[str]:
    with run_server() as dsn:
        yield dsn


@pytest.fixture(scope="session")
async def dsn(database_server: str, worker: str) -> AsyncIterator[str]:
    """The worker's own database: schema and centre, whatever the last test left."""
    name = f"{Path(os.environ[RUN_FOLDER]).name}-{worker}"
    yield await own_database(database_server, name)
    await drop_database(database_server, name)


@pytest.fixture(scope="session")
async def connected(dsn: str) -> AsyncIterator[Connected]:
    """This process' pool on the worker's database; kept, with the statements it has prepared."""
    async with db.pool(dsn, max_size=20):
        kept = db.engine.pool, db.engine.config
        db.engine.pool = None
        yield kept
        db.engine.pool, db.engine.config = kept


@pytest.fixture(scope="session")
def unchanged() -> set[int]:
    """The versions of the centre on the worker's database that say what its files say."""
    return set()


@pytest.fixture
async def database(dsn: str, connected: Connected, unchanged: set[int]) -> AsyncIterator[str]:
    """The worker's database with the centre and nothing else, and this process' pool on it."""
    await empty(dsn)
    reference.forget()
    db.engine.pool, db.engine.config = connected
    yield dsn
    db.engine.pool, db.engine.config = connected
    version = await db.fetch_value("SELECT version FROM centre")
    if version not in unchanged:
        assert (await reference.anew()).centre == load_centre(CONFIG), "left to the next test"
        unchanged.add(version)
    db.engine.pool = None


@pytest.fixture
async def spare_database(database_server: str, worker: str) -> AsyncIterator[str]:
    """A database for one test that changes the centre itself or breaks invariants; no pool."""
    name = f"{Path(os.environ[RUN_FOLDER]).name}-{worker}-spare"
    yield await own_database(database_server, name)
    await drop_database(database_server, name)


@pytest.fixture(scope="session")
async def night_dsn(database_server: str, worker: str) -> AsyncIterator[str]:
    """The worker's own database with the centre of `tests/centres/night`."""
    name = f"{Path(os.environ[RUN_FOLDER]).name}-{worker}-night"
    yield await night_database(database_server, name)
    await drop_database(database_server, name)


@pytest.fixture
async def night(night_dsn: str) -> AsyncIterator[str]:
    """The night centre and nothing else, and this process' pool on it."""
    await empty(night_dsn)
    async with pool_on(night_dsn):
        yield night_dsn


@pytest.fixture(scope="session")
async def small_dsn(database_server: str, worker: str) -> AsyncIterator[str]:
    """The worker's own database for `tests.flow.wishing_hall.hall`, which says what it holds."""
    name = f"{Path(os.environ[RUN_FOLDER]).name}-{worker}-small"
    yield await own_database(database_server, name)
    await drop_database(database_server, name)


@pytest.fixture(scope="session")
def own_clock() -> FixedClock:
    """The clock of this process, and of the application in it."""
    return FixedClock(MONDAY)


@pytest.fixture
def clock(own_clock: FixedClock) -> FixedClock:
    """Stands at ten o'clock of an ordinary Monday until the test moves it."""
    own_clock.set(MONDAY)
    return own_clock


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture(scope="session")
def built(dsn: str, own_clock: FixedClock, tmp_path_factory: pytest.TempPathFactory) -> Litestar:
    """Made once, as that takes longer than most tests."""
    return application.build(dsn, tmp_path_factory.mktemp("app"), own_clock)


@pytest.fixture
async def app(database: str, clock: FixedClock, built: Litestar) -> AsyncIterator[Litestar]:
    """The application in this process, started for the test, on its database and clock."""
    async with application.alive(built) as running:
        yield running


@pytest.fixture
async def client(app: Litestar) -> AsyncIterator[httpx.AsyncClient]:
    """Speaks to `app`; `tests.support.application.speaking_to` makes more of them."""
    async with application.speaking_to(app) as one:
        yield one


StartServers = Callable[..., Awaitable[list[Server]]]


@pytest.fixture
async def servers(
    database: str, data: Path, request: pytest.FixtureRequest
) -> AsyncIterator[StartServers]:
    """Starts server processes on the test's database: `await servers(3, clock=MONDAY)`.

    They end with the test; what they wrote is shown if it failed.
    """
    started: list[Server] = []

    async def start(count: int = 1, **options: object) -> list[Server]:
        new = start_servers(count, database, data, **options)  # type: ignore[arg-type]
        started.extend(new)
        return new

    yield start
    stop_servers(started)
    for server in started:
        request.node.add_report_section("teardown", server.url, server.log.read_text())


@pytest.fixture
async def server(servers: StartServers) -> Server:
    """One server process whose clock shows Monday, ten o'clock."""
    return (await servers(1, clock=MONDAY))[0]


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        launched = await chromium.launch(playwright)
        yield launched
        await launched.close()


@pytest.fixture
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    """A fresh Ukrainian browser, in Kyiv's time."""
    fresh = await browser.new_context(locale="uk-UA", timezone_id="Europe/Kyiv")
    yield fresh
    await fresh.close()
