"""The sentence for each reason of the dispatch, in every language of the centre."""

from collections.abc import Iterable

from queue_app.domain.catalogue import Text
from queue_app.domain.centre import Priority
from queue_app.domain.dispatch import Reason, ReasonCode
from queue_app.texts.speaker import Speaker
from queue_app.texts.words import N_

SENTENCES: dict[ReasonCode, str] = {
    "sent_to_desk": N_("Sent to this desk"),
    "booked_on_time": N_("Booked for %(time)s, on time"),
    "booked_late": N_("Booked for %(time)s, came late: in the live queue"),
    "held_for_booking": N_("A long visit: held back, a booking is about to be due"),
    "booked_early": N_("Booked for %(time)s, not due yet"),
    "expected": N_("Called early and not there: expected at %(time)s"),
    "priority": N_("Priority: %(category)s"),
    "service_paused": N_("Service paused, place kept"),
    "waiting_longest": N_("By waiting time"),
}
"""By the code of the reason."""


def sentence(speaker: Speaker, reason: Reason, priorities: Iterable[Priority]) -> Text:
    """Why a person is where they are, as the console shows it."""
    due_at = reason.due_at
    at = speaker.each(lambda formats: formats.time(due_at)) if due_at else ""
    category = _category(speaker, reason.priority, priorities) if reason.code == "priority" else ""
    return speaker.text(SENTENCES[reason.code], time=at, category=category)


def _category(speaker: Speaker, code: str | None, priorities: Iterable[Priority]) -> Text:
    """The title of that priority; that the law says so, for one that the centre has no more."""
    for one in priorities:
        if one.code == code:
            return one.title
    return speaker.text(N_("by law"))
