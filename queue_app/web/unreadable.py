"""Which fields of a request cannot be read and why, by the names that they have outside."""

import re
from collections.abc import Iterator
from typing import Any

import msgspec
from litestar import Request
from litestar.exceptions import HTTPException, ValidationException

from queue_app.domain.spelling import nearest

_UNKNOWN = re.compile(r"Object contains unknown field `(.*)`", re.DOTALL)
_MISSING = re.compile(r"Object missing required field `(.*)`", re.DOTALL)
_NOT_GIVEN = re.compile(r"Missing required \w+ parameter '([^']+)'")
BODY = "body"
"""Named where it is the whole body that is none."""


def unreadable_fields(request: Request[Any, Any, Any], error: HTTPException) -> dict[str, Any]:
    """The `fields` of the problem, where the framework says which."""
    if not isinstance(error, ValidationException):
        return {}
    if not_given := _NOT_GIVEN.search(error.detail):
        return {"fields": [{"field": not_given[1], "problem": "is missing"}]}
    if not isinstance(error.extra, list):
        return {}
    parameters = request.route_handler.parsed_fn_signature.parameters
    return {
        "fields": [
            _field(parameters, str(item.get("key", "")), str(item.get("message", "")))
            for item in error.extra
            if isinstance(item, dict)
        ]
    }


def _field(parameters: Any, key: str, message: str) -> dict[str, str]:
    place = "" if key == "data" else _outside(parameters, key)
    if unknown := _UNKNOWN.match(message):
        known = list(_names(parameters["data"].annotation)) if "data" in parameters else []
        problem = "is unknown"
        if meant := nearest(unknown[1], known):
            problem += f"; did you mean {meant}?"
        elif known:
            problem += f"; known are {', '.join(known)}"
        return {"field": _below(place, unknown[1]), "problem": problem}
    if missing := _MISSING.match(message):
        return {"field": _below(place, missing[1]), "problem": "is missing"}
    return {"field": place or BODY, "problem": message}


def _below(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name


def _outside(parameters: Any, key: str) -> str:
    """`from` for the parameter that is called `from_` inside."""
    first, dot, rest = key.partition(".")
    known = parameters.get(first)
    definition = getattr(known, "kwarg_definition", None)
    alias = getattr(definition, "name", None) or getattr(definition, "query", None)
    return f"{alias or first}{dot}{rest}"


def _names(shape: Any) -> Iterator[str]:
    """The fields of a struct, or of those in a union."""
    for one in getattr(shape, "__args__", (shape,)):
        if isinstance(one, type) and issubclass(one, msgspec.Struct):
            yield from one.__struct_encode_fields__
