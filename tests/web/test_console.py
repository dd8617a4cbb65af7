"""The clerk's pages without a browser: signing in and out, choosing a desk, the first paint."""

import json
import re
from typing import Any

import httpx
import pytest

from queue_app.clock import FixedClock
from queue_app.console import words as said
from queue_app.domain.people import OPERATOR, Role
from queue_app.domain.tickets import UNDOABLE
from queue_app.flow import accounts
from queue_app.flow.act import By
from queue_app.queries import reference
from queue_app.texts.words import words
from queue_app.web.guards import SESSION_COOKIE
from tests.support.hall import open_desk, take_ticket
from tests.support.people import BRANCH, PASSWORD

ELSEWHERE = "darnytskyi"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
OTHERS = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
]


async def add(
    clock: FixedClock, login: str = "clerk1", role: Role = "clerk", branch: str | None = BRANCH
) -> None:
    await accounts.add_staff(By(OPERATOR, clock.now()), login, role, branch, PASSWORD)


async def sign_in(
    client: httpx.AsyncClient, login: str = "clerk1", password: str = PASSWORD, **headers: str
) -> httpx.Response:
    return await client.post(
        "/console/sign-in", data={"login": login, "password": password}, headers=headers
    )


async def desk_id(number: str = "1", branch: str = BRANCH) -> int:
    desks = (await reference.directory()).branch(branch).desks
    return next(one.id for one in desks if one.number == number)


