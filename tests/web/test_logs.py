"""What the log says of requests, and that it says nothing of people."""

import json
import logging
import re
from typing import Any

import httpx
import pytest
from litestar import Litestar
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from queue_app.clock import FixedClock
from queue_app.domain.people import OPERATOR
from queue_app.flow import accounts
from queue_app.flow.act import By
from queue_app.queries import reference
from queue_app.web.logs import REQUEST, Journal, JsonLine, LogLine
from tests.support.hall import SERVICE, open_desk
from tests.support.people import BRANCH, PASSWORD, hire, install
from tests.web.resident import HTML, booked, post

SECRET = "Олена 0671234567"


def through(app: Any) -> httpx.AsyncClient:
    """A client whose requests come from this machine."""
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://testserver")


async def test_a_slow_request_is_a_line_with_the_pattern_of_its_address_alone(
    app: Litestar, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "queue_app")
    async with through(Journal(app, 0.0)) as client:
        await client.get("/visit/1-abcdefghijklmnopqrstuv?lang=en")
        await client.get("/nobody/knows/this")
    lines = [
        record.getMessage() for record in caplog.records if record.getMessage().startswith("slow:")
    ]
    assert re.fullmatch(r"slow: GET /visit/\{token(:str)?\}: 404 in \d\.\d\d s", lines[0])
    assert re.fullmatch(r"slow: GET an address without a page: 404 in \d\.\d\d s", lines[1])


async def test_who_waited_for_an_outage_is_none_as_the_outage_has_its_own(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def away(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 503, "headers": []})
        await send({"type": "http.response.body"})

    caplog.set_level(logging.INFO, "queue_app")
    async with through(Journal(away, 0.0)) as client:
        assert (await client.get("/")).status_code == 503
    assert "slow" not in caplog.text


async def test_a_quick_one_is_none(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    assert (await client.get("/health/live")).headers["x-request-id"]
    assert "slow" not in caplog.text


async def test_the_page_of_an_error_shows_the_id_under_which_the_log_has_it(
    client: httpx.AsyncClient,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def broken() -> None:
        raise RuntimeError(SECRET)

    monkeypatch.setattr(reference, "directory", broken)
    page = await client.get("/about", headers=HTML)
    assert page.status_code == 500
    request = page.headers["x-request-id"]
    assert f"<strong>{request}</strong>" in page.text
    assert f"error {request}" in caplog.text
    assert "RuntimeError" in caplog.text
    assert SECRET not in caplog.text + page.text


@pytest.mark.parametrize(
    ("given", "trusted", "taken"),
    [
        ("a-proxys-own.id_1", "127.0.0.1", True),
        ("a-proxys-own.id_1", "10.0.0.1", False),
        ("short", "127.0.0.1", False),
        ("x" * 65, "127.0.0.1", False),
        ("<script>alert(1)</script>", "127.0.0.1", False),
    ],
)
async def test_an_id_is_taken_over_from_a_proxy_that_is_trusted_and_if_it_is_well_formed(
    given: str, trusted: str, taken: bool, app: Litestar
) -> None:
    headers = {"X-Request-ID": given, "X-Forwarded-For": "203.0.113.7"}
    async with through(ProxyHeadersMiddleware(app, trusted)) as client:  # type: ignore[arg-type]
        answer = await client.get("/health/live", headers=headers)
    assert (answer.headers["x-request-id"] == given) == taken
    assert answer.headers.get_list("x-request-id") == [answer.headers["x-request-id"]]


async def test_two_requests_have_two_ids(client: httpx.AsyncClient) -> None:
    seen = {(await client.get("/health/live")).headers["x-request-id"] for _ in range(5)}
    assert len(seen) == 5


def record_of(error: Exception | None = None) -> logging.LogRecord:
    raised = (type(error), error, error.__traceback__) if error else None
    return logging.LogRecord("queue_app.x", logging.ERROR, "", 0, "a %s", ("line",), raised)


def caught(error: Exception) -> Exception:
    try:
        try:
            raise ValueError(SECRET)
        except ValueError as cause:
            raise error from cause
    except type(error) as found:
        return found


def test_a_line_of_json_has_what_programs_ask_for() -> None:
    token = REQUEST.set("0123456789abcdef")
    try:
        line = json.loads(JsonLine().format(record_of()))
    finally:
        REQUEST.reset(token)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", line.pop("at"))
    assert line.pop("process")
    assert line == {
        "level": "error",
        "logger": "queue_app.x",
        "message": "a line",
        "request": "0123456789abcdef",
    }
    assert "request" not in json.loads(JsonLine().format(record_of()))


@pytest.mark.parametrize("form", [JsonLine, LogLine])
def test_an_error_says_where_and_what_it_was_but_not_what_somebody_typed(
    form: type[logging.Formatter],
) -> None:
    said = form().format(record_of(caught(KeyError(SECRET))))
    assert SECRET not in said and SECRET.split(maxsplit=1)[0] not in said
    assert "builtins.KeyError" in said and "builtins.ValueError" in said
    assert "in caught" in said
    assert "no such file" in form().format(record_of(caught(OSError("no such file"))))


async def test_the_log_of_a_whole_visit_names_nobody_and_no_token(
    client: httpx.AsyncClient, clock: FixedClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "queue_app")
    own = {"name": "Олена Ковальчук", "phone": "067 123 45 67", "email": "olena@example.org"}
    link = await booked(client)
    await post(client, f"{link}/contact", own)
    await post(client, "/my", {"code": "123456", "contact": own["email"]})
    await post(client, "/my/all", {"contact": own["phone"]})
    await post(client, f"{link}/cancellation")
    kiosk, desk = await install(clock.now()), await open_desk("5", clock.now())
    order = {"services": [SERVICE], "language": "uk"}
    issued = await client.post(
        f"/api/v1/branches/{BRANCH}/tickets", json=order, headers=kiosk.bearer
    )
    ticket = issued.json()["token"]
    await client.get(f"/t/{ticket}", headers=HTML)
    await desk.call()
    clerk = await hire(clock.now(), "olha")
    await client.post("/console/sign-in", data={"login": "olha", "password": PASSWORD})
    await client.post("/console/sign-in", data={"login": PASSWORD, "password": "a guess of it"})
    await client.post(f"/visit/{link}", content=b"\xff", headers={"Content-Type": "text/plain"})
    await accounts.retire_staff(By(OPERATOR, clock.now()), "olha")
    # Another test's client may have been told to say what it asks for; a server's log is not its.
    records = [one for one in caplog.records if one.name.startswith("queue_app")]
    said = "\n".join(LogLine().format(one) for one in records)
    said += "\n".join(JsonLine().format(one) for one in records)
    assert "sign-in: olha" in said
    assert "staff olha: retire by operator" in said
    typed = [*own.values(), *own["name"].split(), "1234567", "+38067"]
    secrets = [link[7:], ticket, kiosk.token, clerk.token, PASSWORD, "a guess of it"]
    assert [one for one in typed + secrets if one in said] == []
