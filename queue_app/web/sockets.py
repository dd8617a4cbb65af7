"""Websockets: whole snapshots out, nothing in."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

from litestar import WebSocket, websocket
from litestar.di import NamedDependency
from litestar.exceptions import WebSocketDisconnect
from litestar.handlers import WebsocketRouteHandler
from msgspec import Struct

from queue_app.clock import Clock
from queue_app.domain.errors import QueueError
from queue_app.live import Hub, Screen, Topic
from queue_app.web.guards import require_same_origin

Socket = WebSocket[Any, Any, Any]

REFUSED = 4403
UNKNOWN = 4404
ASK_AGAIN_SECONDS = 20.0
"""How long a socket may outlive its session."""


class Admitted(Struct, frozen=True):
    """What a socket may watch. `still`: whether it may go on; None where that never ends."""

    topic: Topic
    still: Callable[[], Awaitable[bool]] | None = None


class Channel(Struct, frozen=True):
    """A screen that is pushed: at which address, and to whom.

    `address`: a route, with its parameters in braces. `admit` reads them from the socket's
    `path_params`; it raises a QueueError if the connection may not watch.
    """

    address: str
    screen: Screen[Any]
    summary: str
    admit: Callable[[Socket, Clock], Awaitable[Admitted]]


def websocket_of(channel: Channel) -> WebsocketRouteHandler:
    """The channel's route."""

    @websocket(channel.address)
    async def handler(
        socket: Socket, hub: NamedDependency[Hub], clock: NamedDependency[Clock]
    ) -> None:
        try:
            require_same_origin(socket)
            admitted = await channel.admit(socket, clock)
        except QueueError as error:
            return await refuse(socket, error)
        return await stream(socket, hub, admitted.topic, admitted.still)

    return handler


async def refuse(socket: Socket, error: QueueError) -> None:
    """Accept and close with a code, so that the page can tell why and stop asking."""
    await socket.accept()
    await socket.close(code=UNKNOWN if error.status == 404 else REFUSED, reason=error.code)


async def stream(
    socket: Socket, hub: Hub, topic: Topic, still: Callable[[], Awaitable[bool]] | None = None
) -> None:
    """Send the topic's frames until the other side has gone or `still` says no.

    A hall has a thousand screens and more, so each frame costs one wake-up and one write.
    """
    await socket.accept()
    gone = asyncio.create_task(_until_gone(socket))
    asked = time.monotonic()
    try:
        async with hub.subscribe(topic) as subscription:
            gone.add_done_callback(lambda _: subscription.end())
            while (frame := await subscription.next()) is not None:
                if still and time.monotonic() - asked > ASK_AGAIN_SECONDS:
                    asked = time.monotonic()
                    if not await still():
                        await socket.close(code=REFUSED, reason="not_signed_in")
                        return
                await socket.send({"type": "websocket.send", "text": frame, "bytes": None})
    except (WebSocketDisconnect, OSError):
        pass
    finally:
        gone.cancel()


async def _until_gone(socket: Socket) -> None:
    while True:
        message = await socket.receive()
        if message["type"] == "websocket.disconnect":
            return
