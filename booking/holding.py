"""Holding a chosen start, for whoever chooses it and for whoever takes an ended one again."""

from datetime import datetime
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

from booking.choice import Choice
from queue_app.domain.appointments import Appointment, as_of
from queue_app.domain.catalogue import Language
from queue_app.flow import booking
from queue_app.flow.act import By
from queue_app.queries import appointments


async def hold_start(
    by: By,
    choice: Choice,
    starts_at: datetime,
    key: UUID,
    language: Language,
    before: str | None = None,
) -> Appointment:
    """The hold, or what has become of it. The key with the start: one hold for each, however
    often sent. `before`: the link of what this browser gives back for it.

    A start that was held before and given back in the meantime is held again. Raises what
    `booking.hold` does.
    """
    own = uuid5(NAMESPACE_URL, f"{key}/{starts_at.isoformat()}/{before or ''}")
    for attempt in (own, uuid4()):
        held = await booking.hold(
            by.under(attempt),
            choice.branch or "",
            list(choice.services),
            starts_at,
            choice.channel or "visit",
            language,
            before,
        )
        now = as_of(await appointments.by_token(held.token), by.now)
        if now.state in ("held", "booked"):
            break
    return now
