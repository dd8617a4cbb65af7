"""Proof that the database holds every invariant of the house.

Each check reads the rows themselves, so it also finds what a dropped constraint let in.
"""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

import msgspec
from msgspec import Struct

from queue_app.domain import appointments, plans, tickets
from queue_app.domain.errors import QueueError
from queue_app.domain.wish import ends_at
from queue_app.queries import appointments as kept_appointments
from queue_app.queries import reference, unsettled, waiting_list
from queue_app.queries import tickets as kept_tickets
from queue_app.store import db

BATCH = 2000
"""Tickets folded at a time."""
GRACE = timedelta(days=1)
"""How late the upkeep may be, as after a night without power."""

GUARDS = {
    "appointment_one_per_lane",
    "appointment_code",
    "ticket_one_per_desk",
    "ticket_one_per_appointment",
    "ticket_branch_id_day_number_key",
    "ticket_state_times",
    "ticket_times_in_order",
    "ticket_expected_waits",
    "desk_one_per_clerk",
    "ticket_event_append_only",
    "desk_event_append_only",
    "request_pkey",
    "interruption_one_for_all",
    "interruption_ends_whole",
    "interruption_times_in_order",
    "interruption_is_kept",
    "branch_habits_sane",
    "branch_habits_correction",
    "appointment_event_append_only",
    "appointment_held_until",
    "appointment_came_to_a_booking",
    "office_event_append_only",
    "message_identity",
    "message_once",
    "outbox_is_one",
    "message_sent_has_time",
    "message_begun_is_printed",
    "offer_one_per_wish",
    "wish_can_be_told",
    "wish_event_append_only",
    "unsettled_once",
    "unsettled_ends_whole",
    "unsettled_times_in_order",
}
"""The constraints, indexes and triggers on which the invariants rest."""


class Finding(Struct, frozen=True):
    """One broken invariant: which, and where."""

    invariant: str
    where: str


