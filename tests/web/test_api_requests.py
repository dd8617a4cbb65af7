"""API v1 on requests that are repeated, cannot be read, or lead nowhere: never a fault of ours."""

from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.people import BRANCH
from tests.web.api import API, HERE, SERVICE, TUESDAY, Centre, done, refused


async def test_a_repeated_request_gives_the_first_answer(centre: Centre) -> None:
    key = str(uuid4())
    body = {"services": [SERVICE], "starts_at": TUESDAY, "channel": "visit"}
    path = f"/branches/{BRANCH}/appointments"
    held = [await centre.post(path, body, Idempotency_Key=key) for _ in "twice"]
    assert {one.status_code for one in held} == {201} and held[0].content == held[1].content
    other = await centre.post(path, body | {"services": ["tariffs"]}, Idempotency_Key=key)
    refused(other, 422, "idempotency_key_reused")
    for broken in ("not-a-uuid", "", "1", "\x80"):
        answer = await centre.client.post(
            API + path, json=body, headers={b"Idempotency-Key": broken.encode("latin-1")}
        )
        refused(answer, 400, "bad_idempotency_key")
    kiosk = {"services": [SERVICE]}
    given = [
        await centre.post(
            f"/branches/{BRANCH}/tickets", kiosk, centre.kiosk, Idempotency_Key=key.upper()
        )
        for _ in "twice"
    ]
    assert {one.status_code for one in given} == {201} and given[0].content == given[1].content


async def test_a_repeated_verb_is_said_once_and_an_empty_call_stays_empty(centre: Centre) -> None:
    key = str(uuid4())
    calls = f"/desks/{centre.desk}/calls"
    assert (await centre.post(calls, None, centre.clerk, Idempotency_Key=key)).status_code == 204
    ticket = await centre.ticket()
    assert (await centre.post(calls, None, centre.clerk, Idempotency_Key=key)).status_code == 204
    done(await centre.post(calls, None, centre.clerk))
    for verb in ("recalls", "starts", "finishes"):
        said = [
            await centre.post(
                f"/tickets/{ticket['id']}/{verb}", None, centre.clerk, Idempotency_Key=key
            )
            for _ in "twice"
        ]
        assert done(said[0]) == done(said[1])
    assert done(said[0])["calls"] == 2


HOLD = {"services": [SERVICE], "starts_at": TUESDAY, "channel": "visit"}
POSTS = [
    f"/branches/{BRANCH}/appointments",
    "/appointments/1-0123456789abcdef/confirmation",
    "/appointments/1-0123456789abcdef/reschedulings",
    f"/branches/{BRANCH}/tickets",
    f"/branches/{BRANCH}/check-ins",
    "/sessions",
    "/desks/1/calls",
    "/desks/1/pauses",
    "/tickets/1/transfers",
]
BROKEN_BODIES = {
    "no JSON": b"{",
    "no UTF-8": b'{"services": ["\xff"]}',
    "a lone surrogate": b'{"services": ["\\ud800"]}',
    "too deep": b"[" * 30_000,
    "a list": b"[]",
    "a number": b"7",
    "a form": b"services=tariffs",
}


@pytest.mark.parametrize("path", POSTS)
async def test_a_body_that_cannot_be_read_is_refused(centre: Centre, path: str) -> None:
    who = centre.kiosk if path.endswith(("tickets", "check-ins")) else centre.clerk
    headers = who.bearer | {"Content-Type": "application/json"}
    for name, body in BROKEN_BODIES.items():
        answer = await centre.client.post(API + path, content=body, headers=headers)
        assert answer.status_code == 400, (name, answer.text)
        refused(answer, 400, "unreadable")
    huge = await centre.client.post(API + path, content=b" " * 70_000, headers=headers)
    refused(huge, 413, "too_large")


@pytest.mark.parametrize(
    "path",
    [
        "/branches/nowhere/slots?service=tariffs",
        "/branches/nowhere/board",
        "/branches/%00/board",
        "/appointments/x",
        "/appointments/1-%000123456789abcdef",
        "/appointments/99999999-0123456789abcdef",
        "/tickets/1-%000123456789abcdef",
        "/tickets/1-0123456789abcdef%0a",
        "/tickets/١-0123456789abcdef",
        "/no/such/thing",
        "/nothing",
    ],
)
async def test_what_there_is_not_is_not_found(centre: Centre, path: str) -> None:
    refused(await centre.get(path), 404)


