"""Websockets: `/ws/...`, each a stream of whole snapshots."""

from litestar import websocket

from queue_app.clock import Clock
from queue_app.domain.errors import NotSignedIn, QueueError
from queue_app.flow.calling import reach
from queue_app.live import Hub, Topic
from queue_app.queries import reference, tickets
from queue_app.queries.staff import desk as find_desk
from queue_app.screens.desk import viewer_of
from queue_app.web.guards import find_staff, require_same_origin
from queue_app.web.sockets import Socket, refuse, stream


@websocket("/ws/branches/{branch:str}/board")
async def board(socket: Socket, branch: str, hub: Hub) -> None:
    try:
        require_same_origin(socket)
        topic = Topic((await reference.directory()).branch(branch).id, "board")
    except QueueError as error:
        return await refuse(socket, error)
    return await stream(socket, hub, topic)


@websocket("/ws/tickets/{token:str}")
async def ticket(socket: Socket, token: str, hub: Hub) -> None:
    try:
        require_same_origin(socket)
        topic = Topic((await tickets.by_token(token)).branch_id, "ticket", token)
    except QueueError as error:
        return await refuse(socket, error)
    return await stream(socket, hub, topic)


@websocket("/ws/desks/{desk:int}")
async def desk(socket: Socket, desk: int, hub: Hub, clock: Clock) -> None:
    """For staff of the branch; a clerk sees a colleague's desk without contacts."""
    try:
        require_same_origin(socket)
        staff = await find_staff(socket, clock)
        if staff is None:
            raise NotSignedIn("not_signed_in")
        row = await find_desk(reach(await reference.directory(), staff), desk)
    except QueueError as error:
        return await refuse(socket, error)

    async def still() -> bool:
        return await find_staff(socket, clock) is not None

    viewer = viewer_of(staff)
    return await stream(socket, hub, Topic(row.branch_id, "desk", str(desk), viewer), still)
