"""API v1 in the hall: tickets and check-ins, the work at a desk, the queue, interruptions."""

import asyncio
from datetime import datetime, timedelta
from uuid import uuid4

from tests.conftest import MONDAY
from tests.support.people import BRANCH
from tests.web.api import ELSEWHERE, SERVICE, Centre, done, refused


async def test_a_kiosk_gives_a_ticket_that_the_phone_and_the_board_show(centre: Centre) -> None:
    ticket = await centre.ticket()
    assert {"id", "number", "token", "people_ahead", "wait"} <= ticket.keys()
    assert (ticket["number"], ticket["people_ahead"]) == ("А1", 0)
    assert ticket["wait"].keys() >= {"low_minutes", "high_minutes"}
    assert (await centre.ticket(priority="veteran"))["number"] == "П1"
    phone = done(await centre.get(f"/tickets/{ticket['token']}"))
    assert (phone["state"], phone["people_ahead"]) == ("waiting", 1)
    assert phone["wait"]["low_minutes"] <= phone["wait"]["high_minutes"]
    done(await centre.post(f"/desks/{centre.desk}/calls", None, centre.clerk))
    board = done(await centre.get(f"/branches/{BRANCH}/board"))
    assert {"version", "called", "waiting"} <= board.keys() and board["waiting"] == 1
    [call] = board["called"]
    assert {"ticket", "number", "desk", "state", "called_at"} <= call.keys()
    assert (call["number"], call["desk"], call["state"]) == ("П1", "1", "called")


async def test_a_booked_visitor_checks_in_once_with_the_code(centre: Centre) -> None:
    booked = await centre.booked("2026-11-23T11:00:00+02:00")
    path = f"/branches/{BRANCH}/check-ins"
    ticket = done(await centre.post(path, {"code": booked["code"]}, centre.kiosk), 201)
    assert ticket["number"] == "К1" and ticket["state"] == "waiting"
    spaced = f" {booked['code'][:3]}-{booked['code'][3:]} "
    again = done(await centre.post(path, {"code": spaced}, centre.kiosk), 201)
    assert again["id"] == ticket["id"]
    refused(
        await centre.post(f"/appointments/{booked['token']}/cancellation"),
        409,
        "already_checked_in",
    )
    for code in ("", "\0", "000000x", "²²²²²²", "٣٣٣٣٣٣"):
        refused(await centre.post(path, {"code": code}, centre.kiosk), 404, "unknown_code")
    tomorrow = await centre.booked()
    refused(await centre.post(path, {"code": tomorrow["code"]}, centre.kiosk), 422, "other_day")
    there = f"/branches/{ELSEWHERE}/check-ins"
    answer = await centre.post(there, {"code": tomorrow["code"]}, centre.far_kiosk)
    said = refused(answer, 422, "other_branch_booking")
    assert BRANCH not in str(said) and "2026-11-24" not in str(said), "a guess tells nothing"
    link = {"code": f"https://queue.example/visit/{tomorrow['token']}"}
    answer = await centre.post(there, link, centre.far_kiosk)
    assert refused(answer, 422, "other_branch_booking")["branch"] == BRANCH


async def test_a_device_may_try_ten_wrong_codes_a_minute_and_others_go_on(centre: Centre) -> None:
    booked = await centre.booked("2026-11-23T11:00:00+02:00")
    path, there = f"/branches/{BRANCH}/check-ins", f"/branches/{ELSEWHERE}/check-ins"
    wrong = {"code": "000000" if booked["code"] != "000000" else "111111"}
    right = {"code": booked["code"]}
    for _ in range(3):
        done(await centre.post(path, right, centre.kiosk), 201)
    for _ in range(10):
        refused(await centre.post(path, wrong, centre.kiosk), 404, "unknown_code")
    for body in (wrong, right):
        answer = await centre.post(path, body, centre.kiosk)
        refused(answer, 429, "too_many_wrong_codes")
        assert 0 < int(answer.headers["retry-after"]) <= 60
    refused(await centre.post(there, right, centre.far_kiosk), 422, "other_branch_booking")
    centre.clock.advance(minutes=1)
    done(await centre.post(path, right, centre.kiosk), 201)


async def test_a_crowd_of_wrong_codes_at_once_slips_no_more_through(centre: Centre) -> None:
    path = f"/branches/{BRANCH}/check-ins"
    tries = [centre.post(path, {"code": f"{place:06}"}, centre.kiosk) for place in range(30)]
    statuses = [one.status_code for one in await asyncio.gather(*tries)]
    assert (statuses.count(404), statuses.count(429)) == (10, 20)


