"""Wishes of the waiting list as frozen structs, and what was offered to each."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from queue_app.domain.appointments import Appointment, as_of
from queue_app.domain.directory import Directory
from queue_app.domain.errors import NotFound
from queue_app.domain.hours import Window
from queue_app.domain.numbering import branch_of_token
from queue_app.domain.wish import Listed, Wanted, Wish, before
from queue_app.queries import appointments, slots
from queue_app.store import db

WANTED = Wanted.__struct_fields__


def from_row(row: Mapping[str, Any]) -> Wish:
    found = dict(row)
    return msgspec.convert(found | {"wanted": {name: found[name] for name in WANTED}}, type=Wish)


async def by_token(token: str, lock: bool = False) -> Wish:
    """NotFound `unknown_link`. With `lock`, what happens to it happens one after the other."""
    branch_of_token(token)
    row = await db.fetch_row(
        "SELECT * FROM wish WHERE token = $1" + (" FOR NO KEY UPDATE" if lock else ""), token
    )
    if row is None:
        raise NotFound("unknown_link")
    return from_row(row)


async def by_id(wish_id: int, lock: bool = False) -> Wish | None:
    row = await db.fetch_row(
        "SELECT * FROM wish WHERE id = $1" + (" FOR NO KEY UPDATE" if lock else ""), wish_id
    )
    return from_row(row) if row else None


async def unless_taken(wish: Wish) -> bool:
    """Whether it still stands as it is here and nobody else is at it; locked, then."""
    row = await db.fetch_row(
        "SELECT id FROM wish WHERE id = $1 AND revision = $2 AND state = 'open'"
        " FOR NO KEY UPDATE SKIP LOCKED",
        wish.id,
        wish.revision,
    )
    return row is not None


async def still_open() -> list[Wish]:
    rows = await db.fetch("SELECT * FROM wish WHERE state = 'open' ORDER BY made_at, id")
    return [from_row(row) for row in rows]


_BUSY = """
SELECT w.id, lower(period) AS opens, upper(period) AS closes
FROM wish w JOIN appointment a ON a.phone = w.phone
WHERE w.id = ANY($1) AND a.state = 'booked' AND upper(period) > $2
UNION
SELECT w.id, lower(period), upper(period)
FROM wish w JOIN appointment a ON a.email IS NOT NULL AND lower(a.email) = lower(w.email)
WHERE w.id = ANY($1) AND a.state = 'booked' AND upper(period) > $2
"""


async def listed(branch_id: int, most_bookings: int, now: datetime) -> list[Listed]:
    """Those of the open wishes for this branch to which something may be offered now, in order.

    Nobody has two offers at once, and nothing is offered to who has `most_bookings` already.
    """
    rows = await db.fetch(
        "SELECT * FROM wish w WHERE state = 'open' AND $1 = ANY(branches) AND NOT EXISTS ("
        "SELECT FROM appointment a WHERE a.wish_id = w.id AND a.state = 'held')"
        " ORDER BY made_at, id",
        branch_id,
    )
    if not rows:
        return []
    waiting = [from_row(row) for row in rows]
    ids = [one.id for one in waiting]
    had: dict[int, set[tuple[int, datetime]]] = {one: set() for one in ids}
    for row in await db.fetch(
        "SELECT wish_id, branch_id, lower(period) AS starts_at FROM appointment"
        " WHERE wish_id = ANY($1)",
        ids,
    ):
        had[row["wish_id"]].add((row["branch_id"], row["starts_at"]))
    busy: dict[int, list[Window]] = {one: [] for one in ids}
    for row in await db.fetch(_BUSY, ids, now):
        busy[row["id"]].append(Window(row["opens"], row["closes"]))
    return [
        Listed(one, frozenset(had[one.id]), tuple(busy[one.id]))
        for one in waiting
        if len(busy[one.id]) < most_bookings
    ]


async def branches_waited_for() -> list[int]:
    rows = await db.fetch(
        "SELECT DISTINCT unnest(branches) AS branch_id FROM wish WHERE state = 'open'"
        " ORDER BY branch_id"
    )
    return [row["branch_id"] for row in rows]


async def offers(wish_id: int) -> list[Appointment]:
    """All that it was ever offered, the last one first."""
    rows = await db.fetch(
        appointments.SELECT + "WHERE a.wish_id = $1 ORDER BY a.created_at DESC, a.id DESC", wish_id
    )
    return [appointments.from_row(row) for row in rows]


async def unanswered(wish_ids: Sequence[int]) -> dict[int, int]:
    """How many offers of each ran out since it was last changed."""
    rows = await db.fetch(
        "SELECT w.id, count(*) FROM wish w JOIN appointment a ON a.wish_id = w.id"
        " WHERE w.id = ANY($1) AND a.state = 'expired' AND a.created_at >= coalesce(("
        "SELECT max(at) FROM wish_event e WHERE e.wish_id = w.id AND e.verb = 'change'"
        "), w.made_at) GROUP BY w.id",
        list(wish_ids),
    )
    return {row["id"]: row["count"] for row in rows}


async def instead_of(wish_id: int) -> tuple[int, int] | None:
    """The booking, by branch and id, that is given up for what comes of this wish."""
    row = await db.fetch_row(
        "SELECT (data #>> '{instead,0}')::integer AS branch_id, (data #>> '{instead,1}')::bigint"
        " AS id FROM wish_event WHERE wish_id = $1 AND verb = 'make' AND data ? 'instead'",
        wish_id,
    )
    return (row["branch_id"], row["id"]) if row else None


async def taken_back(offer: Appointment) -> bool:
    """Whether changed plans ended it, and not whoever it was offered to."""
    found = await db.fetch_value(
        "SELECT true FROM appointment_event WHERE branch_id = $1 AND appointment_id = $2"
        " AND verb = 'cancel' AND data ? 'why'",
        offer.branch_id,
        offer.id,
    )
    return bool(found)


class WishStanding(Struct, frozen=True):
    """A wish as whoever made it sees it.

    `before`: so many wait longer for such times. `offer`: what is held for it now. `missed`: what
    was held for it last, where it ran out or the centre took it back, which is `taken_back`.
    `booked`: what came of it. `unanswered`: that is why nobody waits any more.
    """

    wish: Wish
    before: int = 0
    offer: Appointment | None = None
    missed: Appointment | None = None
    taken_back: bool = False
    booked: Appointment | None = None
    unanswered: bool = False


async def standing(directory: Directory, wish: Wish, now: datetime) -> WishStanding:
    """An offer that ran out, or does not fit the plans in force, is none any more, though no job
    has had its turn yet."""
    had = [as_of(one, now) for one in await offers(wish.id)]
    last = had[0] if had else None
    if wish.state == "booked":
        booked = next((one for one in had if one.state not in ("held", "expired")), None)
        return WishStanding(wish, booked=booked)
    if wish.state != "open":
        return WishStanding(wish, unanswered=await _went_unanswered(wish))
    gone = last is not None and await _is_taken_back(directory, last)
    held = last if last and last.state == "held" and not gone else None
    missed = last if last and (last.state == "expired" or gone) else None
    place = 0 if held else before(wish, await still_open())
    return WishStanding(wish, place, held, missed, gone)


async def _is_taken_back(directory: Directory, offer: Appointment) -> bool:
    if offer.state == "held":
        return await slots.why_not(directory, offer) is not None
    return offer.state == "cancelled" and await taken_back(offer)


async def _went_unanswered(wish: Wish) -> bool:
    found = await db.fetch_value(
        "SELECT true FROM wish_event WHERE wish_id = $1 AND data ->> 'why' = 'unanswered'", wish.id
    )
    return bool(found)


async def with_contact(phone: str | None, email: str | None, only_open: bool = True) -> list[Wish]:
    """Those with this phone or e-mail, in whatever case, in their order."""
    rows = await db.fetch(
        "SELECT * FROM wish WHERE (phone = $1 OR lower(email) = lower($2))"
        " AND (state = 'open' OR NOT $3) ORDER BY made_at, id",
        phone,
        email,
        only_open,
    )
    return [from_row(row) for row in rows]


async def messages(wish: Wish) -> list[Mapping[str, Any]]:
    """What was sent of it, or waits to be; what came of an offer that was taken is not of it."""
    return await db.fetch(
        "SELECT m.* FROM appointment a JOIN message m ON m.branch_id = a.branch_id"
        " AND m.appointment_id = a.id AND m.kind = 'offer' WHERE a.wish_id = $1"
        " UNION ALL SELECT m.* FROM message m WHERE branch_id = $2 AND event = $3 ORDER BY id",
        wish.id,
        wish.wanted.branches[0],
        f"wish {wish.id}",
    )
