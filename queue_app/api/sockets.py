"""The screens that are pushed, `/ws/...`: each a stream of whole snapshots, or one at a time."""

from collections.abc import Mapping

from msgspec import Struct

from queue_app.domain.at_desk import DeskExtra
from queue_app.domain.errors import NotFound
from queue_app.domain.hall import Hall
from queue_app.domain.numbering import branch_of_token
from queue_app.domain.people import Actor
from queue_app.domain.rights import reach, require
from queue_app.domain.tickets import Ticket
from queue_app.flow.promising import Promises
from queue_app.live.topics import Screen, Topic, nothing_more
from queue_app.queries import desks, reference, tickets
from queue_app.queries.missed_bookings import missed_today
from queue_app.queries.staff import desk as find_desk
from queue_app.queries.together import Together
from queue_app.screens.board import BoardView, board_view
from queue_app.screens.desk import DeskQueueView, desk_view, viewer_of
from queue_app.screens.supervision import SupervisionView, supervision_view
from queue_app.screens.ticket import TicketView, ticket_view
from queue_app.web.boards import admit_to_board
from queue_app.web.guards import Connection
from queue_app.web.sockets import Channel


def board() -> Channel:
    async def topic(asked: Connection, _who: Actor) -> Topic:
        directory = await reference.directory()
        branch = directory.branch(asked.path_params["branch"])
        return Topic(branch.id, "board", directory.epoch)

    def render(hall: Hall, _topic: Topic, _facts: None) -> BoardView:
        return board_view(hall)

    return Channel(
        "/ws/branches/{branch:str}/board",
        Screen("board", BoardView, render, nothing_more),
        "see_board",
        "The hall board of a branch; anyone or, where the centre says so, devices and staff.",
        topic,
        admit_to_board,
    )


class _Own(Struct, frozen=True):
    """A phone's ticket as its row was at this version of the hall."""

    ticket: Ticket
    version: int


def ticket(promises: Promises) -> Channel:
    """Every range of waiting that is shown is noted in `promises`."""
    together = Together(tickets.by_tokens)

    async def topic(asked: Connection, _who: Actor) -> Topic:
        """Whether there is such a ticket is found with its first frame, for all who come."""
        token = asked.path_params["token"]
        directory = await reference.directory()
        branch_id = branch_of_token(token)
        if branch_id not in directory.branches_ever:
            raise NotFound("unknown_link")
        return Topic(branch_id, "ticket", directory.epoch, token)

    async def load(hall: Hall, topics: Mapping[Topic, _Own | None]) -> Mapping[Topic, _Own]:
        """Asked of the database only when the hall has the ticket no more, and has changed."""
        known = {
            topic: own
            for topic, own in topics.items()
            if own and (own.ticket.id in hall.by_id or own.version == hall.version)
        }
        rows = await together.find([topic.key for topic in topics if topic not in known])
        found = known | {
            topic: _Own(rows[topic.key], hall.version)
            for topic in topics
            if topic not in known and topic.key in rows
        }
        for own in found.values():
            promises.note(hall, own.ticket.id)
        return found

    def render(hall: Hall, _topic: Topic, own: _Own) -> TicketView:
        return ticket_view(hall, own.ticket)

    return Channel(
        "/ws/tickets/{token:str}",
        Screen("ticket", TicketView, render, load),
        "see_ticket",
        "One's own ticket; whoever has the link.",
        topic,
    )


def desk() -> Channel:
    """A clerk sees a colleague's desk without contacts. The socket ends with the session."""

    async def topic(asked: Connection, who: Actor) -> Topic:
        desk_id = asked.path_params["desk"]
        directory = await reference.directory()
        row = await find_desk(reach(who, directory.branches_ever), desk_id)
        return Topic(row.branch_id, "desk", directory.epoch, str(desk_id), viewer_of(who))

    async def load(
        hall: Hall, topics: Mapping[Topic, DeskExtra | None]
    ) -> Mapping[Topic, DeskExtra]:
        extras = {key: await desks.extra(hall, int(key)) for key in {one.key for one in topics}}
        return {topic: extras[topic.key] for topic in topics}

    def render(hall: Hall, topic: Topic, extra: DeskExtra) -> DeskQueueView:
        return desk_view(hall, int(topic.key), topic.viewer, extra)

    return Channel(
        "/ws/desks/{desk:int}",
        Screen("desk", DeskQueueView, render, load),
        "see_desk",
        "A desk's console; staff of the branch.",
        topic,
    )


def supervision() -> Channel:
    """The whole branch, for its supervisor; one screen for all who may see it."""

    async def topic(asked: Connection, who: Actor) -> Topic:
        directory = await reference.directory()
        branch = directory.branch(asked.path_params["branch"])
        require("see_supervision", who, branch.id)
        return Topic(branch.id, "supervision", directory.epoch)

    async def load(hall: Hall, topics: Mapping[Topic, int | None]) -> Mapping[Topic, int]:
        return dict.fromkeys(topics, await missed_today(hall))

    def render(hall: Hall, _topic: Topic, missed: int) -> SupervisionView:
        return supervision_view(hall, missed)

    return Channel(
        "/ws/branches/{branch:str}/supervision",
        Screen("supervision", SupervisionView, render, load),
        "see_supervision",
        "A branch live: desks, queue, bookings, what is away; its supervisor.",
        topic,
    )
