"""When nobody can compute how long people wait: everything else goes on, and nobody is told a
number that nobody knows."""

import re
from collections.abc import Iterator
from uuid import uuid4

import httpx
import pytest

from queue_app.clock import FixedClock
from queue_app.domain import half_hours, waits
from queue_app.flow import interrupting
from queue_app.flow.act import By
from queue_app.jobs import foretelling, soon
from queue_app.office import desk_more_or_less
from queue_app.queries import foretold
from queue_app.seldom import Seldom
from tests.support.hall import SERVICE, open_desk, take_ticket
from tests.support.people import BRANCH, hire, install
from tests.web.resident import words_of

HALL = f"/api/v1/branches/{BRANCH}"
ZERO = re.compile(r"\b0 (хв|min|minute)")


@pytest.fixture
def nobody_knows(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Whatever runs a hall forward raises; what was asked."""
    asked = list[str]()

    def broken(*_: object, **__: object) -> None:
        asked.append("ranges")
        raise RuntimeError("the forecast is at fault")

    for module, names in (
        (waits, ("point", "forecast", "end_of")),
        (half_hours, ("today_ahead", "day_ahead")),
        (desk_more_or_less, ("staffing_answer",)),
    ):
        for name in names:
            monkeypatch.setattr(module, name, broken)
    monkeypatch.setattr(foretold, "_said", Seldom())
    monkeypatch.setattr(desk_more_or_less, "_said", Seldom())
    yield asked
    assert asked


async def given(client: httpx.AsyncClient, headers: dict[str, str]) -> httpx.Response:
    return await client.post(
        f"{HALL}/tickets",
        json={"services": [SERVICE], "language": "uk"},
        headers={**headers, "Idempotency-Key": str(uuid4())},
    )


async def test_the_kiosk_gives_a_ticket_and_says_no_wait(
    client: httpx.AsyncClient, clock: FixedClock, nobody_knows: list[str]
) -> None:
    await open_desk("5", clock.now())
    kiosk = await install(clock.now())
    page = await client.get(f"/kiosk/{BRANCH}", headers=kiosk.bearer)
    assert page.status_code == 200
    assert "Скільки вам чекати, зараз сказати не можна" in page.text
    prospect = await client.get(f"{HALL}/prospects?service={SERVICE}", headers=kiosk.bearer)
    assert (prospect.status_code, prospect.json()["wait"]) == (200, None)
    for number in range(3):
        answer = await given(client, kiosk.bearer)
        assert (answer.status_code, answer.json()["wait"]) == (201, None)
        assert answer.json()["people_ahead"] == number
    paper = await client.get(f"/t/{answer.json()['token']}/paper")
    assert not ZERO.search(words_of(paper)), paper.text


async def test_a_line_whose_end_was_known_goes_on_when_it_cannot_be_foretold_any_more(
    client: httpx.AsyncClient, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await open_desk("5", clock.now())
    kiosk = await install(clock.now())
    for _ in range(3):
        assert (await given(client, kiosk.bearer)).json()["wait"]

    def broken(*_: object) -> None:
        raise RuntimeError("the end of the line is at fault")

    monkeypatch.setattr(waits, "end_of", broken)
    monkeypatch.setattr(foretold, "_said", Seldom())
    answer = await given(client, kiosk.bearer)
    assert answer.status_code == 201
    assert answer.json()["people_ahead"] == 3
    assert answer.json()["wait"], "the whole hall was asked"


async def test_a_ticket_is_given_during_an_alert_too(
    client: httpx.AsyncClient, clock: FixedClock, nobody_knows: list[str]
) -> None:
    desk, kiosk = await open_desk("5", clock.now()), await install(clock.now())
    first, second = await take_ticket(clock.now()), await take_ticket(clock.now())
    await interrupting.interrupt(By(desk.clerk, clock.now()), BRANCH, "alert", None, "")
    phone = await client.get(f"/t/{second.token}")
    assert phone.status_code == 200
    assert "1 особа" in words_of(phone)
    assert not ZERO.search(words_of(phone))
    view = (await client.get(f"/api/v1/tickets/{first.token}")).json()
    assert (view["people_ahead"], view["wait"]) == (0, None)
    answer = await given(client, kiosk.bearer)
    assert (answer.status_code, answer.json()["type"].rpartition(":")[2]) == (
        422,
        "services_paused",
    )


async def test_phone_and_board_say_where_one_stands_and_no_minutes(
    client: httpx.AsyncClient, clock: FixedClock, nobody_knows: list[str]
) -> None:
    await open_desk("5", clock.now())
    await take_ticket(clock.now())
    mine = await take_ticket(clock.now())
    said = words_of(await client.get(f"/t/{mine.token}"))
    assert "Скільки вам чекати, зараз сказати не можна" in said
    assert "1 особа" in said
    assert not ZERO.search(said)
    told = (await client.get(f"/api/v1/tickets/{mine.token}")).json()
    assert (told["wait"], told["people_ahead"]) == (None, 1)
    board = (await client.get(f"{HALL}/board")).json()
    assert (board["waiting"], board["next_calls"]) == (2, [])
    page = await client.get(f"/display/{BRANCH}")
    assert page.status_code == 200
    assert not ZERO.search(words_of(page))


async def test_clerks_call_on_and_the_office_says_that_it_cannot_be_said(
    client: httpx.AsyncClient, clock: FixedClock, nobody_knows: list[str]
) -> None:
    desk = await open_desk("5", clock.now())
    first, _ = await take_ticket(clock.now()), await take_ticket(clock.now())
    boss = (await hire(clock.now(), "boss", "supervisor")).bearer | {"Accept": "text/html"}
    live = words_of(await client.get(f"/office/branches/{BRANCH}?lang=en", headers=boss))
    assert "cannot be said" in live
    staffing = await client.get(f"/office/branches/{BRANCH}/staffing?lang=en", headers=boss)
    assert "Nothing can be foretold now." in words_of(staffing)
    assert (await desk.call()).id == first.id
    assert await soon.tell(None, clock) == 0


async def test_now_says_that_it_is_not_known(
    client: httpx.AsyncClient, clock: FixedClock, nobody_knows: list[str]
) -> None:
    await open_desk("5", clock.now())
    await take_ticket(clock.now())
    with pytest.raises(ExceptionGroup):
        await foretelling.foretell(clock)
    for path in ("/now", f"/now/{BRANCH}"):
        page = words_of(await client.get(path))
        assert "Скільки зараз чекати, не відомо" in page
        assert not ZERO.search(page)
    of_these = (await client.get(f"{HALL}/waits?services={SERVICE}")).json()
    assert of_these["now"]["low_minutes"] is None


async def test_a_fault_in_all_branches_is_one_traceback(
    clock: FixedClock, database: str, nobody_knows: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(ExceptionGroup):
        await foretelling.foretell(clock)
    left = [one for one in caplog.records if "is left for the next turn" in one.getMessage()]
    assert len(left) > 5
    assert [bool(one.exc_info) for one in left] == [True, *([False] * (len(left) - 1))]
