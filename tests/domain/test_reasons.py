"""Why somebody stands where they do, as the console says it."""

from datetime import UTC, datetime
from typing import get_args
from zoneinfo import ZoneInfo

import pytest

from queue_app.domain.catalogue import Text
from queue_app.domain.centre import Priority
from queue_app.domain.dispatch import Reason, ReasonCode
from queue_app.screens.reasons import SENTENCES, sentence
from queue_app.texts.speaker import Speaker

TEN = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
SPEAKER = Speaker(("uk", "en"), ZoneInfo("Europe/Kyiv"), "UA")
PRIORITIES = (Priority("veteran", Text(uk="Ветеран війни", en="War veteran")),)


@pytest.mark.parametrize(
    ("reason", "uk", "en"),
    [
        (Reason("booked_on_time", TEN), "Запис на 10:00, вчасно", "Booked for 10:00, on time"),
        (Reason("booked_early", TEN), "Запис на 10:00, ще не час", "Booked for 10:00, not due yet"),
        (Reason("booked_late", TEN), "Запис на 10:00, із запізненням: у живій черзі",
         "Booked for 10:00, came late: in the live queue"),
        (Reason("held_for_booking"), "Довгий візит: зачекає, бо зараз час запису",
         "A long visit: held back, a booking is about to be due"),
        (Reason("priority", None, "veteran"),
         "Першочергово: Ветеран війни", "Priority: War veteran"),
        (Reason("priority", None, "gone"), "Першочергово: за законом", "Priority: by law"),
        (Reason("service_paused", TEN),
         "Послугу призупинено, місце збережено", "Service paused, place kept"),
        (Reason("waiting_longest"), "За часом очікування", "By waiting time"),
        (Reason("sent_to_desk"), "Направлено до цього вікна", "Sent to this desk"),
    ],
)  # fmt: skip
def test_the_console_says_it_in_both_languages(reason: Reason, uk: str, en: str) -> None:
    assert sentence(SPEAKER, reason, PRIORITIES) == Text(uk=uk, en=en)


def test_every_reason_has_its_sentence() -> None:
    assert set(SENTENCES) == set(get_args(ReasonCode))
