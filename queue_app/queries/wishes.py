"""Who wishes for no reminders."""

from uuid import UUID

from msgspec import Struct

from queue_app.store import db


class SentReminder(Struct, frozen=True):
    """Whom a reminder went to: their contact as wishes name it, and whether they want more."""

    contact: str
    wanted: bool


async def reminder(identity: UUID) -> SentReminder | None:
    """The reminder of that identity, as long as it is kept."""
    row = await db.fetch_row(
        "SELECT lower(recipient) AS contact, u.contact IS NULL AS wanted"
        " FROM message LEFT JOIN unreminded u ON u.contact = lower(recipient)"
        " WHERE identity = $1 AND kind = 'reminder'",
        identity,
    )
    return SentReminder(row["contact"], row["wanted"]) if row else None


async def wants_reminders(contact: str | None) -> bool:
    """A phone or an e-mail in whatever case."""
    found = await db.fetch_value(
        "SELECT true FROM unreminded WHERE contact = lower($1)", contact or ""
    )
    return found is None
