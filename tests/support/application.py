"""The application in this process, spoken to without sockets."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
from litestar import Litestar

from config.settings import Settings
from queue_app.clock import Clock
from queue_app.store import db
from queue_app.texts import words as texts
from queue_app.web.stream import EXTENSION
from tests.support.database import CONFIG
from tests.support.frames import text_of


def build(
    dsn: str,
    data: Path,
    clock: Clock,
    rate_limits: bool = False,
    config: Path = CONFIG,
    trial: bool = False,
    works: bool = False,
) -> Litestar:
    """The application, not started yet. It only answers, unless it `works`: tests do what falls due
    when they want it done, and thirty jobs that look for work cost each of them a quarter."""
    from config.app import create_app  # every face: slow to import, and few tests need it

    settings = Settings(
        data=data, database_url=dsn, rate_limits=rate_limits, config=config, trial=trial
    )
    return create_app(settings, clock, works)


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
        only_own_words()


def only_own_words() -> None:
    """A process has one centre and reads its translations for good; one of the tests has many."""
    if texts._Catalogues.folders != (texts.LOCALE_FOLDER,):
        texts._Catalogues.folders = (texts.LOCALE_FOLDER,)
        texts.words.cache_clear()
        texts.words_else.cache_clear()


@asynccontextmanager
async def speaking_to(app: Litestar) -> AsyncIterator[httpx.AsyncClient]:
    """A client of its own, with its own cookies, in the loop of the test."""
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
        yield client


class _Shown:
    """What the server's protocol would bring."""

    def __init__(self, sent: "asyncio.Queue[dict[str, Any]]") -> None:
        self.gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._sent = sent

    def push(self, frame: bytes) -> None:
        self._sent.put_nowait({"type": "websocket.send", "text": text_of(frame)})


@asynccontextmanager
async def listening(
    app: Litestar, path: str, headers: Mapping[str, str] | None = None
) -> AsyncIterator[Callable[[], Awaitable[dict[str, Any]]]]:
    """A websocket of its own, in the loop of the test: what gives its next message once accepted.

    Each message is as ASGI has it: a frame under "text", or a close with its code.
    """
    sent: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    received: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    received.put_nowait({"type": "websocket.connect"})
    line = _Shown(sent)
    scope = {
        "type": "websocket",
        "asgi": {"version": "3.0"},
        "scheme": "ws",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [
            (b"host", b"testserver"),
            *((name.lower().encode(), value.encode()) for name, value in (headers or {}).items()),
        ],
        "client": ("testclient", 1),
        "server": ("testserver", 80),
        "subprotocols": [],
        "extensions": {EXTENSION: line},
    }
    spoken = asyncio.create_task(app(scope, received.get, sent.put))  # type: ignore[arg-type]
    assert (await asyncio.wait_for(sent.get(), 10))["type"] == "websocket.accept"
    try:
        yield lambda: asyncio.wait_for(sent.get(), 10)
    finally:
        line.gone.set_result(None)
        await asyncio.wait_for(spoken, 10)
