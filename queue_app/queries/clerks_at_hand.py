"""Who can be given a desk of a branch."""

from msgspec import Struct

from queue_app.store import db


class ClerkAtHand(Struct, frozen=True):
    """`desk`: the number of the one that they have, if any."""

    login: str
    desk: str | None


async def clerks_of(branch_id: int) -> list[ClerkAtHand]:
    """Those who work at this branch and have not left, by login."""
    rows = await db.fetch(
        "SELECT login, number AS desk FROM staff LEFT JOIN desk"
        " ON desk.branch_id = $1 AND desk.staff_id = staff.id"
        " WHERE staff.branch_id = $1 AND staff.retired_at IS NULL ORDER BY login",
        branch_id,
    )
    return [ClerkAtHand(one["login"], one["desk"]) for one in rows]
