"""Websockets: whole snapshots out, nothing in. And the same by GET, where none comes through."""

import asyncio
import contextlib
from asyncio import FIRST_COMPLETED
from collections.abc import Awaitable, Callable
from typing import Any

from litestar import Request, Response, WebSocket, get, websocket
from litestar.di import NamedDependency
from litestar.enums import MediaType
from litestar.exceptions import WebSocketDisconnect
from litestar.handlers import HTTPRouteHandler, WebsocketRouteHandler
from litestar.status_codes import HTTP_204_NO_CONTENT
from msgspec import Struct

from queue_app.domain.errors import NotSignedIn, QueueError
from queue_app.domain.people import Actor, Anonymous
from queue_app.live.hub import Hub
from queue_app.live.topics import Screen, Subscription, Topic
from queue_app.store.db import OUTAGES
from queue_app.store.outages import Outage
from queue_app.web.guards import Connection, admit, require_same_origin, right, who_asks
from queue_app.web.stream import Stream, stream_of

Socket = WebSocket[Any, Any, Any]

REFUSED = 4403
UNKNOWN = 4404
TRY_AGAIN = 1013
ASK_AGAIN_SECONDS = 20.0
"""How long a socket may outlive a session whose end nobody says: one whose hours are over."""
AGAIN_SECONDS = 0.05
"""Before somebody is admitted anew: two servers that answer in turn keep nobody busy."""


class Channel(Struct, frozen=True):
    """A screen that is pushed: at which address, and to whom.

    `address`: a route, with its parameters in braces. `topic` reads them from the `path_params`
    of a socket or request; it raises a QueueError where this actor may not watch that very thing.
    """

    address: str
    screen: Screen[Any]
    right: str
    summary: str
    topic: Callable[[Connection, Actor], Awaitable[Topic]]
    gate: Callable[[Connection], Awaitable[Actor]] | None = None
    """Who asks, where a rule of the centre says who may: it raises what `admit` raises, and whoever
    may watch now is asked again when the rule changes. None: the row of `right` says it all."""

    async def admit(self, asked: Connection) -> Actor:
        """Who asks, if they may watch at all."""
        return await (self.gate(asked) if self.gate else admit(asked, self.right))

    @property
    def asked_at(self) -> str:
        """Where the same snapshots are asked for one by one."""
        return self.address.replace("/ws/", "/api/v1/live/", 1)


def websocket_of(channel: Channel) -> WebsocketRouteHandler:
    """The channel's route. It ends with the session or the device by which it was opened."""

    @websocket(channel.address, opt=right(channel.right))
    async def handler(socket: Socket, hub: NamedDependency[Hub]) -> None:
        stream = stream_of(socket.scope)
        await socket.accept()
        try:
            while not stream.gone.done():
                await _follow(socket, hub, channel, stream)
        except QueueError as error:  # a code by which the page can tell why, and stop asking
            code = UNKNOWN if error.status == 404 else REFUSED
            await _close(socket, code, error.code)
        except OUTAGES:
            await _close(socket, TRY_AGAIN, "unavailable")
        except (WebSocketDisconnect, OSError):
            pass

    return handler


async def _follow(socket: Socket, hub: Hub, channel: Channel, stream: Stream) -> None:
    """Admit whoever asks, and have their topic's frames written until they have gone, may not
    watch any more, or are to be admitted anew, as the database has begun another epoch."""
    require_same_origin(socket)
    who = await channel.admit(socket)
    topic = await channel.topic(socket, who)
    if isinstance(who, Anonymous) and not channel.gate:
        async with hub.subscribe(topic, stream.push) as subscription:
            await asyncio.wait((stream.gone, subscription.over), return_when=FIRST_COMPLETED)
    else:
        async with hub.subscribe(topic, stream.push, who.actor) as subscription:
            again = None if isinstance(who, Anonymous) else ASK_AGAIN_SECONDS
            await _while_admitted(socket, channel, stream, subscription, who, again)
    if subscription.over.done():
        await asyncio.sleep(AGAIN_SECONDS)


async def _while_admitted(
    socket: Socket,
    channel: Channel,
    stream: Stream,
    subscription: Subscription,
    who: Actor,
    again: float | None,
) -> None:
    """Asked every `again` seconds, if at all, and at once when it is said that this actor may see
    less from now on."""
    while not (stream.gone.done() or subscription.over.done()):
        doubted = asyncio.create_task(subscription.doubted.wait())
        ends = (stream.gone, subscription.over, doubted)
        try:
            done, _ = await asyncio.wait(ends, timeout=again, return_when=FIRST_COMPLETED)
        finally:
            doubted.cancel()
        if not done or doubted in done:
            subscription.doubted.clear()
            await _ask_again(socket, channel, who)


async def _ask_again(socket: Socket, channel: Channel, who: Actor) -> None:
    """NotSignedIn once the session or the device is no more, also where anybody may watch: a page
    that was a device's is to find out that it is none."""
    try:
        if (await channel.admit(socket)).actor != who.actor:
            raise NotSignedIn("not_signed_in")
    except OUTAGES:
        pass  # nobody is shown anything new meanwhile
    except QueueError as error:
        raise NotSignedIn("not_signed_in") from error


async def _close(socket: Socket, code: int, reason: str) -> None:
    with contextlib.suppress(WebSocketDisconnect, OSError):
        await socket.close(code=code, reason=reason)


def snapshot_of(channel: Channel) -> HTTPRouteHandler:
    """The route that gives the channel's snapshot once, to whom the socket would be opened; 204
    where `version` and `epoch` say that they have it."""

    @get(channel.asked_at, opt=right(channel.right), include_in_schema=False)
    async def handler(
        request: Request[Any, Any, Any],
        hub: NamedDependency[Hub],
        version: int | None = None,
        epoch: str = "",
    ) -> Response[bytes]:
        who = await channel.admit(request) if channel.gate else who_asks(request)
        topic = await channel.topic(request, who)
        known = None if version is None else (version, epoch)
        seen = await hub.look(topic, known)
        if seen is None:
            raise Outage("another epoch began", passing=True, unsure=False)
        if seen.text is None:
            return Response(b"", status_code=HTTP_204_NO_CONTENT)
        return Response(seen.text, media_type=MediaType.JSON)

    return handler