async def test_a_walk_in_is_refused_for_what_no_desk_gives_together(centre: Centre) -> None:
    path = f"/branches/{BRANCH}/tickets"
    together = {"services": ["tariffs", "owner-change", "debt-restructuring"]}
    refused(await centre.post(path, together, centre.kiosk), 422, "nobody_serves")
    strange = {"services": [SERVICE], "priority": "duke"}
    refused(await centre.post(path, strange, centre.kiosk), 422, "unknown_priority")
    centre.clock.advance(hours=7.6)
    body = {"services": [SERVICE]}
    refused(await centre.post(path, body, centre.kiosk), 422, "past_last_ticket")
    centre.clock.advance(hours=3)
    refused(await centre.post(path, body, centre.kiosk), 422, "branch_closed")


async def test_a_clerk_does_everything_at_a_desk_and_takes_it_back(centre: Centre) -> None:
    ticket = (await centre.called())["id"]
    for verb, state in (
        ("recalls", "called"),
        ("starts", "serving"),
        ("parkings", "parked"),
        ("returns", "waiting"),
        ("undo", "parked"),
        ("undo", "serving"),
        ("finishes", "finished"),
        ("undo", "serving"),
        ("undo", "called"),
        ("no-shows", "no_show"),
        ("returns", "waiting"),
    ):
        after = done(await centre.say(verb, ticket))
        assert (verb, after["state"]) == (verb, state)
    again = done(await centre.post(f"/desks/{centre.desk}/calls", {"ticket": ticket}, centre.clerk))
    assert (again["id"], again["desk"], again["state"]) == (ticket, "1", "called")
    moved = done(await centre.say("transfers", ticket, {"services": ["tariff-dispute"]}))
    assert (moved["state"], moved["services"]) == ("waiting", ["tariff-dispute"])
    answer = await centre.post(f"/desks/{centre.desk}/calls", None, centre.clerk)
    assert answer.status_code == 204 and answer.content == b""
    refused(await centre.say("finishes", ticket), 409, "ticket_state")
    refused(await centre.say("recalls", 999_999), 404, "unknown_ticket")


async def test_a_transfer_needs_somewhere_to_go(centre: Centre) -> None:
    ticket = (await centre.called())["id"]
    refused(await centre.say("transfers", ticket, {}), 422, "transfer_nowhere")
    refused(await centre.say("transfers", ticket, {"desk": 2**70}), 404, "unknown_desk")
    refused(await centre.say("transfers", ticket, {"services": ["x"]}), 422, "unknown_service")
    refused(await centre.say("transfers", ticket), 400)


async def test_a_desk_is_taken_paused_and_left(centre: Centre) -> None:
    desks = done(await centre.get(f"/branches/{BRANCH}/desks", headers=centre.clerk.bearer))
    assert {"id", "number", "services", "state"} <= desks[0].keys()
    assert (desks[0]["state"], desks[0]["mine"], desks[1]["state"]) == ("open", True, "closed")
    here = f"/desks/{centre.desk}"
    refused(await centre.post(f"{here}/openings", None, centre.other_clerk), 409, "desk_taken")
    refused(await centre.post(f"{here}/calls", None, centre.other_clerk), 403, "not_your_desk")
    for _ in "twice":
        paused = done(await centre.post(f"{here}/pauses", {"reason": "чай\0"}, centre.clerk))
        assert paused["state"] == "paused"
    refused(await centre.post(f"{here}/calls", None, centre.clerk), 409, "desk_not_open")
    assert done(await centre.post(f"{here}/openings", None, centre.clerk))["state"] == "open"
    ticket = await centre.called()
    busy = refused(await centre.post(f"{here}/closings", None, centre.clerk), 409, "desk_busy")
    assert busy["ticket"] == ticket["id"]
    refused(await centre.post(f"{here}/calls", None, centre.clerk), 409, "desk_busy")
    done(await centre.say("no-shows", ticket["id"]))
    for _ in "twice":
        assert done(await centre.post(f"{here}/closings", None, centre.clerk))["state"] == "closed"


