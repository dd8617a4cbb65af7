"""One's own ticket, on a phone."""

from datetime import datetime
from typing import Literal

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from queue_app.domain import arrivals
from queue_app.domain.catalogue import Text
from queue_app.domain.hall import Hall
from queue_app.domain.tickets import Progress, State, Ticket, is_away, standing_right
from queue_app.domain.told_range import Wait, served_by
from queue_app.screens import notices
from queue_app.screens.interruption import InterruptionView, interruption_view
from queue_app.screens.titles import title_of_right, titles
from queue_app.texts.speaker import speaker_of
from queue_app.texts.who_comes import told_to_holder


class TicketView(Struct, frozen=True):
    """One's own ticket. `desk` is a number as on the board; `wait`: None if it cannot be estimated.

    `interruption`: why calls for these services are stopped. `overtaken`: why some people who
    came later will be called before, if any will. `served`: "perhaps" where the wait reaches past
    `closes_at`, the end of the branch's day, else "today": after closing, desks may go on to
    serve the people still waiting.

    `promise`: what a booking's holder may count on before its time, and once they left or were
    not there; `expected_at`: they were not there when called early, and are not called before.
    `let_go`: the branch closed before their turn, and the centre offers another day.
    `priority`: the right by which its holder goes first. `company`: who else comes to the desk.
    """

    version: int
    epoch: str
    at: datetime
    number: str
    branch: str
    title: Text
    address: Text | None
    services: tuple[Text, ...]
    state: State
    channel: str
    due_at: datetime | None
    issued_at: datetime
    people_ahead: int
    wait: Wait | None
    desk: str | None
    called_at: datetime | None
    calls: int
    ended_at: datetime | None
    interruption: InterruptionView | None
    overtaken: Text | None
    closes_at: datetime | None
    served: Literal["today", "perhaps"]
    promise: Text | None = None
    expected_at: datetime | None = None
    let_go: bool = False
    priority: Text | None = None
    people: int = 1
    company: Text | None = None


def ticket_view(hall: Hall, own: Ticket) -> TicketView:
    """The ticket `own` as it is in the hall now, or as it ended if it has left the hall."""
    progress = own.progress
    if own.id in hall.by_id:
        progress = msgspec.convert(hall.by_id[own.id], type=Progress, from_attributes=True)
    numbers = {desk.id: desk.number for desk in hall.desks}
    wait = hall.waits.get(own.id) if progress.state == "waiting" else None
    stop = hall.stop_of(progress.services)
    closes_at = hall.day.shuts(hall.at)
    return TicketView(
        version=hall.version,
        epoch=hall.epoch,
        at=hall.at,
        number=own.number,
        branch=hall.branch.slug,
        title=hall.branch.title,
        address=hall.branch.address,
        services=titles(hall, progress.services),
        state=progress.state,
        channel=own.channel,
        due_at=own.due_at,
        issued_at=own.issued_at,
        people_ahead=hall.people_ahead(own.as_waiting(), wait),
        wait=wait,
        desk=numbers.get(progress.desk_id) if progress.desk_id else None,
        called_at=progress.called_at,
        calls=progress.calls,
        ended_at=progress.ended_at,
        interruption=interruption_view(hall, stop) if stop else None,
        overtaken=_overtaken(hall, own, wait) if wait and not stop else None,
        closes_at=closes_at,
        served=_served(wait, hall.at, closes_at),
        promise=_promise(hall, own, progress),
        expected_at=progress.expected_at if is_away(progress, hall.at) else None,
        let_go=_is_let_go(hall, own, progress),
        priority=title_of_right(
            hall.directory.centre, standing_right(own.priority, progress.right_shown)
        ),
        people=own.people,
        company=told_to_holder(speaker_of(hall.directory.centre), own.people, own.company),
    )


def _is_let_go(hall: Hall, own: Ticket, progress: Progress) -> bool:
    """Nobody called them before the branch closed, and another day is offered."""
    closes = hall.day.on(own.day).closes
    return (
        hall.directory.rules.at_closing == "offer"
        and progress.state == "left"
        and closes is not None
        and progress.ended_at is not None
        and progress.ended_at >= closes
    )


def _promise(hall: Hall, own: Ticket, progress: Progress) -> Text | None:
    """What is still owed to whoever booked a visit: its time has not come, or not passed yet."""
    due_at = own.due_at
    if due_at is None or own.channel != "visit":
        return None
    speaker = speaker_of(hall.directory.centre)
    if progress.state == "waiting" and hall.at < due_at:
        return notices.expected(speaker, due_at, away=is_away(progress, hall.at))
    ended = replace(own, progress=progress)
    if progress.state in ("left", "no_show") and arrivals.keeps_right(
        ended, hall.interruptions, hall.directory.rules, hall.at
    ):
        return notices.checks_in_again(speaker, due_at)
    return None


def _overtaken(hall: Hall, own: Ticket, wait: Wait) -> Text | None:
    """Why people who came later will be called first: bookings, or a right to go first."""
    passing = [
        one
        for one in hall.waiting
        if one.queued_at > own.progress.queued_at
        and one.id in hall.waits
        and hall.waits[one.id].people_ahead < wait.people_ahead
    ]
    return notices.overtaken(
        speaker_of(hall.directory.centre),
        booked=any(one.due_at is not None for one in passing),
        priority=any(one.priority is not None for one in passing),
    )


def _served(
    wait: Wait | None, now: datetime, closes_at: datetime | None
) -> Literal["today", "perhaps"]:
    """For a ticket already given, "not today" is softened to "perhaps": nobody is sent home."""
    late = closes_at is not None and now < closes_at and served_by(wait, now, closes_at) != "today"
    return "perhaps" if late else "today"
