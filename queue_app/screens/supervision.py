"""A branch as its supervisor sees it: desks, who waits for what, bookings, what is away."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from msgspec import Struct

from queue_app.domain.catalogue import Channel, Text
from queue_app.domain.forgotten import Forgotten, grave, of_ticket
from queue_app.domain.hall import DeskState, Hall, HallTicket
from queue_app.domain.interruptions import awaited_since
from queue_app.domain.machines import AwayDevice
from queue_app.domain.tickets import State
from queue_app.screens.interruption import InterruptionView, lasting_interruptions
from queue_app.screens.out_of_paper import PaperView, paper_view
from queue_app.screens.titles import titles

DUE_MINUTES = 60
"""Bookings of so many minutes to come are due."""

_MINUTE = timedelta(minutes=1)


class VisitWatch(Struct, frozen=True):
    """Whom a desk has called or serves. `since`: of the call or of the visit; `long`: its clerk is
    reminded of it."""

    ticket: int
    number: str
    channel: Channel
    state: State
    services: tuple[Text, ...]
    since: datetime
    planned_minutes: int
    long: bool


class DeskWatch(Struct, frozen=True):
    """A desk. `callable`: how many of the waiting people it could call now; not `planned`: its
    skills are others today. `help_at`, `break_asked_at`: since when its clerk asks for it."""

    id: int
    number: str
    skills: tuple[str, ...]
    state: str
    clerk: str | None
    since: datetime | None
    pause_reason: str | None
    callable: int
    planned: bool
    visit: VisitWatch | None
    help_at: datetime | None = None
    break_asked_at: datetime | None = None
    break_reason: str | None = None


class ForgottenWatch(Struct, frozen=True):
    """Somebody whom nobody has looked after for twice as long as their desk may; `minutes`: since
    that began. `number`: None for a booking that nobody has come for."""

    kind: Forgotten
    number: str | None
    desk: str | None
    services: tuple[Text, ...]
    since: datetime
    minutes: int
    due_at: datetime | None


class ServiceWatch(Struct, frozen=True):
    """A service that people wait for, each of whom may wait for others, too.

    `over`: how many of them wait longer than they should. `desks`: how many open desks give it.
    """

    code: str
    title: Text
    waiting: int
    longest_minutes: int
    over: int
    desks: int


class TicketsLeft(Struct, frozen=True):
    """A service for which only so many tickets are still given today; 0: none."""

    code: str
    title: Text
    remaining: int


class Waiter(Struct, frozen=True):
    """Somebody who waits, or was set aside; `minutes`: since they came."""

    ticket: int
    number: str
    state: State
    services: tuple[Text, ...]
    minutes: int
    due_at: datetime | None
    for_desk: str | None


class BookingWatch(Struct, frozen=True):
    """Bookings of today. `due`: in the next hour; `late`: their time has come, they have not, and
    they still keep their right; `missed`: not any more."""

    due: int
    late: int
    missed: int


class Emptying(Struct, frozen=True):
    """When the last of those who wait now will be called. `uncalled`: how many of them nobody can
    say that of, as no open desk gives their services or calls are stopped."""

    low_at: datetime
    high_at: datetime
    uncalled: int


class SupervisionView(Struct, frozen=True):
    """All that a supervisor looks at. `calls`: how many of those who wait are phoned;
    `longest_minutes`: of those who wait; `over`: how many wait longer than `target_minutes`.
    `services` and `people`: whoever waits longest first.

    `emptying`: None while nobody waits, or of nobody who does it can be said. `closes_at`: the end
    of the day's hours; None on a day without any. `tickets_given`: whether the kiosk gives tickets.
    """

    version: int
    epoch: str
    at: datetime
    branch: str
    title: Text
    desks: tuple[DeskWatch, ...]
    services: tuple[ServiceWatch, ...]
    people: tuple[Waiter, ...]
    waiting: int
    calls: int
    longest_minutes: int
    target_minutes: int
    over: int
    bookings: BookingWatch
    emptying: Emptying | None
    closes_at: datetime | None
    tickets_given: bool
    limits: tuple[TicketsLeft, ...]
    interruptions: tuple[InterruptionView, ...]
    paper: PaperView
    devices_away: tuple[AwayDevice, ...]
    notice: Text | None
    forgotten: tuple[ForgottenWatch, ...]

    @property
    def open_desks(self) -> int:
        return sum(one.state == "open" for one in self.desks)

    @property
    def asks_help(self) -> tuple[DeskWatch, ...]:
        """The desks whose clerk asks for help, the first who asked first."""
        asked = [(one.help_at, one) for one in self.desks if one.help_at]
        return tuple(one for _, one in sorted(asked, key=lambda pair: pair[0]))

    @property
    def asks_break(self) -> tuple[DeskWatch, ...]:
        """The same of a break."""
        asked = [(one.break_asked_at, one) for one in self.desks if one.break_asked_at]
        return tuple(one for _, one in sorted(asked, key=lambda pair: pair[0]))

    @property
    def ends_late(self) -> bool:
        """Whether the last of those who wait may be called only after closing."""
        closes = self.closes_at
        return self.emptying is not None and closes is not None and self.emptying.high_at > closes


def supervision_view(hall: Hall, missed: int) -> SupervisionView:
    """`missed`: bookings of today whose right is over and whose holder never came."""
    waiting = [one for one in hall.tickets if one.state == "waiting"]
    minutes = [_minutes(hall, one) for one in waiting]
    target = hall.directory.rules.wait_target_minutes
    return SupervisionView(
        version=hall.version,
        epoch=hall.epoch,
        at=hall.at,
        branch=hall.branch.slug,
        title=hall.branch.title,
        desks=tuple(_desk(hall, one) for one in hall.desks),
        services=tuple(_services(hall, waiting, target)),
        people=tuple(_people(hall)),
        waiting=len(waiting),
        calls=sum(one.channel == "phone" for one in waiting),
        longest_minutes=max(minutes, default=0),
        target_minutes=target,
        over=sum(one > target for one in minutes),
        bookings=_bookings(hall, missed),
        emptying=_emptying(hall, waiting),
        closes_at=hall.day.shuts(hall.at),
        tickets_given=hall.tickets_until is not None,
        limits=tuple(
            TicketsLeft(code, service.title, hall.orders.remaining[code])
            for code, service in hall.directory.services.items()
            if code in hall.orders.remaining
        ),
        interruptions=lasting_interruptions(hall),
        paper=paper_view(hall),
        devices_away=hall.devices_away,
        notice=hall.notice,
        forgotten=tuple(_forgotten(hall)),
    )


def _forgotten(hall: Hall) -> Iterator[ForgottenWatch]:
    numbers = {desk.id: desk.number for desk in hall.desks}
    for one in grave(hall):
        yield ForgottenWatch(
            kind=one.kind,
            number=one.number,
            desk=numbers.get(one.desk_id) if one.desk_id else None,
            services=titles(hall, one.services),
            since=one.since,
            minutes=max(0, int((hall.at - one.since) / _MINUTE)),
            due_at=one.due_at,
        )


def _minutes(hall: Hall, one: HallTicket) -> int:
    """How long somebody is in the house already, but for the time before their booking."""
    since = one.issued_at if one.due_at is None else max(one.issued_at, one.due_at)
    return max(0, int((hall.at - since) / _MINUTE))


def _desk(hall: Hall, desk: DeskState) -> DeskWatch:
    skills = {one.id: one.skills for one in (*hall.branch.desks, *hall.branch.retired_desks)}
    one = hall.at_desks.get(desk.id)
    return DeskWatch(
        id=desk.id,
        number=desk.number,
        skills=skills.get(desk.id, ()),
        state=desk.state,
        clerk=desk.clerk,
        since=desk.since,
        pause_reason=desk.pause_reason,
        callable=len(hall.queue(desk.id)),
        planned=desk.id not in hall.orders.skills,
        visit=_visit(hall, one) if one else None,
        help_at=desk.help_at,
        break_asked_at=desk.break_asked_at,
        break_reason=desk.break_reason,
    )


def _visit(hall: Hall, one: HallTicket) -> VisitWatch:
    assert one.called_at
    planned = hall.planned_minutes(one.services) * one.people
    since = one.started_at or awaited_since(one.called_at, hall.interruptions, hall.at)
    return VisitWatch(
        ticket=one.id,
        number=one.number,
        channel=one.channel,
        state=one.state,
        services=titles(hall, one.services),
        since=since,
        planned_minutes=planned,
        long=any(it.at <= hall.at for it in of_ticket(hall, one)),
    )


def _services(hall: Hall, waiting: Iterable[HallTicket], target: int) -> Iterator[ServiceWatch]:
    by_code: dict[str, list[int]] = defaultdict(list)
    for one in waiting:
        for code in one.services:
            by_code[code].append(_minutes(hall, one))
    known = hall.directory.services_ever
    given = [hall.services_by_desk.get(one.id, ()) for one in hall.desks if one.state == "open"]
    for code, minutes in sorted(by_code.items(), key=lambda pair: -max(pair[1])):
        if code in known:
            yield ServiceWatch(
                code=code,
                title=known[code].title,
                waiting=len(minutes),
                longest_minutes=max(minutes),
                over=sum(one > target for one in minutes),
                desks=sum(code in services for services in given),
            )


def _people(hall: Hall) -> list[Waiter]:
    numbers = {desk.id: desk.number for desk in hall.desks}
    found = [
        Waiter(
            ticket=one.id,
            number=one.number,
            state=one.state,
            services=titles(hall, one.services),
            minutes=_minutes(hall, one),
            due_at=one.due_at,
            for_desk=numbers.get(one.for_desk_id) if one.for_desk_id else None,
        )
        for one in hall.tickets
        if one.state in ("waiting", "parked")
    ]
    return sorted(found, key=lambda one: (-one.minutes, one.ticket))


def _bookings(hall: Hall, missed: int) -> BookingWatch:
    due = [one.due_at for one in hall.appointed]
    soon = hall.at + DUE_MINUTES * _MINUTE
    return BookingWatch(
        due=sum(hall.at <= one < soon for one in due),
        late=sum(one.due_at < hall.at for one in hall.appointed if one.channel == "visit"),
        missed=missed,
    )


def _emptying(hall: Hall, waiting: Iterable[HallTicket]) -> Emptying | None:
    told = [hall.waits.get(one.id) for one in waiting]
    known = [one for one in told if one]
    if not known:
        return None
    return Emptying(
        low_at=hall.at + max(one.low_minutes for one in known) * _MINUTE,
        high_at=hall.at + max(one.high_minutes for one in known) * _MINUTE,
        uncalled=len(told) - len(known),
    )