def leads_to(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.headers.get("location", "")


@pytest.mark.parametrize("path", ["/console", "/console/desks/1", "/console?branch=nowhere"])
async def test_a_page_leads_strangers_to_the_sign_in(path: str, client: httpx.AsyncClient) -> None:
    assert leads_to(await client.get(path)) == (303, "/console/sign-in")


async def test_a_script_is_told_that_nobody_is_signed_in(client: httpx.AsyncClient) -> None:
    answer = await client.get("/console/desks/1/screen", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")


async def test_the_form_is_what_password_managers_know(client: httpx.AsyncClient) -> None:
    page = (await client.get("/console/sign-in")).text
    assert re.search(r'<form[^>]+method="post"[^>]+action="/console/sign-in"', page)
    assert re.search(r'name="login"[^>]+autocomplete="username"', page)
    assert re.search(r'type="password"[^>]+autocomplete="current-password"', page)


async def test_signing_in_sets_a_cookie_that_scripts_and_other_sites_never_get(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    await add(clock)
    answer = await sign_in(client, Origin="http://testserver")
    assert leads_to(answer) == (303, "/console")
    cookie = answer.headers["set-cookie"].lower()
    assert cookie.startswith(f"{SESSION_COOKIE}=")
    for word in ("httponly", "samesite=strict", "path=/;", "max-age="):
        assert word in cookie
    assert "secure" not in cookie, "the test speaks plain http"


async def test_over_https_the_cookie_stays_there(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    await add(clock)
    client.base_url = httpx.URL("https://testserver")
    answer = await sign_in(client)
    assert "; secure" in answer.headers["set-cookie"].lower()


async def test_every_sign_in_is_a_fresh_session_and_ends_the_one_before(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    await add(clock)

    async def token(before: str) -> str:
        client.cookies.clear()
        client.cookies.set(SESSION_COOKIE, before)
        return (await sign_in(client)).cookies[SESSION_COOKIE]

    first = await token("planted")
    second = await token(first)
    assert len({"planted", first, second}) == 3
    client.cookies.clear()
    client.cookies.set(SESSION_COOKIE, first)
    assert leads_to(await client.get("/console")) == (303, "/console/sign-in")


@pytest.mark.parametrize("where", ["?next=https://evil.example", "?next=//evil.example/x"])
async def test_nobody_is_led_astray_after_signing_in(
    where: str, client: httpx.AsyncClient, clock: FixedClock
) -> None:
    await add(clock)
    answer = await client.post(
        f"/console/sign-in{where}",
        data={"login": "clerk1", "password": PASSWORD, "next": "https://evil.example"},
    )
    assert leads_to(answer) == (303, "/console")


@pytest.mark.parametrize("headers", OTHERS)
async def test_another_site_can_neither_sign_in_nor_take_nor_sign_out(
    headers: dict[str, str], client: httpx.AsyncClient, clock: FixedClock
) -> None:
    await add(clock)
    assert (await sign_in(client, **headers)).status_code == 403
    await sign_in(client)
    for path in (
        "/console/sign-out",
        f"/console/desks/{await desk_id()}/take",
        f"/console/branches/{BRANCH}/stops",
        f"/console/branches/{BRANCH}/stops/1/end",
    ):
        assert (await client.post(path, headers=headers)).status_code == 403
    assert (await client.get("/console")).status_code == 200


@pytest.mark.parametrize(
    ("language", "sentence"),
    [("uk", "Неправильне ім’я або пароль."), ("en", "The name or the password is wrong.")],
)
async def test_a_wrong_password_is_said_kindly_and_keeps_the_name(
    language: str, sentence: str, client: httpx.AsyncClient, clock: FixedClock
) -> None:
    await add(clock)
    answer = await client.post(
        f"/console/sign-in?lang={language}", data={"login": "clerk1", "password": "guess"}
    )
    assert answer.status_code == 401
    assert sentence in answer.text
    assert 'value="clerk1"' in answer.text
    assert "guess" not in answer.text
    assert SESSION_COOKIE not in answer.cookies


@pytest.mark.parametrize(
    "form", [{}, {"login": ""}, {"login": "a\0b", "password": "\0"}, {"login": "x" * 9999},
             {"login": "<script>alert(1)</script>", "password": "x"}],
)  # fmt: skip
async def test_any_form_whatsoever_gets_the_same_kind_answer(
    form: dict[str, str], client: httpx.AsyncClient
) -> None:
    answer = await client.post("/console/sign-in", data=form, headers=FORM)
    assert answer.status_code == 401
    assert "<script>alert" not in answer.text


async def test_signing_out_leaves_the_free_desk_and_forgets_the_session(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    await add(clock)
    await sign_in(client)
    await client.post(f"/console/desks/{await desk_id()}/take")
    answer = await client.post("/console/sign-out")
    assert leads_to(answer) == (303, "/console/sign-in")
    assert leads_to(await client.get("/console")) == (303, "/console/sign-in")
    await add(clock, "clerk2")
    await sign_in(client, "clerk2")
    answer = await client.post(f"/console/desks/{await desk_id()}/take")
    assert leads_to(answer) == (303, f"/console/desks/{await desk_id()}")


async def test_signing_out_keeps_a_desk_at_which_somebody_sits(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    await add(clock)
    await take_ticket(clock.now())
    await sign_in(client)
    desk = await desk_id()
    await client.post(f"/console/desks/{desk}/take")
    assert (await client.post(f"/api/v1/desks/{desk}/calls")).status_code == 200
    await client.post("/console/sign-out")
    await sign_in(client)
    assert leads_to(await client.get("/console")) == (303, f"/console/desks/{desk}")


async def test_the_desks_say_what_they_give_and_who_is_there(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    await add(clock)
    await open_desk("2", clock.now())
    await take_ticket(clock.now())
    await sign_in(client)
    page = (await client.get("/console?lang=en")).text
    assert "Information · Payments and debts · Certificates" in page
    assert "At work: clerk-2" in page
    assert page.count("Take the desk") == 5
    assert "1 person is waiting in the hall" in page


async def test_a_desk_that_a_colleague_took_first_is_said_calmly_with_the_others(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    await add(clock)
    await sign_in(client)
    await open_desk("2", clock.now())
    answer = await client.post(f"/console/desks/{await desk_id('2')}/take")
    assert answer.status_code == 409
    assert "За цим вікном уже працює колега" in answer.text
    assert "Зайняти вікно" in answer.text


async def test_an_administrator_chooses_the_branch_first(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    await add(clock, "admin", "administrator", None)
    await sign_in(client, "admin")
    page = (await client.get("/console")).text
    assert "Оберіть відділення" in page
    assert f'href="/console?branch={ELSEWHERE}"' in page
    assert "Оберіть своє вікно" in (await client.get(f"/console?branch={ELSEWHERE}")).text
    assert (await client.get("/console?branch=nowhere")).status_code == 404


@pytest.mark.parametrize(
    ("role", "branch", "leads_on"),
    [
        ("clerk", BRANCH, None),
        ("supervisor", BRANCH, f"/office/branches/{BRANCH}"),
        ("administrator", None, f"/office/branches/{BRANCH}"),
    ],
)
async def test_whoever_looks_after_a_hall_finds_the_office_in_the_head_of_every_page(
    role: Role, branch: str | None, leads_on: str | None, client: httpx.AsyncClient,
    clock: FixedClock,
) -> None:  # fmt: skip
    await add(clock, "somebody", role, branch)
    await sign_in(client, "somebody")
    desk = f"/console/desks/{await desk_id()}"
    await client.post(f"{desk}/take")
    here = f"/console/branches/{BRANCH}"
    pages = (f"/console?branch={BRANCH}", desk, f"{here}/today", f"{here}/ticket")
    for path in pages:
        head = re.search(r"<header.*?</header>", (await client.get(path)).text, re.DOTALL)
        assert head
        assert re.findall(r'href="(/office[^"]*)"', head[0]) == ([leads_on] if leads_on else [])
    if leads_on:
        devices = (await client.get("/console/devices")).text
        assert 'href="/office"' in devices
        assert (await client.get(leads_on)).status_code == 200


async def test_a_clerk_stays_in_their_branch(client: httpx.AsyncClient, clock: FixedClock) -> None:
    await add(clock)
    await sign_in(client)
    far = await desk_id("1", ELSEWHERE)
    for answer in (
        await client.post(f"/console/desks/{far}/take"),
        await client.get(f"/console/desks/{far}"),
        await client.get(f"/console/desks/{far}/screen"),
    ):
        assert answer.status_code == 403
    page = await client.get(f"/console?branch={ELSEWHERE}")
    assert "Голосіївський" in page.text
    assert "Дарницький" not in page.text


async def test_a_desk_of_somebody_else_is_no_screen_of_mine(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    await add(clock)
    theirs = await open_desk("2", clock.now())
    await sign_in(client)
    assert leads_to(await client.get(f"/console/desks/{theirs.id}")) == (303, "/console")
    answer = await client.get(
        f"/console/desks/{theirs.id}/screen", headers={"Accept": "application/json"}
    )
    assert (answer.status_code, answer.json()["code"]) == (403, "not_your_desk")


async def working(client: httpx.AsyncClient, clock: FixedClock, number: str = "1") -> str:
    """A clerk at a desk; the path of the screen."""
    await add(clock)
    await sign_in(client)
    path = f"/console/desks/{await desk_id(number)}"
    await client.post(f"{path}/take")
    return path


def snapshot_in(page: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="facts">(.*?)</script>', page)
    assert found
    data = json.loads(found.group(1))["snapshot"]
    assert isinstance(data, dict)
    return data


async def test_the_first_paint_is_the_snapshot_itself(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    path = await working(client, clock)
    await take_ticket(clock.now())
    page = (await client.get(path)).text
    assert snapshot_in(page) == (await client.get(f"{path}/screen")).json()
    assert re.search(r'id="number">Вікно вільне<', page)
    assert re.search(r'data-slot="number">А1<', page)
    assert "Викликати наступного" in page
    await client.post(f"/api/v1{path.removeprefix('/console')}/calls")
    page = (await client.get(path)).text
    assert re.search(r'id="number">А1<', page)
    assert "Видача дублікату рахунку" in page
    assert re.search(r'id="primary-word">Почати<', page)


async def test_a_screen_is_never_kept_by_caches(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    path = await working(client, clock)
    assert (await client.get(f"{path}/screen")).headers["cache-control"] == "no-store"
    assert "private" in (await client.get(path)).headers["cache-control"]


async def test_pages_hold_no_inline_script_and_no_inline_style(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    path = await working(client, clock)
    for page in (await client.get(path), await client.get("/console/sign-in")):
        assert not re.search(r"<script(?![^>]*(?:src=|application/json))", page.text)
        assert not re.search(r'\sstyle="|<style|\son\w+="', page.text)


async def test_whoever_has_no_desk_sees_that_calls_are_stopped_and_can_stop_them(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    await accounts.add_staff(By(OPERATOR, clock.now()), "boss", "supervisor", BRANCH, PASSWORD)
    await sign_in(client, "boss")
    stops = f"/console/branches/{BRANCH}/stops"
    assert leads_to(await client.post(stops, data={"kind": "alert"})) == (
        303,
        f"/console?branch={BRANCH}",
    )
    page = (await client.get("/console")).text
    assert "Повітряна тривога" in page
    assert "Зупинити виклики" not in page, "they are"
    ends = re.findall(r'action="(/console/branches/[^"]+/end)"', page)
    assert len(ends) == 1
    assert (await client.post(stops, data={"kind": "power"})).status_code == 409
    await client.post(ends[0])
    page = (await client.get("/console")).text
    assert "Відбій тривоги" in page
    assert "о 10:10" in page
    await client.post(ends[0], data={"now": "yes"})
    assert "Зупинити виклики" in (await client.get("/console")).text


async def test_calls_are_stopped_in_one_s_own_branch_alone_and_for_a_known_reason(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    await add(clock, role="supervisor")
    await sign_in(client)
    for branch, kind, status in (
        ("podilskyi", "alert", 403),
        ("nowhere", "alert", 404),
        (BRANCH, "tea", 422),
    ):
        answer = await client.post(f"/console/branches/{branch}/stops", data={"kind": kind})
        assert answer.status_code == status, (branch, kind)
    assert (await client.post(f"/console/branches/{BRANCH}/stops/77/end")).status_code == 404


def test_whatever_can_be_undone_has_its_sentence() -> None:
    told = said.desk(words("en"))
    assert told["undo"].keys() == UNDOABLE
    assert told["undo_call"].keys() <= UNDOABLE
    assert told["done_call"].keys() <= told["done"].keys()
