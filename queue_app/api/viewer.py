"""The API as a page: the OpenAPI document, readable without scripts and without a network."""

from collections.abc import Iterator, Mapping
from typing import Any

from litestar import Request, Response, get
from msgspec import Struct

from queue_app.api.description import Document, described
from queue_app.texts.words import N_
from queue_app.web.guards import right
from queue_app.web.templating import render

METHODS = ("get", "post", "delete")
PARTS: tuple[tuple[str, frozenset[str]], ...] = (
    (N_("Anyone"), frozenset()),
    (N_("Kiosks and boards"), frozenset({"device"})),
    (N_("Staff"), frozenset({"session"})),
)
"""The chapters of the page, and which way in each is for."""


class Named(Struct, frozen=True):
    """A parameter or a field; `kind`: what it may be, `ref`: the shape that says more."""

    name: str
    kind: str
    place: str = ""
    required: bool = False
    said: str = ""
    ref: str | None = None


class Answer(Struct, frozen=True):
    status: str
    said: str
    ref: str | None
    kind: str = ""


class Operation(Struct, frozen=True):
    name: str
    method: str
    path: str
    summary: str
    said: str
    way: str
    parameters: tuple[Named, ...]
    body: tuple[Named, ...]
    answers: tuple[Answer, ...]


class Shape(Struct, frozen=True):
    name: str
    said: str
    fields: tuple[Named, ...]


@get("/api", include_in_schema=False, opt=right("see_page"))
async def api_page(request: Request[Any, Any, Any]) -> Response[str]:
    """Whoever writes a program against the API reads here what it takes and gives."""
    document = described(request.app)
    operations = list(_operations(document))
    return render(
        request,
        "api/api.html",
        document=document,
        chapters=[
            (title, [one for one in operations if one.way == (next(iter(ways), ""))])
            for title, ways in PARTS
        ],
        shapes=list(_shapes(document)),
    )


def _operations(document: Document) -> Iterator[Operation]:
    for path, methods in document["paths"].items():
        for method in METHODS:
            if method in methods:
                yield _operation(document, path, method, methods[method])


def _operation(document: Document, path: str, method: str, one: Document) -> Operation:
    ways = [name for way in one["security"] for name in way]
    return Operation(
        name=one["operationId"],
        method=method.upper(),
        path=path,
        summary=one["summary"],
        said=one.get("description", ""),
        way=next((way for way in ("session", "device") if way in ways), ""),
        parameters=tuple(
            Named(
                name=each["name"],
                kind=kind_of(each["schema"]),
                place=each["in"],
                required=each.get("required", False),
                said=each.get("description", ""),
                ref=_ref(each["schema"]),
            )
            for each in one.get("parameters", ())
        ),
        body=tuple(_body(document, one)),
        answers=tuple(_answers(document, one)),
    )


def _body(document: Document, one: Document) -> Iterator[Named]:
    content = one.get("requestBody", {}).get("content", {})
    for said in content.values():
        name = _ref(said["schema"])
        yield from _fields(document["components"]["schemas"][name] if name else said["schema"])


def _answers(document: Document, one: Document) -> Iterator[Answer]:
    for status, answer in sorted(one["responses"].items()):
        said = _resolved(document, answer)
        schemas = [each["schema"] for each in said.get("content", {}).values()]
        schema = schemas[0] if schemas else {}
        yield Answer(status, said["description"], _ref(schema), kind_of(schema) if schema else "")


def _resolved(document: Document, part: Document) -> Document:
    if "$ref" not in part:
        return part
    found: Document = document
    for name in part["$ref"].removeprefix("#/").split("/"):
        found = found[name]
    return found


def _shapes(document: Document) -> Iterator[Shape]:
    for name, schema in sorted(document["components"]["schemas"].items()):
        yield Shape(name, schema.get("description", ""), tuple(_fields(schema)))


def _fields(schema: Document) -> Iterator[Named]:
    needed = schema.get("required", ())
    for name, one in schema.get("properties", {}).items():
        yield Named(
            name=name,
            kind=kind_of(one),
            required=name in needed,
            said=one.get("description", ""),
            ref=_ref(one),
        )


def kind_of(schema: Mapping[str, Any]) -> str:
    """What a value may be, in words of JSON: "string, up to 80 characters"."""
    if "$ref" in schema:
        return _name(schema)
    for key in ("oneOf", "anyOf"):
        if key in schema:
            return " or ".join(dict.fromkeys(map(kind_of, schema[key])))
    if "enum" in schema:
        values = [str(one) for one in schema["enum"]]
        said = " | ".join(values[:12]) + (" | …" if len(values) > 12 else "")
        return ", ".join([said, *_bounds(schema)])
    return ", ".join([_plain_kind(schema), *_bounds(schema)])


def _plain_kind(schema: Mapping[str, Any]) -> str:
    kinds = schema.get("type", "anything")
    if kinds == "array":
        return f"list of ({kind_of(schema.get('items', {}))})"
    said = kinds if isinstance(kinds, str) else " or ".join(kinds)
    return f"{said} ({schema['format']})" if "format" in schema else str(said)


def _bounds(schema: Mapping[str, Any]) -> Iterator[str]:
    least, most = schema.get("minimum"), schema.get("maximum")
    if least is not None and most is not None:
        yield f"{least} to {most}"
    if "minLength" in schema:
        yield f"at least {schema['minLength']} characters"
    if "maxLength" in schema:
        yield f"up to {schema['maxLength']} characters"
    if "maxItems" in schema:
        yield f"up to {schema['maxItems']}"
    if schema.get("default") is not None:
        yield f"otherwise {schema['default']}" if schema["default"] not in ("", []) else "or empty"


def _ref(schema: Mapping[str, Any]) -> str | None:
    """The shape that it is, or that its entries are."""
    if "$ref" in schema:
        return _name(schema)
    parts = [schema.get("items"), *schema.get("oneOf", ()), *schema.get("anyOf", ())]
    return next((found for part in parts if part and (found := _ref(part))), None)


def _name(schema: Mapping[str, Any]) -> str:
    return str(schema["$ref"]).rpartition("/")[2]
