"""Faults of those who ask: too slow, too much, too many, all at once."""

import asyncio
import os
import signal
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import httpx

from tests.faults.crowd import SERVICE
from tests.faults.trial import Scene, Trial
from tests.load.stage import HALL

SLOW = 1_500
SLOW_FOR = 15.0
HEADERS_MB = 200
HEADERS_WITHIN = 20.0
COSTLY = 50
COSTLY_FOR = 8.0
SCREENS = 2_000
OPEN_WITHIN = 45.0
SCREENS_WITHIN = 30.0


async def slow(scene: Scene) -> None:
    """1,500 clients each send half a request and then a letter every two seconds, for 15 s."""
    people = [asyncio.create_task(_half_a_request(scene)) for _ in range(SLOW)]
    try:
        await asyncio.sleep(SLOW_FOR)
        cut = sum(one.done() for one in people)
        scene.note(f"the server had closed {cut:,} of {SLOW:,}")
        _note_everyone(scene)
    finally:
        for one in people:
            one.cancel()
        await asyncio.gather(*people, return_exceptions=True)


async def _half_a_request(scene: Scene) -> None:
    """Until the server closes it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", scene.service.port)
    try:
        writer.write(b"GET / HTTP/1.1\r\nHost: slow\r\nX-Letters: ")
        with suppress(OSError):
            while not reader.at_eof():
                writer.write(b"a")
                await writer.drain()
                with suppress(TimeoutError):
                    await asyncio.wait_for(reader.read(1000), 2)
    finally:
        writer.close()


async def headers(scene: Scene) -> None:
    """One connection sends a request whose headers do not end: 200 MB, or until it is cut off."""
    reader, writer = await asyncio.open_connection("127.0.0.1", scene.service.port)
    line = b"X-More: " + b"a" * 8000 + b"\r\n"
    sent, answer = 0, b""
    try:
        async with asyncio.timeout(HEADERS_WITHIN):
            writer.write(b"GET / HTTP/1.1\r\nHost: headers\r\n")
            while sent < HEADERS_MB * 1_000_000:
                writer.write(line)
                await writer.drain()
                sent += len(line)
                if reader.at_eof():
                    break
        answer = await asyncio.wait_for(reader.readline(), 1)
    except (OSError, TimeoutError):
        pass
    finally:
        writer.transport.abort()
    scene.note(f"it took {sent / 1_000_000:.1f} MB and said {answer.decode().strip() or 'nothing'}")
    _note_everyone(scene)


async def costly(scene: Scene) -> None:
    """50 connections ask for free times, waits, boards and pages without a pause, for 8 s."""
    answers: list[int] = []
    limits = httpx.Limits(max_connections=COSTLY, max_keepalive_connections=COSTLY)
    async with httpx.AsyncClient(
        base_url=scene.service.address, limits=limits, timeout=60, trust_env=False
    ) as client:
        people = [asyncio.create_task(_ask_on(client, n, answers)) for n in range(COSTLY)]
        try:
            await asyncio.sleep(COSTLY_FOR)
        finally:
            for one in people:
                one.cancel()
            await asyncio.gather(*people, return_exceptions=True)
    refused = sum(status != 200 for status in answers)
    scene.note(f"{len(answers) / COSTLY_FOR:.0f} such answers a second, {refused} of them not 200")
    _note_everyone(scene)


_COSTLY = (
    f"/api/v1/branches/{HALL}/slots?service={SERVICE}&days=31",
    f"/api/v1/branches/{HALL}/prospects?service={SERVICE}",
    f"/api/v1/branches/{HALL}/board",
    f"/day?service={SERVICE}&channel=visit&branch={HALL}",
)


async def _ask_on(client: httpx.AsyncClient, turn: int, answers: list[int]) -> None:
    while True:
        turn += 1
        try:
            answers.append((await client.get(_COSTLY[turn % len(_COSTLY)])).status_code)
        except httpx.TransportError:
            answers.append(0)


async def screens(scene: Scene) -> None:
    """2,000 more boards; then both workers are killed, and all connect again at once."""
    async with _boards(scene.service.port) as boards:
        assert boards.stdout and boards.stdin
        if await _line(boards, OPEN_WITHIN) != "open":
            return scene.note(f"{SCREENS:,} boards did not all open within {OPEN_WITHIN:.0f} s")
        scene.began = time.monotonic()
        boards.stdin.write(b"again\n")
        for worker in scene.service.workers():
            os.kill(worker, signal.SIGKILL)
        last = await _line(boards)
        took = time.monotonic() - scene.began
        back = f"the last board was back after {took:.1f} s" if last == "open" else last
        scene.note(f"{SCREENS:,} boards: {back}")
        return scene.note_answers("page", "pages meanwhile")


@asynccontextmanager
async def _boards(port: int) -> AsyncIterator[Process]:
    started = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.faults.screens", "127.0.0.1", str(port),
        f"/ws/branches/{HALL}/board", str(SCREENS), stdin=PIPE, stdout=PIPE,
    )  # fmt: skip
    try:
        yield started
    finally:
        with suppress(ProcessLookupError):
            started.kill()
        await started.wait()


async def _line(of: Process, seconds: float = SCREENS_WITHIN) -> str:
    assert of.stdout
    try:
        read = await asyncio.wait_for(of.stdout.readline(), seconds)
    except TimeoutError:
        return f"not all were back after {seconds:.0f} s"
    return read.decode().strip()


def _note_everyone(scene: Scene) -> None:
    for what, name in (("page", "pages"), ("ticket", "tickets"), ("verb", "clerks")):
        scene.note_answers(what, name)


TRIALS = (
    Trial("slow", slow),
    Trial("headers", headers),
    Trial("costly", costly),
    Trial("screens", screens),
)
