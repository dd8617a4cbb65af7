"""The kiosk's page, its door, and how a device becomes a kiosk."""

import io
import re
import wave
from collections.abc import Sequence
from datetime import datetime

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.offer import MOST_CHOICES, MOST_FOUND, cut, screens_of_groups, screens_of_topics
from queue_app.clock import FixedClock
from queue_app.domain.directory import Branch, Directory
from queue_app.queries import reference
from queue_app.queries.search import search
from tests.conftest import MONDAY
from tests.support.people import BRANCH, Machine, install

PAGE = f"/kiosk/{BRANCH}"
ELSEWHERE = "darnytskyi"
NOBODY = "1-" + "x" * 22


@given(st.lists(st.integers(), max_size=60))
def test_no_screen_has_more_choices_than_seven_and_none_is_lost(choices: Sequence[int]) -> None:
    screens = cut(choices)
    assert [one for screen in screens for one in screen] == list(choices)
    for screen in screens[:-1]:
        assert len(screen) == MOST_CHOICES - 1
    assert all(0 < len(screen) <= MOST_CHOICES for screen in screens[-1:])


async def directory_and_branch() -> tuple[Directory, Branch]:
    directory = await reference.directory()
    return directory, directory.branch(BRANCH)


async def test_no_group_of_the_sample_hides_behind_others(database: str) -> None:
    assert len(screens_of_groups(*await directory_and_branch())) == 1


async def test_each_plain_word_leads_to_what_the_search_of_booking_finds_first(
    database: str,
) -> None:
    directory, branch = await directory_and_branch()
    (topics,) = screens = await screens_of_topics(directory, branch)
    assert len(topics) == len(directory.centre.search.topics) and len(screens) == 1
    for one in topics:
        found = [hit.code for hit in await search(one.topic.title["uk"]) if hit.kind == "service"]
        shown = [offered.service.code for offered in one.services]
        assert shown == [code for code in found if code in shown] and len(shown) <= MOST_FOUND


async def test_the_kiosk_offers_every_visit_service_that_a_desk_of_the_branch_gives(
    database: str,
) -> None:
    directory, branch = await directory_and_branch()
    offered = {
        one.service.code
        for screen in screens_of_groups(directory, branch)
        for group in screen
        for one in group.services
    }
    given_here = frozenset[str]().union(*(desk.services for desk in branch.desks))
    by_visit = {one.code for one in directory.centre.services if "visit" in one.channels}
    assert offered == by_visit & given_here
    assert len(offered) == 34


async def test_a_browser_that_is_no_kiosk_is_told_how_to_become_one(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.get(PAGE, headers={"Accept-Language": "uk"})
    assert answer.status_code == 403
    assert "Це ще не термінал" in answer.text
    assert f"--branch {BRANCH}" in answer.text
    assert 'data-kinds="kiosk" data-open="/kiosk/BRANCH"' in answer.text


async def test_the_token_goes_from_the_address_into_a_cookie_that_scripts_cannot_read(
    client: httpx.AsyncClient,
) -> None:
    kiosk = await install(MONDAY)
    answer = await client.get(f"{PAGE}?device={kiosk.token}&lang=en")
    assert answer.status_code == 303
    assert answer.headers["location"] == f"{PAGE}?lang=en"
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"device={kiosk.token};")
    assert {"HttpOnly", "Path=/", "SameSite=strict"} <= set(cookie.split("; "))


@pytest.mark.parametrize(
    ("kind", "branch"), [("board", BRANCH), ("kiosk", ELSEWHERE)], ids=["a board", "another branch"]
)
async def test_the_token_of_another_device_is_refused(
    client: httpx.AsyncClient, kind: str, branch: str
) -> None:
    other = await install(MONDAY, kind, branch)  # type: ignore[arg-type]
    answer = await client.get(f"{PAGE}?device={other.token}")
    assert answer.status_code == 303
    assert "set-cookie" not in answer.headers
    page = await client.get(answer.headers["location"])
    assert page.status_code == 403
    assert "set-cookie" not in page.headers
    assert (await client.get(PAGE, headers=other.bearer)).status_code == 403
    assert (await client.get(f"{PAGE}/door", headers=other.bearer)).status_code == 403


async def page_of(client: httpx.AsyncClient, kiosk: Machine, query: str = "") -> httpx.Response:
    return await client.get(PAGE + query, headers=kiosk.bearer | {"Accept-Language": "en"})


