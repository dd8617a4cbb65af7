"""Times, days and minutes in the words of a language: 10:20, вівторок, 24 листопада, 15–25 хв.

Moments are shown in the centre's own zone, whatever zone they arrive in. The words and their
order come from the language, the clock from the country.
"""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import cache

import phonenumbers
from babel import Locale, UnknownLocaleError
from babel.core import get_global
from babel.dates import format_date, format_time
from msgspec import Struct

from queue_app.domain.catalogue import Duration, Language
from queue_app.domain.centre import Period
from queue_app.texts.words import Words, words

NBSP = "\u00a0"
ISOLATE, END = "\u2066", "\u2069"
"""Around what is written from the left in whatever language (Unicode: LRI and PDI)."""
APOSTROPHE = "\u2019"
"""As all texts write it; the locale data has another in п’ятниця."""
WORLDWIDE = ("150", "001")
"""A language in a country of which CLDR says nothing is written as in Europe, or anywhere."""
GROUPS = {380: (2, 3, 2, 2)}
"""How a national number is grouped aloud, by the country's code, where the library's way differs.
Ukrainian numbers are said as 67 123 45 67."""
HINT_DIGITS = 4
"""So many last digits of a number are shown to whoever may not see all of it."""
_WEEKDAY_LAST = re.compile(r"([,،\s]*)EEEE$")
_WEEKDAY_FIRST = re.compile(r"EEEE([,،]\s*)")
NIGHT_ENDS = 6
"""The hour before which people say night, and mean the day before as often as the date."""


@cache
def locale_of(language: Language, country: str | None) -> Locale:
    """What CLDR knows of a language as the country writes it."""
    own = Locale.parse(language, sep="-")
    for territory in (country, *WORLDWIDE) if country else WORLDWIDE:
        try:
            return Locale(own.language, territory, own.script)
        except UnknownLocaleError:
            continue
    return own


@cache
def direction(language: Language) -> str:
    """ "rtl" of a language that is written from the right, as CLDR knows it; else "ltr"."""
    return str(Locale.parse(language, sep="-").text_direction)


@cache
def customs_of(country: str | None) -> Locale | None:
    """How the country itself writes figures: in the language that most people there speak."""
    spoken = get_global("territory_languages").get(country, {}) if country else {}
    for language in sorted(spoken, key=lambda one: -spoken[one]["population_percent"]):
        try:
            return Locale.parse(f"{language}_{country}")
        except (UnknownLocaleError, ValueError):
            continue
    return None


def first_weekday(country: str | None) -> int:
    """With which day weeks begin in the country, Monday 0, as CLDR knows it; Monday where nobody
    knows."""
    customs = customs_of(country)
    return int(customs.first_week_day) if customs else 0


def wall_time(moment: datetime, zone: tzinfo) -> str:
    """10:20 in whatever language; where the clock shows that twice, 03:30 (UTC+3)."""
    local = moment.astimezone(zone)
    return _told_apart(f"{local:%H:%M}", local)


def stamp(moment: datetime, zone: tzinfo) -> str:
    """2026-11-24 10:20, for the lists of an operator; told apart as `wall_time`."""
    return f"{moment.astimezone(zone):%Y-%m-%d} {wall_time(moment, zone)}".replace(NBSP, " ")


def _told_apart(shown: str, local: datetime) -> str:
    return f"{shown}{NBSP}({offset_name(local)})" if comes_twice(local) else shown


def comes_twice(local: datetime) -> bool:
    """Whether its clock shows this time twice. Of a time that it does show."""
    return local.replace(fold=1 - local.fold).utcoffset() != local.utcoffset()


def offset_name(local: datetime) -> str:
    """UTC+3, UTC−3:30"""
    minutes = round((local.utcoffset() or timedelta()) / timedelta(minutes=1))
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'−' if minutes < 0 else '+'}{hours}" + (f":{rest:02}" if rest else "")


