"""The unit of work: one way for every change.

    @verb
    async def park(act: Act, ticket_id: int) -> Ticket:
        ticket = await act.ticket(ticket_id)
        return await act.record(ticket, "park", desk_id=ticket.progress.desk_id)

Around the function stand its right, one transaction, all of it again after a deadlock, and once for
an idempotency key. At its end follow the messages that its events call for, the versions of the
branches that it touched, and their notifications, which the commit delivers.
"""

import inspect
import logging
import secrets
from collections.abc import Awaitable, Callable, Sequence
from datetime import date, timedelta
from functools import cached_property, partial, update_wrapper
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar, cast, get_type_hints, overload

import asyncpg

from queue_app.domain import appointments, numbering, rights, tickets
from queue_app.domain.appointments import Appointment, AppointmentVerb
from queue_app.domain.directory import Branch, Directory
from queue_app.domain.dispatch import Waiting
from queue_app.domain.errors import Conflict, NotFound, QueueError
from queue_app.domain.hall import Hall, HallTicket
from queue_app.domain.interruptions import Interruption, begun
from queue_app.domain.messages import Outgoing
from queue_app.domain.people import SYSTEM, Staff
from queue_app.domain.tail import joins_at_the_end
from queue_app.domain.tickets import AT_DESK, Event, Progress, Ticket, Verb
from queue_app.domain.told_range import Wait
from queue_app.flow import appointment_records, outbox, reactions, records, repeats
from queue_app.flow.appointment_records import Slot
from queue_app.flow.by import By
from queue_app.flow.reactions import AnyEvent, Happened, Thing
from queue_app.flow.records import DESK_STATES, DeskVerb, Draft, OfficeEvent, OfficeKind
from queue_app.flow.repeats import Request
from queue_app.queries import appointments as kept_appointments
from queue_app.queries import halls, reference
from queue_app.queries import interruptions as kept_interruptions
from queue_app.queries import staff as people
from queue_app.queries import tickets as kept_tickets
from queue_app.queries.staff import DeskRow
from queue_app.store import db

__all__ = ["Act", "By", "verb"]

_log = logging.getLogger(__name__)

P = ParamSpec("P")
R = TypeVar("R")


