"""Times, days and minutes in the words of a language: 10:20, вівторок, 24 листопада, 15–25 хв.

Moments are shown in the centre's own zone, whatever zone they arrive in.
"""

import re
from collections.abc import Iterable
from datetime import date, datetime, timedelta, tzinfo

import phonenumbers
from babel.dates import format_date
from msgspec import Struct

from queue_app.domain.catalogue import Duration, Language
from queue_app.texts.words import Words, words

LOCALES: dict[Language, str] = {"uk": "uk_UA", "en": "en_GB"}
NBSP = "\u00a0"
APOSTROPHE = "\u2019"
"""As all texts write it; the locale data has another in п’ятниця."""
NIGHT_ENDS = 6
"""The hour before which people say night, and mean the day before as often as the date."""
_OWN_NUMBER = re.compile(r"(\+380)(\d\d)(\d{3})(\d\d)(\d\d)")


def wall_time(moment: datetime, zone: tzinfo) -> str:
    """10:20; where the clock shows that twice, in the night of the change, 03:30 (UTC+3)."""
    local = moment.astimezone(zone)
    shown = f"{local:%H:%M}"
    return f"{shown}{NBSP}({offset_name(local)})" if comes_twice(local) else shown


def comes_twice(local: datetime) -> bool:
    """Whether its clock shows this time twice. Of a time that it does show."""
    return local.replace(fold=1 - local.fold).utcoffset() != local.utcoffset()


def offset_name(local: datetime) -> str:
    """UTC+3, UTC−3:30"""
    minutes = round((local.utcoffset() or timedelta()) / timedelta(minutes=1))
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'−' if minutes < 0 else '+'}{hours}" + (f":{rest:02}" if rest else "")


class Formats(Struct, frozen=True):
    """One language and the centre's zone; every method gives text without markup."""

    language: Language
    zone: tzinfo

    def local(self, moment: datetime) -> datetime:
        return moment.astimezone(self.zone)

    def time(self, moment: datetime) -> str:
        """10:20, as `wall_time`."""
        return wall_time(moment, self.zone)

    def night(self, moment: datetime) -> str:
        """ніч п’ятниця – субота, for a time of the small hours, which a date alone says badly."""
        local = self.local(moment)
        if local.hour >= NIGHT_ENDS:
            return ""
        eve = self.weekday(local.date() - timedelta(days=1))
        spoken = self._words.gettext("night %(eve)s – %(day)s")
        return spoken % {"eve": eve, "day": self.weekday(local.date())}

    def when(self, moment: datetime) -> str:
        """вівторок, 24 листопада, 10:20; of the small hours with the night that is meant."""
        said = [self.day(moment), self.time(moment), self.night(moment)]
        return ", ".join(filter(None, said))

    def twice(self, moments: Iterable[datetime]) -> str:
        """What tells the times apart, where one of these is shown twice; else nothing."""
        for moment in map(self.local, moments):
            if comes_twice(moment):
                first, second = (offset_name(moment.replace(fold=fold)) for fold in (0, 1))
                return self._words.gettext(
                    "In this night the clocks go back and an hour comes twice:"
                    " first %(first)s, then %(second)s."
                ) % {"first": first, "second": second}
        return ""

    def day(self, day: date) -> str:
        """вівторок, 24 листопада; a moment counts as its local day."""
        return self._date(day, f"EEEE, d{NBSP}MMMM")

    def day_year(self, day: date) -> str:
        """вівторок, 24 листопада 2026 р.; for what is kept or printed."""
        return self._date(day, f"EEEE, d{NBSP}MMMM y" + (" 'р'." if self.language == "uk" else ""))

    def short_day(self, day: date) -> str:
        """24 листопада"""
        return self._date(day, f"d{NBSP}MMMM")

    def weekday(self, day: date) -> str:
        """вівторок"""
        return self._date(day, "EEEE")

    def month(self, day: date) -> str:
        """листопад 2026"""
        return self._date(day, "LLLL y")

    def minutes(self, low: int, high: int | None = None) -> str:
        """15 хв, or 15–25 хв; from an hour on 1 год 20 хв."""
        if high is None or high == low:
            return self._length(low)
        if high < 60:
            return self._minutes(f"{low}–{high}")
        return f"{self._length(low)} – {self._length(high)}"

    def published(self, duration: Duration) -> str:
        """A service time as the catalogue publishes it: 7 хв, 5–7 хв, від 10 хв."""
        if duration.max_minutes is None:
            least = self._words.pgettext("duration", "from")
            return f"{least}{NBSP}{self._length(duration.min_minutes)}"
        return self.minutes(duration.min_minutes, duration.max_minutes)

    def phone(self, number: str) -> str:
        """+380 67 123 45 67, from E.164; numbers of other countries as they group them."""
        if own := _OWN_NUMBER.fullmatch(number):
            return NBSP.join(own.groups())
        parsed = phonenumbers.parse(number)
        international = phonenumbers.PhoneNumberFormat.INTERNATIONAL
        return str(phonenumbers.format_number(parsed, international)).replace(" ", NBSP)

    def _date(self, day: date, pattern: str) -> str:
        if isinstance(day, datetime):
            day = self.local(day).date()
        said = str(format_date(day, pattern, locale=LOCALES[self.language]))
        return said.replace("\u02bc", APOSTROPHE)

    def _length(self, minutes: int) -> str:
        hours, rest = divmod(minutes, 60)
        parts = [self._hours(hours)] if hours else []
        if rest or not hours:
            parts.append(self._minutes(rest))
        return NBSP.join(parts)

    def _hours(self, number: int) -> str:
        return f"{number}{NBSP}{hour(self._words)}"

    def _minutes(self, number: int | str) -> str:
        return f"{number}{NBSP}{minute(self._words)}"

    @property
    def _words(self) -> Words:
        return words(self.language)


def minute(spoken: Words) -> str:
    return spoken.pgettext("unit", "min")


def hour(spoken: Words) -> str:
    return spoken.pgettext("unit", "h")
