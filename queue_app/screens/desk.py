"""A desk's working screen: the person at it, the people waiting for it, what can be undone."""

from datetime import datetime

import msgspec
from msgspec import Struct

from queue_app.domain import interruptions, tickets
from queue_app.domain.at_desk import DeskExtra, UndoView, VisitNoted
from queue_app.domain.catalogue import Channel, Text
from queue_app.domain.contacts import ContactField
from queue_app.domain.dispatch import Ranked
from queue_app.domain.forgotten import Reminder, of_desk
from queue_app.domain.hall import DeskState, Hall, HallTicket
from queue_app.domain.machines import AwayDevice
from queue_app.domain.people import Actor, Staff
from queue_app.domain.tickets import State
from queue_app.domain.told_range import Wait
from queue_app.screens.interruption import (
    InterruptionView,
    interruption_now,
    lasting_interruptions,
)
from queue_app.screens.out_of_paper import PaperView, paper_view
from queue_app.screens.reasons import sentence
from queue_app.screens.titles import title_of_right, titles
from queue_app.texts.formats import Formats
from queue_app.texts.speaker import speaker_of
from queue_app.texts.who_comes import told_to_staff


class QueuedView(Struct, frozen=True):
    """Somebody in a desk's queue and why they are where they are. `company`: who else comes."""

    ticket: int
    number: str
    channel: Channel
    state: State
    services: tuple[Text, ...]
    service_codes: tuple[str, ...]
    issued_at: datetime
    due_at: datetime | None
    reason: Text
    reason_code: str
    wait: Wait | None
    people: int = 1
    company: Text | None = None


class PersonView(Struct, frozen=True):
    """The person at a desk. `awaited_since`: when called, or when calls resumed after that.
    `right_shown`: whether there was a document for the right to go first; None: not asked yet.

    `expected_at`: the booked time to which "not here" puts them back, as they were called early;
    of visits alone: a call is tried again after a while. `company`: who else comes with them.
    """

    ticket: int
    number: str
    channel: Channel
    state: State
    services: tuple[Text, ...]
    service_codes: tuple[str, ...]
    documents: tuple[str, ...]
    priority: Text | None
    right_shown: bool | None
    language: str
    due_at: datetime | None
    issued_at: datetime
    called_at: datetime | None
    awaited_since: datetime | None
    expected_at: datetime | None
    calls: int
    started_at: datetime | None
    planned_minutes: int
    name: str | None
    phone: str | None
    phone_said: str | None
    """The number as people read it aloud."""
    refused: tuple[ContactField, ...]
    """The contacts at which our messages do not arrive."""
    notes: tuple[VisitNoted, ...] = ()
    people: int = 1
    company: Text | None = None


class DeskQueueView(Struct, frozen=True):
    """A desk's screen. `elsewhere`: how many people are waiting whom this desk
    cannot serve; `elsewhere_calls`: how many of them are phoned.

    `interruption`: the one that stops all calls, else the longest of those that stop named
    services; `interruptions`: all that last now. People waiting for an interrupted service stand
    last in `queue`, with the `reason_code` "service_paused", unless all services are.
    """

    version: int
    epoch: str
    at: datetime
    branch: str
    desk: DeskState
    current: PersonView | None
    queue: tuple[QueuedView, ...]
    parked: tuple[QueuedView, ...]
    missed: tuple[QueuedView, ...]
    elsewhere: int
    undo: UndoView | None
    interruption: InterruptionView | None
    interruptions: tuple[InterruptionView, ...]
    paper: PaperView
    devices_away: tuple[AwayDevice, ...]
    reminders: tuple[Reminder, ...] = ()
    elsewhere_calls: int = 0


def viewer_of(who: Actor) -> int | None:
    """The `viewer` of `desk_view`: only clerks are kept from the contacts at other desks."""
    return who.id if isinstance(who, Staff) and who.role == "clerk" else None