class Act:
    """One verb under way: who acts, when, what was loaded, and what must follow at its end.

    What it hands out this actor may touch; everything else it refuses.
    """

    def __init__(
        self, by: By, right: str, directory: Directory | None, request: Request | None = None
    ) -> None:
        """`request`: whose answer is kept."""
        self.who = by.who
        self.now = by.now
        self.address = by.address
        self.browser = by.browser
        self.right = right
        self._directory = directory
        self.forecasts = by.forecasts
        self._halls: dict[int, Hall] = {}
        self._touched: set[int] = set()
        self._raised: dict[int, int] = {}
        self._called_for: list[Outgoing] = []
        """By what happened, but for what was put into the outbox with it."""
        self._asked_for: list[Outgoing] = []
        self._joining: dict[int, Waiting] = {}
        self._joined: list[tuple[int, int, Waiting]] = []
        self.noted: list[str] = []
        self._request = request
        self._kept: object = None

    @property
    def directory(self) -> Directory:
        """The centre in force. NotFound `no_centre` before its files have been applied."""
        if self._directory is None:
            raise NotFound("no_centre")
        return self._directory

    @property
    def staff(self) -> Staff:
        """The member of staff who acts, where the table of rights lets nobody else."""
        assert isinstance(self.who, Staff)
        return self.who

    @property
    def reach(self) -> list[int]:
        """The branches in which this actor may act, also while a retired one empties."""
        return rights.reach(self.who, self.directory.branches_ever)

    def branch(self, slug: str) -> Branch:
        """NotFound `unknown_branch`; NotAllowed `other_branch`."""
        branch = self.directory.branch(slug)
        rights.require(self.right, self.who, branch.id)
        return branch

    async def plans_stand(self) -> None:
        """From here to the commit nobody changes the centre's plans, and this verb goes by those
        in force. The first thing of a verb that gives somebody a time."""
        await db.fetch("SELECT pg_advisory_xact_lock_shared(hashtext('queue-app config'))")
        version = await db.fetch_value("SELECT version FROM centre")
        if version is not None and version != self.directory.version:
            self._directory = await reference.anew()

    async def hall(self, branch_id: int) -> Hall:
        """The branch as it stood when this verb first asked."""
        if branch_id not in self._halls:
            branch = self.directory.branch_of(branch_id)
            # What this verb changed may come to nothing: nobody else is told a wait by it.
            own = branch_id in self._touched
            self._halls[branch_id] = await halls.load(
                self.directory, branch, self.now, None if own else self.forecasts
            )
        return self._halls[branch_id]

    async def hall_seen_by_all(self, branch_id: int, since: halls.Since) -> Hall:
        """The same at `since` or later, before this verb changes anything: it may have been read
        for others who ask in the same moment, as desks do that call, and for the screens."""
        assert branch_id not in self._touched, "of what this verb changed the others know nothing"
        branch = self.directory.branch_of(branch_id)
        seen = await halls.load_for_all(self.directory, branch, self.now, self.forecasts, since)
        return seen.seen_at(self.now)

    async def interruptions(self, branch_id: int) -> tuple[Interruption, ...]:
        """Those that the hall of `branch_id` knows today, without loading the hall for them."""
        day = self.directory.today(self.directory.branch_of(branch_id), self.now)
        return begun(await kept_interruptions.since(branch_id, day.reach.opens), self.now)

    async def ticket(self, ticket_id: int) -> Ticket:
        """NotFound `unknown_ticket`; NotAllowed `other_branch`, and `not_your_desk` for who has
        this right only at their own desk; Conflict `ticket_state` where it is at no desk then."""
        ticket, clerk_id = await kept_tickets.with_clerk(self.reach, ticket_id)
        if ticket.progress.state not in AT_DESK:
            raise Conflict("ticket_state", state=ticket.progress.state)
        rights.require_desk(self.right, self.who, clerk_id)
        return ticket

    async def any_ticket(self, ticket_id: int) -> Ticket:
        """A ticket wherever its person is. NotFound `unknown_ticket`; NotAllowed `other_branch`."""
        return await kept_tickets.by_id(self.reach, ticket_id)

    async def desk(self, desk_id: int) -> DeskRow:
        """The desk, locked, so that what happens at it happens one after the other.

        NotFound `unknown_desk`; NotAllowed `other_branch`.
        """
        return await people.desk(self.reach, desk_id, lock=True)

    async def desk_now(self, desk_id: int) -> tuple[DeskRow, halls.Since]:
        """The same, and the moment since which nothing can happen at it."""
        place, version, epoch = await people.desk_now(self.reach, desk_id)
        return place, halls.Since(version, epoch)

    def require_desk(self, place: DeskRow) -> None:
        """NotAllowed `not_your_desk` for who has this right only at the desk they have taken."""
        rights.require_desk(self.right, self.who, place.staff_id)

    async def appointment(self, token: str) -> Appointment:
        """The appointment behind a link, locked, so that what happens to it happens one after
        the other. NotFound `unknown_link`."""
        return await kept_appointments.by_token(token, lock=True)

    @overload
    async def record(
        self, thing: Ticket, verb: Verb, *, last: bool = False, **facts: Any
    ) -> Ticket: ...
    @overload
    async def record(
        self, thing: Appointment, verb: AppointmentVerb, **facts: Any
    ) -> Appointment: ...
    async def record(self, thing: Any, verb: Any, *, last: bool = False, **facts: Any) -> Any:
        """Append the event and write the row, guarded by its revision, in one statement; of a
        ticket with the branch's new version, where it is the `last` that this verb changes and so
        may be the whole transaction.

        `facts`: the fields of the event that this verb sets; of an appointment's also who is the
        `actor`, where it is not who asks. Conflict `ticket_changed` or
        `appointment_changed` where somebody else was first, `ticket_state` or
        `appointment_state` where it may not follow, `desk_busy`, `already_checked_in`.
        """
        if isinstance(thing, Ticket):
            happened = records.next_event(thing, verb, self.who.actor, self.now, **facts)
            progress = tickets.apply(thing.progress, happened)
            return await self.write(thing, progress, happened, last=last)
        actor = facts.pop("actor", self.who.actor)
        changed = appointment_records.next_appointment_event(thing, verb, actor, self.now, **facts)
        thing = thing.at(appointments.apply(thing.progress, changed))
        await appointment_records.write_appointment(thing, changed)
        self._follow(thing, changed)
        return thing

    async def write(
        self, ticket: Ticket, progress: Progress, happened: Event, *, last: bool = False
    ) -> Ticket:
        """The same for a progress that is not a step forward, such as an undo."""
        called_for = self._messages(ticket, happened)
        push = next((one for one in called_for if one.channel == "push"), None)
        others = [one for one in called_for if one is not push]
        alone = last and not (others or self._asked_for) and db.may_stand_alone()
        asked = self._request if last else None
        written = await records.write_ticket(ticket, progress, happened, push, alone, asked)
        if written is None:
            raise Conflict("ticket_changed", ticket=ticket.id)
        thing, version = written
        if asked:
            self._kept = thing
        self._called_for += others
        self._changed(thing.branch_id, version)
        return thing

    async def call_first(self, people: Sequence[HallTicket], desk: DeskRow) -> Ticket | None:
        """Call the first of these to the desk; whoever has changed since they were seen is passed
        over, and whom somebody else is taking at once."""
        seen = [(one.id, one.revision) for one in people]
        ticket = await kept_tickets.first_free(desk.branch_id, seen) if seen else None
        if ticket is None:
            return None
        return await self.record(ticket, "call", desk_id=desk.id, last=True)

    async def issue(
        self,
        draft: Draft,
        day: date,
        told: Wait | None = None,
        *,
        counts: bool = False,
        last: Callable[[Ticket], object] | None = None,
    ) -> Ticket:
        """A new ticket with the next number of its series that day, its first event, and the wait
        that is told with it, which is a promise.

        `counts`: it is one of those that the office limits; RuleBroken `tickets_ended`. `last`:
        what this verb gives of the ticket, where it is the last that it changes.
        """
        booked = draft.appointment is not None
        series = numbering.prefix(self.directory.rules, booked, draft.priority)
        token = numbering.link_token(draft.branch_id, secrets.token_urlsafe(16))
        live, raises = self._is_live(draft), last is not None and not self._raised
        alone = raises and self._tells_nobody(draft) and db.may_stand_alone()
        actor, kept = self.who.actor, None
        # In this statement, so that whoever asks again never stands at the end of the line.
        if last and self._request:
            expected = records.to_be(draft, day, token, actor, self.now)
            kept = repeats.kept(self._request, last(expected))
        ticket, first, version = await records.insert_ticket(
            draft, day, series, token, actor, self.now, live, told, counts, raises, alone, kept
        )
        if kept and last:
            self._kept = last(ticket)
        self._follow(ticket, first, version)
        joined = ticket.as_waiting()
        if joins_at_the_end(joined):
            self._joining[ticket.branch_id] = joined
        return ticket

    def _tells_nobody(self, draft: Draft) -> bool:
        """Whether neither a ticket of this nor anything else calls for a message."""
        prints = bool(self.directory.branch_of(draft.branch_id).printers)
        return reactions.only_on_paper("ticket", "issue") and not (prints or self._asked_for)

    def _is_live(self, draft: Draft) -> bool:
        """Whether the place is by when they join: without a booking, or too late for its time."""
        if draft.appointment is None:
            return True
        late = timedelta(minutes=self.directory.rules.late_minutes)
        return self.now > draft.appointment.starts_at + late

    async def hold(self, draft: Slot) -> Appointment | None:
        """A new appointment with its first event; None where its lane or its code is taken.

        Nobody asks for what is held for a wish: the house offers it.
        """
        actor = self.who.actor if draft.wish_id is None else SYSTEM.actor
        held = await appointment_records.insert_appointment(draft, actor, self.now)
        if held is None:
            return None
        self._follow(*held)
        return held[0]

    async def put_desk(
        self, place: DeskRow, verb: DeskVerb, staff_id: int | None, reason: str | None = None
    ) -> DeskRow:
        """The desk's new state and its event; a desk that already is so stays as it is."""
        state = DESK_STATES[verb]
        if (place.state, place.staff_id) == (state, staff_id):
            return place
        await records.write_desk(place, verb, state, staff_id, reason, self.who.actor, self.now)
        self.touch(place.branch_id)
        return DeskRow(place.branch_id, place.id, place.number, state, staff_id, place.retired_at)

    async def note(
        self,
        kind: OfficeKind,
        subject: str,
        verb: str,
        before: object = None,
        after: object = None,
        branch_id: int | None = None,
    ) -> None:
        """The event of what has no table of events of its own: who, when, before, after. A line in
        the log, too, once it is committed."""
        self.noted.append(f"{kind} {subject}: {verb} by {self.who.actor}")
        await records.insert_office_event(
            OfficeEvent(self.now, self.who.actor, kind, subject, verb, before, after, branch_id)
        )

    def tell(self, message: Outgoing) -> None:
        """What is to leave though nothing happened: somebody asks for what is theirs."""
        self._asked_for.append(message)

    def touch(self, branch_id: int) -> None:
        """This branch looks different now: its screens are told when all is done."""
        self._touched.add(branch_id)

    def _follow(self, thing: Thing, event: AnyEvent, version: int | None = None) -> None:
        """`version`: that of the branch, where it was raised with it."""
        self._called_for += self._messages(thing, event)
        self._changed(thing.branch_id, version)

    def _changed(self, branch_id: int, version: int | None) -> None:
        """The branch's version, at the end or to this one already."""
        self.touch(branch_id)
        if version is not None:
            self._raised[branch_id] = version

    async def keep(self, result: object) -> None:
        """The answer under the request's key, where its last change has not kept it with itself."""
        if self._kept is not None:
            assert result == self._kept, "the last change kept what this verb does not give"
        elif self._request:
            await repeats.keep(self._request, result)

    async def end(self) -> None:
        """What must follow, once and in order.

        The version rows are the only lock that all changes of a branch share: taken last, in
        one order, and held to the commit, so that a snapshot's version and its content agree. So
        they are taken in the commit's own message, but where a statement that is the whole
        transaction takes it, and where a ticket joins the line that this process knows.
        """
        await outbox.put([*self._possible(self._called_for), *self._asked_for])
        for branch_id in sorted(self._touched - self._raised.keys()):
            if self._joining:
                self._raised[branch_id] = await records.raise_version(branch_id)
            else:
                await records.raise_version_with_commit(branch_id)
        for branch_id, person in self._joining.items():
            if self.forecasts:
                version = self._raised[branch_id]
                self.forecasts.join(branch_id, version, person)
                self._joined.append((branch_id, version, person))

    def _messages(self, thing: Thing, event: AnyEvent) -> list[Outgoing]:
        quiet = self._directory.quiet if self._directory else None
        return reactions.messages([Happened(thing, event)], self.now, quiet)

    def _possible(self, messages: list[Outgoing]) -> list[Outgoing]:
        """Without those on paper where the branch has no printer: most tickets cost no question."""
        return [
            one
            for one in messages
            if one.channel != "print" or self.directory.branch_of(one.branch_id).printers
        ]

    def take_back(self) -> None:
        """Nothing of it was committed."""
        for branch_id, version, person in self._joined:
            assert self.forecasts
            self.forecasts.unjoin(branch_id, version, person)
        self._joined.clear()


