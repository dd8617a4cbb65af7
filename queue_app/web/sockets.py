"""Websockets: whole snapshots out, nothing in."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from litestar import WebSocket, websocket
from litestar.di import NamedDependency
from litestar.exceptions import WebSocketDisconnect
from litestar.handlers import WebsocketRouteHandler
from msgspec import Struct

from queue_app.domain.errors import QueueError
from queue_app.domain.people import Actor, Anonymous
from queue_app.live import Hub, Screen, Topic
from queue_app.web.guards import admit, require_same_origin, right

Socket = WebSocket[Any, Any, Any]

REFUSED = 4403
UNKNOWN = 4404
ASK_AGAIN_SECONDS = 20.0
"""How long a socket may outlive its session."""


class Channel(Struct, frozen=True):
    """A screen that is pushed: at which address, and to whom.

    `address`: a route, with its parameters in braces. `topic` reads them from the socket's
    `path_params`; it raises a QueueError where this actor may not watch that very thing.
    """

    address: str
    screen: Screen[Any]
    right: str
    summary: str
    topic: Callable[[Socket, Actor], Awaitable[Topic]]


def websocket_of(channel: Channel) -> WebsocketRouteHandler:
    """The channel's route. It ends with the session or the device by which it was opened."""

    @websocket(channel.address, opt=right(channel.right))
    async def handler(socket: Socket, hub: NamedDependency[Hub]) -> None:
        try:
            require_same_origin(socket)
            who = await admit(socket, channel.right)
            topic = await channel.topic(socket, who)
        except QueueError as error:
            return await refuse(socket, error)
        still = None if isinstance(who, Anonymous) else partial(_is_still, socket, channel.right)
        return await stream(socket, hub, topic, still)

    return handler


async def _is_still(socket: Socket, name: str) -> bool:
    try:
        await admit(socket, name)
    except QueueError:
        return False
    return True


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
