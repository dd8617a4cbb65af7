from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from queue_app.domain.catalogue import Duration
from queue_app.domain.phones import read_phone
from queue_app.texts.formats import Formats, in_halves, stamp
from queue_app.web.qr import qr_svg
from queue_app.web.templating import linked

KYIV = ZoneInfo("Europe/Kyiv")
UK = Formats("uk", KYIV, "UA")
EN = Formats("en", KYIV, "UA")


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def test_a_moment_is_shown_in_the_zone_of_the_centre() -> None:
    assert UK.time(datetime(2026, 11, 24, 8, 20, tzinfo=UTC)) == "10:20"
    assert plain(UK.day(datetime(2026, 11, 23, 23, 0, tzinfo=UTC))) == "вівторок, 24 листопада"


def test_a_time_that_comes_twice_is_told_apart() -> None:
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert plain(UK.time(first)) == "03:30 (UTC+3)"
    assert plain(UK.time(first.replace(hour=1))) == "03:30 (UTC+2)"
    assert [UK.time(first.replace(hour=hour, minute=0)) for hour in (2, 3)] == ["04:00", "05:00"]
    assert UK.time(first - timedelta(minutes=31)) == "02:59"
    newfoundland = Formats("en", ZoneInfo("America/St_Johns"))
    assert plain(newfoundland.time(datetime(2026, 11, 1, 3, 45, tzinfo=UTC))) == "01:15 (UTC−2:30)"
    assert EN.twice([first]) == (
        "In this night the clocks go back and an hour comes twice: first UTC+3, then UTC+2."
    )
    assert EN.twice([first - timedelta(days=1)]) == ""


def test_an_operators_lists_tell_it_apart_too() -> None:
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert stamp(first, KYIV) == "2026-10-25 03:30 (UTC+3)"
    assert stamp(first + timedelta(hours=1), KYIV) == "2026-10-25 03:30 (UTC+2)"
    assert stamp(first + timedelta(hours=2), KYIV) == "2026-10-25 04:30"


def test_a_time_of_the_small_hours_is_said_with_its_night() -> None:
    night = datetime(2026, 11, 27, 23, 30, tzinfo=UTC)
    assert plain(UK.when(night)) == "субота, 28 листопада, 01:30, ніч п’ятниця – субота"
    assert plain(EN.when(night)) == "Saturday, 28 November, 01:30, night Friday – Saturday"
    assert plain(EN.when(night + timedelta(hours=8))) == "Saturday, 28 November, 09:30"


def test_days_are_written_in_words() -> None:
    day = date(2026, 11, 24)
    assert plain(UK.day(day)) == "вівторок, 24 листопада"
    assert plain(EN.day(day)) == "Tuesday, 24 November"
    assert plain(UK.short_day(day)) == "24 листопада"
    assert UK.weekday(date(2026, 11, 27)) == "п’ятниця"
    assert plain(UK.day_year(day)) == "вівторок, 24 листопада 2026 р."


@pytest.mark.parametrize(
    ("language", "country", "time", "day", "figures"),
    [
        ("en", "MT", "15:05", "Tuesday, 24 November 2026", "24/11"),
        ("mt", "MT", "15:05", "It-Tlieta, 24 ta’ Novembru 2026", "11-24"),
        ("en", "US", "3:05 PM", "Tuesday, November 24, 2026", "11/24"),
        ("es", "US", "3:05 pm", "martes, 24 de noviembre de 2026", "24/11"),
        ("de", "DE", "15:05", "Dienstag, 24. November 2026", "24.11."),
        ("en", "UA", "15:05", "Tuesday, 24 November 2026", "24/11"),
        ("en", None, "15:05", "Tuesday, 24 November 2026", "24/11"),
        ("hi", "IN", "3:05 pm", "मंगलवार, 24 नवंबर 2026", "24/11"),
        ("pt-BR", "BR", "15:05", "terça-feira, 24 de novembro de 2026", "24/11"),
        ("zh-Hant", "TW", "15:05", "2026年11月24日 星期二", "11/24"),
        ("zh-Hant", "HK", "下午3:05", "2026年11月24日星期二", "24/11"),
        ("ja", "JP", "15:05", "2026年11月24日火曜日", "11/24"),
        ("hu", "HU", "15:05", "2026. november 24., kedd", "11. 24."),
        ("ar", "EG", "3:05 م", "الثلاثاء، 24 نوفمبر 2026", "24\u200f/11"),
    ],
)
def test_words_are_in_the_order_of_the_language_and_clocks_are_those_of_the_country(
    language: str, country: str | None, time: str, day: str, figures: str
) -> None:
    formats = Formats(language, UTC, country)
    moment = datetime(2026, 11, 24, 15, 5, tzinfo=UTC)
    assert plain(formats.time(moment)) == time
    assert plain(formats.day_year(moment)) == day
    assert formats.day_figures(moment) == figures


