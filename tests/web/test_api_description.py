"""API v1 describes itself: OpenAPI and AsyncAPI promise what there is."""

from collections.abc import Iterator
from typing import Any

from tests.web.api import API, Centre, done

PROMISED = """
GET /catalogue
GET /catalogue/search
GET /branches
GET /branches/{branch}/slots
GET /branches/{branch}/waits
GET /branches/{branch}/prospects
POST /branches/{branch}/appointments
POST /appointments/{token}/confirmation
POST /appointments/{token}/corrections
POST /appointments/lookups
POST /proofs
POST /proofs/{proof}/codes
GET /proofs/{proof}
POST /wishes
GET /wishes/{token}
POST /wishes/{token}/changes
POST /wishes/{token}/acceptance
POST /wishes/{token}/refusal
POST /wishes/{token}/withdrawal
POST /appointments/{token}/extensions
POST /appointments/{token}/check-ins
POST /appointments/{token}/reschedulings
POST /appointments/{token}/changes
POST /appointments/{token}/cancellation
GET /appointments/{token}
GET /branches/{branch}/board
GET /tickets/{token}
POST /tickets/{token}/leavings
GET /push-key
POST /tickets/{token}/pushes
POST /tickets/{token}/pushes/endings
POST /appointments/{token}/pushes
POST /appointments/{token}/pushes/endings
POST /branches/{branch}/tickets
POST /branches/{branch}/check-ins
POST /pairings
GET /pairings/{secret}
POST /devices/current/signs
GET /branches/{branch}/devices
POST /sessions
DELETE /sessions/current
GET /branches/{branch}/desks
POST /desks/{desk}/openings
POST /desks/{desk}/pauses
POST /desks/{desk}/help
POST /desks/{desk}/help-ends
POST /desks/{desk}/break-asks
POST /desks/{desk}/break-ask-ends
POST /desks/{desk}/break-grants
POST /desks/{desk}/closings
POST /desks/{desk}/calls
POST /tickets/{ticket}/recalls
POST /tickets/{ticket}/starts
POST /tickets/{ticket}/finishes
POST /tickets/{ticket}/no-shows
POST /tickets/{ticket}/parkings
POST /tickets/{ticket}/right-checks
POST /tickets/{ticket}/returns
POST /tickets/{ticket}/transfers
POST /tickets/{ticket}/undo
POST /tickets/{ticket}/reprints
POST /tickets/{ticket}/contacts
GET /desks/{desk}/queue
POST /branches/{branch}/interruptions
GET /branches/{branch}/interruptions
POST /interruptions/{interruption}/resumption
GET /asyncapi.json
POST /desks/{desk}/assignments
POST /desks/{desk}/skills
POST /desks/{desk}/summons
POST /tickets/{ticket}/redirections
POST /branches/{branch}/ticket-limits
POST /branches/{branch}/day-ends
"""


async def test_openapi_describes_what_is_promised_and_nothing_else(centre: Centre) -> None:
    answer = await centre.get("/openapi.json")
    document = done(answer)
    assert document["openapi"].startswith("3.1")
    assert document["info"]["title"] and document["info"]["version"]
    described = {
        f"{method.upper()} {path.removeprefix(API)}"
        for path, methods in document["paths"].items()
        for method in methods
        if method in ("get", "post", "delete", "put", "patch")
    }
    assert described == set(PROMISED.split("\n")[1:-1])
    every = [
        operation
        for path in document["paths"].values()
        for method, operation in path.items()
        if method in ("get", "post", "delete")
    ]
    ids = [operation["operationId"] for operation in every]
    assert len(set(ids)) == len(ids)
    assert all(operation["responses"] for operation in every)
    assert_references_resolve(document)


async def test_asyncapi_describes_the_websockets(centre: Centre) -> None:
    document = done(await centre.get("/asyncapi.json"))
    assert document["asyncapi"].startswith("3.")
    addresses = {channel["address"] for channel in document["channels"].values()}
    assert addresses == {
        "/ws/branches/{branch}/board",
        "/ws/branches/{branch}/supervision",
        "/ws/tickets/{token}",
        "/ws/desks/{desk}",
    }
    assert_references_resolve(document)


def assert_references_resolve(document: Any) -> None:
    def walk(part: Any) -> Iterator[str]:
        if isinstance(part, dict):
            if isinstance(part.get("$ref"), str):
                yield part["$ref"]
            for value in part.values():
                yield from walk(value)
        elif isinstance(part, list):
            for value in part:
                yield from walk(value)

    for reference in set(walk(document)):
        target = document
        assert reference.startswith("#/")
        for name in reference[2:].split("/"):
            target = target[name.replace("~1", "/").replace("~0", "~")]
