"""The application in this process, spoken to without sockets."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
from litestar import Litestar

from config.settings import Settings
from queue_app.clock import Clock
from queue_app.store import db


def build(dsn: str, data: Path, clock: Clock, rate_limits: bool = False) -> Litestar:
    """The application, not started yet."""
    from config.app import create_app  # every face: slow to import, and few tests need it

    settings = Settings(data=data, database_url=dsn, rate_limits=rate_limits)
    return create_app(settings, clock)


@asynccontextmanager
async def alive(app: Litestar) -> AsyncIterator[Litestar]:
    """The application between its start and its end; it opens this process' pool itself.

    Runs the lifespan in a task of its own: it must end in the task in which it began, and a
    fixture begins and ends in two. The pool that was there before is there again afterwards.
    """
    outer = db.engine.pool
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
        yield app
    finally:
        over.set()
        await life
        db.engine.pool = outer


@asynccontextmanager
async def speaking_to(app: Litestar) -> AsyncIterator[httpx.AsyncClient]:
    """A client of its own, with its own cookies, in the loop of the test."""
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
        yield client
