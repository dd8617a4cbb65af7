"""Pages and API of devices: a code and a cookie, closed boards, the console's page, figures."""

import re
from pathlib import Path

import httpx
import pytest
from litestar import Litestar

from queue_app.clock import FixedClock
from queue_app.domain.people import OPERATOR
from queue_app.flow import devices
from queue_app.flow.act import By
from queue_app.flow.configuring import apply
from queue_app.queries import reference
from tests.flow import wishing_hall
from tests.support import application
from tests.support.application import listening, speaking_to
from tests.support.people import BRANCH, PASSWORD, hire, install

API = "/api/v1"
ELSEWHERE = "darnytskyi"
BOARD = f"/display/{BRANCH}"
SOCKET = f"/ws/branches/{BRANCH}/board"


async def begins(client: httpx.AsyncClient, *kinds: str) -> str:
    """The code that a page of ours shows."""
    answer = await client.post("/device/pairing", json={"kinds": kinds})
    assert answer.status_code == 201
    code: str = answer.json()["code"]
    return code


async def signed_in(client: httpx.AsyncClient, clock: FixedClock, role: str) -> None:
    await hire(clock.now(), role, role)  # type: ignore[arg-type]
    await client.post("/console/sign-in", data={"login": role, "password": PASSWORD})


async def test_a_machine_is_paired_through_the_api(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    asked = await client.post(f"{API}/pairings", json={"kinds": ["voice"], "name": "Speaker"})
    assert asked.status_code == 201
    code, secret = asked.json()["code"], asked.json()["secret"]
    waiting = await client.get(f"{API}/pairings/{secret}")
    assert (waiting.status_code, waiting.json()["token"]) == (202, None)
    boss = await hire(clock.now(), "boss", "supervisor")
    page = await client.get(f"/console/devices?code={code}", headers=boss.bearer)
    assert 'value="Speaker"' in page.text
    form = {"code": code, "branch": BRANCH, "name": "Speaker"}
    done = await client.post("/console/devices/confirmations", data=form, headers=boss.bearer)
    assert done.status_code == 303
    given = await client.get(f"{API}/pairings/{secret}")
    assert (given.status_code, given.json()["branch"]) == (200, BRANCH)
    assert given.headers["cache-control"] == "no-store"
    gone = await client.get(f"{API}/pairings/{secret}")
    assert (gone.status_code, gone.json()["code"]) == (404, "unknown_pairing")
    bearer = {"Authorization": f"Bearer {given.json()['token']}"}
    sign = {"version": "1.2", "battery": 40}
    said = await client.post(f"{API}/devices/current/signs", json=sign, headers=bearer)
    assert said.status_code == 204
    [one] = (await client.get(f"{API}/branches/{BRANCH}/devices", headers=boss.bearer)).json()
    assert (one["name"], one["kinds"], one["away"]) == ("Speaker", ["voice"], False)
    assert (one["version"], one["battery"], one["address"]) == ("1.2", 40, "127.0.0.1")
    wrong = await client.post(f"{API}/devices/current/signs", json={"battery": 101}, headers=bearer)
    assert wrong.status_code == 400


async def test_a_page_becomes_a_kiosk_and_no_script_sees_how(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    assert (await client.get("/device/pairing")).status_code == 404
    began = await client.post("/device/pairing", json={"kinds": ["kiosk"]})
    secret = began.headers["set-cookie"]
    assert "HttpOnly" in secret and "SameSite=strict" in secret and "Path=/device" in secret
    assert set(began.json()) == {"code", "kinds"}
    assert (await client.get("/device/pairing")).json() == began.json()
    by = By(OPERATOR, clock.now())
    await devices.confirm_device(by, began.json()["code"], BRANCH, "Entrance")
    given = await client.get("/device/pairing")
    assert given.json() == {"branch": BRANCH}
    cookie = next(one for one in given.headers.get_list("set-cookie") if one[:7] == "device=")
    assert "HttpOnly" in cookie and "SameSite=strict" in cookie
    assert (await client.get(f"/kiosk/{BRANCH}")).status_code == 200
    assert (await client.get(f"/kiosk/{ELSEWHERE}")).status_code == 403
    assert BRANCH in (await client.get("/device")).text


async def test_a_page_of_another_site_cannot_have_a_browser_paired(
    client: httpx.AsyncClient,
) -> None:
    headers = {"Origin": "https://evil.example", "Accept": "application/json"}
    answer = await client.post("/device/pairing", json={"kinds": ["kiosk"]}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "other_origin")


async def test_boards_of_devices_alone_are_shown_to_devices_and_staff_of_the_branch(
    small_dsn: str, tmp_path: Path, clock: FixedClock
) -> None:
    async with wishing_hall.hall(small_dsn, boards_open_to="devices"):
        made = application.build(small_dsn, tmp_path, clock)
        now = clock.now()
        board, printer = await install(now, "board"), await install(now, "printer")
        far = await install(now, "board", ELSEWHERE)
        clerk = await hire(now)
        async with application.alive(made) as app, speaking_to(app) as client:
            for who, page, api, frame in (
                ({}, 401, 401, False),
                (far.bearer, 403, 403, False),
                (printer.bearer, 403, 403, False),
                (board.bearer, 200, 200, True),
                (clerk.bearer, 200, 200, True),
            ):
                address = f"{API}/branches/{BRANCH}/board"
                assert (await client.get(BOARD, headers=who)).status_code == page
                assert (await client.get(f"{BOARD}/desks/1", headers=who)).status_code == page
                assert (await client.get(address, headers=who)).status_code == api
                live = await client.get(f"{API}/live/branches/{BRANCH}/board", headers=who)
                assert live.status_code == api
                heard = f"{BOARD}/call-outs?ticket=A1&desk=1"
                spoken = await client.get(heard, headers=who)
                assert spoken.status_code == api
                sound = await client.get(heard.replace("?", ".wav?language=uk&"), headers=who)
                assert sound.status_code == (204 if api == 200 else api)
                async with listening(app, SOCKET, who) as next_message:
                    first = await next_message()
                    assert (first["type"] == "websocket.send") is frame
            shown = (await client.get(BOARD, headers={"Accept-Language": "uk"})).text
            assert 'data-kinds="board" data-open="/display/BRANCH"' in shown
            assert "data-scene" not in shown
            kept = await client.get(f"{BOARD}?device={board.token}&lang=en")
            assert kept.status_code == 303
            assert kept.headers["location"] == f"{BOARD}?lang=en"
            assert "data-scene" in (await client.get(BOARD)).text
            await loses_its_board(app, board.bearer, board.name, clock)


async def loses_its_board(
    app: Litestar, bearer: dict[str, str], name: str, clock: FixedClock
) -> None:
    """A lost one sees nothing more, not even what it was watching."""
    async with listening(app, SOCKET, bearer) as next_message:
        assert (await next_message())["type"] == "websocket.send"
        await devices.revoke_device(By(OPERATOR, clock.now()), name, BRANCH)
        while (message := await next_message())["type"] == "websocket.send":
            pass
        assert (message["type"], message["code"]) == ("websocket.close", 4403)


async def test_whoever_watches_is_sent_away_when_the_centre_closes_its_boards(
    small_dsn: str, tmp_path: Path, clock: FixedClock
) -> None:
    async with wishing_hall.hall(small_dsn):
        made = application.build(small_dsn, tmp_path, clock)
        async with application.alive(made) as app, listening(app, SOCKET) as next_message:
            assert (await next_message())["type"] == "websocket.send"
            closed = wishing_hall.small_centre(boards_open_to="devices")
            await apply(By(OPERATOR, clock.now()), closed, accept=True)
            while (message := await next_message())["type"] == "websocket.send":
                pass
            assert message["code"] == 4403
    reference.forget()


async def test_an_open_board_needs_no_device_and_a_paired_one_is_told_its_page(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    assert '"page":""' in (await client.get(BOARD)).text
    board = await install(clock.now(), "board")
    await client.get(f"{BOARD}?device={board.token}")
    assert re.search(r'"page":"\w{12}"', (await client.get(BOARD)).text)
    assert re.search(r'"page":"\w{12}"', (await client.get(f"{BOARD}/desks/1")).text)


async def test_a_revoked_device_is_told_so_where_anybody_may_watch_too(
    app: Litestar, clock: FixedClock
) -> None:
    kiosk = await install(clock.now(), "kiosk")
    await loses_its_board(app, kiosk.bearer, kiosk.name, clock)
    async with listening(app, SOCKET, kiosk.bearer) as next_message:
        assert (await next_message())["type"] == "websocket.send"


@pytest.mark.parametrize(("role", "changes"), [("clerk", False), ("supervisor", True)])
async def test_all_staff_see_the_devices_of_their_branch_and_the_office_changes_them(
    role: str, changes: bool, client: httpx.AsyncClient, app: Litestar, clock: FixedClock
) -> None:
    await install(clock.now(), "kiosk", name="Entrance")
    await install(clock.now(), "kiosk", ELSEWHERE, name="Far away")
    async with speaking_to(app) as machine:
        code = await begins(machine, "board", "voice")
    await signed_in(client, clock, role)
    page = (await client.get("/console/devices")).text
    assert "Entrance" in page and "Far away" not in page
    assert ("/console/devices/revocations" in page) is changes
    asked = await client.get(f"/console/devices?code={code[:4]}%20{code[4:]}")
    form = {"code": code, "branch": BRANCH, "name": "Hall"}
    confirmed = await client.post("/console/devices/confirmations", data=form)
    revoked = await client.post(
        "/console/devices/revocations", data={"branch": BRANCH, "name": "Entrance"}
    )
    if changes:
        assert asked.status_code == 200 and "127.0.0.1" in asked.text
        assert confirmed.status_code == revoked.status_code == 303
        page = (await client.get("/console/devices")).text
        assert "Entrance" not in page and "Hall" in page
        again = await client.post("/console/devices/confirmations", data=form)
        assert again.status_code == 404 and "Жоден пристрій не показує цей код" in again.text
    else:
        assert {asked.status_code, confirmed.status_code, revoked.status_code} == {403}


async def test_a_device_that_is_away_is_named_in_the_console_and_in_the_figures(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    kiosk = await install(clock.now(), "kiosk", name="Entrance")
    sign = await client.post(f"{API}/devices/current/signs", headers=kiosk.bearer)
    assert sign.status_code == 204
    await signed_in(client, clock, "clerk")
    assert "Entrance" not in (await client.get("/console")).text
    figures = (await client.get("/metrics")).text
    assert f'queue_app_devices{{branch="{BRANCH}",state="here"}} 1.0' in figures
    clock.advance(seconds=61)
    assert "Entrance (термінал), востаннє" in (await client.get("/console")).text
    figures = (await client.get("/metrics")).text
    assert f'queue_app_devices{{branch="{BRANCH}",state="away"}} 1.0' in figures
    assert f'last_seen_timestamp_seconds{{branch="{BRANCH}",device="Entrance"}}' in figures
    assert "Entrance" not in (await client.get(BOARD)).text
