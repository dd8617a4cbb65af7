"""The public's share at the door of an application: who passes, who waits, who is refused."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Iterator
from html import escape
from pathlib import Path
from typing import Any

import httpx
import pytest
from litestar import Litestar
from prometheus_client import REGISTRY

from queue_app.clock import FixedClock
from queue_app.domain.people import token_hash
from queue_app.web import share
from queue_app.web.bounds import LIMITS
from queue_app.web.guards import KNOWN_AT_MOST, KNOWN_SECONDS, Known
from queue_app.web.share import PublicShare
from queue_app.web.turns import Terms, Turn
from tests.conftest import MONDAY
from tests.support.application import alive, build, speaking_to
from tests.support.people import BRANCH, hire, install
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


async def test_whoever_is_refused_still_gets_what_the_page_looks_like(
    visitor: httpx.AsyncClient, crowd: Callable[..., list[Turn]]
) -> None:
    crowd(*BY_ONE)
    page = await visitor.get("/")
    sheets = re.findall(r'<link rel="stylesheet" href="([^"]+)"', page.text)
    assert page.status_code == 429 and sheets
    for sheet in sheets:
        assert (await visitor.get(sheet)).status_code == 200


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


@pytest.fixture(scope="module")
def guarded(dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Litestar:
    """The whole application behind a door with few places."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(share, "Terms", lambda: TIGHT)
        folder: Path = tmp_path_factory.mktemp("share")
        return build(dsn, folder, FixedClock(MONDAY), rate_limits=True)


def share_of(app: Litestar) -> PublicShare:
    """Its door, behind what notes and remembers each request."""
    door: Any = app.asgi_handler
    while not isinstance(door, PublicShare):
        door = door.inner
    return door


@pytest.fixture
async def visitor(guarded: Litestar, database: str) -> AsyncIterator[httpx.AsyncClient]:
    async with alive(guarded) as app, speaking_to(app) as one:
        yield one


@pytest.fixture
def crowd(guarded: Litestar) -> Iterator[Callable[..., list[Turn]]]:
    """Takes the one place and so many to wait, from now on."""
    places: list[Turn] = []

    def gathers(*waiting: str) -> list[Turn]:
        door = share_of(guarded)
        places.extend(door._public.ask(address) for address in ("at work", *waiting))
        return places

    yield gathers
    for place in places:
        place.end()


OWN = "127.0.0.1"
"""The address of the visitor, as httpx tells."""
BY_ONE, BY_ALL = [OWN] * TIGHT.waiting_of_one, [str(n) for n in range(TIGHT.waiting)]


def refused(reason: str) -> float:
    return REGISTRY.get_sample_value("queue_app_public_refused_total", {"reason": reason}) or 0


@pytest.mark.parametrize(
    ("waiting", "status", "reason", "code"),
    [(BY_ONE, 429, "address", "too_many"), (BY_ALL, 503, "all", "unavailable")],
)
async def test_where_there_is_no_room_to_wait_programs_are_told_a_problem(
    visitor: httpx.AsyncClient,
    crowd: Callable[..., list[Turn]],
    waiting: list[str],
    status: int,
    reason: str,
    code: str,
) -> None:
    crowd(*waiting)
    before = refused(reason)
    answer = await visitor.get(f"/api/v1/branches/{BRANCH}/slots")
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["retry-after"] == str(share.RETRY_SECONDS)
    assert answer.headers["content-type"] == "application/problem+json"
    assert refused(reason) == before + 1


