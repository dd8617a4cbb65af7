"""A screen's connection, as the server's protocol hands it to the application in a scope.

ASGI has a coroutine for every message. A thousand screens get the same bytes at once, so whoever
has them writes them to each connection: a call of a function, no task, and no copy.
"""

import asyncio
from collections.abc import Mapping
from typing import Any, Protocol, cast

EXTENSION = "queue_app.stream"
"""Under which name the extensions of a websocket's scope have it."""


class Stream(Protocol):
    """One websocket that was accepted."""

    gone: "asyncio.Future[None]"
    """Done once nobody reads any more."""

    def push(self, frame: bytes) -> None:
        """Write a whole frame, or keep it for whoever reads slowly until a newer one comes."""


def stream_of(scope: Mapping[str, Any]) -> Stream:
    """KeyError behind another protocol than `queue_app/web/protocol.py`."""
    return cast(Stream, scope["extensions"][EXTENSION])
