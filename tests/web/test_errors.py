import ast
import json
import logging
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar, Request, get, post
from litestar.datastructures import State
from litestar.exceptions import ClientException
from litestar.params import JSONBody
from litestar.testing import TestClient
from msgspec import Struct

import queue_app.domain.errors as domain_errors
from queue_app.clock import SystemClock
from queue_app.domain.errors import Conflict, NotAllowed, NotFound, QueueError, TooMany
from queue_app.texts.words import words
from queue_app.web.errors import EXCEPTION_HANDLERS
from queue_app.web.logs import Journal
from queue_app.web.sentences import PARTS, SENTENCES
from queue_app.web.templating import Pages, add_security_headers, assets_of
from queue_app.web.typed import Hearing

ROOT = Path(__file__).parents[2]
RAISED = {
    name
    for name, value in vars(domain_errors).items()
    if isinstance(value, type) and issubclass(value, QueueError)
}


def codes_in_the_code() -> Iterator[tuple[str, str]]:
    for folder in ("queue_app", "booking", "kiosk", "display", "config"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
                    continue
                if node.func.id in RAISED and node.args and isinstance(node.args[0], ast.Constant):
                    yield str(node.args[0].value), f"{path.relative_to(ROOT)}:{node.lineno}"


def test_every_code_has_its_sentence_in_both_languages() -> None:
    assert {code: place for code, place in codes_in_the_code() if code not in SENTENCES} == {}
    for title, detail in SENTENCES.values():
        for sentence in (title, detail):
            assert words("uk").gettext(sentence) != sentence


def test_no_code_has_sentences_in_two_places() -> None:
    assert len(SENTENCES) == sum(len(part) for part in PARTS)


PHONE = "+380 67 123 45 67"


class Wish(Struct):
    minutes: int


@get("/api/v1/slots", sync_to_thread=False)
def taken() -> None:
    raise Conflict("ticket_changed", nearest=[datetime(2026, 11, 24, 8, 0, tzinfo=UTC)])


@get("/visit", sync_to_thread=False)
def lost() -> None:
    raise NotFound("unknown_link")


@get("/often", sync_to_thread=False)
def often() -> None:
    raise TooMany("too_many", retry_after_seconds=30)


@get("/broken", sync_to_thread=False)
def broken() -> None:
    raise RuntimeError(f"{PHONE} has no name")


@get("/api/v1/away", sync_to_thread=False)
def away() -> None:
    raise ConnectionRefusedError


@post("/api/v1/wishes", sync_to_thread=False)
def wish(data: JSONBody[Wish]) -> Wish:
    return data


REFUSALS: dict[int, Exception] = {
    400: ClientException("what was sent makes no sense"),
    403: NotAllowed("not_allowed"),
    429: TooMany("too_many", retry_after_seconds=30),
    500: RuntimeError("a fault of ours"),
    503: ConnectionRefusedError(),
}


@post("/refused/{status:int}")
async def refuse(request: Request[Any, Any, Any], status: int) -> None:
    await request.form()
    raise REFUSALS[status]


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient[Litestar]]:
    pages = Pages(
        ("booking",),
        assets_of(("booking",)),
        lambda: None,
        SystemClock(),
    )
    app = Litestar(
        [taken, lost, often, broken, away, wish, refuse, pages.assets.handler()],
        state=State({"pages": pages}),
        exception_handlers=EXCEPTION_HANDLERS,
        before_send=[add_security_headers],
        openapi_config=None,
    )
    app.asgi_handler = Journal(Hearing(app.asgi_handler), 60.0)
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


def test_the_api_answers_with_a_problem_that_says_what_is_possible(client: Any) -> None:
    answer = client.get("/api/v1/slots", headers={"Accept-Language": "en"})
    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    body = json.loads(answer.text)
    assert body["code"] == "ticket_changed"
    assert body["status"] == 409
    assert body["title"] == "The ticket has changed in the meantime"
    assert body["instance"] == "/api/v1/slots"
    assert body["nearest"] == ["2026-11-24T08:00:00Z"]


