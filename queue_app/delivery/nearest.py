"""The times to which a booking may move, as the mail of changed plans names them."""

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlencode

from queue_app.domain.appointments import Appointment
from queue_app.domain.catalogue import Language
from queue_app.domain.directory import Directory
from queue_app.queries import slots
from queue_app.texts.speaker import speaker_of


async def nearest(directory: Directory, booking: Appointment, now: datetime) -> list[datetime]:
    """To what the booking may move, near its time."""
    branch = directory.branch_of(booking.branch_id)
    if branch.retired or any(code not in directory.services for code in booking.services):
        return []
    asked = directory, branch, booking.services, booking.channel, booking.starts_at, now
    return [one for one in await slots.alternatives(*asked, booking.id) if one != booking.starts_at]


def in_words(
    directory: Directory, language: Language, link: str | None, times: Sequence[datetime]
) -> list[dict[str, str]]:
    """Each with the link to the question whether to move there; `link`: of the booking."""
    formats = speaker_of(directory.centre).formats(language)
    return [
        {
            "when": formats.when(one),
            "link": f"{link}/offer?{urlencode({'starts_at': formats.local(one).isoformat()})}",
        }
        for one in times
        if link
    ]
