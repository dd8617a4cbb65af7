"""The first paint of the board, the panel and the phone: whole without a script."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import httpx
import pytest

from display import scenes
from display.scenes import GRIDS, cells, grid
from queue_app.clock import FixedClock
from queue_app.domain.catalogue import Text
from queue_app.flow import arrival, calling
from queue_app.queries import hall, reference, views
from queue_app.queries.views import BoardDesk, BoardView, Call
from tests.support.hall import SERVICE, open_desk, take_ticket
from tests.support.people import BRANCH
from tests.support.weight import files_of

KYIV = ZoneInfo("Europe/Kyiv")
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=KYIV)
BOARD = f"/display/{BRANCH}"


def call(ticket: int, state: str = "called") -> Call:
    number, desk = f"А{ticket}", str(ticket)
    return Call(ticket, number, desk, state, NOON, 1)  # type: ignore[arg-type]


def board(
    called: int = 0,
    recent: int = 0,
    waiting: int = 0,
    desks_open: int = 0,
    is_open: bool = True,
    tickets_given: bool = True,
) -> BoardView:
    return BoardView(
        version=1,
        at=NOON,
        branch=BRANCH,
        title=Text(uk="Голосіївський район", en="Holosiivskyi District"),
        called=tuple(call(one) for one in range(1, called + 1)),
        recent=tuple(call(100 + one, "finished") for one in range(recent)),
        waiting=waiting,
        next=(),
        next_calls=(),
        desks_open=desks_open,
        desks=(BoardDesk("1", "open"), BoardDesk("7", "paused")),
        opens_at=None if is_open else NOON + timedelta(hours=21),
        closes_at=NOON + timedelta(hours=6) if is_open else None,
        tickets_given=tickets_given,
        interruption=None,
    )


@pytest.mark.parametrize("desks", range(1, 25))
def test_every_desk_that_calls_has_a_cell(desks: int) -> None:
    shown = cells(board(called=desks, recent=8), grid(desks))
    assert len(shown) == grid(desks).cells
    assert {one.ticket for one in shown if one} >= set(range(1, desks + 1))


def test_more_calls_than_cells_show_the_newest() -> None:
    shown = cells(board(called=40), GRIDS[-1])
    assert [one.ticket for one in shown if one] == list(range(1, 25))


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (board(called=1), "call"),
        (board(waiting=3, desks_open=2), "wait"),
        (board(desks_open=2), "welcome"),
        (board(waiting=3), "desks_closed"),
        (board(), "desks_closed"),
        (board(is_open=False), "closed"),
        (board(is_open=False, waiting=1), "desks_closed"),
        (board(is_open=False, desks_open=1), "welcome"),
        (board(desks_open=2, tickets_given=False), "wait"),
        (board(is_open=False, desks_open=1, tickets_given=False), "closed"),
    ],
)
def test_the_stage_says_what_the_hall_is_like(seen: BoardView, expected: str) -> None:
    assert scenes.scene(seen) == expected


async def test_the_board_invites_to_the_kiosk_exactly_while_it_gives_tickets(
    database: str,
) -> None:
    directory = await reference.directory()
    branch = directory.branch(BRANCH)
    moment = NOON.replace(hour=7)
    for _ in range(14 * 12):
        seen = views.board(await hall.load(directory, branch, moment))
        door = arrival.kiosk_door(directory, branch, moment)
        assert seen.tickets_given == (door.state == "open"), moment
        moment += timedelta(minutes=5)


def test_a_panel_says_what_its_desk_does() -> None:
    assert scenes.panel_state(board(called=1), "1") == "called"
    assert scenes.panel_state(board(), "1") == "open"
    assert scenes.panel_state(board(), "7") == "paused"
    assert scenes.panel_state(board(), "2") == "closed"


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
    assert '<span class="en" lang="en">Please come to the desk</span>' in html
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
    await calling.put_back(mine.id, desk.clerk, clock.now())
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
    await arrival.issue_ticket(BRANCH, [SERVICE], "veteran", "uk", "kiosk:test", later)
    assert said in (await client.get(f"/t/{mine.token}")).text


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
        assert not re.search(r'<script(?! type="application/json"| type="module" src=)', html)


async def test_the_phone_page_is_light(client: httpx.AsyncClient, clock: FixedClock) -> None:
    mine = await take_ticket(clock.now())
    html = (await client.get(f"/t/{mine.token}")).text
    files = await files_of(client, html)
    assert len(files) >= 8
    assert sum(files.values()) + len(html.encode()) < 60_000, files
