"""The OpenAPI document as it is true: who may ask, what may be answered, how bodies are bounded.

What the framework derives from the handlers is kept; what it cannot know stands in tables that are
asked anyway: the rights, the limits, the shapes of bodies, the codes of refusals.
"""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

import msgspec
from litestar import Litestar, Request
from litestar.enums import ScopeType
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.routes import HTTPRoute

from queue_app.api import shapes
from queue_app.api.docs import schema_of_text
from queue_app.domain.rights import DEVICES, RIGHTS, STAFF
from queue_app.web.limits import LIMITS
from queue_app.web.sentences import CODES_BY_STATUS, SENTENCES

Document = dict[str, Any]
PROBLEM = "application/problem+json"
SCHEMES: Document = {
    "session": {
        "type": "http",
        "scheme": "bearer",
        "description": "Staff: the token that POST /api/v1/sessions gives.",
    },
    "sessionCookie": {
        "type": "apiKey",
        "in": "cookie",
        "name": "session",
        "description": "Staff on our own pages; never for a request of another site's.",
    },
    "device": {
        "type": "http",
        "scheme": "bearer",
        "description": "A kiosk, board, panel, printer or voice: the token that a pairing gives, or"
        " that `queue-app device add` prints.",
    },
    "deviceCookie": {
        "type": "apiKey",
        "in": "cookie",
        "name": "device",
        "description": "A device on our own pages; never for a request of another site's.",
    },
}
_SAID: Mapping[int, str] = {
    400: "What was sent cannot be read; `fields` says where",
    401: "Nobody is signed in, or the token is nobody's",
    403: "Whoever asks may not do this here",
    404: "There is no such thing, or no such link",
    409: "Somebody was first, or the state of the thing forbids it",
    413: "Too much was sent",
    422: "A rule of the centre forbids it",
    429: "Asked too often; Retry-After says when to ask again",
    500: "A fault of ours; `reference` finds it in the log",
    503: "The database is away, or too many are asking; Retry-After says when to ask again",
}
_RETRIED = (429, 503)
IDEMPOTENT: Document = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "A UUID of your own. Asked again with it, the same is answered and nothing is"
    " done twice.",
    "schema": {"type": "string", "format": "uuid"},
}
SECRETS = frozenset({"begin_session", "end_session", "ask_code", "try_code", "ask_pairing"})
"""What gives or takes a secret keeps no answer, so a key does nothing there."""


class TruthPlugin(JsonRenderPlugin):
    """Gives the document away as JSON."""

    def render(self, request: Request[Any, Any, Any], openapi_schema: Document) -> bytes:  # noqa: ARG002
        return msgspec.json.encode(described(request.app))


def described(app: Litestar) -> Document:
    """The document of this application, made once."""
    if "described" not in app.state:
        app.state["described"] = _describe(app)
    document: Document = app.state["described"]
    return document


def _describe(app: Litestar) -> Document:
    document = deepcopy(app.openapi_schema.to_schema())
    document["servers"] = [{"url": "/", "description": "This server"}]
    components = document.setdefault("components", {})
    components["securitySchemes"] = SCHEMES
    bodies = _bodies()
    for name, body in bodies.items():
        _with_formats(body, components["schemas"].get(name, {}))
    components["schemas"] |= bodies | {"Problem": _problem()}
    components["responses"] = {f"Problem{status}": _refusal(status) for status in _SAID}
    for path, method, handler in _handlers(app):
        if method in document["paths"].get(path, {}):
            _complete(document["paths"][path][method], method, handler)
    return _plain(document)  # type: ignore[no-any-return]


def _handlers(app: Litestar) -> Iterator[tuple[str, str, HTTPRouteHandler]]:
    for route in app.routes:
        if isinstance(route, HTTPRoute) and route.scope_type == ScopeType.HTTP:
            for handler in route.route_handlers:
                for method in handler.http_methods:
                    yield route.path_format, str(method).lower(), handler


def _complete(operation: Document, method: str, handler: HTTPRouteHandler) -> None:
    right, limit = handler.opt["right"], handler.opt.get("limit")
    parties = RIGHTS[right]
    operation["security"] = _security(right, parties.keys())
    operation.setdefault("summary", operation["operationId"])
    for parameter in operation.get("parameters", ()):
        parameter["schema"] = _without_null(parameter["schema"])
        parameter.pop("deprecated", None)
    if method == "post" and right not in SECRETS:
        operation.setdefault("parameters", []).append(IDEMPOTENT)
    if body := operation.get("requestBody"):
        content = body["content"]["application/json"]
        asked = _without_null(content["schema"])
        body["required"], content["schema"] = asked == content["schema"], asked
    responses = operation["responses"]
    responses.pop("400", None)
    _successes(responses)
    statuses = _statuses(operation, method, parties.keys(), limit)
    if right == "begin_session":
        statuses |= {401}
    if limit:
        most = LIMITS[limit]
        operation["description"] = (
            f"At most {most.of_browser} times a minute from one browser, and {most.of_address} from"
            " one address."
        )
    for status in sorted(statuses):
        responses[str(status)] = {"$ref": f"#/components/responses/Problem{status}"}


