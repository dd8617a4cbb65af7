"""The websockets in AsyncAPI form, beside the OpenAPI file; shapes from the same structs."""

from typing import Any

import msgspec
from litestar import get

from queue_app.screens.board import BoardView
from queue_app.screens.desk import DeskQueueView
from queue_app.screens.ticket import TicketView

CHANNELS: tuple[tuple[str, str, type, str], ...] = (
    ("board", "/ws/branches/{branch}/board", BoardView, "The hall board of a branch; anyone."),
    ("ticket", "/ws/tickets/{token}", TicketView, "One's own ticket; whoever has the link."),
    ("desk", "/ws/desks/{desk}", DeskQueueView, "A desk's console; staff of the branch."),
)


@get(
    "/asyncapi.json",
    operation_id="asyncapi",
    summary="The websockets, in AsyncAPI form",
    sync_to_thread=False,
)
def asyncapi() -> dict[str, Any]:
    _, schemas = msgspec.json.schema_components(
        [view for _, _, view, _ in CHANNELS], ref_template="#/components/schemas/{name}"
    )
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "queue-app live",
            "version": "1",
            "description": "Each text frame is a whole snapshot: one at once on connecting, one"
            " after every change, one at least every 10 s. `version` rises; drop an older one."
            " Close codes: 4403 refused, 4404 unknown.",
        },
        "channels": {name: _channel(address, view) for name, address, view, _ in CHANNELS},
        "operations": {
            name: {
                "action": "send",
                "channel": {"$ref": f"#/channels/{name}"},
                "summary": summary,
            }
            for name, _, _, summary in CHANNELS
        },
        "components": {"schemas": schemas},
    }


def _channel(address: str, view: type) -> dict[str, Any]:
    names = [part[1:-1] for part in address.split("/") if part.startswith("{")]
    return {
        "address": address,
        "parameters": {name: {} for name in names},
        "messages": {
            "snapshot": {
                "contentType": "application/json",
                "payload": {"$ref": f"#/components/schemas/{view.__name__}"},
            }
        },
    }