@cache
def offsets(zone: tzinfo, year: int) -> tuple[tuple[int, int], ...]:
    """How far the zone's clocks are ahead of UTC: (from which millisecond on, how many minutes).

    From a year before this one to four years after it. Pages are told so instead of the zone's
    name, which the tables of an older browser may not know.
    """
    day = datetime(year - 1, 1, 1, tzinfo=UTC)
    found = [(_milliseconds(day), _ahead(day, zone))]
    while day.year < year + 5:
        following = day + timedelta(days=1)
        if (minutes := _ahead(following, zone)) != found[-1][1]:
            found.append((_milliseconds(_change(day, following, zone)), minutes))
        day = following
    return tuple(found)


def _change(before: datetime, after: datetime, zone: tzinfo) -> datetime:
    """The minute between these two at which the zone's clocks are changed."""
    while after - before > timedelta(minutes=1):
        middle = before + (after - before) // timedelta(minutes=2) * timedelta(minutes=1)
        if _ahead(middle, zone) == _ahead(before, zone):
            before = middle
        else:
            after = middle
    return after


def _ahead(moment: datetime, zone: tzinfo) -> int:
    ahead = moment.astimezone(zone).utcoffset() or timedelta()
    return round(ahead / timedelta(minutes=1))


def _milliseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def in_halves(code: str) -> str:
    """123 456: digits to be read aloud or typed. The space that does not break also keeps the two
    in their order in a language that is written from the right."""
    middle = len(code) // 2
    return f"{code[:middle]}{NBSP}{code[middle:]}"


