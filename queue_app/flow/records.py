"""How a change is written: the event and the row in one statement, guarded by the revision."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Literal

import asyncpg
import msgspec
from msgspec import Struct

from queue_app.domain.appointments import Appointment
from queue_app.domain.catalogue import Channel, Language
from queue_app.domain.company import CompanyKind
from queue_app.domain.errors import Conflict, RuleBroken
from queue_app.domain.messages import Outgoing
from queue_app.domain.tickets import Event, Progress, Ticket, Verb, apply
from queue_app.domain.told_range import Wait
from queue_app.flow import outbox, repeats
from queue_app.flow.repeats import Request, Row
from queue_app.queries import tickets
from queue_app.queries.staff import DeskRow
from queue_app.store import db

DeskVerb = Literal["open", "resume", "pause", "close"]
DESK_STATES: dict[DeskVerb, str] = {
    "open": "open",
    "resume": "open",
    "pause": "paused",
    "close": "closed",
}
OfficeKind = Literal["staff", "device", "centre", "interruption", "person", "board", "hall"]


class Draft(Struct, frozen=True):
    """What makes a ticket, before it has a number."""

    branch_id: int
    channel: Channel
    services: tuple[str, ...]
    language: Language
    priority: str | None = None
    appointment: Appointment | None = None
    people: int = 1
    company: CompanyKind | None = None


class OfficeEvent(Struct, frozen=True):
    """One change of staff, devices, settings or interruptions; never a password or a token."""

    at: datetime
    actor: str
    kind: OfficeKind
    subject: str
    verb: str
    before: object = None
    after: object = None
    branch_id: int | None = None


def next_event(ticket: Ticket, verb: Verb, actor: str, now: datetime, **facts: Any) -> Event:
    """The ticket's next event; never before the last one, whatever the clocks."""
    return Event(
        seq=ticket.progress.revision + 1,
        at=max(now, ticket.changed_at or ticket.issued_at),
        verb=verb,
        actor=actor,
        **facts,
    )


def _keeping(change: str, of: str, first: int, answer: str) -> str:
    """The change that keeps its own answer, once the row named so is there; in parameters from
    this one on."""
    change, told = change.rsplit("\nSELECT ", 1)
    return f"{change}, kept AS ({repeats.keeping(first, answer)} FROM {of})\nSELECT {told}"


_RAISED = """raised AS (
    UPDATE branch_version SET version = version + 1 WHERE branch_id = {branch} AND {when}
    RETURNING branch_id AS raised_id, version
)"""
_TOLD = """raised.version,
    CASE WHEN raised_id IS NOT NULL THEN pg_notify('branch', raised_id::text) END"""
"""The new version of a branch, and that the commit tells of it: of a change whose last statement
it is part of."""

AT_ONCE = "10 seconds"
"""A ticket that was given since this one was asked for is at most so much older than it, as nobody
waits longer for the database; what is further ahead is a clock that was wrong."""

NUMBERS_APART = 100
"""A series begins anew at 1 while whoever still waits from the day before, where a branch is open
round the clock, has a higher number than this: they are called long before it is given again."""
LONGEST_WAIT = "8 hours"
"""Nobody is in the house for longer; whom no sweep has seen off since is not."""

_FIRST = f"""CASE
    WHEN EXISTS (SELECT FROM counter WHERE branch_id = $1 AND day = $2 AND prefix = $3) THEN 1
    ELSE (
        SELECT CASE WHEN min(count) <= {NUMBERS_APART} THEN max(count) + 1 ELSE 1 END
        FROM (SELECT substring(number FROM '^' || $3 || '([0-9]+)$')::integer AS count
            FROM ticket WHERE branch_id = $1 AND day < $2 AND {tickets.IN_HOUSE}
                AND queued_at > $10::timestamptz - interval '{LONGEST_WAIT}') AS former
    ) END"""
"""The count of the first ticket of a series on a day, so that nobody in the house has the number
of somebody else."""

_ISSUE = f"""
WITH limited AS (
    UPDATE ticket_limit SET remaining = remaining - $17
    WHERE $19 AND branch_id = $1 AND service = ANY($11) AND until > $10
    RETURNING service
), joined AS (
    SELECT CASE WHEN $14 THEN greatest($10::timestamptz, (SELECT max(queued_at) FROM ticket
        WHERE branch_id = $1 AND {tickets.IN_HOUSE})) END AS at
), counted AS (
    INSERT INTO counter (branch_id, day, prefix, last, joined_at)
    SELECT $1, $2::date, $3::text, {_FIRST}, joined.at
    FROM joined CROSS JOIN (SELECT count(*) FROM limited) AS first_of_all
    ON CONFLICT (branch_id, day, prefix) DO UPDATE SET last = counter.last + 1,
        joined_at = CASE WHEN EXCLUDED.joined_at IS NULL
            OR counter.joined_at > EXCLUDED.joined_at
            AND counter.joined_at < EXCLUDED.joined_at + interval '{AT_ONCE}'
            THEN counter.joined_at ELSE EXCLUDED.joined_at END
    RETURNING last, joined_at
), issued AS (
    INSERT INTO ticket (branch_id, day, number, token, channel, priority, language,
        appointment_id, due_at, issued_at, queued_at, services, people, company, state, revision)
    SELECT $1, $2, $3 || last, $4, $5, $6, $7, $8, $9, $10,
        CASE WHEN $14 THEN joined_at ELSE $10 END, $11, $17, $18, 'waiting', 1
    FROM counted
    RETURNING *
), happened AS (
    INSERT INTO ticket_event (branch_id, ticket_id, seq, at, verb, actor, data)
    SELECT branch_id, id, 1, issued_at, 'issue', $12, CASE WHEN queued_at = issued_at
        THEN $13::jsonb ELSE $13::jsonb || jsonb_build_object('queued_at', queued_at) END
    FROM issued
), {_RAISED.format(branch="$1", when="$20")}, promised AS (
    INSERT INTO promise (branch_id, ticket_id, revision, promised_at, low_minutes, high_minutes,
        shown)
    SELECT branch_id, id, revision, issued_at, $15, $16, 'ticket' FROM issued
    WHERE $15::integer IS NOT NULL
)
SELECT issued.*, {_TOLD} FROM issued LEFT JOIN raised ON true
"""