async def test_the_page_begins_in_ukrainian_and_holds_both_languages(
    client: httpx.AsyncClient,
) -> None:
    answer = await page_of(client, await install(MONDAY))
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert '<html lang="uk"' in answer.text
    assert "Взяти талон" in answer.text
    assert "Take a ticket" in answer.text
    english = await page_of(client, await install(MONDAY, name="second"), "?lang=en")
    assert '<html lang="en"' in english.text


async def test_the_page_runs_nothing_inline_and_asks_no_other_host(
    client: httpx.AsyncClient,
) -> None:
    text = (await page_of(client, await install(MONDAY))).text
    assert not re.search(r"<style|\sstyle=|\son\w+=", text)
    assert all(
        "src=" in tag or "application/json" in tag for tag in re.findall(r"<script.*?>", text)
    )
    assert not re.search(r"(src|href)=\"(https?:)?//", text)


@pytest.mark.parametrize(
    ("moment", "state", "opens_at"),
    [
        ("2026-11-23T10:00:00+02:00", "open", "2026-11-23T09:00:00+02:00"),
        ("2026-11-23T08:50:00+02:00", "open", "2026-11-23T09:00:00+02:00"),
        ("2026-11-23T08:30:00+02:00", "closed", "2026-11-23T09:00:00+02:00"),
        ("2026-11-23T17:45:00+02:00", "past_last_ticket", "2026-11-24T09:00:00+02:00"),
        ("2026-11-27T20:00:00+02:00", "closed", "2026-11-30T09:00:00+02:00"),
    ],
)
async def test_the_door_says_whether_tickets_are_given_and_when_next(
    client: httpx.AsyncClient, clock: FixedClock, moment: str, state: str, opens_at: str
) -> None:
    clock.set(datetime.fromisoformat(moment))
    door = await client.get(f"{PAGE}/door", headers=(await install(MONDAY)).bearer)
    assert door.status_code == 200
    assert door.json()["state"] == state
    assert door.json()["opens_at"] == opens_at


async def test_a_stranger_may_ask_neither_for_the_door_nor_for_a_picture(
    client: httpx.AsyncClient,
) -> None:
    for path in (f"{PAGE}/door", f"{PAGE}/qr/{NOBODY}"):
        assert (await client.get(path)).status_code == 401


async def test_the_qr_code_of_a_ticket_is_drawn_here_and_named_in_the_visitors_language(
    client: httpx.AsyncClient,
) -> None:
    kiosk = await install(MONDAY)
    picture = await client.get(f"{PAGE}/qr/{NOBODY}?lang=en", headers=kiosk.bearer)
    assert picture.status_code == 200
    assert picture.text.startswith('<svg class="qr" role="img" aria-label="QR code: your ticket')
    assert picture.headers["cache-control"] == "no-store"
    assert (await client.get(f"{PAGE}/qr/nonsense", headers=kiosk.bearer)).status_code == 404


async def test_an_unknown_branch_is_a_page_that_says_so(client: httpx.AsyncClient) -> None:
    html = {"Accept": "text/html", "Accept-Language": "en"}
    for address in ("/kiosk/nowhere", "/display/nowhere", f"/display/{BRANCH}/desks/99"):
        page = await client.get(address, headers=html)
        assert page.status_code == 404
        assert "from the list" not in page.text, "there is none"


async def test_a_kiosk_reads_its_screen_aloud_and_nobody_else_has_the_server_speak(
    client: httpx.AsyncClient, database: str
) -> None:
    machine = await install(MONDAY)
    asked = {"language": "uk", "text": "Ваш талон: А42."}
    place = f"{PAGE}/aloud.wav"
    answer = await client.get(place, params=asked, headers=machine.bearer)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "audio/wav"
    with wave.open(io.BytesIO(answer.content)) as file:
        assert file.getnframes() / file.getframerate() > 1
    stranger = await client.get(place, params=asked)
    assert stranger.status_code == 401
    other = f"/kiosk/{ELSEWHERE}/aloud.wav"
    assert (await client.get(other, params=asked, headers=machine.bearer)).status_code == 403
    for wrong in ({"text": "а" * 401}, {"text": ""}):
        refused = await client.get(place, params=asked | wrong, headers=machine.bearer)
        assert refused.status_code == 400
    nobody = await client.get(place, params=asked | {"language": "xx"}, headers=machine.bearer)
    assert (nobody.status_code, nobody.content) == (204, b"")