_BROKEN: dict[str, str] = {
    "a lane has one appointment at a time": """
        SELECT format('branch %s: appointments %s and %s', a.branch_id, a.id, b.id)
        FROM appointment a JOIN appointment b ON a.branch_id = b.branch_id
            AND a.lane_id = b.lane_id AND a.id < b.id AND a.period && b.period
        WHERE a.state IN ('held', 'booked') AND b.state IN ('held', 'booked')""",
    "a number is given once a day": """
        SELECT format('branch %s, %s: number %s, %s times', branch_id, day, number, count(*))
        FROM ticket GROUP BY branch_id, day, number HAVING count(*) > 1""",
    "numbers have no gap": """
        SELECT format('branch %s, %s: %s counts %s, tickets %s up to %s', branch_id, day, prefix,
            last, given, highest)
        FROM counter FULL JOIN (
            SELECT branch_id, day, regexp_replace(number, '[0-9]+$', '') AS prefix,
                count(*) AS given, max(substring(number FROM '[0-9]+$')::integer) AS highest,
                min(substring(number FROM '[0-9]+$')::integer) AS lowest
            FROM ticket GROUP BY 1, 2, 3
        ) series USING (branch_id, day, prefix)
        WHERE last IS DISTINCT FROM highest OR given IS DISTINCT FROM highest - lowest + 1
            OR lowest > 1 AND NOT EXISTS (SELECT FROM ticket former
                WHERE former.branch_id = series.branch_id AND former.day < series.day
                    AND former.number = prefix || (lowest - 1))""",
    "a desk has one person": """
        SELECT format('branch %s: desk %s has %s', branch_id, desk_id, count(*)) FROM ticket
        WHERE state IN ('called', 'serving') GROUP BY branch_id, desk_id HAVING count(*) > 1""",
    "whoever is at a desk is at an open one": """
        SELECT format('branch %s: ticket %s at desk %s', t.branch_id, t.id, d.id)
        FROM ticket t JOIN desk d ON d.branch_id = t.branch_id AND d.id = t.desk_id
        WHERE t.state IN ('called', 'serving') AND d.state = 'closed'""",
    "an appointment has one live ticket": """
        SELECT format('branch %s: appointment %s has %s', branch_id, appointment_id, count(*))
        FROM ticket WHERE appointment_id IS NOT NULL
            AND state IN ('waiting', 'called', 'serving', 'parked')
        GROUP BY branch_id, appointment_id HAVING count(*) > 1""",
    "a ticket knows its appointment's time": """
        SELECT format('branch %s: ticket %s', t.branch_id, t.id) FROM ticket t
        JOIN appointment a ON a.branch_id = t.branch_id AND a.id = t.appointment_id
        WHERE t.due_at <> lower(a.period)""",
    "whoever is expected later waits, and is expected at their booked time": """
        SELECT format('branch %s: ticket %s', branch_id, id) FROM ticket
        WHERE expected_at IS NOT NULL AND (state <> 'waiting' OR expected_at < due_at
            OR (expected_at > due_at AND channel <> 'phone'))""",
    "an appointment that was checked in has a ticket, and no other has": """
        SELECT format('branch %s: appointment %s', branch_id, a.id) FROM appointment a
        WHERE (checked_in_at IS NOT NULL) <> EXISTS (SELECT FROM ticket t
            WHERE t.branch_id = a.branch_id AND t.appointment_id = a.id)""",
    "a message tells of something that happened": """
        SELECT format('branch %s: message %s', m.branch_id, m.id) FROM message m
        WHERE appointment_id IS NOT NULL AND kind NOT IN ('link', 'reminder') AND channel <> 'push'
            AND NOT EXISTS (SELECT FROM appointment_event e
            WHERE e.branch_id = m.branch_id AND e.appointment_id = m.appointment_id
                AND m.event = format('appointment %s %s', e.appointment_id, e.seq))""",
    "events of appointments count from one without a gap": """
        SELECT format('branch %s: appointment %s', a.branch_id, a.id) FROM appointment a
        LEFT JOIN appointment_event e ON e.branch_id = a.branch_id AND e.appointment_id = a.id
        GROUP BY a.branch_id, a.id, a.revision
        HAVING count(e.seq) <> a.revision OR max(e.seq) <> a.revision OR min(e.seq) <> 1""",
    "events count from one without a gap": """
        SELECT format('branch %s: ticket %s', t.branch_id, t.id) FROM ticket t
        LEFT JOIN ticket_event e ON e.branch_id = t.branch_id AND e.ticket_id = t.id
        GROUP BY t.branch_id, t.id, t.revision
        HAVING count(e.seq) <> t.revision OR max(e.seq) <> t.revision OR min(e.seq) <> 1""",
    "a desk stands as its last event left it": """
        SELECT format('branch %s: desk %s', d.branch_id, d.id) FROM desk d
        LEFT JOIN LATERAL (SELECT verb, staff_id FROM desk_event e
            WHERE e.branch_id = d.branch_id AND e.desk_id = d.id
            ORDER BY id DESC LIMIT 1) e ON true
        WHERE d.state <> CASE coalesce(e.verb, 'close') WHEN 'close' THEN 'closed'
            WHEN 'pause' THEN 'paused' ELSE 'open' END""",
    "every service that is named exists": """
        SELECT format('branch %s: %s names %s', branch_id, what, code) FROM (
            SELECT branch_id, format('ticket %s', id) AS what, unnest(services) AS code FROM ticket
            UNION ALL
            SELECT branch_id, format('appointment %s', id), unnest(services) FROM appointment
            UNION ALL
            SELECT branches[1], format('wish %s', id), unnest(services) FROM wish
            UNION ALL
            SELECT branch_id, format('interruption %s', id), unnest(services) FROM interruption
        ) named WHERE NOT EXISTS (SELECT FROM service WHERE service.code = named.code)""",
    "a branch has one open interruption for all services": """
        SELECT format('branch %s has %s', branch_id, count(*)) FROM interruption
        WHERE services IS NULL AND ended_at IS NULL GROUP BY branch_id HAVING count(*) > 1""",
    "an interruption begins, ends and lets calls resume, in this order": """
        SELECT format('branch %s: interruption %s', branch_id, id) FROM interruption
        WHERE ended_at < started_at OR resumes_at < ended_at
            OR num_nulls(ended_at, ended_by, resumes_at) NOT IN (0, 3)""",
    "nobody is called out while all calls are stopped": """
        SELECT format('branch %s: ticket %s, event %s, in interruption %s', i.branch_id, ticket_id,
            seq, i.id)
        FROM interruption i JOIN desk d ON d.branch_id = i.branch_id
        JOIN ticket_event e ON e.branch_id = i.branch_id AND e.desk_id = d.id
            AND e.at > i.calls_until AND e.verb IN ('call', 'recall')
            AND e.at < coalesce(i.resumes_at, 'infinity')
        WHERE i.services IS NULL""",
    "a booking that is over is settled": """
        SELECT format('branch %s: appointment %s', u.branch_id, u.appointment_id)
        FROM unsettled u JOIN appointment a ON a.branch_id = u.branch_id AND a.id = u.appointment_id
        WHERE u.settled_at IS NULL AND a.state <> 'booked'""",
    "a wish has one offer at a time, and only while it is open": """
        SELECT format('wish %s: %s offers', w.id, count(*)) FROM wish w
        JOIN appointment a ON a.wish_id = w.id AND a.state = 'held'
        GROUP BY w.id, w.state HAVING count(*) > 1 OR w.state <> 'open'""",
    "an offer is a time that was held for its wish": """
        SELECT format('branch %s: message %s', m.branch_id, m.id) FROM message m
        LEFT JOIN appointment a ON a.branch_id = m.branch_id AND a.id = m.appointment_id
        WHERE m.kind = 'offer' AND a.wish_id IS NULL""",
    "a wish that led to a booking has one": """
        SELECT format('wish %s: %s bookings', w.id, count(a.id)) FROM wish w
        LEFT JOIN appointment a ON a.wish_id = w.id AND EXISTS (SELECT FROM appointment_event e
            WHERE e.branch_id = a.branch_id AND e.appointment_id = a.id AND e.verb = 'confirm')
        GROUP BY w.id, w.state
        HAVING count(a.id) <> CASE w.state WHEN 'booked' THEN 1 ELSE 0 END""",
    "a wish stands as its last event left it": """
        SELECT format('wish %s', w.id) FROM wish w
        LEFT JOIN wish_event e ON e.wish_id = w.id
        GROUP BY w.id, w.revision, w.state HAVING count(e.seq) <> w.revision
            OR max(e.seq) IS DISTINCT FROM w.revision
            OR w.state <> CASE (array_agg(e.verb ORDER BY e.seq DESC))[1] WHEN 'book' THEN 'booked'
                WHEN 'withdraw' THEN 'withdrawn' WHEN 'end' THEN 'ended' ELSE 'open' END""",
    "what leaves is known as this database's": """
        SELECT 'its outbox has no identity' WHERE NOT EXISTS (SELECT FROM outbox)""",
    "every branch has a version": """
        SELECT format('branch %s', id) FROM branch
        WHERE NOT EXISTS (SELECT FROM branch_version v WHERE v.branch_id = branch.id)""",
}