def desk_view(hall: Hall, desk_id: int, viewer: int | None, extra: DeskExtra) -> DeskQueueView:
    """The desk as the member of staff `viewer` sees it; None for a viewer who may see
    every contact.

    The name and phone in `extra` are shown only to the clerk of this desk.
    NotFound `unknown_desk`.
    """
    desk = hall.desk(desk_id)
    contact = extra if viewer in (None, desk.staff_id) else DeskExtra()
    waiting = desk_queue(hall, desk_id)
    services = hall.desk_view(desk_id).services
    calls = len(hall.waiting) - len(hall.visitors_waiting)
    mine = [one for one in hall.tickets if services.issuperset(one.services)]
    return DeskQueueView(
        version=hall.version,
        epoch=hall.epoch,
        at=hall.at,
        branch=hall.branch.slug,
        desk=msgspec.convert(desk, type=DeskState, from_attributes=True),
        current=_person(hall, hall.at_desks.get(desk_id), contact),
        queue=waiting,
        parked=tuple(_queued(hall, one, None) for one in mine if one.state == "parked"),
        missed=tuple(
            _queued(hall, one, None) for one in hall.missed if services.issuperset(one.services)
        ),
        elsewhere=len(hall.waiting) - len(waiting),
        undo=extra.undo,
        interruption=interruption_now(hall),
        interruptions=lasting_interruptions(hall),
        paper=paper_view(hall),
        devices_away=hall.devices_away,
        reminders=tuple(of_desk(hall, desk_id)),
        elsewhere_calls=calls - sum(one.channel == "phone" for one in waiting),
    )


def desk_queue(hall: Hall, desk_id: int) -> tuple[QueuedView, ...]:
    """The people this desk would call, the next first; then those whose service is interrupted, and
    those who are expected later."""
    ranked = [*hall.queue(desk_id), *hall.held_back(desk_id), *hall.away(desk_id)]
    return tuple(_queued(hall, hall.by_id[one.waiting.id], one) for one in ranked)


def _person(hall: Hall, one: HallTicket | None, contact: DeskExtra) -> PersonView | None:
    if one is None:
        return None
    directory = hall.directory
    papers = [*directory.to_bring(one.services), *directory.to_send(one.services)]
    return PersonView(
        ticket=one.id,
        number=one.number,
        channel=one.channel,
        state=one.state,
        services=titles(hall, one.services),
        service_codes=one.services,
        documents=tuple(dict.fromkeys(paper.code for paper in papers)),
        priority=title_of_right(hall.directory.centre, one.priority),
        right_shown=one.right_shown,
        language=one.language,
        due_at=one.due_at,
        issued_at=one.issued_at,
        called_at=one.called_at,
        awaited_since=_awaited_since(hall, one),
        expected_at=tickets.expected_back(one.due_at, one.called_at)
        if one.channel == "visit"
        else None,
        calls=one.calls,
        started_at=one.started_at,
        planned_minutes=hall.planned_minutes(one.services) * one.people,
        name=contact.name,
        phone=contact.phone,
        phone_said=Formats.phone(contact.phone) if contact.phone else None,
        refused=contact.refused,
        notes=contact.notes,
        people=one.people,
        company=told_to_staff(speaker_of(directory.centre), one.people, one.company),
    )


def _awaited_since(hall: Hall, one: HallTicket) -> datetime | None:
    if one.called_at is None:
        return None
    return interruptions.awaited_since(one.called_at, hall.interruptions, hall.at)


def _queued(hall: Hall, one: HallTicket, ranked: Ranked | None) -> QueuedView:
    speaker = speaker_of(hall.directory.centre)
    reason = (
        sentence(speaker, ranked.reason, hall.directory.centre.priorities)
        if ranked
        else speaker.same("")
    )
    return QueuedView(
        ticket=one.id,
        number=one.number,
        channel=one.channel,
        state=one.state,
        services=titles(hall, one.services),
        service_codes=one.services,
        issued_at=one.issued_at,
        due_at=one.due_at,
        reason=reason,
        reason_code=ranked.reason.code if ranked else one.state,
        wait=hall.waits.get(one.id) if ranked else None,
        people=one.people,
        company=told_to_staff(speaker, one.people, one.company),
    )
