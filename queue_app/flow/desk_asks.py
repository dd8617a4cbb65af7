"""What a clerk asks of whoever supervises the hall: to come and help, and a break.

An ask stands in the desk's row until it is answered, taken back, or the desk is left.
"""

from typing import Literal

from queue_app.domain.errors import Conflict
from queue_app.domain.people import one_line
from queue_app.flow.act import Act, verb
from queue_app.queries.staff import DeskRow
from queue_app.store import db

Ask = Literal["help", "break"]
REASON_MAX = 200


@verb
async def ask_help(act: Act, desk_id: int) -> None:
    """Somebody is to come to this desk. Asked twice it is asked once. Conflict `desk_not_open`."""
    place = await _taken(act, desk_id)
    if await _write(place, "help_at = coalesce(help_at, $3)", "help_at IS NULL", act.now):
        await _note(act, place, "ask_help")


@verb
async def end_help(act: Act, desk_id: int) -> None:
    """They came, or are not needed any more."""
    place = await _taken(act, desk_id)
    if await _write(place, "help_at = NULL", "help_at IS NOT NULL"):
        await _note(act, place, "end_help")


@verb
async def ask_break(act: Act, desk_id: int, reason: str = "") -> None:
    """A break, once the supervisor grants it; the work goes on until then. Asked twice it is asked
    once. Conflict `desk_not_open` where the desk is closed, or on its break already."""
    place = await _taken(act, desk_id)
    if place.state != "open":
        raise Conflict("desk_not_open", state=place.state)
    said = one_line(reason)[:REASON_MAX]
    change = "break_asked_at = $3, break_reason = $4"
    if await _write(place, change, "break_asked_at IS NULL", act.now, said):
        await _note(act, place, "ask_break", reason=said or None)


@verb
async def end_break_ask(act: Act, desk_id: int) -> None:
    """It is taken back by the clerk, or refused by the supervisor: the event says by whom."""
    place = await _taken(act, desk_id)
    change = "break_asked_at = NULL, break_reason = NULL"
    if await _write(place, change, "break_asked_at IS NOT NULL"):
        await _note(act, place, "end_break_ask")


@verb
async def grant_break(act: Act, desk_id: int) -> DeskRow:
    """The break begins, after the person at the desk. Conflict `no_break_asked`."""
    place = await _taken(act, desk_id)
    row = await db.fetch_row(
        "SELECT break_reason FROM desk WHERE branch_id = $1 AND id = $2"
        " AND break_asked_at IS NOT NULL",
        place.branch_id,
        place.id,
    )
    if row is None:
        raise Conflict("no_break_asked", desk=desk_id)
    await _note(act, place, "grant_break")
    return await act.put_desk(place, "pause", place.staff_id, row["break_reason"])


async def _taken(act: Act, desk_id: int) -> DeskRow:
    """The desk, locked, for whoever may ask or answer there."""
    place = await act.desk(desk_id)
    act.require_desk(place)
    if place.state == "closed":
        raise Conflict("desk_not_open", state=place.state)
    return place


async def _write(place: DeskRow, change: str, unless: str, *values: object) -> bool:
    rows = await db.fetch(
        f"UPDATE desk SET {change} WHERE branch_id = $1 AND id = $2 AND {unless} RETURNING id",
        place.branch_id,
        place.id,
        *values,
    )
    return bool(rows)


async def _note(act: Act, place: DeskRow, what: str, **after: object) -> None:
    subject = f"desk {place.number}"
    await act.note("hall", subject, what, after=after or None, branch_id=place.branch_id)
    act.touch(place.branch_id)