async def check(now: datetime) -> list[Finding]:
    """Every broken invariant; an empty list proves the database.

    All of it is read as of one moment, so that a busy hall is not a finding.
    """
    async with db.snapshot():
        broken = [Finding(name, where) for name, sql in _BROKEN.items() for where in await _of(sql)]
        return [
            *broken,
            *await _missing_guards(),
            *[finding for kind in FOLDED async for finding in _unfolded(kind)],
            *await _stranded(now),
            *await _waiting_in_vain(now),
            *await _kept_too_long(now),
        ]


async def _of(sql: str) -> list[str]:
    return [row[0] for row in await db.fetch(sql)]


async def _missing_guards() -> list[Finding]:
    rows = await db.fetch(
        "SELECT conname FROM pg_constraint WHERE convalidated"
        " UNION SELECT indexrelid::regclass::text FROM pg_index WHERE indisvalid"
        " UNION SELECT tgname FROM pg_trigger WHERE tgenabled = 'O'"
    )
    present = {row[0] for row in rows}
    return [Finding("the schema guards itself", name) for name in sorted(GUARDS - present)]


class _Folded(Struct, frozen=True):
    """One kind of thing whose row is the fold of its events."""

    invariant: str
    table: str
    desk_id: str
    progress: Any
    event_of: Callable[[Mapping[str, Any]], Any]
    fold: Callable[[Iterable[Any]], Struct]


FOLDED = (
    _Folded(
        "a ticket is the fold of its events",
        "ticket",
        "desk_id",
        tickets.Progress,
        kept_tickets.event_from_row,
        tickets.fold,
    ),
    _Folded(
        "an appointment is the fold of its events",
        "appointment",
        "NULL",
        appointments.AppointmentProgress,
        kept_appointments.event_from_row,
        appointments.fold,
    ),
)