_ISSUE_AND_KEEP = _keeping(
    _ISSUE, "issued", 21, "{} || jsonb_build_object('id', id, 'number', number)"
)


def to_be(draft: Draft, day: date, token: str, actor: str, now: datetime) -> Ticket:
    """The ticket that will be, but for its id and number, and for the moment by which its place
    in the line counts."""
    booked = draft.appointment
    return Ticket(
        branch_id=draft.branch_id,
        id=0,
        day=day,
        number="",
        token=token,
        channel=draft.channel,
        priority=draft.priority,
        language=draft.language,
        appointment_id=booked.id if booked else None,
        due_at=booked.starts_at if booked else None,
        issued_at=now,
        progress=apply(None, _first_event(draft, actor, now)),
        people=draft.people,
        company=draft.company,
    )


def _first_event(draft: Draft, actor: str, now: datetime) -> Event:
    return Event(seq=1, at=now, verb="issue", actor=actor, services=draft.services)


async def insert_ticket(
    draft: Draft,
    day: date,
    series: str,
    token: str,
    actor: str,
    now: datetime,
    live: bool,
    told: Wait | None,
    counts: bool,
    last: bool,
    alone: bool,
    kept: Row | None = None,
) -> tuple[Ticket, Event, int | None]:
    """The ticket with the next number of its series, as `numbering.number` makes it of the count,
    and the branch's new version where this is the `last` change of it; `alone`: and nothing else
    is changed with it. `kept`: the answer to keep with it, of `repeats.kept`, to which its id and
    number are added.

    Whoever else asks for one of this series waits until this one is given. The limit is locked
    first, and the branch last: who changes a limit locks them in this order. `live`: the place is
    by the time of joining, and so never before whoever is in the house or has a lower number of
    the series, whatever the clocks and whoever asked first.
    `told`: the range that goes with it, to be compared with what comes true. `counts`: it is one
    of those that the office limits; RuleBroken `tickets_ended` where there are not so many, of a
    group as many as they are, with the `reason` "group". The limit's own constraint has the last
    word.
    """
    booked = draft.appointment
    first = _first_event(draft, actor, now)
    write = db.fetch_row_alone if alone else db.fetch_row
    try:
        row = await write(
            _ISSUE_AND_KEEP if kept else _ISSUE,
            draft.branch_id,
            day,
            series,
            token,
            draft.channel,
            draft.priority,
            draft.language,
            booked.id if booked else None,
            booked.starts_at if booked else None,
            now,
            list(draft.services),
            actor,
            data_of(first, _TICKET_FACTS),
            live,
            told.low_minutes if told else None,
            told.high_minutes if told else None,
            draft.people,
            draft.company,
            counts,
            last,
            *(kept or ()),
        )
    except asyncpg.CheckViolationError as error:
        if error.constraint_name != "ticket_limit_holds":
            raise
        group = {"reason": "group"} if draft.people > 1 else {}
        raise RuleBroken("tickets_ended", services=list(draft.services), **group) from error
    assert row
    return tickets.from_row(row), first, row["version"]


_CHANGED = f"""
WITH changed AS (
    UPDATE ticket SET revision = $4, state = $5, services = $6, queued_at = $7,
        for_desk_id = $8, desk_id = $9, called_at = $10, calls = $11, started_at = $12,
        ended_at = $13, expected_at = $19, given = $20, outcome = $21, right_shown = $22
    WHERE branch_id = $1 AND id = $2 AND revision = $3 AND token = $27
    RETURNING branch_id, id, revision
), happened AS (
    INSERT INTO ticket_event (branch_id, ticket_id, seq, at, verb, actor, desk_id, data)
    SELECT branch_id, id, revision, $14, $15, $16, $17, $18::jsonb FROM changed
), pushed AS (
    {outbox.pushes("changed", "$23", "$24", "$25", "$2", "$26")}
)"""
_CHANGE = f"{_CHANGED}\nSELECT NULL::bigint AS version FROM changed"
_ALL_OF_IT = f"""{_CHANGED}, {_RAISED.format(branch="(SELECT branch_id FROM changed)", when="true")}
SELECT {_TOLD} FROM changed LEFT JOIN raised ON true
"""
"""The change that is the whole transaction."""
_CHANGES = {
    (alone, keeps): _keeping(change, "changed", 28, "{}") if keeps else change
    for alone, change in ((False, _CHANGE), (True, _ALL_OF_IT))
    for keeps in (False, True)
}
"""By whether it is the whole transaction, and whether it keeps its answer."""
_TICKET_FACTS = ("services", "for_desk_id", "expected_at", "given", "outcome", "why")
"""The parts of a ticket's event that have no column of their own."""


