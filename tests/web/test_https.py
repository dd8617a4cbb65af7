"""What holds of every answer: cookies over https, where a page leads, what nobody keeps."""

import json
import re
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from litestar import Litestar

from booking.details import Entered, field_errors, read_entered
from queue_app.clock import FixedClock
from queue_app.domain.people import RESIDENT
from queue_app.flow import booking
from queue_app.flow.act import By
from queue_app.web.sentences import SENTENCES
from tests.conftest import MONDAY
from tests.support.hall import SERVICE
from tests.support.people import BRANCH, PASSWORD, hire, install

SECURE = "https://testserver"
FORM = {"name": "Олена", "phone": "1"}


@pytest.fixture
async def secure(app: Litestar) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url=SECURE) as client:
        yield client


async def held() -> str:
    tomorrow = MONDAY + timedelta(days=1)
    by = By(RESIDENT, MONDAY)
    return (await booking.hold(by, BRANCH, [SERVICE], tomorrow, "visit")).token


async def test_every_cookie_is_secure_over_https_and_none_is_over_http(
    secure: httpx.AsyncClient, client: httpx.AsyncClient
) -> None:
    await hire(MONDAY)
    kiosk, token = await install(MONDAY), await held()
    slot = {
        "service": SERVICE,
        "channel": "visit",
        "branch": BRANCH,
        "starts_at": (MONDAY + timedelta(days=2)).isoformat(),
    }
    names = set()
    for one in (secure, client):
        answers = [
            await one.get("/?lang=en"),
            await one.post("/visit", data=slot),
            await one.post(f"/visit/{token}", data=FORM),
            await one.post("/console/sign-in", data={"login": "clerk1", "password": PASSWORD}),
            await one.get(f"/kiosk/{BRANCH}?device={kiosk.token}"),
        ]
        cookies = [value for page in answers for value in page.headers.get_list("set-cookie")]
        names |= {cookie.partition("=")[0] for cookie in cookies}
        assert all(("; Secure" in cookie) == (one is secure) for cookie in cookies), cookies
        assert all(
            ("strict-transport-security" in page.headers) == (one is secure) for page in answers
        )
    assert names >= {"language", "browser", "hold", "entered", "session", "known", "device"}


async def test_behind_a_proxy_that_says_no_scheme_the_sites_own_address_does(
    app: Litestar, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.state, "public_url", "https://testserver")
    page = await client.get("/?lang=en", headers={"Host": "testserver"})
    assert "Secure" in page.headers["set-cookie"]
    token = await held()
    for origin, status in (("https://testserver", 303), ("http://testserver", 403)):
        answer = await client.post(f"/visit/{token}", data=FORM, headers={"Origin": origin})
        assert answer.status_code == status


async def test_an_origin_is_ours_only_with_its_scheme(
    secure: httpx.AsyncClient, client: httpx.AsyncClient
) -> None:
    token = await held()
    for one, origin, status in (
        (secure, "https://testserver", 303),
        (secure, "http://testserver", 403),
        (client, "http://testserver", 303),
        (client, "https://testserver", 403),
        (client, "http://testserver:80", 403),
    ):
        answer = await one.post(f"/visit/{token}", data=FORM, headers={"Origin": origin})
        assert answer.status_code == status, origin


async def test_pages_of_a_visit_and_of_the_console_are_kept_by_nobody(
    client: httpx.AsyncClient,
) -> None:
    clerk, token = await hire(MONDAY), await held()
    for path in (
        f"/visit/{token}",
        f"/visit/{token}/day",
        "/my",
        "/my/all",
        "/console",
        "/console/sign-in",
    ):
        page = await client.get(path, headers=clerk.bearer, follow_redirects=True)
        assert page.status_code == 200
        assert "no-store" in page.headers["cache-control"], path


@pytest.mark.parametrize(
    "path",
    ["//evil.example/", "//evil.example/%2e%2e", "/%5Cevil.example/", "/%09/evil.example",
     "///evil", "/%0a/evil.example", "/no/such/page"],
)  # fmt: skip
async def test_the_languages_of_a_page_that_is_nowhere_stay_on_this_site(
    client: httpx.AsyncClient, path: str
) -> None:
    page = await client.get(httpx.URL("http://testserver").copy_with(raw_path=path.encode()))
    assert page.status_code == 404
    links = re.findall(r'href="([^"]*lang=[^"]*)"', page.text)
    assert links
    for link in links:
        assert re.match(r"/(?![/\\])[\x21-\x7e]*$", link), link
        assert "\\" not in link


