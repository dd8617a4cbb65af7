"""What one browser and one address may ask for in a minute, by the API and by the pages alike."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from litestar import Litestar

from queue_app.clock import FixedClock
from queue_app.domain.people import RESIDENT
from queue_app.flow import booking, tallies
from queue_app.flow.act import By
from queue_app.web import limits
from queue_app.web.limits import BROWSER_COOKIE, Limit
from tests.conftest import MONDAY
from tests.support.application import alive, build, speaking_to
from tests.support.hall import SERVICE, take_ticket
from tests.support.people import BRANCH, PASSWORD, hire

TOKEN = "1-abcdefghijklmnopqrstuv"
HOLD = {"services": ["debt-amount"], "starts_at": "2026-11-24T10:00:00+02:00"}
OFTEN, ROOF = 5, 12
FEW = Limit(OFTEN, ROOF)


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "LIMITS", dict.fromkeys(limits.LIMITS, FEW))


def process(dsn: str, folder: Path) -> Litestar:
    return build(dsn, folder, FixedClock(MONDAY), rate_limits=True)


@pytest.fixture(scope="module")
def strict(dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Litestar:
    return process(dsn, tmp_path_factory.mktemp("limits"))


@pytest.fixture
async def visitor(strict: Litestar, database: str) -> AsyncIterator[httpx.AsyncClient]:
    """Of whom the application knows nothing yet."""
    async with alive(strict) as app, speaking_to(app) as one:
        one.headers["Accept-Language"] = "en"
        yield one


async def use_up(client: httpx.AsyncClient) -> None:
    answers = [await client.post("/visit", data={"starts_at": "x"}) for _ in range(OFTEN + 1)]
    assert [one.status_code for one in answers[-2:]] == [303, 429]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (f"/api/v1/branches/{BRANCH}/appointments", {"json": HOLD}),
        (f"/api/v1/appointments/{TOKEN}/cancellation", {}),
        ("/visit", {"data": {"starts_at": "x"}}),
        (f"/visit/{TOKEN}", {"data": {}}),
        (f"/visit/{TOKEN}/time", {"data": {}}),
        (f"/visit/{TOKEN}/cancellation", {}),
        (f"/t/{TOKEN}/leave", {}),
    ],
)
async def test_one_browser_does_not_ask_too_often(
    visitor: httpx.AsyncClient, path: str, body: dict[str, Any]
) -> None:
    answers = [await visitor.post(path, **body) for _ in range(2 * OFTEN)]
    assert answers[-1].status_code == 429, answers
    assert 0 < int(answers[-1].headers["retry-after"]) <= 60


async def test_another_browser_at_the_same_address_still_may_up_to_the_roof_of_the_address(
    strict: Litestar, visitor: httpx.AsyncClient
) -> None:
    await use_up(visitor)
    allowed = 0
    for _ in range(ROOF):
        async with speaking_to(strict) as other:
            assert (await other.get("/")).cookies[BROWSER_COOKIE]
            answer = await other.post("/visit", data={"starts_at": "x"})
            allowed += answer.status_code == 303
    assert allowed == ROOF - (OFTEN + 1)


async def test_a_browser_is_named_once_and_by_a_page_that_it_was_given(
    visitor: httpx.AsyncClient,
) -> None:
    lost = await visitor.get("/no-such-page")
    assert "set-cookie" not in lost.headers
    first, second = [await visitor.get("/") for _ in range(2)]
    cookie = first.headers["set-cookie"]
    assert cookie.startswith(f"{BROWSER_COOKIE}=") and "HttpOnly" in cookie
    assert "Max-Age" not in cookie, "it goes with the window"
    assert "set-cookie" not in second.headers


async def test_who_asked_is_forgotten_after_a_few_minutes(visitor: httpx.AsyncClient) -> None:
    await use_up(visitor)
    await tallies.count("book", "somebody", MONDAY, timedelta(days=1))
    assert await tallies.drop_old(MONDAY + timedelta(minutes=4)) == 0
    assert await tallies.drop_old(MONDAY + timedelta(minutes=6)) == 2
    assert await tallies.drop_old(MONDAY + timedelta(days=2)) == 1


async def test_two_processes_count_as_one(
    visitor: httpx.AsyncClient, database: str, tmp_path: Path
) -> None:
    await use_up(visitor)
    async with alive(process(database, tmp_path)) as other, speaking_to(other) as same:
        assert (await same.post("/visit", data={"starts_at": "x"})).status_code == 429


async def test_who_holds_a_slot_or_a_place_is_not_refused_its_end(
    visitor: httpx.AsyncClient,
) -> None:
    tomorrow = MONDAY + timedelta(days=1)
    booked, given_up = [
        (await booking.hold(By(RESIDENT, MONDAY), BRANCH, [SERVICE], start, "visit")).token
        for start in (tomorrow, tomorrow + timedelta(hours=1))
    ]
    ticket = await take_ticket(MONDAY)
    clerk = await hire(MONDAY)
    await use_up(visitor)
    form = {"name": "Олена", "phone": "0671234567"}
    assert (await visitor.post(f"/visit/{booked}", data=form)).status_code == 303
    assert "Олена" in (await visitor.get(f"/api/v1/appointments/{booked}")).text
    assert (await visitor.post(f"/visit/{given_up}/cancellation")).status_code == 303
    assert (await visitor.get(f"/api/v1/appointments/{given_up}")).json()["state"] == "cancelled"
    assert (await visitor.post(f"/t/{ticket.token}/leave")).status_code == 303
    signed_out = await visitor.delete("/api/v1/sessions/current", headers=clerk.bearer)
    assert signed_out.status_code == 204
    assert (await visitor.post(f"/visit/{TOKEN}", data=form)).status_code == 429


async def test_the_page_of_the_refusal_gives_back_what_was_typed(
    visitor: httpx.AsyncClient,
) -> None:
    await use_up(visitor)
    name = f"<b>{uuid4()}"
    form = {"name": name, "phone": "0671234567", "as": "chosen"}
    page = (await visitor.post(f"/visit/{TOKEN}?lang=en", data=form)).text
    assert f'action="/visit/{TOKEN}?lang=en"' in page
    assert f'value="&lt;b&gt;{name[3:]}"' in page and name not in page
    assert '<label for="phone">Phone</label>' in page
    assert '<input type="hidden" name="as" value="chosen">' in page
    wrong = {"login": "olena", "password": PASSWORD}
    answers = [await visitor.post("/console/sign-in", data=wrong) for _ in range(OFTEN + 1)]
    page = answers[-1].text
    assert answers[-1].status_code == 429
    assert 'value="olena"' in page and 'type="password"' in page
    assert PASSWORD not in page


async def test_what_another_site_sent_is_not_given_back_to_be_sent_from_here(
    visitor: httpx.AsyncClient,
) -> None:
    evil = {"Origin": "https://evil.example"}
    page = await visitor.post(f"/visit/{TOKEN}", data={"name": "Mallory"}, headers=evil)
    assert page.status_code == 403
    assert "Mallory" not in page.text


async def test_whoever_has_no_cookie_is_told_apart_by_what_their_program_says_of_itself(
    visitor: httpx.AsyncClient,
) -> None:
    await use_up(visitor)
    other = await visitor.post("/visit", data={"starts_at": "x"}, headers={"User-Agent": "another"})
    assert other.status_code == 303