async def write_ticket(
    ticket: Ticket,
    progress: Progress,
    happened: Event,
    push: Outgoing | None,
    alone: bool,
    asked: Request | None = None,
) -> tuple[Ticket, int | None] | None:
    """The ticket as it stands then, and the branch's new version where this is the whole
    transaction (`alone`). None where the revision is another by now, or the ticket: nothing that
    was read keeps another database from being restored meanwhile.
    `push`: what the browsers that asked to be told of this visit are told. `asked`: the ticket is
    kept as the answer to it.

    Conflict `desk_busy` where the desk has somebody already, `already_checked_in`.
    """
    written = msgspec.structs.replace(ticket, progress=progress, changed_at=happened.at)
    write = db.fetch_row_alone if alone else db.fetch_row
    change = _CHANGES[alone, asked is not None]
    try:
        row = await write(
            change,
            ticket.branch_id,
            ticket.id,
            ticket.progress.revision,
            progress.revision,
            progress.state,
            list(progress.services),
            progress.queued_at,
            progress.for_desk_id,
            progress.desk_id,
            progress.called_at,
            progress.calls,
            progress.started_at,
            progress.ended_at,
            happened.at,
            happened.verb,
            happened.actor,
            happened.desk_id,
            data_of(happened, _TICKET_FACTS),
            progress.expected_at,
            list(progress.given),
            progress.outcome,
            progress.right_shown,
            push.event if push else None,
            push.kind if push else None,
            ticket.appointment_id,
            push.due_at if push else None,
            ticket.token,
            *(repeats.kept(asked, written) if asked else ()),
        )
    except asyncpg.UniqueViolationError as error:
        if repeats.is_taken(error):
            raise
        raise _taken(error) from error
    return (written, row["version"]) if row else None


def _taken(error: asyncpg.UniqueViolationError) -> Conflict:
    if error.constraint_name == "ticket_one_per_appointment":
        return Conflict("already_checked_in")
    return Conflict("desk_busy")


def data_of(happened: Struct, facts: Sequence[str]) -> str:
    """Those of the facts that this event sets, as JSON."""
    found = {name: getattr(happened, name) for name in facts}
    return _json({name: value for name, value in found.items() if value is not None})


async def write_desk(
    place: DeskRow,
    verb: DeskVerb,
    state: str,
    staff_id: int | None,
    reason: str | None,
    actor: str,
    now: datetime,
) -> None:
    """The caller has locked the desk. The event's `staff_id` is whose desk it becomes or was."""
    await db.fetch(
        "UPDATE desk SET state = $3::text, staff_id = $4, since = $6,"
        " pause_reason = CASE WHEN $3::text = 'paused' THEN $5::text END,"
        " help_at = CASE WHEN $3::text <> 'closed' THEN help_at END,"
        " break_asked_at = CASE WHEN $3::text = 'open' THEN break_asked_at END,"
        " break_reason = CASE WHEN $3::text = 'open' THEN break_reason END"
        " WHERE branch_id = $1 AND id = $2",
        place.branch_id,
        place.id,
        state,
        staff_id,
        reason,
        now,
    )
    await db.fetch(
        "INSERT INTO desk_event (branch_id, desk_id, at, verb, staff_id, reason, actor)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7)",
        place.branch_id,
        place.id,
        now,
        verb,
        staff_id or place.staff_id,
        reason,
        actor,
    )


async def insert_office_event(event: OfficeEvent) -> None:
    await db.fetch(
        "INSERT INTO office_event (at, actor, kind, subject, branch_id, verb, before, after)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7::jsonb, $8::jsonb)",
        event.at,
        event.actor,
        event.kind,
        event.subject,
        event.branch_id,
        event.verb,
        None if event.before is None else _json(event.before),
        None if event.after is None else _json(event.after),
    )


_RAISE = (
    "WITH raised AS (UPDATE branch_version SET version = version + 1"
    " WHERE branch_id = $1 RETURNING branch_id, version)"
    " SELECT version, pg_notify('branch', branch_id::text) FROM raised"
)


async def raise_version(branch_id: int) -> int:
    """The last statement of a change: the new version. The commit delivers the notification."""
    version: int = await db.fetch_value(_RAISE, branch_id)
    return version


async def raise_version_with_commit(branch_id: int) -> None:
    """The same, where nobody needs to know it: it locks the branch for no round trip of ours."""
    await db.say_with_commit(_RAISE, branch_id)


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
