"""The public's share at the door of an application: who passes, who waits, who is refused."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from prometheus_client import REGISTRY

from queue_app.domain.people import token_hash
from queue_app.web import share
from queue_app.web.guards import KNOWN_AT_MOST, KNOWN_SECONDS, Known
from queue_app.web.share import PublicShare
from queue_app.web.turns import Terms
from tests.support.waiting import until

TIGHT = Terms(at_once=1, waiting=3, waiting_of_one=2)
TOKEN = "somebody's"
COOKIE = f"session={TOKEN}"


class Work:
    """An application that is at work until it is told to answer."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.heard = b""
        self.may_answer = asyncio.Event()
        self.may_end = asyncio.Event()
        self.may_end.set()
        self.breaks = False

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.begun.append(scope["path"])
        await self.may_answer.wait()
        if self.breaks:
            raise ZeroDivisionError
        more = scope["type"] == "http"
        while more:
            message = await receive()
            self.heard += message["body"]
            more = message["more_body"]
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await self.may_end.wait()
        await send({"type": "http.response.body", "body": b""})


class Asker:
    """One request: what it says comes through `says`, and it may leave."""

    def __init__(self, door: PublicShare, path: str, address: str = "a", **headers: str) -> None:
        self.said: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.answer: list[dict[str, Any]] = []
        self.scope: Any = {
            "type": "http",
            "method": "GET",
            "path": path,
            "query_string": b"",
            "headers": [
                (name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()
            ],
            "client": (address, 1),
        }
        self.task = asyncio.create_task(door(self.scope, self.said.get, self.hear))  # type: ignore[arg-type]

    def says(self, body: bytes = b"", more: bool = False) -> "Asker":
        self.said.put_nowait({"type": "http.request", "body": body, "more_body": more})
        return self

    def leaves(self) -> None:
        self.said.put_nowait({"type": "http.disconnect"})

    async def hear(self, message: Any) -> None:
        self.answer.append(message)


@pytest.fixture
def work() -> Work:
    return Work()


@pytest.fixture
async def door(work: Work) -> AsyncIterator[PublicShare]:
    """With one place, and nobody left in it afterwards."""
    known = Known()
    known.note(token_hash(TOKEN))
    one = PublicShare(work, known, TIGHT)
    yield one
    work.may_answer.set()
    work.may_end.set()
    await until(lambda: not taken(one))
    assert REGISTRY.get_sample_value("queue_app_public_waiting") == 0


def taken(door: PublicShare) -> int:
    return door._public.at_work + door._public.waiting


async def standing(door: PublicShare, path: str, address: str = "a") -> Asker:
    """Somebody who has come and waits."""
    before = door._public.waiting
    asker = Asker(door, path, address).says()
    await until(lambda: door._public.waiting > before)
    return asker


async def at_work(door: PublicShare, work: Work, path: str = "/at-work") -> Asker:
    asker = Asker(door, path, "first of all").says()
    await until(lambda: path in work.begun)
    return asker


async def test_the_public_waits_and_then_goes_address_by_address(
    door: PublicShare, work: Work
) -> None:
    await at_work(door, work)
    for path, address in (("/a1", "a"), ("/a2", "a"), ("/b1", "b")):
        await standing(door, path, address)
    assert work.begun == ["/at-work"]
    work.may_answer.set()
    await until(lambda: len(work.begun) == 4)
    assert work.begun == ["/at-work", "/a1", "/b1", "/a2"]


@pytest.mark.parametrize("headers", [{"authorization": f"Bearer {TOKEN}"}, {"cookie": COOKIE}])
async def test_staff_and_devices_pass_whoever_waits(
    door: PublicShare, work: Work, headers: dict[str, str]
) -> None:
    await at_work(door, work)
    await standing(door, "/public")
    Asker(door, "/staff", **headers).says()
    await until(lambda: "/staff" in work.begun)
    assert "/public" not in work.begun


async def test_a_token_that_is_nobodys_passes_nobody(door: PublicShare, work: Work) -> None:
    await at_work(door, work)
    Asker(door, "/stranger", authorization="Bearer a guess", cookie="device=another").says()
    await until(lambda: door._public.waiting == 1)
    assert work.begun == ["/at-work"]


async def test_a_websocket_passes(door: PublicShare, work: Work) -> None:
    await at_work(door, work)
    asker = Asker(door, "/at-work")
    asker.task.cancel()
    socket = asyncio.create_task(
        door({"type": "websocket", "path": "/ws"}, asker.said.get, asker.hear)  # type: ignore[arg-type]
    )
    await until(lambda: "/ws" in work.begun)
    work.may_answer.set()
    await socket


@pytest.mark.parametrize("path", ["/health/live", "/health/ready", "/metrics"])
async def test_health_and_figures_are_told_while_a_crowd_waits(
    door: PublicShare, work: Work, path: str
) -> None:
    await at_work(door, work)
    for number in range(TIGHT.waiting):
        await standing(door, "/page", str(number))
    Asker(door, path, "0").says()
    await until(lambda: path in work.begun)


async def test_a_crowd_that_asks_for_health_keeps_no_probe_from_it(
    door: PublicShare, work: Work
) -> None:
    for _ in range(20):
        Asker(door, "/health/ready").says()
    await until(lambda: door._watchers.waiting == 20 - share.FOR_WATCHERS.at_once)
    Asker(door, "/health/live", "the probe").says()
    await until(lambda: door._watchers.waiting == 21 - share.FOR_WATCHERS.at_once)
    work.may_answer.set()
    await until(lambda: len(work.begun) == 21)
    assert work.begun.index("/health/live") == share.FOR_WATCHERS.at_once + 1


async def test_whoever_leaves_while_waiting_frees_their_place(
    door: PublicShare, work: Work
) -> None:
    await at_work(door, work)
    leaver, stayer = await standing(door, "/leaver"), await standing(door, "/stayer")
    leaver.leaves()
    await until(leaver.task.done)
    assert door._public.waiting == 1
    work.may_answer.set()
    await stayer.task
    assert work.begun == ["/at-work", "/stayer"] and leaver.answer == []


async def test_whoever_is_cancelled_while_waiting_or_at_work_frees_their_place(
    door: PublicShare, work: Work
) -> None:
    askers = [await at_work(door, work), await standing(door, "/a"), await standing(door, "/b")]
    askers[1].task.cancel()
    await until(lambda: door._public.waiting == 1)
    askers[0].task.cancel()
    await until(lambda: work.begun == ["/at-work", "/b"])


async def test_whatever_breaks_frees_its_place(door: PublicShare, work: Work) -> None:
    broken = await at_work(door, work)
    waiting = await standing(door, "/waiting")
    work.breaks = True
    work.may_answer.set()
    for asker in (broken, waiting):
        with pytest.raises(ZeroDivisionError):
            await asker.task
    assert taken(door) == 0


async def test_a_slow_sender_takes_no_place_until_all_is_said(
    door: PublicShare, work: Work
) -> None:
    slow = Asker(door, "/slow").says(b"half a ", more=True)
    other = Asker(door, "/other").says()
    await until(lambda: work.begun == ["/other"])
    work.may_answer.set()
    await other.task
    slow.says(b"body")
    await slow.task
    assert work.heard == b"half a body"


async def test_a_sender_who_leaves_in_the_middle_asks_nothing(
    door: PublicShare, work: Work
) -> None:
    slow = Asker(door, "/slow").says(b"half a ", more=True)
    slow.leaves()
    await slow.task
    assert (work.begun, slow.answer) == ([], [])


async def test_an_answer_that_is_read_slowly_takes_no_place(door: PublicShare, work: Work) -> None:
    work.may_answer.set()
    work.may_end.clear()
    slow = Asker(door, "/slow").says()
    await until(lambda: slow.answer)
    assert taken(door) == 0
    Asker(door, "/other").says()
    await until(lambda: work.begun == ["/slow", "/other"])


def test_tokens_are_known_for_some_minutes_and_not_without_end() -> None:
    now = 0.0
    known = Known(lambda: now)
    known.note(b"first")
    for number in range(KNOWN_AT_MOST - 1):
        known.note(str(number).encode())
    known.note(b"first")
    known.note(b"one more")
    assert b"first" in known and b"0" not in known and b"1" in known
    now = KNOWN_SECONDS + 1
    assert b"first" not in known and b"stranger" not in known
