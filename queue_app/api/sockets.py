"""Websockets: `/ws/...`, each a stream of whole snapshots."""

from litestar import websocket

from queue_app.domain.errors import QueueError
from queue_app.domain.people import Staff
from queue_app.domain.rights import reach
from queue_app.live import Hub, Topic
from queue_app.queries import reference, tickets
from queue_app.queries.staff import desk as find_desk
from queue_app.web.guards import admit, find_staff, require_same_origin, right
from queue_app.web.sockets import Socket, refuse, stream


@websocket("/ws/branches/{branch:str}/board", opt=right("see_board"))
async def board(socket: Socket, branch: str, hub: Hub) -> None:
    try:
        require_same_origin(socket)
        topic = Topic((await reference.directory()).branch(branch).id, "board")
    except QueueError as error:
        return await refuse(socket, error)
    return await stream(socket, hub, topic)


@websocket("/ws/tickets/{token:str}", opt=right("see_ticket"))
async def ticket(socket: Socket, token: str, hub: Hub) -> None:
    try:
        require_same_origin(socket)
        topic = Topic((await tickets.by_token(token)).branch_id, "ticket", token)
    except QueueError as error:
        return await refuse(socket, error)
    return await stream(socket, hub, topic)


@websocket("/ws/desks/{desk:int}", opt=right("see_desk"))
async def desk(socket: Socket, desk: int, hub: Hub) -> None:
    """For staff of the branch; a clerk sees a colleague's desk without contacts."""
    try:
        require_same_origin(socket)
        who = await admit(socket, "see_desk")
        directory = await reference.directory()
        row = await find_desk(reach(who, directory.branches_ever), desk)
    except QueueError as error:
        return await refuse(socket, error)

    async def still() -> bool:
        return await find_staff(socket) is not None

    viewer = who.id if isinstance(who, Staff) and who.role == "clerk" else None
    return await stream(socket, hub, Topic(row.branch_id, "desk", str(desk), viewer), still)
