"""What people are told of an interruption, and of those who go before them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from queue_app.domain.catalogue import Text
from queue_app.domain.centre import StopWords
from queue_app.domain.interruptions import KINDS, Interruption, Kind
from queue_app.screens import notices
from queue_app.texts.speaker import Speaker
from tests.domain.screen_halls import CENTRE, both

KYIV = ZoneInfo("Europe/Kyiv")
TEN = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
SAYS = Speaker(("uk", "en"), KYIV, "UA")
SHELTER = Text(uk="метро «Голосіївська»", en="Holosiivska metro station")


def stop(
    kind: Kind = "alert",
    ended_at: datetime | None = None,
    resumes_at: datetime | None = None,
    note: str | None = None,
    services: tuple[str, ...] | None = None,
) -> Interruption:
    return Interruption(1, kind, services, note, TEN, ended_at, resumes_at)


def named(count: int) -> list[Text]:
    return [Text(uk=f"послуга {one}", en=f"service {one}") for one in range(1, count + 1)]


@pytest.mark.parametrize(
    ("kind", "uk", "en"),
    [
        ("alert", "Тривога", "Emergency alert"),
        ("power", "Знеструмлення", "Power cut"),
        ("registry", "Системи не працюють", "The systems are down"),
        ("other", "Прийом тимчасово зупинено", "Calls are stopped for now"),
    ],
)
def test_the_title_says_what_happens(kind: Kind, uk: str, en: str) -> None:
    assert notices.title(CENTRE, stop(kind)) == Text(uk=uk, en=en)


def test_a_centre_has_words_of_its_own_for_what_stops_it() -> None:
    words = StopWords(
        alert=both("Earthquake"),
        alert_advice=both("Stay away from the windows."),
        registry=both("The land register is down"),
    )
    centre = replace(CENTRE, stop_words=words)
    assert [notices.title(centre, stop(kind))["en"] for kind in KINDS] == [
        "Earthquake",
        "Power cut",
        "The land register is down",
        "Calls are stopped for now",
    ]
    assert [text["en"] for text in notices.reasons(centre).values()] == [
        "Earthquake",
        "Power cut",
        "The land register is down",
        "Another reason",
    ]
    assert notices.advice(centre, stop(), (), None) == both("Stay away from the windows.")
    assert notices.advice(centre, stop(), (), SHELTER)["en"].endswith("Holosiivska metro station.")


def test_the_title_says_when_it_is_over() -> None:
    over = [notices.title(CENTRE, stop(kind, ended_at=TEN))["en"] for kind in KINDS]
    assert over == ["All clear", *["Calls are about to resume"] * 3]


def test_in_an_alert_people_are_told_where_the_shelter_is() -> None:
    assert notices.advice(CENTRE, stop(), (), SHELTER) == Text(
        uk="Пройдіть, будь ласка, в укриття: метро «Голосіївська».",
        en="Please go to the shelter: Holosiivska metro station.",
    )
    assert (
        notices.advice(CENTRE, stop(), (), None)["en"] == "Please leave the hall for a safe place."
    )
    assert (
        notices.advice(CENTRE, stop(ended_at=TEN), (), SHELTER)["en"]
        == "You can come back to the hall."
    )


def test_two_stopped_services_are_named_and_more_are_counted() -> None:
    two, three = (notices.advice(CENTRE, stop("registry"), named(count), None) for count in (2, 3))
    assert two["uk"] == "Тимчасово не надаємо: послуга 1; послуга 2."
    assert two["en"] == "Not available for now: service 1; service 2."
    assert three["uk"] == "Деяких послуг (3) тимчасово не надаємо: яких саме, видно на кіоску."
    assert three["en"] == "Some services (3) are not available for now: the kiosk shows which."


def test_a_note_of_the_staff_is_shown_as_they_wrote_it() -> None:
    note = "Прорвало трубу, вода на 50 % зали"
    assert notices.advice(CENTRE, stop("other", note=note), (), None) == Text(uk=note, en=note)


def test_where_only_some_services_stop_nobody_hears_that_calls_do() -> None:
    some, note = ("one",), "Немає зв’язку з банком."
    reason = notices.title(CENTRE, stop("other", note=note, services=some))
    assert reason == Text(uk="Немає зв’язку з банком", en="Немає зв’язку з банком")
    assert (
        notices.title(CENTRE, stop("other", note=" ", services=some))["uk"]
        == "Зараз надаємо не всі послуги"
    )
    for kind in KINDS:
        for ended_at, resumes_at in ((None, None), (TEN, TEN), (TEN, TEN + timedelta(days=1))):
            one = stop(kind, ended_at, resumes_at, note, some)
            said = [
                notices.title(CENTRE, one),
                notices.advice(CENTRE, one, named(1), SHELTER),
                *(notices.resumption(SAYS, one, minutes) for minutes in (0, 10)),
            ]
            for text in said:
                assert (
                    "alls" not in text["en"]
                    and "иклик" not in text["uk"]
                    and "рийом" not in text["uk"]
                )


def test_until_it_is_over_people_hear_how_long_after_it_calls_resume() -> None:
    assert notices.resumption(SAYS, stop(), 10) == Text(
        uk="Відновимо виклики через 10 хв після відбою.",
        en="Calls resume 10 min after the all-clear.",
    )
    assert notices.resumption(SAYS, stop(), 0)["uk"] == "Відновимо виклики, щойно буде змога."


def test_a_stated_time_is_told_in_whole_minutes_so_that_nobody_is_early() -> None:
    begun = stop(ended_at=TEN, resumes_at=TEN + timedelta(minutes=10, seconds=1))
    assert notices.resumption(SAYS, begun, 10)["uk"] == "Відновимо виклики о 10:11."
    tomorrow = stop(ended_at=TEN, resumes_at=TEN + timedelta(days=1))
    assert notices.resumption(SAYS, tomorrow, 10) == Text(
        uk="Відновимо виклики 24.11 о 10:00.", en="Calls resume on 24.11 at 10:00."
    )


def test_whoever_is_passed_hears_by_what_right() -> None:
    assert notices.overtaken(SAYS, booked=False, priority=False) is None
    said = [
        notices.overtaken(SAYS, booked=booked, priority=priority)
        for booked, priority in [(True, False), (False, True), (True, True)]
    ]
    assert [one["uk"] for one in said if one] == [
        "Дехто прийшов пізніше, але піде раніше: за записом на свій час.",
        "Дехто прийшов пізніше, але піде раніше: за правом першочергового прийому.",
        "Дехто прийшов пізніше, але піде раніше: за записом або за правом першочергового прийому.",
    ]
