"""How printers and the paper of tickets stand."""

from collections.abc import Collection
from datetime import datetime
from typing import Literal

import msgspec
from msgspec import Struct

from queue_app.domain.paper import Printer, PrinterState
from queue_app.store import db


class KnownPrinter(Printer, frozen=True, kw_only=True):
    """A printer in force and how it stood when it was asked last; `branch`: its slug."""

    branch_id: int
    branch: str
    state: PrinterState
    state_at: datetime | None


_KNOWN = """
SELECT p.branch_id, slug AS branch, p.id, code, p.address, width_mm, kiosk, answers, state, state_at
FROM printer p JOIN branch ON branch.id = p.branch_id
WHERE p.retired_at IS NULL AND branch.retired_at IS NULL
    AND p.address <> 'browser'
"""


async def all_known() -> list[KnownPrinter]:
    """Every printer in force that we speak to, in the order of the files."""
    rows = await db.fetch(_KNOWN + " ORDER BY branch.position, p.position, p.id")
    return [msgspec.convert(dict(row), type=KnownPrinter) for row in rows]


async def with_work(
    now: datetime, latest: datetime, but: Collection[tuple[int, int]]
) -> list[KnownPrinter]:
    """Those for which a ticket is due, but for these (branch and id), which are at work. A claim
    that ends after `latest` is from before the clock was set back."""
    rows = await db.fetch(
        _KNOWN + " AND EXISTS (SELECT FROM message m WHERE m.branch_id = p.branch_id"
        " AND m.channel = 'print' AND m.state = 'waiting' AND m.due_at <= $1"
        " AND (m.leased_until IS NULL OR m.leased_until <= $1 OR m.leased_until > $2)"
        " AND m.recipient = 'printer ' || p.id)",
        now,
        latest,
    )
    found = [msgspec.convert(dict(row), type=KnownPrinter) for row in rows]
    return [one for one in found if (one.branch_id, one.id) not in but]


class KioskPrinter(Struct, frozen=True):
    """What prints a kiosk's tickets. `by_browser`: the kiosk itself, of which nothing is known."""

    state: PrinterState
    by_browser: bool


async def of_kiosk(branch_id: int, actor: str) -> KioskPrinter | None:
    """The printer of this kiosk's tickets; None: it has none."""
    row = await db.fetch_row(
        "SELECT p.state, p.address = 'browser' AS by_browser FROM printer p"
        " LEFT JOIN device d ON d.branch_id = p.branch_id AND 'device:' || d.id = $2"
        " WHERE p.branch_id = $1 AND p.retired_at IS NULL"
        " AND (p.kiosk IS NULL OR p.kiosk = d.name)"
        " ORDER BY p.kiosk IS NULL, p.position, p.id LIMIT 1",
        branch_id,
        actor,
    )
    return msgspec.convert(dict(row), type=KioskPrinter) if row else None


async def any_for_staff(branch_id: int) -> bool:
    """Whether staff can have a ticket printed: by whichever printer that we speak to."""
    found = await db.fetch_value(
        "SELECT true FROM printer WHERE branch_id = $1 AND retired_at IS NULL"
        " AND address <> 'browser' LIMIT 1",
        branch_id,
    )
    return found is not None


class PaperOfTicket(Struct, frozen=True):
    """The last paper that was asked for: `waiting` for the printer or on its way, `printed`,
    `failed` and not tried again; and how that printer stands."""

    paper: Literal["waiting", "printed", "failed"]
    printer: PrinterState
    reprints: int


async def paper_of(branch_id: int, ticket_id: int) -> PaperOfTicket | None:
    """None where none was asked for."""
    row = await db.fetch_row(
        "SELECT CASE m.state WHEN 'waiting' THEN 'waiting' WHEN 'sent' THEN 'printed'"
        " ELSE 'failed' END AS paper, p.state AS printer,"
        " (count(*) FILTER (WHERE kind = 'reprint') OVER ())::int AS reprints FROM message m"
        " JOIN printer p ON p.branch_id = m.branch_id AND 'printer ' || p.id = m.recipient"
        " WHERE m.branch_id = $1 AND m.ticket_id = $2 AND m.channel = 'print'"
        " ORDER BY m.id DESC LIMIT 1",
        branch_id,
        ticket_id,
    )
    return msgspec.convert(dict(row), type=PaperOfTicket) if row else None


async def promised(branch_id: int, ticket_id: int) -> tuple[int, int] | None:
    """The range, in minutes, that the kiosk showed with the ticket; None where it showed none."""
    row = await db.fetch_row(
        "SELECT low_minutes, high_minutes FROM promise WHERE branch_id = $1 AND ticket_id = $2"
        " ORDER BY promised_at LIMIT 1",
        branch_id,
        ticket_id,
    )
    return (row["low_minutes"], row["high_minutes"]) if row else None
