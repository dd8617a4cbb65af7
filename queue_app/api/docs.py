"""The websockets in AsyncAPI form, beside the OpenAPI file; shapes from the same structs.

Both describe a text as it is sent: an object of languages.
"""

import re
from collections.abc import Sequence
from datetime import time
from typing import Any

import msgspec
from litestar import get
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.spec import OpenAPIType, Schema
from litestar.plugins import OpenAPISchemaPlugin
from litestar.typing import FieldDefinition

from queue_app.domain.catalogue import Text
from queue_app.web.guards import right
from queue_app.web.sockets import Channel

TEXT = "A text by language, in the centre's languages."
WALL_CLOCK = r"^([01]\d|2[0-3]):[0-5]\d:[0-5]\d$"
LOCAL = "A time of day in the centre's time zone, such as 08:00:00."


class TextSchema(OpenAPISchemaPlugin):
    """How the OpenAPI file describes a `Text`."""

    @staticmethod
    def is_plugin_supported_type(value: Any) -> bool:
        return value is Text

    def to_openapi_schema(
        self,
        field_definition: FieldDefinition,  # noqa: ARG002
        schema_creator: Any,  # noqa: ARG002
    ) -> Schema:
        said = Schema(type=OpenAPIType.STRING)
        return Schema(type=OpenAPIType.OBJECT, additional_properties=said, description=TEXT)


class WallClockSchema(OpenAPISchemaPlugin):
    """How the OpenAPI file describes a `time`: local hours, which no format of JSON Schema has."""

    @staticmethod
    def is_plugin_supported_type(value: Any) -> bool:
        return value is time

    def to_openapi_schema(
        self,
        field_definition: FieldDefinition,  # noqa: ARG002
        schema_creator: Any,  # noqa: ARG002
    ) -> Schema:
        return Schema(type=OpenAPIType.STRING, pattern=WALL_CLOCK, description=LOCAL)


def schema_of_text(wanted: type) -> dict[str, Any]:
    if wanted is not Text:
        raise NotImplementedError(wanted)
    return {"type": "object", "additionalProperties": {"type": "string"}, "description": TEXT}


def asyncapi(channels: Sequence[Channel]) -> HTTPRouteHandler:
    """The route of the document that describes these channels."""

    @get(
        "/api/v1/asyncapi.json",
        operation_id="asyncapi",
        opt=right("see_page"),
        summary="The websockets, in AsyncAPI form",
        sync_to_thread=False,
    )
    def handler() -> dict[str, Any]:
        return document(channels)

    return handler


def document(channels: Sequence[Channel]) -> dict[str, Any]:
    _, schemas = msgspec.json.schema_components(
        [one.screen.view for one in channels],
        schema_hook=schema_of_text,
        ref_template="#/components/schemas/{name}",
    )
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "queue-app live",
            "version": "1",
            "description": "Each text frame is a whole snapshot: one at once on connecting, one"
            " after every change, one at least every 10 s. `version` rises within an `epoch`: drop"
            " an older one. Another `epoch` (a backup was restored, another server took over)"
            " counts anew: believe it, whatever its version. Close codes: 4403 refused, 4404"
            " unknown, 1013 ask again. Where no websocket comes through, GET the address with"
            " /api/v1/live/ in place of /ws/: the same snapshot, or 204 where `version` and `epoch`"
            " in the query are those of the last one.",
        },
        "channels": {one.screen.kind: _channel(one) for one in channels},
        "operations": {
            one.screen.kind: {
                "action": "send",
                "channel": {"$ref": f"#/channels/{one.screen.kind}"},
                "summary": one.summary,
            }
            for one in channels
        },
        "components": {"schemas": schemas},
    }


def _channel(channel: Channel) -> dict[str, Any]:
    address = re.sub(r":\w+}", "}", channel.address)
    names = re.findall(r"{(\w+)}", address)
    return {
        "address": address,
        "parameters": {name: {} for name in names},
        "messages": {
            "snapshot": {
                "contentType": "application/json",
                "payload": {"$ref": f"#/components/schemas/{channel.screen.view.__name__}"},
            }
        },
    }
