"""A branch at this moment: one query, one consistent snapshot, and the views made of it."""

import asyncio
from collections.abc import Hashable
from datetime import datetime, timedelta

import msgspec
from msgspec import Struct

from queue_app.domain.catalogue import Language, Text
from queue_app.domain.directory import Branch, Directory
from queue_app.domain.dispatch import Waiting
from queue_app.domain.forecast import Appointed
from queue_app.domain.habits import Habits
from queue_app.domain.hall import RECENT, DeskState, Hall, HallTicket
from queue_app.domain.interruptions import Interruption, begun
from queue_app.domain.machines import AwayDevice, PrinterStanding, Unprinted
from queue_app.domain.orders import Orders, under_orders
from queue_app.domain.paper import UNPRINTED_SHOWN
from queue_app.domain.ranges import Forecasts
from queue_app.domain.service_times import ServiceTime
from queue_app.domain.tail import Tail
from queue_app.queries import reference
from queue_app.queries.epochs import EPOCH
from queue_app.queries.habits import DOCUMENT
from queue_app.queries.orders_today import ORDERED
from queue_app.queries.tickets import IN_HOUSE
from queue_app.store import db
from queue_app.tasks import Shared

MISSED = 24
"""How many of the last who did not come can still be put back from a console."""


class _Loaded(Struct):
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
    printers: tuple[PrinterStanding, ...]
    unprinted: tuple[Unprinted, ...]
    devices_away: tuple[AwayDevice, ...]
    line: dict[Language, str] | None
    orders: Orders


INTERRUPTION = "id, kind, services, note, started_at, ended_at, resumes_at"

_PARKED_AT = """CASE WHEN state = 'parked' THEN (SELECT max(at) FROM ticket_event e
    WHERE e.branch_id = ticket.branch_id AND e.ticket_id = ticket.id AND verb = 'park') END
    AS parked_at"""
_FIELDS = HallTicket.__struct_fields__
_TICKET = ", ".join(_PARKED_AT if name == "parked_at" else name for name in _FIELDS)
_TICKETS = "coalesce(json_agg(json_build_array({})), '[]')".format(", ".join(_FIELDS))
"""Most of what is read of a hall are its tickets: their fields in order, without a name at each."""

