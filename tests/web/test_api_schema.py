"""The OpenAPI document is true: whatever is asked by whomever is answered as it says."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from copy import deepcopy
from datetime import datetime, timedelta
from itertools import count
from typing import Any, NamedTuple

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

EXAMPLES = 4
"""Requests of each operation, valid and not, which every role asks."""
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
GUESSED = "WARNING queue_app.flow.staffing: sign-in refused: an unknown login from "
"""What the log says of the sign-ins that are made up here, as it should."""
PARTIES = ("nobody", "resident", "kiosk", "board", "clerk", "supervisor", "administrator")
KINDS = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
Values = dict[str, Any]


async def links_of(now: datetime, party: str) -> tuple[dict[str, str], Values]:
    """How this party says who it is, and what stands in the addresses that it knows."""
    values: Values = {"branch": BRANCH}
    if party == "nobody":
        return {}, values
    starts_at = datetime.fromisoformat(TUESDAY) + PARTIES.index(party) * timedelta(minutes=10)
    held = await booking.hold(By(RESIDENT, now), BRANCH, [SERVICE], starts_at, "visit")
    asked = await proving.ask_code(By(RESIDENT, now), f"067 123 45 6{PARTIES.index(party)}")
    ticket = await take_ticket(now)
    desk = (await reference.directory()).branch(BRANCH).desks[0]
    values |= {"token": held.token, "ticket_token": ticket.token, "proof": asked.token}
    if party in ("kiosk", "board"):
        return (await install(now, party)).bearer, values  # type: ignore[arg-type]
    values |= {"desk": desk.id, "ticket": ticket.id, "interruption": 1}
    if party == "resident":
        return {}, values
    return (await hire(now, party, party)).bearer, values  # type: ignore[arg-type]


class Asker(NamedTuple):
    """Who asks, and what stands in the addresses that they know."""

    party: str
    bearer: dict[str, str]
    values: Values


def findings(server: Server, askers: list[Asker]) -> Iterator[str]:
    """What was answered otherwise than the document says."""
    document = requests.get(f"{server.url}/api/v1/openapi.json", timeout=10).json()
    with requests.Session() as session:
        for result in schemathesis.openapi.from_dict(document).get_all_operations():
            operation = result.ok()  # type: ignore[union-attr]
            for kind in KINDS:
                yield from _of(operation, kind, server, session, askers)


def _of(
    operation: Any,
    kind: GenerationMode,
    server: Server,
    session: requests.Session,
    askers: list[Asker],
) -> list[str]:
    """What is made up is asked by everybody: making it takes longer than asking."""
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
        made_up = deepcopy((case.path_parameters, case.query, case.body))
        for asker in askers:
            case.path_parameters, case.query, case.body = deepcopy(made_up)
            if next(turn) % 3:
                _make_real(case, asker.values)
            bearer = {} if case.method.upper() == "DELETE" else asker.bearer
            answer = case.call(base_url=server.url, session=session, headers=bearer, timeout=20)
            try:
                case.validate_response(answer, checks=CHECKS)
            except FailureGroup as error:
                said = " / ".join(str(error).split("\n"))[:700]
                found.append(f"{asker.party}: {case.method} {case.path}: {said}")

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
        real: Values = {"services": [SERVICE], "starts_at": TUESDAY, "phone": "067 123 45 67"}
        case.body.update({name: real[name] for name in case.body if name in real})
    if case.query and "service" in case.query:
        case.query["service"] = [SERVICE]


@pytest.mark.slow
@pytest.mark.server
async def test_nothing_is_answered_that_the_document_does_not_say(
    clock: FixedClock, servers: StartServers
) -> None:
    askers = [Asker(party, *await links_of(MONDAY, party)) for party in PARTIES]
    (server,) = await servers(1, clock=MONDAY)
    found = await asyncio.to_thread(lambda: list(findings(server, askers)))
    assert list(dict.fromkeys(found)) == []
    assert [said for said in server.complaints() if GUESSED not in said] == []