@pytest.mark.parametrize(
    ("language", "waiting", "status", "words"),
    [
        ("uk", BY_ONE, 429, "Забагато запитів"),
        ("en", BY_ONE, 429, "Too many requests"),
        ("uk", BY_ALL, 503, "Сервіс тимчасово недоступний"),
        ("en", BY_ALL, 503, "The service is unavailable for a moment"),
    ],
)
async def test_where_there_is_no_room_to_wait_people_are_told_on_a_page(
    visitor: httpx.AsyncClient,
    crowd: Callable[..., list[Turn]],
    language: str,
    waiting: list[str],
    status: int,
    words: str,
) -> None:
    crowd(*waiting)
    other = {"uk": "en", "en": "uk"}[language]
    paths = ("/visit/1-abcdefghijklmnopqrstuv?a=b", f"/?lang={language}", "/")
    for path, listed in zip(paths, (language, other, language), strict=True):
        answer = await visitor.get(path, headers={"Accept-Language": listed})
        assert answer.status_code == status and words in answer.text
        assert answer.headers["content-type"].startswith("text/html")
        assert answer.headers["retry-after"] == str(share.RETRY_SECONDS)
        assert "content-security-policy" in answer.headers
        assert "1-abcdefghijklmnopqrstuv" not in answer.text


async def test_whoever_waits_too_long_is_told_to_come_again(
    visitor: httpx.AsyncClient,
    crowd: Callable[..., list[Turn]],
    guarded: Litestar,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    crowd()
    share = share_of(guarded)
    hasty = Terms(at_once=1, seconds=0.02)
    monkeypatch.setattr(share._public, "terms", hasty)
    before = refused("late")
    answer = await visitor.get("/")
    assert answer.status_code == 503 and answer.headers["retry-after"]
    assert refused("late") == before + 1
    assert share._public.waiting == 0


async def test_whoever_is_refused_gets_back_what_they_typed_and_a_number_of_their_own(
    visitor: httpx.AsyncClient, crowd: Callable[..., list[Turn]]
) -> None:
    crowd(*BY_ALL)
    numbers = set()
    for name in ("Олена", "<Тарас>"):
        page = await visitor.post(
            "/visit/1-abc", data={"name": name}, headers={"Accept": "text/html"}
        )
        assert page.status_code == 503
        assert f'value="{escape(name)}"' in page.text and "<!--" not in page.text
        assert page.headers["x-request-id"] in page.text
        numbers.add(page.headers["x-request-id"])
        assert "set-cookie" not in page.headers
    assert len(numbers) == 2
    assert "Тарас" not in (await visitor.get("/", headers={"Accept": "text/html"})).text


@pytest.mark.parametrize("told", [True, False], ids=["told", "found"])
async def test_too_long_a_body_is_refused_before_it_takes_a_place(
    visitor: httpx.AsyncClient, crowd: Callable[..., list[Turn]], told: bool
) -> None:
    crowd()

    async def parts() -> AsyncIterator[bytes]:
        for _ in range(LIMITS.body_bytes // 1024 + 1):
            yield b"a" * 1024

    body = b"a" * (LIMITS.body_bytes + 1) if told else parts()
    answer = await visitor.post("/visit", content=body)
    assert answer.status_code == 413


async def test_a_clerk_and_a_kiosk_are_answered_while_the_public_waits_and_is_refused(
    visitor: httpx.AsyncClient, crowd: Callable[..., list[Turn]]
) -> None:
    clerk, kiosk = await hire(MONDAY), await install(MONDAY)
    desks = f"/api/v1/branches/{BRANCH}/desks"
    tickets, wish = f"/api/v1/branches/{BRANCH}/tickets", {"services": ["debt-amount"]}
    (first, *_) = (await visitor.get(desks, headers=clerk.bearer)).json()
    await visitor.post(tickets, json=wish, headers=kiosk.bearer)
    crowd(*BY_ONE)
    assert (await visitor.get("/")).status_code == 429
    for path in ("openings", "calls"):
        answer = await visitor.post(f"/api/v1/desks/{first['id']}/{path}", headers=clerk.bearer)
        assert answer.status_code == 200, answer.text
    issued = await visitor.post(tickets, json=wish, headers=kiosk.bearer)
    assert issued.status_code == 201
    for path in ("/health/live", "/health/ready", "/metrics"):
        assert (await visitor.get(path)).status_code == 200
