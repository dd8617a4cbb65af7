"""The application in this process, spoken to without sockets."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
from litestar import Litestar

from config.settings import Settings
from queue_app.clock import Clock

SECRET = "a secret that every process of a test run shares"


@asynccontextmanager
async def running(
    dsn: str, data: Path, clock: Clock, rate_limits: bool = False
) -> AsyncIterator[Litestar]:
    """The application between its start and its end. It opens this process' pool itself."""
    from config.app import create_app  # every face: slow to import, and few tests need it

    settings = Settings(data=data, database_url=dsn, secret=SECRET, rate_limits=rate_limits)
    app = create_app(settings, clock)
    async with _alive(app):
        yield app


@asynccontextmanager
async def _alive(app: Litestar) -> AsyncIterator[None]:
    """Runs the lifespan in a task of its own: it must end in the task in which it began, and a
    fixture begins and ends in two."""
    started, over = asyncio.Event(), asyncio.Event()

    async def live() -> None:
        async with app.lifespan():
            started.set()
            await over.wait()

    life = asyncio.create_task(live())
    start = asyncio.create_task(started.wait())
    await asyncio.wait({life, start}, return_when=asyncio.FIRST_COMPLETED)
    start.cancel()
    try:
        if life.done():
            life.result()
        yield
    finally:
        over.set()
        await life


@asynccontextmanager
async def speaking_to(app: Litestar) -> AsyncIterator[httpx.AsyncClient]:
    """A client of its own, with its own cookies, in the loop of the test."""
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
        yield client