class Formats(Struct, frozen=True):
    """One language and the centre's zone and country; every method gives text without markup."""

    language: Language
    zone: tzinfo
    country: str | None = None

    def local(self, moment: datetime) -> datetime:
        return moment.astimezone(self.zone)

    def time(self, moment: datetime) -> str:
        """10:20, or 10:20 AM where the country has twelve hours on its clocks; where the clock
        shows that twice, in the night of the change, 03:30 (UTC+3)."""
        local = self.local(moment)
        return _told_apart(self._shown(local.hour, local.minute), local)

    def full_hour(self, hour: int) -> str:
        """12:00 of any day, or 12:00 PM, for an hour from 0 to 23."""
        return self._shown(hour, 0)

    def hours(self, period: Period) -> str:
        """10:00–13:00, or 10:00 AM–1:00 PM; midnight, at which it closes, is 24:00."""
        opens, closes = period.opens, period.closes
        if not self.halves and not (closes.hour or closes.minute):
            return f"{self._shown(opens.hour, opens.minute)}–24:00"
        ends = (opens, closes)
        return "–".join(self._shown(one.hour, one.minute) for one in ends)

    def _shown(self, hour: int, minute: int) -> str:
        if halves := self.halves:
            return self._clock % {
                "time": f"{hour % 12 or 12}:{minute:02}",
                "half": halves[hour // 12],
            }
        return f"{hour:02}:{minute:02}"

    @property
    def _clock(self) -> str:
        """Where the language puts the half of the day: 10:20 AM, 上午10:20."""
        hm = str(self._locale.datetime_skeletons["hm"].pattern)
        if not hm.startswith(("a", "B")):
            return f"%(time)s{NBSP}%(half)s"
        return "%(half)s" + (NBSP if " " in hm else "") + "%(time)s"

    @property
    def halves(self) -> tuple[str, str] | None:
        """What the two halves of a day are called, where clocks have twelve hours."""
        return _halves(self.language, self.country)

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
        """вівторок, 24 листопада, or 11月24日 星期二; a moment counts as its local day."""
        return self._with_weekday(day, self._day_month)

    def day_year(self, day: date) -> str:
        """вівторок, 24 листопада 2026 р.; for what is kept or printed."""
        written = str(self._locale.date_formats["long"].pattern)
        return self._with_weekday(day, written.replace(" ", NBSP, 1))

    def short_day(self, day: date) -> str:
        """24 листопада"""
        return self._date(day, self._day_month)

    def day_figures(self, day: date) -> str:
        """24.11"""
        return self._date(day, str(self._locale.datetime_skeletons["Md"].pattern))

    def weekday(self, day: date) -> str:
        """вівторок"""
        return self._date(day, "EEEE")

    @property
    def city(self) -> str:
        """Київ: whose clock it is by which all times are. CLDR keeps a zone under its old name."""
        key = str(getattr(self.zone, "key", ""))
        former = [old for old, new in get_global("zone_aliases").items() if new == key]
        known = (self._locale.time_zones.get(name, {}) for name in (key, *former))
        found = (str(one["city"]) for one in known if "city" in one)
        return next(found, key.rpartition("/")[2].replace("_", " "))

    def weekday_short(self, day: date) -> str:
        """вт"""
        return self._date(day, "EEEEEE")

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

    def apart(self, text: str) -> str:
        """A telephone number or address as everybody reads it: from the left, also in a language
        that is written from the right."""
        return f"{ISOLATE}{text}{END}" if direction(self.language) == "rtl" else text

    @staticmethod
    def phone(number: str) -> str:
        """+380 67 123 45 67, from E.164; as its country groups it."""
        parsed = phonenumbers.parse(number)
        national = str(parsed.national_number)
        groups = GROUPS.get(parsed.country_code or 0, ())
        if sum(groups) == len(national):
            ends = [sum(groups[: place + 1]) for place in range(len(groups))]
            parts = [national[end - size : end] for end, size in zip(ends, groups, strict=True)]
            return NBSP.join([f"+{parsed.country_code}", *parts])
        international = phonenumbers.PhoneNumberFormat.INTERNATIONAL
        return str(phonenumbers.format_number(parsed, international)).replace(" ", NBSP)

    @classmethod
    def hidden_phone(cls, number: str) -> str:
        """+380 •• ••• 45 67: whoever gave it knows it again."""
        code, gap, rest = cls.phone(number).partition(NBSP)
        digits = sum(one.isdigit() for one in rest)
        shown = []
        for one in rest:
            digits -= one.isdigit()
            shown.append("•" if one.isdigit() and digits >= HINT_DIGITS else one)
        return code + gap + "".join(shown)

    def calendar(self) -> dict[str, object]:
        """What a script needs to say days and times as these formats do, whatever its browser
        knows of the language: weekdays from Monday on, months with a place for the day."""
        week = [date(2001, 1, day) for day in range(1, 8)]
        year = [date(2001, month, 28) for month in range(1, 13)]
        return {
            "weekdays": [self.weekday(day) for day in week],
            "months": [self.short_day(day).replace("28", "%(day)s") for day in year],
            "day": self._weekday_and("%(weekday)s", "%(day)s"),
            "halves": self.halves,
            "clock": self._clock,
        }

    def _with_weekday(self, day: date, pattern: str) -> str:
        return self._weekday_and(self.weekday(day), self._date(day, pattern))

    def _weekday_and(self, weekday: str, day: str) -> str:
        """In the language's order and with what stands between them, by CLDR's full date."""
        full = str(self._locale.date_formats["full"].pattern)
        if behind := _WEEKDAY_LAST.search(full):
            return f"{day}{behind[1]}{weekday}"
        before = _WEEKDAY_FIRST.match(full)
        return f"{weekday}{before[1] if before else ', '}{day}"

    @property
    def _day_month(self) -> str:
        return str(self._locale.datetime_skeletons["MMMMd"].pattern).replace(" ", NBSP)

    def _date(self, day: date, pattern: str) -> str:
        if isinstance(day, datetime):
            day = self.local(day).date()
        said = str(format_date(day, pattern, locale=self._locale))
        return said.replace("\u02bc", APOSTROPHE).replace("\u202f", " ")

    @property
    def _locale(self) -> Locale:
        return locale_of(self.language, self.country)

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


@cache
def _halves(language: Language, country: str | None) -> tuple[str, str] | None:
    customs = customs_of(country)
    if customs is None or "a" not in str(customs.time_formats["short"].pattern):
        return None
    own = locale_of(language, country)
    morning, evening = (_half(str(format_time(time(hour), "a", locale=own))) for hour in (9, 21))
    return morning, evening


def _half(said: str) -> str:
    """Without the full stops of a.m. or a. m., as on clocks: many a sentence ends with a time."""
    return re.sub(r"\.\s*", "", said)


def minute(spoken: Words) -> str:
    return spoken.pgettext("unit", "min")


def hour(spoken: Words) -> str:
    return spoken.pgettext("unit", "h")