@pytest.mark.parametrize(
    "about", ["%00", "a%00b", "".join(map(chr, range(256, 2956))), "%E2%80%AE"]
)
@pytest.mark.parametrize(
    "path",
    [
        "/appointments/{}/cancellation",
        "/tickets/{}/leavings",
        "/wishes/{}/refusal",
        "/branches/{}/appointments",
        "/branches/{}/tickets",
    ],
)
async def test_a_key_goes_with_whatever_the_address_names(
    centre: Centre, path: str, about: str
) -> None:
    sent = HOLD if path.endswith("appointments") else {"services": [SERVICE]}
    wanted = sent if path.endswith(("appointments", "tickets")) else None
    for _ in "twice":
        answer = await centre.post(
            path.format(about), wanted, centre.kiosk, Idempotency_Key=str(uuid4())
        )
        refused(answer, 404)


async def test_text_that_no_database_keeps_cannot_be_read(centre: Centre) -> None:
    held = done(await centre.post(f"/branches/{BRANCH}/appointments", HOLD), 201)
    for of in (f"/appointments/{held['token']}", f"/tickets/{(await centre.ticket())['token']}"):
        answer = await centre.post(f"{of}/pushes/endings", {"endpoint": "https://a\0b"})
        refused(answer, 400, "unreadable")


async def test_ids_past_any_column_are_not_found(centre: Centre) -> None:
    for number in (0, 2**31, 2**63, 10**30):
        for verb in ("openings", "calls", "pauses", "closings"):
            answer = await centre.post(f"/desks/{number}/{verb}", None, centre.clerk)
            refused(answer, 404, "unknown_desk")
        refused(await centre.say("recalls", number), 404, "unknown_ticket")
        body = {"ticket": number}
        answer = await centre.post(f"/desks/{centre.desk}/calls", body, centre.clerk)
        refused(answer, 404, "unknown_ticket")


async def test_no_browser_keeps_what_the_api_says(centre: Centre) -> None:
    for path in (f"{API}/branches", f"{API}/appointments/1-{'x' * 22}"):
        assert (await centre.client.get(path)).headers["cache-control"] == "no-store"


async def test_a_method_that_is_not_offered_is_said_to_be_so(centre: Centre) -> None:
    refused(await centre.client.put(f"{API}/catalogue"), 405, "method_not_allowed")
    refused(await centre.client.get(f"{HERE}/tickets"), 405, "method_not_allowed")


async def test_unknown_paths_are_a_page_for_people_and_a_problem_for_programs(
    centre: Centre,
) -> None:
    page = await centre.client.get("/no-such-page", headers={"Accept": "text/html"})
    assert page.status_code == 404 and page.headers["content-type"].startswith("text/html")
    refused(await centre.client.get("/no-such-page", headers={"Accept": "application/json"}), 404)
    api = await centre.client.get(f"{API}/no-such", headers={"Accept": "text/html"})
    refused(api, 404, "not_found")


TEXTS = st.one_of(
    st.text(max_size=12),
    st.sampled_from(["tariffs", SERVICE, "visit", TUESDAY, "0671234567", "\0", "veteran", "uk"]),
)
VALUES = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), TEXTS, st.dates()
    ).map(lambda value: value if isinstance(value, (int, float, str, type(None))) else str(value)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXTS, inner, max_size=3)),
    max_leaves=6,
)
FIELDS = st.sampled_from(
    ["services", "starts_at", "channel", "name", "phone", "email", "language", "priority", "code",
     "login", "password", "ticket", "desk", "reason"]
)  # fmt: skip
BODIES = st.one_of(
    VALUES,
    st.dictionaries(FIELDS, st.one_of(VALUES, st.lists(TEXTS, max_size=3)), max_size=6),
)


@pytest.mark.slow
@settings(
    max_examples=120,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(path=st.sampled_from(POSTS), body=BODIES)
async def test_nothing_that_is_sent_is_a_fault_of_ours(
    centre: Centre, path: str, body: Any
) -> None:
    who = centre.kiosk if path.endswith(("tickets", "check-ins")) else centre.clerk
    answer = await centre.post(path, body, who)
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400:
        refused(answer, answer.status_code)
