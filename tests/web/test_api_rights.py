"""API v1: who may ask for what, with a session, a device's token or a cookie."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.people import BRANCH, PASSWORD, Machine
from tests.web.api import API, SERVICE, Centre, done, refused


async def test_a_session_opens_with_the_right_password_only_and_closes(centre: Centre) -> None:
    right = {"login": "clerk1", "password": PASSWORD}
    session = done(await centre.post("/sessions", right), 201)
    assert (session["role"], session["branch"]) == ("clerk", BRANCH)
    bearer = {"Authorization": f"Bearer {session['token']}"}
    assert (await centre.get(f"/branches/{BRANCH}/desks", headers=bearer)).status_code == 200
    gone = await centre.client.delete(f"{API}/sessions/current", headers=bearer)
    assert gone.status_code == 204
    refused(await centre.get(f"/branches/{BRANCH}/desks", headers=bearer), 401, "not_signed_in")
    for wrong in ({"password": "wrong"}, {"login": "nobody"}, {"login": "\0"}, {"password": "\0"}):
        answer = await centre.post("/sessions", right | wrong)
        refused(answer, 401, "wrong_password")
        assert answer.headers["www-authenticate"] == "Bearer"
    refused(await centre.post("/sessions", {"login": "clerk1"}), 400)
    centre.clock.advance(hours=15)
    late = await centre.get(f"/branches/{BRANCH}/desks", headers=centre.clerk.bearer)
    refused(late, 401, "not_signed_in")


KIOSK_POSTS = [
    (f"/branches/{BRANCH}/tickets", {"services": [SERVICE]}),
    (f"/branches/{BRANCH}/check-ins", {"code": "123456"}),
]


@pytest.mark.parametrize(("path", "body"), KIOSK_POSTS)
async def test_only_a_kiosk_of_the_branch_gives_tickets(
    centre: Centre, path: str, body: dict[str, Any]
) -> None:
    refused(await centre.post(path, body), 401, "not_a_device")
    refused(await centre.post(path, body, Machine("", "made up")), 401, "not_a_device")
    refused(await centre.post(path, body, centre.clerk), 401, "not_a_device")
    refused(await centre.post(path, body, centre.board), 403, "not_a_kiosk")
    refused(await centre.post(path, body, centre.far_kiosk), 403, "other_branch")


def staff_requests(desk: int, ticket: int) -> Iterator[tuple[str, str, Any]]:
    yield "GET", f"/branches/{BRANCH}/desks", None
    yield "GET", f"/desks/{desk}/queue", None
    for name in ("openings", "pauses", "closings", "calls"):
        yield "POST", f"/desks/{desk}/{name}", None
    for name in ("recalls", "starts", "finishes", "no-shows", "parkings", "returns", "undo"):
        yield "POST", f"/tickets/{ticket}/{name}", None
    yield "POST", f"/tickets/{ticket}/transfers", {"services": ["tariffs"]}


async def test_staff_of_the_branch_alone_work_there(centre: Centre) -> None:
    ticket = (await centre.called())["id"]
    for method, path, body in staff_requests(centre.desk, ticket):
        for who, status in (
            ({}, 401),
            ({"Authorization": "Bearer made-up"}, 401),
            ({"Authorization": "Basic Y2xlcms6"}, 401),
            (centre.kiosk.bearer, 401),
            (centre.stranger.bearer, 403),
        ):
            answer = await centre.client.request(method, API + path, json=body, headers=who)
            refused(answer, status)
    still = done(await centre.get(f"/branches/{BRANCH}/board"))["called"]
    assert [one["ticket"] for one in still] == [ticket]


async def test_a_colleague_may_not_act_for_a_desk_but_a_supervisor_may(centre: Centre) -> None:
    ticket = (await centre.called())["id"]
    for verb in ("recalls", "starts", "no-shows", "parkings", "undo"):
        answer = await centre.post(f"/tickets/{ticket}/{verb}", None, centre.other_clerk)
        refused(answer, 403, "not_your_desk")
    done(await centre.post(f"/tickets/{ticket}/starts", None, centre.supervisor))


async def test_a_cookie_counts_for_our_own_pages_only(centre: Centre) -> None:
    centre.client.cookies.set("session", centre.clerk.token)
    path = f"/desks/{centre.desk}/pauses"
    for headers in (
        {"Origin": "https://evil.example"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Origin": "null"},
        {"Origin": "http://["},
    ):
        refused(await centre.post(path, {}, None, **headers), 403, "other_origin")
    done(await centre.post(path, {}, None, Origin="http://testserver"))
    done(await centre.get(f"/branches/{BRANCH}/desks", headers={"Origin": "https://evil.example"}))
