"""The screens that are pushed, `/ws/...`: each a stream of whole snapshots."""

from queue_app.clock import Clock
from queue_app.domain.errors import NotSignedIn
from queue_app.domain.hall import DeskExtra, Hall
from queue_app.domain.tickets import Ticket
from queue_app.flow.calling import reach
from queue_app.flow.promising import Promises
from queue_app.live import Screen, Topic, nothing_more
from queue_app.queries import desks, reference, tickets
from queue_app.queries.staff import desk as find_desk
from queue_app.screens.board import BoardView, board_view
from queue_app.screens.desk import DeskQueueView, desk_view, viewer_of
from queue_app.screens.ticket import TicketView, ticket_view
from queue_app.web.guards import find_staff
from queue_app.web.sockets import Admitted, Channel, Socket


def board() -> Channel:
    async def admit(socket: Socket, _clock: Clock) -> Admitted:
        branch = (await reference.directory()).branch(socket.path_params["branch"])
        return Admitted(Topic(branch.id, "board"))

    def render(hall: Hall, _topic: Topic, _facts: None) -> BoardView:
        return board_view(hall)

    return Channel(
        "/ws/branches/{branch:str}/board",
        Screen("board", BoardView, render, nothing_more),
        "The hall board of a branch; anyone.",
        admit,
    )


def ticket(promises: Promises) -> Channel:
    """Every range of waiting that is shown is noted in `promises`."""

    async def admit(socket: Socket, _clock: Clock) -> Admitted:
        token = socket.path_params["token"]
        return Admitted(Topic((await tickets.by_token(token)).branch_id, "ticket", token))

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
        "One's own ticket; whoever has the link.",
        admit,
    )


def desk() -> Channel:
    """A clerk sees a colleague's desk without contacts. The socket ends with the session."""

    async def admit(socket: Socket, clock: Clock) -> Admitted:
        staff = await find_staff(socket, clock)
        if staff is None:
            raise NotSignedIn("not_signed_in")
        desk_id = socket.path_params["desk"]
        row = await find_desk(reach(await reference.directory(), staff), desk_id)

        async def still() -> bool:
            return await find_staff(socket, clock) is not None

        return Admitted(Topic(row.branch_id, "desk", str(desk_id), viewer_of(staff)), still)

    async def load(hall: Hall, topic: Topic, _last: DeskExtra | None) -> DeskExtra:
        return await desks.extra(hall, int(topic.key))

    def render(hall: Hall, topic: Topic, extra: DeskExtra) -> DeskQueueView:
        return desk_view(hall, int(topic.key), topic.viewer, extra)

    return Channel(
        "/ws/desks/{desk:int}",
        Screen("desk", DeskQueueView, render, load),
        "A desk's console; staff of the branch.",
        admit,
    )
