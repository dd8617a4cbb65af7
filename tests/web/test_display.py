"""The first paint of the board, the panel and the phone: whole without a script."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import httpx
import pytest

from queue_app.clock import FixedClock
from queue_app.flow import arrival, calling
from queue_app.flow.act import By
from queue_app.queries import halls, reference
from queue_app.screens.board import board_view
from tests.support.hall import SERVICE, open_desk, take_ticket
from tests.support.people import BRANCH, KIOSK
from tests.support.weight import files_of

KYIV = ZoneInfo("Europe/Kyiv")
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=KYIV)
BOARD = f"/display/{BRANCH}"


async def test_the_board_invites_to_the_kiosk_exactly_while_it_gives_tickets(
    database: str,
) -> None:
    directory = await reference.directory()
    branch = directory.branch(BRANCH)
    moment = NOON.replace(hour=7)
    for _ in range(14 * 12):
        seen = board_view(await halls.load(directory, branch, moment))
        door = directory.today(branch, moment).door(moment)
        assert seen.tickets_given == (door.state == "open"), moment
        moment += timedelta(minutes=5)


async def test_the_board_shows_the_newest_call_in_both_languages(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    first, second = await take_ticket(clock.now()), await take_ticket(clock.now())
    await take_ticket(clock.now())
    await (await open_desk("1", clock.now())).call(first.id)
    await (await open_desk("5", clock.now() + timedelta(minutes=1))).call(second.id)
    html = (await client.get(BOARD)).text
    assert 'id="call-number">А2<' in html
    assert 'id="call-desk">5<' in html
    assert "Підійдіть, будь ласка" in html
    assert '<span class="second" lang="en">Please come to the desk</span>' in html
    assert html.count('data-state="called"') == 2
    assert 'id="waiting">1<' in html
    assert re.search(
        r'id="next"><span[^>]*><span class="number">А3</span> <span[^>]*>\d+–\d+<', html
    )


async def test_a_closed_board_says_when_the_branch_opens(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    clock.set(datetime(2026, 11, 28, 15, 0, tzinfo=KYIV))
    html = (await client.get(BOARD)).text
    assert 'data-scene="closed"' in html
    assert "понеділок, 30\u00a0листопада, 09:00" in html
    assert "Monday, 30\u00a0November, 09:00" in html


async def test_a_board_of_no_branch_and_a_panel_of_no_desk_are_not_found(
    client: httpx.AsyncClient,
) -> None:
    assert (await client.get("/display/nowhere")).status_code == 404
    assert (await client.get(f"{BOARD}/desks/99")).status_code == 404
    assert (await client.get("/t/1-thereisnosuchticket")).status_code == 404
    assert (await client.get("/t/nonsense")).status_code == 404


async def test_a_panel_follows_its_desk(client: httpx.AsyncClient, clock: FixedClock) -> None:
    async def state() -> str:
        html = (await client.get(f"{BOARD}/desks/5")).text
        found = re.search(r'id="sign" data-state="(\w+)"', html)
        assert found
        return found[1]

    mine = await take_ticket(clock.now())
    assert await state() == "closed"
    desk = await open_desk("5", clock.now())
    assert await state() == "open"
    await desk.call(mine.id)
    assert await state() == "called"
    await desk.start(mine.id)
    assert await state() == "serving"
    await desk.finish(mine.id)
    await desk.pause()
    assert await state() == "paused"


async def test_a_ticket_says_each_state_in_words(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    mine = await take_ticket(clock.now())

    async def said(language: str) -> str:
        html = (await client.get(f"/t/{mine.token}?lang={language}")).text
        shown = re.findall(r'<section class="[^"]*" data-state="\w+">(.*?)</section>', html, re.S)
        assert len(shown) == 1
        return " ".join(re.sub(r"<[^>]+>", " ", shown[0]).split())

    assert "Ваше місце збережено" in await said("uk")
    assert "You keep your place" in await said("en")
    desk = await open_desk("5", clock.now())
    assert "Перед вами нікого" in await said("uk")
    assert "Ahead of you nobody" in await said("en")
    await desk.call(mine.id)
    assert "Підійдіть до вікна 5" in await said("uk")
    assert "Go to desk 5" in await said("en")
    await desk.start(mine.id)
    assert await said("uk") == "Вас обслуговують у вікні 5"
    await desk.park(mine.id)
    assert "Ваш талон відкладено" in await said("uk")
    await desk.call(mine.id)
    await desk.no_show(mine.id)
    assert "Вас викликали до вікна 5 о 10:00" in await said("uk")
    assert "What to do now" in await said("en")
    await calling.put_back(By(desk.clerk, clock.now()), mine.id)
    await desk.call(mine.id)
    await desk.start(mine.id)
    await desk.finish(mine.id)
    assert "Дякуємо" in await said("uk")


@pytest.mark.parametrize(
    ("ahead", "expected"), [(1, "1 особа"), (2, "2 особи"), (5, "5 осіб"), (11, "11 осіб")]
)
async def test_people_ahead_are_counted_in_good_ukrainian(
    client: httpx.AsyncClient, clock: FixedClock, ahead: int, expected: str
) -> None:
    await open_desk("5", clock.now())
    for _ in range(ahead):
        await take_ticket(clock.now())
    mine = await take_ticket(clock.now())
    html = (await client.get(f"/t/{mine.token}")).text
    assert f'data-field="ahead">{expected}<' in html


async def test_a_ticket_speaks_as_the_kiosk_did_until_the_phone_says_else(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    mine = await take_ticket(clock.now(), "en")
    ukrainian = {"Accept-Language": "uk"}
    assert '<html lang="en"' in (await client.get(f"/t/{mine.token}", headers=ukrainian)).text
    assert '<html lang="uk"' in (await client.get(f"/t/{mine.token}?lang=uk")).text
    assert '<html lang="uk"' in (await client.get(f"/t/{mine.token}")).text


async def test_whoever_is_passed_is_told_why(client: httpx.AsyncClient, clock: FixedClock) -> None:
    mine = await take_ticket(clock.now())
    await open_desk("5", clock.now())
    said = "Дехто прийшов пізніше, але піде раніше: за правом першочергового прийому."
    assert said not in (await client.get(f"/t/{mine.token}")).text
    later = clock.advance(seconds=5)
    await arrival.issue(By(KIOSK, later), BRANCH, [SERVICE], "veteran", "uk")
    assert said in (await client.get(f"/t/{mine.token}")).text


async def test_the_name_of_a_wait_goes_with_whatever_is_known_of_it(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    mine = await take_ticket(clock.now(), "en")
    unknown = (await client.get(f"/t/{mine.token}")).text
    assert "<dt>Wait</dt>" in unknown and ">not known yet<" in unknown
    await open_desk("5", clock.now())
    known = (await client.get(f"/t/{mine.token}")).text
    assert "<dt>Wait</dt>" in known and ">not known yet<" not in known


async def test_leaving_works_without_a_script(client: httpx.AsyncClient, clock: FixedClock) -> None:
    mine = await take_ticket(clock.now())
    left = await client.post(f"/t/{mine.token}/leave")
    assert (left.status_code, left.headers["location"]) == (303, f"/t/{mine.token}")
    html = (await client.get(f"/t/{mine.token}")).text
    assert 'is-left"' in html
    assert '<details class="leave" id="leave" hidden>' in html
    assert (await client.post(f"/t/{mine.token}/leave")).status_code == 303


async def test_who_is_called_while_leaving_sees_the_call(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    mine = await take_ticket(clock.now())
    await (await open_desk("5", clock.now())).call(mine.id)
    assert (await client.post(f"/t/{mine.token}/leave")).status_code == 303
    assert 'is-called"' in (await client.get(f"/t/{mine.token}")).text


async def test_another_site_cannot_make_somebody_leave(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    mine = await take_ticket(clock.now())
    answer = await client.post(
        f"/t/{mine.token}/leave", headers={"Origin": "https://elsewhere.example"}
    )
    assert answer.status_code == 403
    assert 'is-waiting"' in (await client.get(f"/t/{mine.token}")).text


async def test_no_screen_needs_an_inline_script_or_style(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    mine = await take_ticket(clock.now())
    for path in (BOARD, f"{BOARD}/desks/5", f"/t/{mine.token}"):
        html = (await client.get(path)).text
        assert not re.search(r"<style|\sstyle=|\son\w+=", html)
        assert not re.search(r'<script(?! type="application/json"| type="module" src=| src=)', html)


async def test_the_phone_page_is_light(client: httpx.AsyncClient, clock: FixedClock) -> None:
    mine = await take_ticket(clock.now())
    page = await client.get(f"/t/{mine.token}")
    files = await files_of(client, page.text)
    assert len(files) >= 8
    assert sum(files.values()) + page.num_bytes_downloaded < 30_000, files