async def test_a_device_whose_token_is_refused_keeps_it_not_in_its_address(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.get(f"/kiosk/{BRANCH}?device=no-such-token&lang=en")
    assert answer.status_code == 303
    assert "no-such-token" not in answer.headers["location"]
    assert answer.headers["referrer-policy"] == "no-referrer"
    page = await client.get(answer.headers["location"])
    assert page.status_code == 403
    assert "does not belong to a kiosk" in page.text


def cookie_of(said: Any) -> str:
    raw = said if isinstance(said, bytes) else json.dumps(said).encode()
    return urlsafe_b64encode(raw).decode()


SHAPES: list[Any] = [
    b"", b"{", b"[" * 60_000, [], {"details": {"name": 1}},
    {"code": "no_such_code"},
    {"code": "too_many_bookings", "facts": {}},
    {"code": "too_many_bookings", "facts": {"limits": 3}},
    {"code": "bad_contact", "facts": {"fields": ["name"]}},
    {"code": "bad_contact", "facts": {"fields": {"name": ["x"]}}},
    {"code": "bad_contact", "facts": {"fields": None}},
    {"code": "contact_unsure", "facts": {"suggestions": "x@example.org"}},
    {"code": "contact_unsure", "facts": {"suggestions": {"email": 5}}},
    {"code": "overlapping_bookings", "facts": {"field": "no-such-field"}},
    {"proofs": [None]},
]  # fmt: skip


@pytest.mark.parametrize("raw", ["\u00e9", "%", "====", "a", *map(cookie_of, SHAPES)])
async def test_a_cookie_of_what_was_typed_that_cannot_be_read_is_empty(
    raw: str, client: httpx.AsyncClient
) -> None:
    assert read_entered(raw) == Entered()
    token = await held()
    for path in (f"/visit/{token}", f"/visit/{token}/code", f"/visit/{token}/contact"):
        sent = [(b"Cookie", f"entered={raw}".encode()[:30_000])]
        assert (await client.get(path, headers=sent)).status_code in (200, 303)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)
FACTS = st.dictionaries(
    st.sampled_from(["fields", "suggestions", "field", "limit", "minimum", "tries_left", "name"]),
    JSON | st.dictionaries(st.sampled_from(["name", "phone", "email"]), JSON, max_size=2),
)


class _Request:
    """As much of one as the sentences ask for."""

    def __init__(self, app: Litestar) -> None:
        self.app = app
        self.query_params: dict[str, str] = {}
        self.cookies: dict[str, str] = {}
        self.headers: dict[str, str] = {}


@pytest.mark.slow
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(
    code=st.sampled_from(sorted(SENTENCES)) | st.text(max_size=5) | st.none(), facts=FACTS | JSON
)
def test_whatever_a_cookie_says_there_is_something_to_show(
    app: Litestar, code: str | None, facts: Any
) -> None:
    entered = read_entered(cookie_of({"code": code, "facts": facts}))
    said = field_errors(_Request(app), entered, None)  # type: ignore[arg-type]
    assert all(field in ("name", "phone", "email") and text for field, text in said)


BOUNDARY = "xyz"


def part(head: str, body: bytes) -> bytes:
    disposition = 'Content-Disposition: form-data; name="name"'
    return f"--{BOUNDARY}\r\n{disposition}{head}\r\n\r\n".encode() + body + b"\r\n--xyz--\r\n"


@pytest.mark.parametrize(
    "body",
    [
        part("", b"\xff\xfe"),
        part("\r\nContent-Type: text/plain; charset=no-such", b"a"),
        part("\r\nContent-Type: text/plain; charset=hex", b"zz"),
        part("\r\nContent-Type: text/plain; charset=utf-16", b"a"),
        part('; filename="a.txt"', b"a file"),
        b"--xyz\r\n\r\nno head\r\n--xyz--\r\n",
        b"--xyz\r\nContent-Disp",
    ],
)
@pytest.mark.parametrize("path", ["/visit", "/my", "/my/all", "/console/sign-in"])
async def test_a_form_that_cannot_be_read_is_refused_and_breaks_nothing(
    path: str, body: bytes, client: httpx.AsyncClient
) -> None:
    kind = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    assert (await client.post(path, content=body, headers=kind)).status_code == 400


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    body=st.binary(max_size=60) | st.binary(max_size=20).map(lambda raw: part("", raw)),
    kind=st.sampled_from(
        ["multipart/form-data", "multipart/form-data; boundary=",
         "multipart/form-data; boundary=xyz", "application/x-www-form-urlencoded",
         "application/json", "text/plain; charset=no-such"]
    ),
)  # fmt: skip
async def test_no_body_whatever_breaks_a_form(
    body: bytes, kind: str, client: httpx.AsyncClient
) -> None:
    answer = await client.post("/my/all", content=body, headers={"Content-Type": kind})
    assert answer.status_code < 500


async def test_figures_are_for_this_machine_or_for_a_token(
    app: Litestar, client: httpx.AsyncClient, clock: FixedClock
) -> None:
    assert (await client.get("/metrics")).status_code == 200
    by_proxy = {"X-Forwarded-For": "127.0.0.1"}
    assert (await client.get("/metrics", headers=by_proxy)).status_code == 403
    transport = httpx.ASGITransport(app=app, client=("203.0.113.7", 40_000))  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as far:
        refused = await far.get("/metrics", headers={"Accept": "application/json"})
        assert (refused.status_code, refused.json()["code"]) == (403, "figures_closed")
        guess = {"Authorization": "Bearer a-guess-of-a-token"}
        assert (await far.get("/metrics", headers=guess)).status_code == 403
