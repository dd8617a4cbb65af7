"""What whoever has booked will hear of it before they come: when, and where to."""

from datetime import datetime

from msgspec import Struct

from queue_app.domain.appointments import Appointment
from queue_app.domain.directory import Directory
from queue_app.domain.messages import Medium
from queue_app.flow.reactions import contacts
from queue_app.queries import appointments, wishes
from queue_app.queries.refused import Refusals


class Reminded(Struct, frozen=True):
    """`contact`: whole; no page shows it so. `at`: none where the visit is too near, or no reminder
    is `wanted`."""

    medium: Medium
    contact: str
    at: list[datetime]
    wanted: bool


async def reminded(
    directory: Directory, found: Appointment, refusals: Refusals, now: datetime
) -> Reminded | None:
    """None where nobody is reminded: nothing is booked, they are here, or nothing arrives there."""
    way = next(iter(contacts(found)), None)
    if way is None or found.state != "booked" or found.ticket_token is not None:
        return None
    medium, contact = way
    if (refusals.email if medium == "mail" else refusals.phone) is not None:
        return None
    booked_at = await appointments.timed_at(found)
    wanted = await wishes.wants_reminders(contact)
    at = directory.reminders.to_come(found.starts_at, booked_at, now)
    return Reminded(medium, contact, at if wanted else [], wanted)
