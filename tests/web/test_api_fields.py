"""API v1 on fields: none is dropped, cut or named otherwise than outside."""

import inspect
import typing

import msgspec
import pytest

from queue_app.api import shapes
from tests.support.people import BRANCH
from tests.web.api import CONTACT, HERE, SERVICE, TUESDAY, Centre, done, refused


async def test_an_unknown_field_is_refused_by_name_with_what_was_meant(centre: Centre) -> None:
    body = {"services": [SERVICE], "priorty": "veteran"}
    problem = refused(
        await centre.post(f"/branches/{BRANCH}/tickets", body, centre.kiosk), 400, "unreadable"
    )
    assert problem["fields"] == [
        {"field": "priorty", "problem": "is unknown; did you mean priority?"}
    ]
    body = {"services": [SERVICE], "starts_at": TUESDAY, "colour": "red"}
    problem = refused(await centre.post(f"/branches/{BRANCH}/appointments", body), 400)
    assert problem["fields"] == [
        {"field": "colour", "problem": "is unknown; known are services, starts_at, channel"}
    ]


async def test_a_missing_field_is_named(centre: Centre) -> None:
    body = {"services": [SERVICE]}
    problem = refused(await centre.post(f"/branches/{BRANCH}/appointments", body), 400)
    assert problem["fields"] == [{"field": "starts_at", "problem": "is missing"}]
    problem = refused(await centre.post(f"/branches/{BRANCH}/appointments"), 400)
    assert [one["field"] for one in problem["fields"]] == ["body"]
    problem = refused(await centre.client.get(f"{HERE}/slots"), 400)
    assert problem["fields"] == [{"field": "service", "problem": "is missing"}]


async def test_a_parameter_is_named_as_it_is_called_outside(centre: Centre) -> None:
    address = f"{HERE}/slots?service={SERVICE}&from=someday&days=0&channel=dove"
    problem = refused(await centre.client.get(address), 400)
    assert {one["field"] for one in problem["fields"]} == {"from", "days", "channel"}


async def test_nothing_of_a_name_or_contact_is_cut(centre: Centre) -> None:
    held = await centre.held()
    path = f"/appointments/{held['token']}/confirmation"
    long = {"name": "Я" * 150}
    problem = refused(await centre.post(path, CONTACT | long), 422, "bad_contact")
    assert problem["fields"] == {"name": "name_too_long"}
    problem = refused(await centre.post(path, CONTACT | {"email": "a" * 300 + "@example.com"}), 400)
    assert problem["fields"][0]["field"] == "email"
    done(await centre.post(path, CONTACT))
    path = f"/appointments/{held['token']}/corrections"
    problem = refused(await centre.post(path, {"name": ""}), 400)
    assert problem["fields"][0]["field"] == "name"
    refused(await centre.post(path, {"name": "  "}), 422, "bad_contact")


def _of_union(kind: object) -> tuple[object, ...]:
    return typing.get_args(kind) if typing.get_origin(kind) is not typing.Annotated else ()


BODIES = [
    one
    for _, one in inspect.getmembers(shapes, inspect.isclass)
    if issubclass(one, shapes.Body) and one is not shapes.Body
]


@pytest.mark.parametrize("body", BODIES, ids=lambda one: one.__name__)
def test_every_text_of_a_body_has_a_length(body: type[msgspec.Struct]) -> None:
    """Language is one of the centre's, whatever its length."""
    lacking = [
        name
        for name, kind in typing.get_type_hints(body, include_extras=True).items()
        if str in (kind, *_of_union(kind)) and name != "language"
    ]
    assert lacking == []
    assert body.__struct_config__.forbid_unknown_fields