class verb(Generic[P, R]):  # noqa: N801 - reads as a decorator
    """Makes a verb of a function of an act; its right is the row of its name."""

    def __init__(self, function: Callable[Concatenate[Act, P], Awaitable[R]]) -> None:
        self.right = function.__name__
        self._keeps = True
        if self.right not in rights.RIGHTS:
            raise LookupError(f"{self.right} has no row in domain/rights.py")
        self._function = function
        self._signature = inspect.signature(function)
        update_wrapper(self, function)

    @classmethod
    def secret(cls, function: Callable[Concatenate[Act, P], Awaitable[R]]) -> "verb[P, R]":
        """A verb that is given or gives a password, a token or many people's data. An idempotency
        key does nothing here: what it keeps of a request and its answer could be read in the
        database."""
        made = verb(function)
        made._keeps = False
        return made

    async def __call__(self, by: By, *args: P.args, **kwargs: P.kwargs) -> R:
        """What the first request with this key gave, else what this one gives.

        A second that comes while the first still runs waits for it where both would change the
        same, at the latest at the key. A refusal is not kept: nothing was done, so the same
        request may be tried again.
        """
        rights.require(self.right, by.who)
        directory = await reference.directory_if_any()
        request = self._asked(by, args, kwargs)
        tried: list[Act] = []
        try:
            do = partial(self._do, tried, by, directory, args, kwargs, request)
            result = await db.transact(do, request is not None)
        except BaseException as error:
            for act in tried:
                act.take_back()
            # What cannot be done twice says so in its own words, the key itself last.
            may_be_repeated = isinstance(error, Exception) and not isinstance(error, db.OUTAGES)
            if request and may_be_repeated:
                given = await repeats.answered(request, self._result)
                if given:
                    if not isinstance(error, QueueError | asyncpg.UniqueViolationError):
                        _log.exception("%s was answered as before", self.right)
                    return cast(R, given.answer)
            raise
        # Where there was no centre yet, each of its hundred parts is no news.
        for line in tried[-1].noted if tried and directory else ():
            _log.info("%s", line)
        return result

    def _asked(self, by: By, args: Any, kwargs: Any) -> Request | None:
        if by.key is None or not self._keeps:
            return None
        asked = self._signature.bind(None, *args, **kwargs)
        asked.apply_defaults()
        named = dict(list(asked.arguments.items())[1:])
        return repeats.request(self.right, by.who.actor, by.key, named, by.now)

    async def _do(
        self,
        tried: list[Act],
        by: By,
        directory: Directory | None,
        args: Any,
        kwargs: Any,
        request: Request | None,
    ) -> R:
        for earlier in tried:
            earlier.take_back()
        act = Act(by, self.right, directory, request)
        tried.append(act)
        result = await self._function(act, *args, **kwargs)
        await act.keep(result)
        await act.end()
        return result

    @cached_property
    def _result(self) -> Any:
        return get_type_hints(self._function)["return"]
