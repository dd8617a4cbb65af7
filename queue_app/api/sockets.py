"""The screens that are pushed, `/ws/...`: each a stream of whole snapshots."""

from queue_app.domain.hall import DeskExtra, Hall
from queue_app.domain.people import Actor
from queue_app.domain.rights import reach, require
from queue_app.domain.tickets import Ticket
from queue_app.flow.promising import Promises
from queue_app.live import Screen, Topic, nothing_more
from queue_app.queries import desks, reference, tickets
from queue_app.queries.staff import desk as find_desk
from queue_app.screens.board import BoardView, board_view
from queue_app.screens.desk import DeskQueueView, desk_view, viewer_of
from queue_app.screens.ticket import TicketView, ticket_view
from queue_app.web.sockets import Channel, Socket


def board() -> Channel:
    async def topic(socket: Socket, who: Actor) -> Topic:
        branch = (await reference.directory()).branch(socket.path_params["branch"])
        require("see_board", who, branch.id)
        return Topic(branch.id, "board")

    def render(hall: Hall, _topic: Topic, _facts: None) -> BoardView:
        return board_view(hall)

    return Channel(
        "/ws/branches/{branch:str}/board",
        Screen("board", BoardView, render, nothing_more),
        "see_board",
        "The hall board of a branch; anyone.",
        topic,
    )


def ticket(promises: Promises) -> Channel:
    """Every range of waiting that is shown is noted in `promises`."""

    async def topic(socket: Socket, _who: Actor) -> Topic:
        token = socket.path_params["token"]
        return Topic((await tickets.by_token(token)).branch_id, "ticket", token)

    async def load(hall: Hall, topic: Topic, last: Ticket | None) -> Ticket:
        """Asked of the database only when the hall has the ticket no more."""
        own = last if last and last.id in hall.by_id else await tickets.by_token(topic.key)
        promises.note(hall, own.id)
        return own

    def render(hall: Hall, _topic: Topic, own: Ticket) -> TicketView:
        return ticket_view(hall, own)

    return Channel(
        "/ws/tickets/{token:str}",
        Screen("ticket", TicketView, render, load),
        "see_ticket",
        "One's own ticket; whoever has the link.",
        topic,
    )


def desk() -> Channel:
    """A clerk sees a colleague's desk without contacts. The socket ends with the session."""

    async def topic(socket: Socket, who: Actor) -> Topic:
        desk_id = socket.path_params["desk"]
        branches = (await reference.directory()).branches_ever
        row = await find_desk(reach(who, branches), desk_id)
        return Topic(row.branch_id, "desk", str(desk_id), viewer_of(who))

    async def load(hall: Hall, topic: Topic, _last: DeskExtra | None) -> DeskExtra:
        return await desks.extra(hall, int(topic.key))

    def render(hall: Hall, topic: Topic, extra: DeskExtra) -> DeskQueueView:
        return desk_view(hall, int(topic.key), topic.viewer, extra)

    return Channel(
        "/ws/desks/{desk:int}",
        Screen("desk", DeskQueueView, render, load),
        "see_desk",
        "A desk's console; staff of the branch.",
        topic,
    )