async def _unfolded(kind: _Folded) -> AsyncIterator[Finding]:
    """Rows that are not the fold of their events, read in batches."""
    table = kind.table
    after = (0, 0)
    while rows := await db.fetch(_ROWS.format(**_columns(table)), *after, BATCH):
        first, last = rows[0], rows[-1]
        bounds = (first["branch_id"], first["id"], last["branch_id"], last["id"])
        events = {
            key: [kind.event_of(row) for row in of]
            for key, of in groupby(
                await db.fetch(_EVENTS.format(table=table, desk_id=kind.desk_id), *bounds),
                key=lambda row: (row["branch_id"], row["of"]),
            )
        }
        for row in rows:
            key = (row["branch_id"], row["id"])
            progress = msgspec.convert(dict(row), type=kind.progress)
            if wrong := difference(progress, events.get(key, []), kind.fold):
                where = f"branch {key[0]}: {table} {key[1]}: {wrong}"
                yield Finding(kind.invariant, where)
        after = (last["branch_id"], last["id"])


def _columns(table: str) -> dict[str, str]:
    period = ", lower(period) AS starts_at, upper(period) AS ends_at"
    return {"table": table, "more": period if table == "appointment" else ""}


_ROWS = """
SELECT *{more} FROM {table} WHERE (branch_id, id) > ($1, $2) ORDER BY branch_id, id LIMIT $3
"""
_EVENTS = """
SELECT branch_id, {table}_id AS of, seq, at, verb, actor, {desk_id} AS desk_id, data
FROM {table}_event
WHERE (branch_id, {table}_id) BETWEEN ($1, $2) AND ($3, $4) ORDER BY branch_id, {table}_id, seq
"""


def difference(
    row: Struct, events: Sequence[Any], fold: Callable[[Iterable[Any]], Struct] = tickets.fold
) -> str | None:
    """What the row says otherwise than the fold of its events, or None."""
    if not events:
        return "it has no events"
    try:
        folded = fold(events)
    except (QueueError, AssertionError, IndexError) as error:
        return f"its events cannot be: {error}"
    wrong = [name for name in row.__struct_fields__ if getattr(row, name) != getattr(folded, name)]
    return ", ".join(wrong) or None


async def _stranded(now: datetime) -> list[Finding]:
    """Bookings to come that do not fit the centre's plans, of which staff know nothing."""
    directory = await reference.directory()
    known = await unsettled.known()
    return [
        Finding(
            "whoever is booked has a place, or is on the list of those to be settled",
            f"branch {hit.appointment.branch_id}: appointment {hit.appointment.id}: {hit.why}",
        )
        for hit in plans.hits(directory, await kept_appointments.to_come(now))
        if hit.appointment.state == "booked"
        and (hit.appointment.branch_id, hit.appointment.id) not in known
    ]


async def _waiting_in_vain(now: datetime) -> list[Finding]:
    """Wishes that are still open though nothing can come free for them any more."""
    directory = await reference.directory()
    return [
        Finding("no wish is open after its last day", f"wish {one.id}")
        for one in await waiting_list.still_open()
        if ends_at(one.wanted, directory.rules, directory.zone) + GRACE < now
    ]


_KEPT = """
SELECT format('branch %s: appointment %s', branch_id, id) FROM appointment
WHERE num_nonnulls(name, phone, email) > 0 AND upper(period) < $1 AND changed_at < $1
UNION ALL
SELECT format('branch %s: message %s', m.branch_id, m.id) FROM message m
LEFT JOIN appointment a ON a.branch_id = m.branch_id AND a.id = m.appointment_id
WHERE CASE WHEN a.id IS NULL THEN m.created_at < $1
    ELSE upper(a.period) < $1 AND a.changed_at < $1 END
UNION ALL
SELECT format('wish %s', id) FROM wish
WHERE num_nonnulls(name, phone, email) > 0 AND state <> 'open' AND changed_at < $1
UNION ALL
SELECT format('branch %s: note of ticket %s', branch_id, ticket_id) FROM visit_note WHERE at < $1
UNION ALL
SELECT format('proof %s', id) FROM proof WHERE asked_at < $1
UNION ALL
SELECT 'a wish for no reminders' FROM unreminded u WHERE since < $1
    AND NOT EXISTS (SELECT FROM appointment a WHERE a.phone = u.contact)
    AND NOT EXISTS (SELECT FROM appointment a WHERE lower(a.email) = u.contact)
"""


async def _kept_too_long(now: datetime) -> list[Finding]:
    rules = (await reference.directory()).rules
    rows = await db.fetch(_KEPT, now - timedelta(days=rules.retention_days) - GRACE)
    return [Finding("personal data is deleted on time", row[0]) for row in rows]