_HALL = f"""
SELECT convert_to(json_build_object(
    'version', coalesce((SELECT version FROM branch_version WHERE branch_id = $1), 0),
    'epoch', {EPOCH},
    'desks', (SELECT coalesce(json_agg(d), '[]') FROM (
        SELECT desk.id, number, state, staff_id, login AS clerk, pause_reason, since,
            help_at, break_asked_at, break_reason
        FROM desk LEFT JOIN staff ON staff.id = desk.staff_id
        WHERE desk.branch_id = $1 AND (desk.retired_at IS NULL OR state <> 'closed')
        ORDER BY position, desk.id) d),
    'tickets', (SELECT {_TICKETS} FROM (
        SELECT {_TICKET} FROM ticket
        WHERE branch_id = $1 AND day >= $2
            AND state IN ('waiting', 'called', 'serving', 'parked')
        ORDER BY id) t),
    'recent', (SELECT {_TICKETS} FROM (
        SELECT {_TICKET} FROM ticket
        WHERE branch_id = $1 AND day >= $2 AND called_at IS NOT NULL
            AND state NOT IN ('called', 'serving') AND channel = 'visit'
        ORDER BY called_at DESC, id DESC LIMIT {RECENT}) t),
    'missed', (SELECT {_TICKETS} FROM (
        SELECT {_TICKET} FROM ticket
        WHERE branch_id = $1 AND day >= $2 AND state = 'no_show'
        ORDER BY ended_at DESC, id DESC LIMIT {MISSED}) t),
    'appointed', (SELECT coalesce(json_agg(a), '[]') FROM (
        SELECT id, lower(period) AS due_at, services, channel FROM appointment
        WHERE branch_id = $1 AND state = 'booked' AND checked_in_at IS NULL AND lower(period) < $4
            AND lower(period) >= greatest($5, least($3, (
                SELECT min(started_at) FROM interruption WHERE branch_id = $1
                    AND coalesce(resumes_at, 'infinity'::timestamptz) > $3) - $6::interval))
        ORDER BY lower(period)) a),
    'times', (SELECT coalesce(json_object_agg(service,
            json_build_object('mu', mu, 'sigma', sigma, 'visits', visits)), '{{}}')
        FROM service_time WHERE branch_id = $1),
    'habits', (SELECT coalesce(
        (SELECT {DOCUMENT} FROM branch_habits WHERE branch_id = $1), '{{}}')),
    'interruptions', (SELECT coalesce(json_agg(i), '[]') FROM (
        SELECT {INTERRUPTION} FROM interruption
        WHERE branch_id = $1 AND coalesce(resumes_at, 'infinity'::timestamptz) > $5
        ORDER BY started_at, id) i),
    'printers', (SELECT coalesce(json_agg(p), '[]') FROM (
        SELECT code, kiosk, state, state_at AS since FROM printer
        WHERE branch_id = $1 AND retired_at IS NULL ORDER BY position, id) p),
    'unprinted', (SELECT coalesce(json_agg(u), '[]') FROM (
        SELECT ticket.id AS ticket, number FROM ticket
        JOIN LATERAL (SELECT state FROM message WHERE message.branch_id = $1
            AND ticket_id = ticket.id AND channel = 'print' ORDER BY id DESC LIMIT 1) last ON true
        WHERE ticket.branch_id = $1 AND day >= $2 AND ticket.state = 'waiting'
            AND issued_at >= $7 AND last.state = 'failed'
            AND EXISTS (SELECT FROM printer WHERE branch_id = $1)
        ORDER BY ticket.id) u),
    'devices_away', (SELECT coalesce(json_agg(v), '[]') FROM (
        SELECT name, kinds, seen_at FROM device
        WHERE branch_id = $1 AND revoked_at IS NULL
            AND here_until < $3::timestamptz + $6::interval
        ORDER BY name) v),
    'line', (SELECT said FROM board_line
        WHERE branch_id = $1 AND until > $3::timestamptz + $6::interval),
    {ORDERED.format(now="$3::timestamptz + $6::interval")}
)::text, 'UTF8')
"""
"""In bytes, as they are read: the driver would make words of them, which the decoder takes apart
again."""


_MARK = f"SELECT version, {EPOCH} AS epoch FROM branch_version WHERE branch_id = $1"


class Since(Struct, frozen=True):
    """A branch at this version, in one life of the database."""

    version: int
    epoch: str


async def load(
    directory: Directory, branch: Branch, now: datetime, forecasts: Forecasts | None = None
) -> Hall:
    """The hall of `branch` at `now`; its waits are foretold by whoever keeps `forecasts`.

    Where the database has begun a new epoch since `directory` was read, the hall is that of the
    branch of the same name there, with what the centre is there. NotFound `unknown_branch`.
    """
    loaded = await _load(directory, branch, now)
    if loaded.epoch != directory.epoch:
        reference.forget()
        directory = await reference.directory()
        branch = directory.ever(branch.slug)
        loaded = await _load(directory, branch, now)
    return Hall(
        directory=directory,
        branch=under_orders(branch, directory.centre, loaded.orders),
        day=directory.today(branch, now),
        at=now,
        version=loaded.version,
        epoch=loaded.epoch,
        desks=loaded.desks,
        tickets=loaded.tickets,
        recent=loaded.recent,
        missed=loaded.missed,
        appointed=loaded.appointed,
        times=loaded.times,
        habits=loaded.habits,
        interruptions=begun(loaded.interruptions, now),
        forecasts=forecasts or Forecasts(),
        printers=loaded.printers,
        unprinted=loaded.unprinted,
        devices_away=loaded.devices_away,
        notice=_in_order(loaded.line, directory) if loaded.line else None,
        orders=loaded.orders,
    )


_read_now = Shared[Hashable, Hall]()
_last: dict[int, Hall] = {}
"""By branch, what was read last for all of this process."""
FRESH = timedelta(seconds=1)
"""So old, in the hall's time, may it be and serve while nothing has changed since."""


def remember(hall: Hall) -> None:
    """What was read outside of any transaction, for whoever calls next."""
    _last[hall.branch.id] = hall