def _security(right: str, parties: Any) -> list[Document]:
    """Of several, one is enough; an empty one: it needs none."""
    if right == "end_session":
        return [{"session": []}, {"sessionCookie": []}, {}]
    if "anyone" in parties:
        return []
    ways = []
    if not set(STAFF).isdisjoint(parties):
        ways += ["session", "sessionCookie"]
    if not set(DEVICES).isdisjoint(parties):
        ways += ["device", "deviceCookie"]
    return [{way: []} for way in ways]


def _statuses(operation: Document, method: str, parties: Any, limit: str | None) -> set[int]:
    statuses = {400, 404, 500, 503}
    if "anyone" not in parties:
        statuses |= {401, 403}
    if method != "get":
        statuses |= {403, 429}
    if method == "post":
        statuses |= {409, 422}
    if operation.get("parameters"):
        statuses |= {422}
    if operation.get("requestBody"):
        statuses |= {413}
    return statuses | ({429} if limit else set())


def _successes(responses: Document) -> None:
    """An answer without a body is one of its own status, not one of null."""
    for status, response in list(responses.items()):
        said = response.get("content", {}).get("application/json")
        if said is None:
            continue
        schema = _without_null(said["schema"])
        if schema == {"type": "null"}:
            del response["content"]
        elif schema != said["schema"]:
            said["schema"] = schema
            responses["204"] = {"description": "There is nobody"}
        response["description"] = {"201": "Created", "202": "Accepted"}.get(status, "Done")
        response.pop("headers", None)


def _refusal(status: int) -> Document:
    headers: Document = {
        "Content-Language": {"schema": {"type": "string"}, "description": "Of title and detail"}
    }
    if status in _RETRIED:
        headers["Retry-After"] = {"schema": {"type": "integer"}, "description": "Seconds"}
    if status == 401:
        headers["WWW-Authenticate"] = {"schema": {"type": "string"}}
    return {
        "description": _SAID[status],
        "headers": headers,
        "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }


def _problem() -> Document:
    codes = sorted({*SENTENCES, *CODES_BY_STATUS.values()})
    return {
        "type": "object",
        "title": "Problem",
        "description": "A refusal as RFC 9457 has it. `title` and `detail` are in the language of"
        " the request; `code` is stable. Some codes bring facts of their own beside these.",
        "required": ["type", "title", "status", "detail", "code", "instance"],
        "properties": {
            "type": {"type": "string", "examples": ["urn:queue-app:problem:slot_taken"]},
            "title": {"type": "string"},
            "status": {"type": "integer", "minimum": 400, "maximum": 599},
            "detail": {"type": "string"},
            "code": {"type": "string", "enum": codes},
            "instance": {"type": "string"},
            "fields": {
                "description": "What is wrong with which field: a list for what cannot be read,"
                " else a code by field",
                "anyOf": [
                    {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "required": ["field", "problem"],
                            "properties": {
                                "field": {"type": "string"},
                                "problem": {"type": "string"},
                            },
                        },
                    },
                    {"type": "object", "additionalProperties": {"type": "string"}},
                ],
            },
        },
        "additionalProperties": True,
    }


def _bodies() -> Document:
    """The bodies of requests with their bounds, which the framework leaves out."""
    _, schemas = msgspec.json.schema_components(
        _asked_of(shapes.Body),
        schema_hook=schema_of_text,
        ref_template="#/components/schemas/{name}",
    )
    return schemas


def _asked_of(kind: type[shapes.Body]) -> list[type[shapes.Body]]:
    """All shapes of bodies, wherever they stand."""
    below = kind.__subclasses__()
    return below + [one for each in below for one in _asked_of(each)]


def _with_formats(body: Document, derived: Document) -> None:
    """A moment without its zone has no format by the one, and is a date-time by the other."""
    for name, field in body.get("properties", {}).items():
        known = derived.get("properties", {}).get(name, {})
        if field.get("type") == "string" and "format" in known:
            field.setdefault("format", known["format"])


def _without_null(schema: Document) -> Document:
    """What is left out is not sent as null."""
    for key in ("oneOf", "anyOf"):
        if key in schema:
            kept = [one for one in schema[key] if one != {"type": "null"}]
            rest = {name: value for name, value in schema.items() if name != key}
            return rest | kept[0] if len(kept) == 1 else rest | {key: kept}
    return schema


def _plain(part: Any) -> Any:
    """As JSON has it, whole numbers without a fraction."""
    if isinstance(part, dict):
        return {str(key): _plain(value) for key, value in part.items()}
    if isinstance(part, list | tuple):
        return [_plain(one) for one in part]
    return int(part) if isinstance(part, float) and part.is_integer() else part
