"""The supervisor's pages without a browser: the branch live, and all branches on one page."""

import json
import re
import time

import httpx
import pytest
from litestar import Litestar
from msgspec.structs import replace

from queue_app.clock import FixedClock
from queue_app.domain.people import Role, token_hash
from queue_app.flow import calling, desk_asks, staffing
from queue_app.flow.act import By
from queue_app.office.desk_more_or_less import StaffingAnswers
from queue_app.queries import halls, reference
from queue_app.queries.staff import staff_of_session
from queue_app.store import db
from tests.support.application import listening
from tests.support.hall import SERVICE, open_desk, take_ticket
from tests.support.people import BRANCH, hire, install

ELSEWHERE = "darnytskyi"
PLACE = f"/office/branches/{BRANCH}"
PAGE = {"Accept": "text/html"}


async def who(clock: FixedClock, role: Role = "supervisor", branch: str | None = BRANCH):  # type: ignore[no-untyped-def]
    return (await hire(clock.now(), f"{role}-of-office", role, branch)).bearer | PAGE


def words_of(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.partition("<main")[2]))


async def test_the_page_shows_the_desks_the_waits_and_when_the_last_is_called(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    desk = await open_desk("1", clock.now())
    for _ in range(3):
        await take_ticket(clock.now())
    await desk.call()
    clock.advance(minutes=40)
    answer = await client.get(f"{PLACE}?lang=en", headers=await who(clock))
    said = words_of(answer.text)
    assert "clerk-1 since 10:00" in said
    assert "А1 called at 10:00" in said
    assert "Waiting 2 longest 40 min" in said
    assert "Longer than they should 2" in said
    assert re.search(r"The last is called 1\d:\d\d to 1\d:\d\d closes at 18:00", said)
    assert "Nobody should be forgotten А1: called 40 min ago and not begun · desk 1" in said


async def test_every_page_asks_before_it_is_closed_on_somebody_at_ones_own_desk(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    head = await hire(clock.now(), "head", "supervisor")
    boss = await staff_of_session(token_hash(head.token), clock.now())
    assert boss
    by = By(boss, clock.now())
    desk = (await reference.directory()).branch(BRANCH).desks[0].id
    await staffing.open_desk(by, desk)
    for number in ("", "А1"):
        for path in (PLACE, f"{PLACE}/staffing"):
            page = (await client.get(path, headers=head.bearer | PAGE)).text
            assert f'id="at-own-desk" data-live="own-desk" data-number="{number}"' in page
            assert page.count("own-desk.js") == 1
        if not number:
            await take_ticket(clock.now())
            assert await calling.call(by, desk)


async def test_help_and_breaks_that_are_asked_for_stand_first_and_are_answered_there(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    desk, boss = await open_desk("1", clock.now()), await who(clock)
    by = By(desk.clerk, clock.now())
    await desk_asks.ask_help(by, desk.id)
    await desk_asks.ask_break(by, desk.id, "Обід")
    alarms = (await client.get(f"{PLACE}?lang=en", headers=boss)).text
    said = words_of("<main" + re.findall(r'data-live="alarms".*?<dl', alarms, re.S)[0])
    assert "Desk 1 asks for help clerk-1, since 10:00 Somebody is there" in said
    assert "Desk 1 asks for a break clerk-1, since 10:00: Обід Grant 1 Not now" in said
    chief = await who(clock, "administrator", None)
    city = words_of((await client.get("/office?lang=en", headers=chief)).text)
    assert "Help is asked for: desk 1 A break is asked for: desk 1" in city
    at = f"{PLACE}/desks/{desk.id}"
    helped = await send(client, boss, f"{at}/help-end")
    assert helped.headers["location"] == f"{PLACE}?done=helped"
    granted = await send(client, boss, f"{at}/break", what="grant")
    assert granted.headers["location"] == f"{PLACE}?done=granted"
    after = words_of((await client.get(f"{PLACE}?lang=en", headers=boss)).text)
    assert "asks for" not in after and "Break clerk-1 since 10:00 · Обід" in after


async def test_it_is_the_supervisor_s_and_of_their_branch_alone(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    assert (await client.get(PLACE, headers=PAGE)).headers["location"] == "/console/sign-in"
    clerk, boss = await who(clock, "clerk"), await who(clock)
    assert (await client.get(PLACE, headers=clerk)).status_code == 403
    assert (await client.get(f"/office/branches/{ELSEWHERE}", headers=boss)).status_code == 403
    assert (await client.get("/office/branches/nowhere", headers=boss)).status_code == 404
    assert (await client.get("/office", headers=boss)).headers["location"] == PLACE


async def test_the_city_has_every_branch_on_one_page(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    await open_desk("1", clock.now(), ELSEWHERE)
    await take_ticket(clock.now(), branch=ELSEWHERE)
    chief = await who(clock, "administrator", None)
    page = (await client.get("/office?lang=en", headers=chief)).text
    rows = dict(re.findall(r'data-live="([\w-]+)"(?! data-number)(.*?)</dl>', page, re.S))
    assert {BRANCH, ELSEWHERE} <= rows.keys() and len(rows) > 5
    assert "Waiting 1 longest 0 min Desks open 1 of 6" in words_of("<main" + rows[ELSEWHERE])
    assert "nobody waits" in words_of("<main" + rows[BRANCH])


async def test_the_websocket_tells_of_every_change(
    app: Litestar, client: httpx.AsyncClient, clock: FixedClock
) -> None:
    boss = await who(clock)
    async with listening(app, f"/ws/branches/{BRANCH}/supervision", boss) as next_message:
        first = json.loads((await next_message())["text"])
        assert first["waiting"] == 0
        await take_ticket(clock.now())
        while not (then := json.loads((await next_message())["text"]))["waiting"]:
            pass  # the hall was emptied a moment ago, which is a change as well
    assert then["version"] > first["version"]
    assert (then["waiting"], then["services"][0]["waiting"]) == (1, 1)


@pytest.mark.parametrize("path", [f"/ws/branches/{ELSEWHERE}/supervision"])
async def test_another_branch_is_not_told(
    path: str, app: Litestar, client: httpx.AsyncClient, clock: FixedClock
) -> None:
    async with listening(app, path, await who(clock)) as next_message:
        assert (await next_message())["type"] == "websocket.close"


# Acts


async def send(client: httpx.AsyncClient, boss: dict[str, str], path: str, **form: str):  # type: ignore[no-untyped-def]
    return await client.post(path, data=form, headers=boss)


async def test_every_act_of_the_page_is_done_and_said(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    desk, boss = await open_desk("1", clock.now()), await who(clock)
    one, two = await take_ticket(clock.now()), await take_ticket(clock.now())
    at = f"{PLACE}/desks/{desk.id}"
    law = next(iter((await skills()).keys()))
    acts: list[tuple[str, dict[str, object], str | None]] = [
        (f"{at}/pause", {"reason": "Обід"}, "paused"),
        (f"{at}/open", {"reason": "Черга"}, "opened"),
        (f"{at}/skills", {"skill": law}, None),
        (f"{at}/skills", {"plan": "yes"}, "skills"),
        (f"{PLACE}/people/calls", {"ticket": two.id, "desk": desk.id, "reason": "так"}, "called"),
        (f"{PLACE}/people/moves", {"ticket": one.id, "desk": desk.id, "service": ""}, "moved"),
        (f"{PLACE}/tickets", {"service": SERVICE, "how": "some", "remaining": "2"}, "tickets"),
        (f"{PLACE}/line", {"line-uk": "Вода у фоє"}, "line"),
        (f"{PLACE}/stops", {"kind": "power", "reason": ""}, "stopped"),
        (f"{PLACE}/stops/1/end", {"now": "yes"}, "resumed"),
        (f"{PLACE}/day-end", {"reason": "Вода"}, "ended"),
    ]
    for path, form, done in acts:
        answer = await send(client, boss, path, **{name: str(it) for name, it in form.items()})
        if done:
            assert answer.headers.get("location") == f"{PLACE}?done={done}", (path, answer.text)
            page = await client.get(f"{PLACE}?done={done}&lang=en", headers=boss)
            assert 'role="status"' in page.text
    said = words_of((await client.get(f"{PLACE}?lang=en", headers=boss)).text)
    assert "А2 called at 10:00" in said and "The boards say Вода у фоє" in said
    assert "no more tickets today" in said


async def skills() -> dict[str, object]:
    directory = await reference.directory()
    return {one.code: one.title for one in directory.centre.skills}


async def test_what_cannot_be_done_says_why_on_the_page(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    desk, boss = await open_desk("1", clock.now()), await who(clock)
    await take_ticket(clock.now())
    await desk.call()
    answer = await send(client, boss, f"{PLACE}/desks/{desk.id}/close", reason="x")
    assert answer.status_code == 409
    assert 'role="alert"' in answer.text
    far = await send(client, boss, f"/office/branches/{ELSEWHERE}/day-end")
    assert far.status_code == 403
    for path in (f"{PLACE}/day-end", "/office/stops"):
        evil = await client.post(path, headers=boss | {"Origin": "https://evil.example"})
        assert evil.status_code == 403


async def test_all_branches_are_stopped_and_resumed_at_once(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    chief = await who(clock, "administrator", None)
    both = {"branch": [BRANCH, ELSEWHERE], "kind": "alert", "reason": ""}
    stopped = await client.post("/office/stops", data=both, headers=chief)
    assert stopped.headers["location"] == "/office?done=stopped"
    rows = await db.fetch("SELECT slug FROM interruption JOIN branch ON branch.id = branch_id")
    assert {one["slug"] for one in rows} == {BRANCH, ELSEWHERE}
    again = await client.post("/office/stops", data=both, headers=chief)
    assert again.status_code == 303, "the same again changes nothing"
    other = await client.post("/office/stops", data=both | {"kind": "power"}, headers=chief)
    assert other.text.count("notice-warning") >= 2, "each branch says why not"
    ended = await client.post("/office/stops/ends", data=both, headers=chief)
    assert ended.headers["location"] == "/office?done=resumed"
    assert await db.fetch_value("SELECT count(*) FROM interruption WHERE ended_at IS NULL") == 0


async def test_a_supervisor_stops_no_other_branch_from_the_page_of_the_city(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    boss = await who(clock)
    form = {"branch": [BRANCH, ELSEWHERE], "kind": "alert"}
    await client.post("/office/stops", data=form, headers=boss)
    rows = await db.fetch("SELECT slug FROM interruption JOIN branch ON branch.id = branch_id")
    assert [one["slug"] for one in rows] == [BRANCH]


async def test_the_kiosk_s_door_says_which_tickets_are_given_no_more(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    boss, kiosk = await who(clock), await install(clock.now())
    path = f"/kiosk/{BRANCH}/door"
    await send(client, boss, f"{PLACE}/tickets", service=SERVICE, how="none")
    door = (await client.get(path, headers=kiosk.bearer)).json()
    assert (door["state"], door["ended"], door["stopped"]) == ("open", [SERVICE], [])
    body = {"services": [SERVICE]}
    asked = f"/api/v1/branches/{BRANCH}/tickets"
    refused = await client.post(asked, json=body, headers=kiosk.bearer)
    assert (refused.status_code, refused.json()["code"]) == (422, "tickets_ended")
    await send(client, boss, f"{PLACE}/day-end")
    door = (await client.get(path, headers=kiosk.bearer)).json()
    assert door["state"] == "past_last_ticket"
    assert door["opens_at"] == "2026-11-24T09:00:00+02:00", "and not this morning"
    assert door["tickets_at"] == "2026-11-24T08:45:00+02:00"
    assert (await client.get(f"/api/v1/branches/{BRANCH}/waits")).json()["now"] is None


async def test_no_tickets_are_set_of_a_service_that_is_given_by_phone_alone(
    client: httpx.AsyncClient, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = await reference.directory()
    first, *rest = directory.centre.services
    services = (replace(first, channels=("phone",)), *rest)
    phoning = replace(directory, centre=replace(directory.centre, services=services))
    boss = await who(clock)
    offered = re.compile(r'<select[^>]* id="tickets-service".*?</select>', re.S)
    before = offered.findall((await client.get(PLACE, headers=boss)).text)[0]
    monkeypatch.setattr(reference, "_cached", phoning)
    after = offered.findall((await client.get(PLACE, headers=boss)).text)[0]
    values = [set(re.findall(r'value="([^"]+)"', one)) for one in (before, after)]
    assert values[0] - values[1] == {first.code}


async def test_the_page_says_what_one_desk_more_or_less_would_do(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    await open_desk("1", clock.now())
    for _ in range(6):
        await take_ticket(clock.now())
    boss, desks = await who(clock), (await reference.directory()).branch(BRANCH).desks
    two = next(one.id for one in desks if one.number == "2")
    path = f"{PLACE}/staffing?more={two}&lang=en"
    page = await client.get(path, headers=boss)
    said = words_of(page.text)
    assert "Desk 2 opens" in said and "Desk 1 closes" in said and "As it is" in said
    assert (await client.get(path, headers=boss)).text == page.text, "kept for a moment"
    far = await client.get(f"/office/branches/{ELSEWHERE}/staffing", headers=boss)
    assert far.status_code == 403
    await send(client, boss, f"{PLACE}/stops", kind="power", reason="")
    clock.advance(minutes=1)
    stopped = words_of((await client.get(path, headers=boss)).text)
    assert "Nothing can be foretold" in stopped
    going_on = await db.fetch_value("SELECT id FROM interruption WHERE ended_at IS NULL")
    await send(client, boss, f"{PLACE}/stops/{going_on}/end", now="on")
    resumed = words_of((await client.get(path, headers=boss)).text)
    assert "As it is" in resumed, "said as soon as calls go on"


async def test_a_staffing_answer_is_worked_out_beside_the_loop_that_answers_everybody(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    """Of a hall of forty: at most 50 ms of the loop's own time, and a fifth of all."""
    await open_desk("1", clock.now())
    for _ in range(40):
        await take_ticket(clock.now())
    directory = await reference.directory()
    seen = await halls.load(directory, directory.branch(BRANCH), clock.now())
    answers = StaffingAnswers()
    await answers.of(seen, None, None)
    other = next(one.id for one in seen.desks if one.number == "3")
    loop, everything = time.thread_time(), time.process_time()
    assert await answers.of(seen, other, None)
    loop, everything = time.thread_time() - loop, time.process_time() - everything
    assert loop < min(0.05, everything / 5), (loop, everything)


async def test_whoever_may_not_is_sent_away_from_every_act_and_nothing_is_done(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    """A clerk at their own desk, a supervisor of another branch, a session that has run out."""
    desk = await open_desk("1", clock.now())
    one = await take_ticket(clock.now())
    clerk, far = await who(clock, "clerk"), await who(clock, "supervisor", ELSEWHERE)
    late = (await hire(clock.now(), "late", "supervisor", BRANCH)).bearer | PAGE
    acts = [
        (f"{PLACE}/desks/{desk.id}/open", {"clerk": "clerk-1"}),
        (f"{PLACE}/desks/{desk.id}/skills", {"skill": "legal"}),
        (f"{PLACE}/desks/{desk.id}/break", {"what": "grant"}),
        (f"{PLACE}/desks/{desk.id}/help-end", {}),
        (f"{PLACE}/people/calls", {"ticket": str(one.id), "desk": str(desk.id)}),
        (f"{PLACE}/people/moves", {"ticket": str(one.id), "desk": str(desk.id)}),
        (f"{PLACE}/tickets", {"service": SERVICE, "how": "none"}),
        (f"{PLACE}/day-end", {}),
        (f"{PLACE}/stops", {"kind": "alert"}),
    ]
    for path, form in acts:
        for someone in (clerk, far):
            assert (await client.post(path, data=form, headers=someone)).status_code == 403, path
    clock.advance(hours=30)
    for path, form in acts:
        answer = await client.post(path, data=form, headers=late)
        assert answer.headers["location"] == "/console/sign-in", path
    script = {"Accept": "application/json"}
    assert (await client.get(PLACE, headers=late | script)).status_code == 401
    assert await db.fetch_value("SELECT count(*) FROM office_event WHERE kind = 'hall'") == 0
    assert await db.fetch_value("SELECT count(*) FROM interruption") == 0
