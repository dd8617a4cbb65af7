"""The public's share before the whole application: what whoever is refused is told."""

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
from queue_app.web import share
from queue_app.web.bounds import LIMITS
from queue_app.web.share import PublicShare
from queue_app.web.turns import Terms, Turn
from tests.conftest import MONDAY
from tests.support.application import alive, build, speaking_to
from tests.support.people import BRANCH, hire, install

TIGHT = Terms(at_once=1, waiting=3, waiting_of_one=2)


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


async def test_whoever_is_refused_still_gets_what_the_page_looks_like(
    visitor: httpx.AsyncClient, crowd: Callable[..., list[Turn]]
) -> None:
    crowd(*BY_ONE)
    page = await visitor.get("/")
    sheets = re.findall(r'<link rel="stylesheet" href="([^"]+)"', page.text)
    assert page.status_code == 429 and sheets
    for sheet in sheets:
        assert (await visitor.get(sheet)).status_code == 200
