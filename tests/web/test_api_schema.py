"""The OpenAPI document is true: whatever is asked by whomever is answered as it says."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from itertools import count
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.checks import (
    content_type_conformance,
    not_a_server_error,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from schemathesis.core.failures import FailureGroup

from queue_app.clock import FixedClock
from queue_app.domain.people import RESIDENT
from queue_app.flow import booking, proving
from queue_app.flow.act import By
from queue_app.queries import reference
from tests.conftest import MONDAY, StartServers
from tests.support.hall import take_ticket
from tests.support.people import BRANCH, hire, install
from tests.support.server import Server
from tests.web.api import SERVICE, TUESDAY

EXAMPLES = 3
"""Requests of each operation, of each role and of each kind, valid and not."""
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
PARTIES = ("nobody", "resident", "kiosk", "board", "clerk", "supervisor", "administrator")
KINDS = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
Values = dict[str, Any]


async def links_of(now: datetime, party: str) -> tuple[dict[str, str], Values]:
    """How this party says who it is, and what stands in the addresses that it knows."""
    values: Values = {"branch": BRANCH}
    if party == "nobody":
        return {}, values
    starts_at = datetime.fromisoformat(TUESDAY)
    held = await booking.hold(By(RESIDENT, now), BRANCH, [SERVICE], starts_at, "visit")
    asked = await proving.ask_code(By(RESIDENT, now), "067 123 45 67")
    ticket = await take_ticket(now)
    desk = (await reference.directory()).branch(BRANCH).desks[0]
    values |= {"token": held.token, "ticket_token": ticket.token, "proof": asked.token}
    if party in ("kiosk", "board"):
        return (await install(now, party)).bearer, values  # type: ignore[arg-type]
    values |= {"desk": desk.id, "ticket": ticket.id, "interruption": 1}
    if party == "resident":
        return {}, values
    return (await hire(now, party, party)).bearer, values  # type: ignore[arg-type]


def findings(server: Server, bearer: dict[str, str], values: Values) -> Iterator[str]:
    """What was answered otherwise than the document says."""
    document = requests.get(f"{server.url}/api/v1/openapi.json", timeout=10).json()
    schema = schemathesis.openapi.from_dict(document)
    session = requests.Session()
    for result in schema.get_all_operations():
        operation = result.ok()
        if operation.method.upper() == "DELETE" and bearer:
            continue  # who has signed out asks nothing more
        for kind in KINDS:
            yield from _of(server, operation, kind, session, bearer, values)


def _of(
    server: Server,
    operation: Any,
    kind: GenerationMode,
    session: requests.Session,
    bearer: dict[str, str],
    values: Values,
) -> list[str]:
    found: list[str] = []
    turn = count()

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=kind))
    def ask(case: Case) -> None:
        if next(turn) % 3:
            _make_real(case, values)
        response = case.call(base_url=server.url, session=session, headers=bearer, timeout=20)
        try:
            case.validate_response(response, checks=CHECKS)
        except FailureGroup as error:
            said = " / ".join(str(error).split("\n"))[:700]
            found.append(f"{case.method} {case.path} {response.status_code}: {said}")

    with suppress(Unsatisfiable):  # where nothing invalid can be said
        ask()
    return found


def _make_real(case: Case, values: Values) -> None:
    """What there is in place of what was made up, so that more than 404 is seen."""
    known = dict(values)
    if case.path.startswith("/api/v1/tickets/{token}"):
        known["token"] = values.get("ticket_token", "nobody")
    for name in case.path_parameters or {}:
        if name in known:
            case.path_parameters[name] = known[name]
    if isinstance(case.body, dict):
        real = {"services": [SERVICE], "starts_at": TUESDAY, "phone": "067 123 45 67"}
        case.body.update({name: real[name] for name in case.body if name in real})
    if case.query and "service" in case.query:
        case.query["service"] = [SERVICE]


@pytest.mark.slow
@pytest.mark.server
@pytest.mark.parametrize("party", PARTIES)
async def test_nothing_is_answered_that_the_document_does_not_say(
    party: str, clock: FixedClock, servers: StartServers
) -> None:
    bearer, values = await links_of(MONDAY, party)
    (server,) = await servers(1, clock=MONDAY)
    found = await asyncio.to_thread(lambda: list(findings(server, bearer, values)))
    assert list(dict.fromkeys(found)) == []
    assert server.complaints() == []