async def load_for_all(
    directory: Directory, branch: Branch, now: datetime, forecasts: Forecasts | None, since: Since
) -> Hall:
    """The hall as it stands at `since` or later, shared by all of this process who ask of it: what
    was read last, or is being read, where nothing has happened in between, as where its screens
    have just been told. `at` may be a moment ago."""
    today = directory.today(branch, now).date

    def is_of_now(seen: Hall) -> bool:
        return (
            seen.epoch == since.epoch
            and seen.version >= since.version
            and seen.directory is directory
            and forecasts in (None, seen.forecasts)
            and seen.day.date == today
            and timedelta(0) <= now - seen.at <= FRESH
        )

    async def read() -> Hall:
        seen = await load(directory, branch, now, forecasts)
        remember(seen)
        return seen

    last = _last.get(branch.id)
    if last and is_of_now(last):
        return last
    key = (id(db.engine.pool), id(directory), id(forecasts), branch.id, today)
    return await _read_now.ask(key, read, is_of_now)


def _in_order(said: dict[Language, str], directory: Directory) -> Text:
    """In every language of the centre, as it was said."""
    text = Text({code: said[code] for code in directory.languages if code in said})
    return Text({code: text[code] for code in directory.languages}).like(text)


async def end_of_line(
    directory: Directory, branch: Branch, now: datetime, forecasts: Forecasts
) -> Tail | None:
    """The end of the line as the branch stands, where whoever keeps `forecasts` knows it: then
    nothing has to be loaded for somebody who joins now."""
    row = await db.fetch_row(_MARK, branch.id)
    if row is None or row["epoch"] != directory.epoch:
        return None
    version, epoch = row["version"], row["epoch"]
    tail = await _heard_of(forecasts, branch, version, epoch, now)
    if tail is None and (earlier := forecasts.earlier_tail(branch.id, version, epoch, now)):
        tail = await _caught_up(earlier, branch, epoch, now)
    if tail is None or tail.now.day.date != directory.today(branch, now).date:
        return None
    return tail


TURNS = 3
"""Of the loop: in the first comes nearly everything that comes at all."""


async def _heard_of(
    forecasts: Forecasts, branch: Branch, version: int, epoch: str, now: datetime
) -> Tail | None:
    """The end of the line at this version, where this process knows it or is just being told: who
    joined by it a moment ago may be seen here before the answer about their ticket is read, which
    a few turns of the loop bring. Asking instead costs a question in every third ticket."""
    for _ in range(TURNS):
        if tail := forecasts.tail(branch.id, version, epoch, now):
            return tail
        if not forecasts.earlier_tail(branch.id, version, epoch, now):
            return None
        await asyncio.sleep(0)
    return forecasts.tail(branch.id, version, epoch, now)


NEWEST = 50
"""Of so many who joined last it is asked who they are: the others are known, or nobody is."""

_CAME = f"""
SELECT version, {EPOCH} AS epoch, (SELECT coalesce(json_agg(t ORDER BY id), '[]') FROM (
    SELECT id, number, services, queued_at, due_at, priority, for_desk_id, people FROM ticket
    WHERE branch_id = $1 AND {IN_HOUSE} AND state = 'waiting' AND revision = 1 AND id > $2
    ORDER BY id DESC LIMIT {NEWEST}) t) AS came
FROM branch_version WHERE branch_id = $1
"""


async def _caught_up(tail: Tail, branch: Branch, epoch: str, now: datetime) -> Tail | None:
    """This end of the line with those to whom other processes gave tickets; None where anything
    else has happened."""
    row = await db.fetch_row(_CAME, branch.id, tail.last_id)
    if row is None or row["epoch"] != epoch:
        return None
    tail.catch_up(row["version"], msgspec.json.decode(row["came"], type=list[Waiting]))
    return tail if tail.is_of(row["version"], epoch, now) else None


async def _load(directory: Directory, branch: Branch, now: datetime) -> _Loaded:
    """Of this day on: whoever came on a later one is from before the clock was set back, and is in
    the house all the same."""
    day = directory.today(branch, now)
    begins, ends = day.reach
    grace = timedelta(minutes=directory.rules.late_minutes)
    paper = now - UNPRINTED_SHOWN
    text = await db.fetch_value(
        _HALL, branch.id, day.oldest.date, now - grace, ends, begins, grace, paper
    )
    return msgspec.json.decode(text, type=_Loaded)
