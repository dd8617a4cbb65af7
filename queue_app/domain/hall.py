"""A branch at this moment: everybody in it, every desk, and what follows for them."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import cached_property

import msgspec
from msgspec import Struct

from queue_app.domain import arrivals, dispatch, forecast, interruptions
from queue_app.domain.branch_day import BranchDay
from queue_app.domain.catalogue import Channel, Language, Text, planned_minutes
from queue_app.domain.company import CompanyKind
from queue_app.domain.directory import Branch, Directory
from queue_app.domain.dispatch import CallingDesk, InOrder, Policy, Ranked, Reason, Waiting
from queue_app.domain.errors import NotFound
from queue_app.domain.forecast import Appointed, Now, Working
from queue_app.domain.habits import Habits
from queue_app.domain.interruptions import Interruption
from queue_app.domain.machines import AwayDevice, PrinterStanding, Unprinted
from queue_app.domain.orders import Orders, left_by
from queue_app.domain.policies import policy_of
from queue_app.domain.ranges import Forecasts
from queue_app.domain.service_times import ServiceTime
from queue_app.domain.tickets import AT_DESK, State, standing_right
from queue_app.domain.told_range import Wait

RECENT = 8
"""So many of those who were called last a hall knows, and a board can show."""


class HallTicket(Struct, frozen=True, array_like=True, gc=False):
    """What a hall knows of a ticket; as JSON, its fields in order."""

    id: int
    number: str
    channel: Channel
    priority: str | None
    language: Language
    appointment_id: int | None
    due_at: datetime | None
    issued_at: datetime
    revision: int
    state: State
    services: tuple[str, ...]
    queued_at: datetime
    for_desk_id: int | None
    desk_id: int | None
    called_at: datetime | None
    calls: int
    started_at: datetime | None
    ended_at: datetime | None
    expected_at: datetime | None = None
    parked_at: datetime | None = None
    """Since when whoever is set aside is."""
    right_shown: bool | None = None
    people: int = 1
    company: CompanyKind | None = None

    def as_waiting(self, for_desk_id: int | None) -> Waiting:
        return Waiting(
            self.id,
            self.number,
            self.services,
            self.queued_at,
            self.due_at,
            standing_right(self.priority, self.right_shown),
            for_desk_id,
            expected_at=self.expected_at,
            people=self.people,
        )


class DeskState(Struct, frozen=True):
    """A desk as it stands, who has taken it, and since when.

    `state`: closed, open or paused; `clerk`: a login.
    """

    id: int
    number: str
    state: str
    staff_id: int | None
    clerk: str | None
    pause_reason: str | None
    since: datetime | None
    help_at: datetime | None = None
    """Since when its clerk asks for help."""
    break_asked_at: datetime | None = None
    break_reason: str | None = None
    """Why its clerk asks for a break."""


class Hall(Struct, frozen=True, dict=True):
    """Everyone who waits, is called, served or parked today, every desk, the last called,
    and the last who did not come.

    `version` rises with every change of the branch, in one `epoch` of the database; in another
    one (a backup was restored, another server took over) versions and ids are other ones. Phone
    visits are in `tickets`, too. `interruptions`: those of this day, also the ones that are over.
    `forecasts`: who keeps what the waits of the next hall of this branch can be made of.
    `unprinted`: who came of late and waits without paper. `branch` is as today's `orders` have it.
    """

    directory: Directory
    branch: Branch
    day: BranchDay
    at: datetime
    version: int
    epoch: str
    desks: tuple[DeskState, ...]
    tickets: tuple[HallTicket, ...]
    recent: tuple[HallTicket, ...]
    missed: tuple[HallTicket, ...]
    appointed: tuple[Appointed, ...]
    times: dict[str, ServiceTime]
    habits: Habits
    interruptions: tuple[Interruption, ...]
    forecasts: Forecasts
    printers: tuple[PrinterStanding, ...] = ()
    unprinted: tuple[Unprinted, ...] = ()
    devices_away: tuple[AwayDevice, ...] = ()
    notice: Text | None = None
    orders: Orders = Orders()

    def seen_at(self, now: datetime) -> "Hall":
        """As whoever must take it whose clock shows `now`, a moment from `at`: what is stopped, or
        goes on, may differ."""
        own = interruptions.begun(self.interruptions, now)
        if own == self.interruptions and all(
            one.lasts_at(now) == one.lasts_at(self.at) for one in own
        ):
            return self
        return msgspec.structs.replace(self, at=now, interruptions=own)

    @cached_property
    def by_id(self) -> dict[int, HallTicket]:
        return {one.id: one for one in self.tickets}

    @cached_property
    def waiting(self) -> list[Waiting]:
        """Who waits."""
        return [self._as_waiting(one) for one in self.tickets if one.state == "waiting"]

    def _as_waiting(self, one: HallTicket) -> Waiting:
        """A desk that has closed no longer keeps whoever was sent to it."""
        person = one.as_waiting(one.for_desk_id if one.for_desk_id in self.staffed else None)
        return self._keep_right(person) if self.interruptions else person

    @cached_property
    def staffed(self) -> set[int]:
        """The desks that somebody has taken: a break ends, a desk that was left does not."""
        return {desk.id for desk in self.desks if desk.state != "closed"}

    def _keep_right(self, person: Waiting) -> Waiting:
        return interruptions.keep_right(person, self.interruptions, self.directory.rules)

    @cached_property
    def visitors_waiting(self) -> list[HallTicket]:
        """Who waits in the house, as against those who are phoned."""
        return [one for one in self.tickets if one.state == "waiting" and one.channel == "visit"]

    @property
    def people_waiting(self) -> int:
        """How many people that is: of a group on one number each counts."""
        return sum(one.people for one in self.visitors_waiting)

    @cached_property
    def tickets_until(self) -> datetime | None:
        """Until when the kiosk gives tickets; None while it gives none."""
        return arrivals.tickets_until(
            self.directory, self.branch, self.interruptions, self.at, self.tickets_ended
        )

    @cached_property
    def at_desks(self) -> dict[int, HallTicket]:
        """The ticket that each desk has called or serves, by desk id."""
        return {one.desk_id: one for one in self.tickets if one.state in AT_DESK and one.desk_id}

    @cached_property
    def waits(self) -> dict[int, Wait]:
        return self.estimate()

    @cached_property
    def services_by_desk(self) -> dict[int, frozenset[str]]:
        """What each desk may call for: what it gives, and what no desk of the branch gives.

        Whoever waits for something that the centre's files took away must not wait for ever. A
        retired desk goes on for as long as its clerk stays. Nor does an order for today leave
        anybody: whom no desk could call by it, those call who would by their plan.
        """
        every = (*self.branch.desks, *self.branch.retired_desks)
        return {desk.id: desk.services | self._orphaned | self._kept_by(desk.id) for desk in every}

    @cached_property
    def _orphaned(self) -> frozenset[str]:
        """What no desk gives."""
        given = frozenset[str]().union(*(desk.services for desk in self.branch.desks))
        return frozenset(self.directory.services_ever.keys() - given)

    def _kept_by(self, desk_id: int) -> frozenset[str]:
        """The services of the visits that today's orders would leave without any desk, and which
        this desk gives by its plan."""
        if not self._left:
            return frozenset()
        planned = self._planned(desk_id)
        return frozenset().union(*(one for one in self._left if planned >= one))

    @cached_property
    def _left(self) -> list[frozenset[str]]:
        if not self.orders.skills:
            return []
        tickets = [frozenset(one.services) for one in (*self.tickets, *self.missed)]
        to_come = [frozenset(one.services) for one in self.appointed]
        return left_by([*tickets, *to_come], self.branch)

    def _planned(self, desk_id: int) -> frozenset[str]:
        planned = self.directory.branches_ever[self.branch.id].desks
        return next((one.services for one in planned if one.id == desk_id), frozenset())

    def estimate(self, *newcomers: Waiting) -> dict[int, Wait]:
        """Waits by ticket id as they would be with these newcomers."""
        return self.forecasts.waits_of(self.with_newcomers(newcomers))

    def with_newcomers(self, newcomers: Sequence[Waiting] = ()) -> Now:
        """What the forecast needs of this hall, with these behind whoever waits."""
        self.forecasts.note(self._now)
        people = [*self.waiting, *map(self._keep_right, newcomers)]
        return msgspec.structs.replace(self._now, waiting=people)

    def know(self, waits: dict[int, Wait]) -> None:
        """These are the `waits`, computed elsewhere."""
        self.__dict__["waits"] = waits

    @property
    def snapshot(self) -> Now:
        """What forecasts beyond those of the people in it need."""
        return self._now

    @cached_property
    def _now(self) -> Now:
        """What the forecast needs of this snapshot."""
        return Now(
            directory=self.directory,
            branch=self.branch,
            day=self.day,
            at=self.at,
            version=self.version,
            epoch=self.epoch,
            waiting=self.waiting,
            working=[self._working(desk) for desk in self.desks],
            appointed=self.appointed,
            times=self.times,
            habits=self.habits,
            interruptions=self.interruptions,
        )

    def _working(self, desk: DeskState) -> Working:
        ticket = self.at_desks.get(desk.id)
        return Working(
            desk=self.desk_view(desk.id),
            state=desk.state,
            changed_at=desk.since,
            called_at=ticket.called_at if ticket else None,
            started_at=ticket.started_at if ticket else None,
            services=ticket.services if ticket else (),
            freed_at=None if ticket or desk.state != "open" else self._freed(desk),
            people=ticket.people if ticket else 1,
        )

    def _freed(self, desk: DeskState) -> datetime | None:
        """Since when an open desk has had nobody: since its last visit, or since it was opened.

        A desk whose last visit is not among the last ones called has been free for longer than
        the first of these is over.
        """
        ended = [one.ended_at for one in self.recent if one.desk_id == desk.id and one.ended_at]
        if not ended and len(self.recent) == RECENT:
            ended = [one.called_at for one in self.recent if one.called_at][-1:]
        return max([*ended, *([desk.since] if desk.since else [])], default=None)

    def planned_minutes(self, services: tuple[str, ...]) -> int:
        """Minutes planned for these services, not rounded."""
        known = self.directory.services_ever
        open_minutes = self.directory.rules.open_service_minutes
        return sum(planned_minutes(known[code], open_minutes) for code in services if code in known)

    def desk_view(self, desk_id: int) -> CallingDesk:
        return CallingDesk(desk_id, self.services_by_desk.get(desk_id, frozenset()))

    def desk(self, desk_id: int) -> DeskState:
        for desk in self.desks:
            if desk.id == desk_id:
                return desk
        raise NotFound("unknown_desk")

    def queue(self, desk_id: int) -> list[Ranked]:
        """Who this desk would call, first first, each with the reason.

        Whoever waits for an interrupted service is passed over: see `held_back`.
        """
        return [one for one in self._ranked(desk_id) if self.stop_of(one.waiting.services) is None]

    def held_back(self, desk_id: int) -> list[Ranked]:
        """Whom this desk would call, were their services not interrupted, in the same order.

        The reason is that of their place while everybody waits, else that others go before.
        """
        ranked = [*self._ranked(desk_id)]
        if self.stop_of_all:
            return ranked
        return [
            Ranked(one.waiting, Reason("service_paused", due_at=one.waiting.due_at))
            for one in ranked
            if self.stop_of(one.waiting.services) is not None
        ]

    def away(self, desk_id: int) -> list[Ranked]:
        """Who was not there when called early and may be called to this desk later, by time."""
        desk, people = self.desk_view(desk_id), []
        for one in self.waiting:
            person = dispatch.as_person(one, self.at)
            if person.is_away(0.0) and dispatch.may_call(desk, person):
                people.append((person.expected, person.id, one))
        return [Ranked(one, Reason("expected", due_at=one.due_at)) for _, _, one in sorted(people)]

    def next_people(self, desk_id: int) -> Iterator[HallTicket]:
        """The same people one by one, for whoever calls: the first is mostly enough."""
        for one in self._ranked(desk_id):
            if self.stop_of(one.waiting.services) is None:
                yield self.by_id[one.waiting.id]

    def _ranked(self, desk_id: int) -> Iterator[Ranked]:
        outlook = forecast.outlook_of(self._now) if self._has_bookings else None
        desk = self.desk_view(desk_id)
        return dispatch.for_desk(self._in_order, desk, self.at, self.policy, outlook)

    @cached_property
    def _in_order(self) -> InOrder[HallTicket]:
        waiting = (one for one in self.tickets if one.state == "waiting")
        return InOrder(waiting, self.at, self.policy, self._as_waiting)

    @cached_property
    def _has_bookings(self) -> bool:
        """Whether there is any for which a desk could be kept free."""
        return bool(self.appointed) or self._in_order.has_bookings

    @cached_property
    def policy(self) -> Policy:
        return policy_of(self.directory.rules)

    @cached_property
    def stop_of_all(self) -> Interruption | None:
        """The interruption for which nobody at all is called now."""
        return interruptions.stop_of_all(self.interruptions, self.at)

    def stop_of(self, services: Sequence[str]) -> Interruption | None:
        """Why a visit for these services is not called now, if it is not."""
        if not self.interruptions:
            return None
        return interruptions.stop_of(services, self.interruptions, self.at)

    def refusal(self, services: Sequence[str]) -> Interruption | None:
        """Why nobody is given a ticket for these services now, if nobody is."""
        return interruptions.refusal(services, self.interruptions, self.at)

    @cached_property
    def tickets_ended(self) -> bool:
        """Whether no more tickets are given today for whatever the branch offers."""
        return self.orders.end_tickets_of(self.branch)

    @cached_property
    def refusal_of_all(self) -> Interruption | None:
        """Why nobody is given any ticket now."""
        return interruptions.refusal_of_all(self.interruptions, self.at)

    def is_late(self, person: Waiting) -> bool:
        """Whether this booking waits in the live queue, as its visitor came too late."""
        kept = dispatch.as_person(self._keep_right(person), self.at)
        return dispatch.reason_of(kept, 0.0, self.policy) == "booked_late"

    @cached_property
    def line(self) -> dict[int, int]:
        return self.line_with()

    def behind(self, me: Waiting) -> Waiting:
        """Somebody who joins now: never before who is in the house, though a clock was set back."""
        if me.id in self.by_id or (me.due_at is not None and not self.is_late(me)):
            return me
        latest = max((one.queued_at for one in self.tickets), default=me.queued_at)
        return msgspec.structs.replace(me, queued_at=max(me.queued_at, latest))

    def people_ahead(self, me: Waiting, wait: Wait | None) -> int:
        """How many are called before me, whoever is told; `wait`: what is foretold for me."""
        return wait.people_ahead if wait else self._ahead(me)

    def _ahead(self, me: Waiting) -> int:
        """People before me where no wait can be foretold.

        While calls are interrupted: in the order in which they will go on; else, where no open
        desk lets an order be foretold, whom my desks would call first, were they open now.
        """
        if self.stop_of(me.services):
            return (self.line if me.id in self.line else self.line_with(me)).get(me.id, 0)
        desks = [self.desk_view(desk.id) for desk in self.branch.desks]
        mine = [desk for desk in desks if desk.services.issuperset(me.services)]
        own = self._place(next((one for one in self.waiting if one.id == me.id), me))
        return sum(
            one.people
            for one in self.waiting
            if self._place(one) < own
            and any(dispatch.may_call(desk, dispatch.as_person(one, self.at)) for desk in mine)
        )

    def _place(self, one: Waiting) -> tuple[bool, float, int]:
        """The sort key of the order in which all would be called now, were all desks alike."""
        return dispatch.place(dispatch.as_person(one, self.at), 0.0, self.policy)

    def line_with(self, *newcomers: Waiting) -> dict[int, int]:
        """How many people go before each, these newcomers too, once what is stopped goes on.

        Whom no desk can be foretold to call stands in the order in which all would be called,
        were all desks alike.
        """
        everybody = [*self.waiting, *map(self._keep_right, newcomers)]
        order = [one.id for one in sorted(everybody, key=self._place)]
        alike = dispatch.people_before(order, everybody)
        try:
            foretold = forecast.places_of(msgspec.structs.replace(self._now, waiting=everybody))
        except Exception:  # whoever foretells the waits of this hall says what is wrong
            return alike
        return alike | foretold
