"""The sentence for each reason of the dispatch, in both languages."""

from collections.abc import Iterable
from zoneinfo import ZoneInfo

from queue_app.domain.catalogue import Text
from queue_app.domain.centre import Priority
from queue_app.domain.dispatch import Reason, ReasonCode
from queue_app.texts.formats import wall_time
from queue_app.texts.words import N_, bilingual

SENTENCES: dict[ReasonCode, str] = {
    "sent_to_desk": N_("Sent to this desk"),
    "booked_on_time": N_("Booked for %(time)s, on time"),
    "booked_late": N_("Booked for %(time)s, came late: in the live queue"),
    "held_for_booking": N_("A long visit: held back, a booking is about to be due"),
    "booked_early": N_("Booked for %(time)s, not due yet"),
    "priority": N_("Priority: %(category)s"),
    "service_paused": N_("Service paused, place kept"),
    "waiting_longest": N_("By waiting time"),
}
"""By the code of the reason."""


def sentence(reason: Reason, zone: ZoneInfo, priorities: Iterable[Priority]) -> Text:
    """Why a person is where they are, as the console shows it."""
    at = wall_time(reason.due_at, zone) if reason.due_at else ""
    category = _category(reason.priority, priorities) if reason.code == "priority" else ""
    return bilingual(SENTENCES[reason.code], time=at, category=category)


def _category(code: str | None, priorities: Iterable[Priority]) -> Text:
    """The title of that priority; that the law says so, for one that the centre has no more."""
    for one in priorities:
        if one.code == code:
            return one.title
    return bilingual(N_("by law"))