def test_a_weekday_stands_where_the_language_puts_it_for_scripts_too() -> None:
    taipei = Formats("zh-Hant", UTC, "TW")
    assert taipei.day(date(2026, 11, 24)) == "11月24日 星期二"
    assert taipei.calendar()["day"] == "%(day)s %(weekday)s"
    assert Formats("zh-Hant", UTC, "HK").calendar()["clock"] == "%(half)s%(time)s"
    assert UK.calendar()["day"] == "%(weekday)s, %(day)s"


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (7, None, "7 хв"),
        (15, 25, "15–25 хв"),
        (15, 15, "15 хв"),
        (0, 5, "0–5 хв"),
        (60, None, "1 год"),
        (50, 75, "50 хв – 1 год 15 хв"),
    ],
)
def test_minutes_are_one_length_or_a_range(low: int, high: int | None, expected: str) -> None:
    assert plain(UK.minutes(low, high)) == expected


def test_a_service_time_reads_as_it_is_published() -> None:
    assert plain(UK.published(Duration(7, 7))) == "7 хв"
    assert plain(UK.published(Duration(5, 7))) == "5–7 хв"
    assert plain(UK.published(Duration(10, None))) == "від 10 хв"
    assert plain(EN.published(Duration(10, None))) == "from 10 min"


def test_a_ukrainian_number_is_grouped_as_it_is_read_aloud() -> None:
    assert plain(UK.phone("+380671234567")) == "+380 67 123 45 67"
    assert plain(UK.phone("+48601234567")) == "+48 601 234 567"


def test_numbers_and_codes_keep_their_order_in_a_language_written_from_the_right() -> None:
    arabic, english = (Formats(one, KYIV, "EG") for one in ("ar", "en"))
    number = Formats.phone("+201001234567")
    assert arabic.apart(number) == f"\u2066{number}\u2069"
    assert english.apart(number) == number
    assert read_phone(arabic.apart(number), "EG").value == "+201001234567", "where it is copied"
    assert [in_halves(code) for code in ("123456", "12345678")] == [
        "123\u00a0456",
        "1234\u00a05678",
    ]


def test_numbers_and_addresses_in_a_text_can_be_followed() -> None:
    assert linked("(044) 247-40-40, 0 800 404 407.", "UA") == (
        '<a class="nowrap" href="tel:+380442474040">(044) 247-40-40</a>, '
        '<a class="nowrap" href="tel:0800404407">0 800 404 407</a>.'
    )
    assert (
        linked("<b> https://a.ua/x.", "UA")
        == '&lt;b&gt; <a href="https://a.ua/x">https://a.ua/x</a>.'
    )


def test_a_qr_code_is_one_labelled_picture_with_a_quiet_zone() -> None:
    svg = str(qr_svg("QA:7K2M9", 'Code "7K2M9"'))
    assert 'role="img"' in svg
    assert "&#34;7K2M9&#34;" in svg
    assert "M0 0h29v29H0z" in svg
    assert "M0 " not in svg.split("d=")[2]


@pytest.mark.parametrize(
    ("language", "zone", "city"),
    [
        ("uk", "Europe/Kyiv", "Київ"),
        ("en", "Europe/Kyiv", "Kyiv"),
        ("en", "Europe/Malta", "Malta"),
        ("en", "America/New_York", "New York"),
    ],
)
def test_the_city_whose_clock_it_is_is_named_in_the_language(
    language: str, zone: str, city: str
) -> None:
    assert Formats(language, ZoneInfo(zone), None).city == city