def test_a_page_says_in_ukrainian_what_happened_and_what_to_do(client: Any) -> None:
    answer = client.get("/visit", headers={"Accept": "text/html"})
    assert answer.status_code == 404
    assert '<html lang="uk"' in answer.text
    assert "Це посилання нікуди не веде" in answer.text
    assert 'href="/"' in answer.text


@pytest.mark.parametrize("status", REFUSALS)
def test_the_page_of_every_refusal_gives_the_form_back_with_what_was_typed(
    client: Any, status: int
) -> None:
    form = {"name": "Олена", "phone": PHONE, "as": "chosen"}
    address = f"/refused/{status}?branch=one"
    answer = client.post(address, data=form, headers={"Accept": "text/html"})
    assert answer.status_code == status
    assert f'action="{address}"' in answer.text
    assert 'value="Олена"' in answer.text and f'value="{PHONE}"' in answer.text
    assert '<input type="hidden" name="as" value="chosen">' in answer.text
    assert "Олена" not in client.get("/visit", headers={"Accept": "text/html"}).text


def test_an_unknown_path_is_a_page_for_people_and_a_problem_for_programs(client: Any) -> None:
    assert "Такої сторінки немає" in client.get("/no", headers={"Accept": "text/html"}).text
    assert client.get("/no", headers={"Accept": "application/json"}).json()["code"] == "not_found"
    assert client.get("/api/v1/no").json()["code"] == "not_found"


async def test_a_request_that_its_sender_breaks_off_is_no_error_of_ours(
    client: TestClient[Litestar], caplog: pytest.LogCaptureFixture
) -> None:
    said: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        said.append(message)

    scope: Any = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/api/v1/wishes",
        "raw_path": b"/api/v1/wishes",
        "root_path": "",
        "query_string": b"",
        "headers": [(b"content-type", b"application/json"), (b"content-length", b"9")],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
        "state": {},
    }
    with caplog.at_level(logging.INFO):
        await client.app(scope, receive, send)
    assert said[0]["status"] == 400
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


def test_a_body_that_cannot_be_read_names_the_field(client: Any) -> None:
    answer = client.post("/api/v1/wishes", json={"minutes": "many"})
    assert answer.status_code == 400
    assert answer.json()["code"] == "unreadable"
    assert answer.json()["fields"][0]["field"] == "minutes"
    assert client.post("/api/v1/wishes", content=b"{").json()["code"] == "unreadable"


def test_what_breaks_is_logged_without_what_people_entered(client: Any, caplog: Any) -> None:
    with caplog.at_level(logging.ERROR):
        answer = client.get("/broken", headers={"Accept": "application/json"})
    assert answer.status_code == 500
    assert re.fullmatch("[0-9a-f]{16}", answer.json()["reference"])
    assert answer.json()["reference"] in caplog.text
    assert "RuntimeError" in caplog.text
    assert "67 123 45" not in caplog.text + answer.text


def test_too_often_says_when_to_come_back(client: Any) -> None:
    assert client.get("/often").headers["retry-after"] == "30"


def test_every_answer_carries_the_security_headers(client: Any) -> None:
    for path in ("/visit", "/no", "/api/v1/slots", "/static/web/base.css"):
        headers = client.get(path).headers
        assert "default-src 'self'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"


def test_a_static_file_is_kept_for_a_year_under_its_version_and_revalidated_without(
    client: Any,
) -> None:
    url = client.app.state.pages.assets.url("web/base.css")
    versioned = client.get(url)
    assert "immutable" in versioned.headers["cache-control"]
    assert versioned.headers["content-type"] == "text/css; charset=utf-8"
    plain = client.get("/static/web/base.css", headers={"If-None-Match": versioned.headers["etag"]})
    assert plain.status_code == 304
    assert plain.headers["cache-control"] == "no-cache"
    assert client.get("/static/web/../errors.py").status_code == 404


def test_while_the_database_is_away_a_caller_is_told_to_ask_again(
    client: TestClient[Litestar],
) -> None:
    answer = client.get("/api/v1/away")
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert int(answer.headers["Retry-After"]) > 0