async def test_the_queue_gives_each_person_a_place_and_a_reason(centre: Centre) -> None:
    for priority in (None, None, "veteran"):
        await centre.ticket(priority=priority)
    queue = done(await centre.get(f"/desks/{centre.desk}/queue", headers=centre.clerk.bearer))
    assert [one["number"] for one in queue] == ["П1", "А1", "А2"]
    assert [one["place"] for one in queue] == [1, 2, 3]
    assert queue[0]["reason_code"] == "priority" and queue[1]["reason_code"] == "waiting_longest"
    assert all(one["reason"]["uk"] and one["reason"]["en"] for one in queue)


async def test_an_alert_stops_calls_and_tickets_until_the_stated_moment(centre: Centre) -> None:
    await centre.ticket()
    where = f"/branches/{BRANCH}/interruptions"
    begun = done(await centre.post(where, {"kind": "alert", "services": None}, centre.clerk), 201)
    assert begun["started_at"] and begun["resumes_at"] is None
    problem = refused(
        await centre.post(f"/desks/{centre.desk}/calls", None, centre.clerk), 409, "hall_paused"
    )
    assert (problem["kind"], problem["resumes_at"]) == ("alert", None)
    body = {"services": [SERVICE]}
    problem = refused(
        await centre.post(f"/branches/{BRANCH}/tickets", body, centre.kiosk), 422, "services_paused"
    )
    assert problem.keys() >= {"kind", "shelter"}
    assert "безпечне місце" in problem["detail"], "where to go, and no booking for another day"
    assert done(await centre.get(f"/branches/{BRANCH}/board"))["interruption"]["kind"] == "alert"
    assert done(await centre.get(where, headers=centre.clerk.bearer)) == [begun]

    over = done(
        await centre.post(
            f"/interruptions/{begun['id']}/resumption", {"after_minutes": 10}, centre.clerk
        )
    )
    resumes_at = datetime.fromisoformat(over["resumes_at"])
    assert resumes_at == MONDAY + timedelta(minutes=10)
    given = done(await centre.post(f"/branches/{BRANCH}/tickets", body, centre.kiosk), 201)
    assert given["wait"]["low_minutes"] >= 10
    refused(await centre.post(f"/desks/{centre.desk}/calls", None, centre.clerk), 409)
    centre.clock.set(resumes_at)
    assert done(await centre.get(where, headers=centre.clerk.bearer)) == []
    assert done(await centre.post(f"/desks/{centre.desk}/calls", None, centre.clerk))["number"]


async def test_one_press_sent_twice_is_one_interruption(centre: Centre) -> None:
    where, key = f"/branches/{BRANCH}/interruptions", str(uuid4())
    body = {"kind": "registry", "services": [SERVICE], "note": "ЄДР"}
    sent = [await centre.post(where, body, centre.clerk, Idempotency_Key=key) for _ in range(2)]
    assert done(sent[0], 201) == done(sent[1], 201)
    assert sent[0].json()["note"] == "ЄДР"
    other = done(await centre.post(where, {"kind": "power"}, centre.supervisor), 201)
    problem = refused(
        await centre.post(where, {"kind": "alert"}, centre.clerk), 409, "already_interrupted"
    )
    assert problem["interruption"] == other["id"]


async def test_only_staff_of_the_branch_stop_it_and_only_as_described(centre: Centre) -> None:
    where = f"/branches/{BRANCH}/interruptions"
    refused(await centre.post(where, {"kind": "alert"}), 401)
    refused(await centre.post(where, {"kind": "alert"}, centre.kiosk), 401)
    refused(await centre.post(where, {"kind": "alert"}, centre.stranger), 403, "other_branch")
    refused(await centre.get(where, headers=centre.stranger.bearer), 403, "other_branch")
    refused(await centre.post(where, {"kind": "flood"}, centre.clerk), 400)
    refused(await centre.post(where, {"kind": "registry", "services": []}, centre.clerk), 422)
    begun = done(await centre.post(where, {"kind": "alert"}, centre.clerk), 201)
    over = f"/interruptions/{begun['id']}/resumption"
    refused(await centre.post(over, None, centre.stranger), 403, "other_branch")
    refused(await centre.post(over, {"after_minutes": -1}, centre.clerk), 422, "bad_delay")
    refused(
        await centre.post(f"/interruptions/{begun['id'] + 9}/resumption", None, centre.clerk),
        404,
        "unknown_interruption",
    )
    usual = done(await centre.post(over, None, centre.clerk))
    assert datetime.fromisoformat(usual["resumes_at"]) == MONDAY + timedelta(minutes=10)
