"""The sentence for each reason of the dispatch, in both languages."""

from collections.abc import Iterable
from zoneinfo import ZoneInfo

from queue_app.domain.catalogue import Text
from queue_app.domain.centre import Priority
from queue_app.domain.dispatch import Reason


def sentence(reason: Reason, zone: ZoneInfo, priorities: Iterable[Priority]) -> Text:
    """Why a person is where they are, as the console shows it."""
    at = f"{reason.due_at.astimezone(zone):%H:%M}" if reason.due_at else ""
    match reason.code:
        case "sent_to_desk":
            return Text(uk="Направлено до цього вікна", en="Sent to this desk")
        case "booked_on_time":
            return Text(uk=f"Запис на {at}, вчасно", en=f"Booked for {at}, on time")
        case "booked_late":
            return Text(
                uk=f"Запис на {at}, із запізненням: у живій черзі",
                en=f"Booked for {at}, came late: in the live queue",
            )
        case "held_for_booking":
            return Text(
                uk="Довгий візит: зачекає, бо зараз час запису",
                en="A long visit: held back, a booking is about to be due",
            )
        case "booked_early":
            return Text(uk=f"Запис на {at}, ще не час", en=f"Booked for {at}, not due yet")
        case "priority":
            title = _priority(reason.priority, priorities)
            return Text(uk=f"Першочергово: {title.uk}", en=f"Priority: {title.en}")
        case "service_paused":
            return Text(uk="Послугу призупинено, місце збережено", en="Service paused, place kept")
        case "waiting_longest":
            return Text(uk="За часом очікування", en="By time of waiting")


def _priority(code: str | None, priorities: Iterable[Priority]) -> Text:
    for one in priorities:
        if one.code == code:
            return one.title
    return Text(uk="за законом", en="by law")
