"""A ticket that nobody took, to look at what the centre's files make of it."""

from datetime import UTC, date, datetime

import msgspec
from msgspec.structs import replace

from queue_app.delivery.paper.document import TicketDocument, ticket_document
from queue_app.delivery.samples import directory_of
from queue_app.domain.catalogue import Language
from queue_app.domain.centre import Centre
from queue_app.domain.directory import Desk
from queue_app.domain.habits import Habits
from queue_app.domain.hall import Hall, HallTicket
from queue_app.domain.ranges import Forecasts
from queue_app.domain.tickets import Progress, Ticket
from queue_app.domain.told_range import Wait

DAY = date(2026, 11, 24)
"""A Tuesday."""
TOLD = Wait(4, 15, 25)


def sample_ticket(
    centre: Centre, language: Language, public_url: str, reprint: bool = False
) -> TicketDocument:
    """Taken at 10:20 for the first service that has most to be brought, with four people ahead."""
    directory = directory_of(centre)
    desk = Desk(1, "1", (), frozenset(directory.services), {})
    branch = replace(next(iter(directory.branches.values())), desks=(desk,))
    visits = [one for one in centre.services if "visit" in one.channels]
    service = max(visits or centre.services, key=lambda one: len(one.bring))
    at = datetime(DAY.year, DAY.month, DAY.day, 10, 20, tzinfo=directory.zone).astimezone(UTC)
    people = tuple(
        HallTicket(
            id=number,
            number=f"{centre.rules.walk_in_prefix}{number}",
            channel="visit",
            priority=None,
            language=language,
            appointment_id=None,
            due_at=None,
            issued_at=at,
            revision=1,
            state="waiting",
            services=(service.code,),
            queued_at=at,
            for_desk_id=None,
            desk_id=None,
            called_at=None,
            calls=0,
            started_at=None,
            ended_at=None,
        )
        for number in range(38, 39 + TOLD.people_ahead)
    )
    mine = people[-1]
    seen = Hall(
        directory=directory,
        branch=branch,
        day=directory.today(branch, at),
        at=at,
        version=0,
        epoch="",
        desks=(),
        tickets=people,
        recent=(),
        missed=(),
        appointed=(),
        times={},
        habits=Habits(),
        interruptions=(),
        forecasts=Forecasts(),
    )
    ticket = Ticket(
        branch_id=branch.id,
        id=mine.id,
        day=DAY,
        number=mine.number,
        token=f"{branch.id}-{'a' * 22}",
        channel=mine.channel,
        priority=mine.priority,
        language=language,
        appointment_id=None,
        due_at=None,
        issued_at=at,
        progress=msgspec.convert(mine, type=Progress, from_attributes=True),
    )
    link = f"{public_url}/t/{ticket.token}"
    return ticket_document(seen, ticket, TOLD, link, language, reprint)
