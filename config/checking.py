"""What the types of the files cannot say: names that must exist, numbers that must fit."""

import re
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from babel import Locale, UnknownLocaleError
from phonenumbers import SUPPORTED_REGIONS

from config.notation import LATEST, LONGEST, format_periods, format_weekly
from config.reading import Place, Reader, label_of
from config.rules import in_bounds, warn_of_prefixes
from config.wording import did_you_mean, listed, quoted
from queue_app.domain.catalogue import SLOT_CHANNELS, planned_minutes
from queue_app.domain.centre import (
    WEEKDAYS,
    BranchPlan,
    Centre,
    Period,
    Weekday,
    Weekly,
)
from queue_app.domain.hours import DAY_MINUTES, bounds, period_of

_CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
MOST_SIGNS_OF_A_CODE = 80
"""As many as the API takes."""
MOST_SIGNS_OF_A_DESK = 40
LONG_SERVICE = 480
"""Minutes; whoever plans more for one service probably meant something else."""
_ADDRESS = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*):[^\s<>\"]+")
_SCRIPTS = frozenset({"javascript", "data", "vbscript"})
MOST_LANGUAGES = 6
"""As many as `kiosk.css` tells apart."""
_Raw = dict[str, dict[str, Any]]

_CODED = (
    ("centre.toml", "priorities", "code"),
    ("catalogue.toml", "groups", "code"),
    ("catalogue.toml", "services", "code"),
    ("advice.toml", "checklists", "code"),
    ("advice.toml", "contacts", "code"),
    ("advice.toml", "notes", "code"),
    ("capacity.toml", "skills", "code"),
    ("capacity.toml", "layouts", "code"),
    ("branches.toml", "branches", "slug"),
)
_NEEDED = (
    ("catalogue.toml", "groups"),
    ("catalogue.toml", "services"),
    ("capacity.toml", "skills"),
    ("branches.toml", "branches"),
)


def check_references(reader: Reader, raw: _Raw) -> None:
    """Every name must be well formed and, where it points at something, known.

    Works on the raw tables, so that a service with one bad field is not unknown besides.
    """
    _check_timezone(reader, raw["centre.toml"].get("timezone"))
    _check_languages(reader)
    _check_country(reader, raw["centre.toml"].get("country"))
    for file, key in _NEEDED:
        if reader.readable(file) and raw[file].get(key, []) == []:
            reader.lack(Place(file, key), f"needs at least one; each begins with [[{key}]]")
    for file, key, name in _CODED:
        for place, table in _tables(raw, file, key, name):
            code = table.get(name)
            if not isinstance(code, str) or not code.strip():
                continue
            if not _CODE.fullmatch(code):
                reader.problem(
                    place.at(name), "must be lower-case Latin words joined by hyphens: room-12"
                )
            elif len(code) > MOST_SIGNS_OF_A_CODE:
                reader.problem(place.at(name), f"is longer than {MOST_SIGNS_OF_A_CODE} signs")
    _check_addresses(reader, raw)
    _check_services(reader, raw)
    _check_search(reader, raw)
    _check_skills(reader, raw)
    _check_capacity(reader, raw)


def _check_timezone(reader: Reader, raw: Any) -> None:
    if isinstance(raw, str):
        try:
            ZoneInfo(raw)
        except (KeyError, OSError, ValueError):
            hint = did_you_mean(raw, available_timezones()) or "; such as Europe/Kyiv"
            reader.problem(
                Place("centre.toml", "timezone"), f"{quoted(raw)} is not a known time zone{hint}"
            )


def _check_languages(reader: Reader) -> None:
    place = Place("centre.toml", "languages")
    if reader.readable(place.file) and not reader.languages:
        reader.problem(place, "is empty")
    if len(reader.languages) > MOST_LANGUAGES:
        reader.problem(place, f"are more than {MOST_LANGUAGES}")
    _some(reader, place, list(reader.languages) or None)
    for language in reader.languages:
        if not _LANGUAGE.fullmatch(language) or not _is_known(language):
            reader.problem(
                place, f"{quoted(language)} is not a known language; such as en, uk, pt-BR"
            )


def _is_known(language: str) -> bool:
    try:
        Locale.parse(language, sep="-")
    except (UnknownLocaleError, ValueError):
        return False
    return True


def _check_country(reader: Reader, raw: Any) -> None:
    if isinstance(raw, str) and raw not in SUPPORTED_REGIONS:
        names = {str(name): code for code, name in Locale("en").territories.items()}
        code = raw.upper() if raw.upper() in SUPPORTED_REGIONS else names.get(raw.title())
        hint = f'; did you mean "{code}"?' if code in SUPPORTED_REGIONS else "; such as UA, MT"
        reader.problem(
            Place("centre.toml", "country"), f"{quoted(raw)} is not a known country{hint}"
        )


def _check_addresses(reader: Reader, raw: _Raw) -> None:
    """What a contact links to: a page, a number, a mail, a messenger; never a script."""
    for place, table in _tables(raw, "advice.toml", "contacts", "code"):
        url = table.get("url")
        if not isinstance(url, str) or not url.strip():
            continue
        found = _ADDRESS.fullmatch(url)
        if not found:
            reader.problem(
                place.at("url"),
                f"{quoted(url)} is no address; it begins with https://, tel: or mailto:",
            )
        elif found["scheme"].lower() in _SCRIPTS:
            reader.problem(place.at("url"), f"{quoted(url)} would be run as a script")


def _check_services(reader: Reader, raw: _Raw) -> None:
    groups = _codes(raw, "catalogue.toml", "groups")
    checklists = _codes(raw, "advice.toml", "checklists")
    used: set[str] = set()
    for place, table in _tables(raw, "catalogue.toml", "services", "code"):
        group = table.get("group")
        if isinstance(group, str):
            used.add(group)
            _known(reader, place.at("group"), [group], groups, "group")
        _known(reader, place.at("documents"), table.get("documents"), checklists, "checklist")
        _some(reader, place.at("channels"), table.get("channels"))
        planned = table.get("planned_minutes")
        if type(planned) is int:
            in_bounds(reader, place.at("planned_minutes"), planned, 1, LONGEST)
    for place, table in _tables(raw, "catalogue.toml", "groups", "code"):
        code = label_of(table, "code")
        if code and code not in used:
            reader.problem(place, "no service is in this group")


def _check_search(reader: Reader, raw: _Raw) -> None:
    services = _codes(raw, "catalogue.toml", "services")
    notes = _codes(raw, "advice.toml", "notes")
    for place, table in _tables(raw, "search.toml", "keywords", "of"):
        if reader.readable("advice.toml"):
            _known(reader, place.at("of"), [table.get("of")], services | notes, "service or note")
    for place, table in _tables(raw, "search.toml", "synonyms", "code"):
        _some(reader, place.at("words"), table.get("words"))


def _check_skills(reader: Reader, raw: _Raw) -> None:
    services = _codes(raw, "catalogue.toml", "services")
    for place, table in _tables(raw, "capacity.toml", "skills", "code"):
        _some(reader, place.at("services"), table.get("services"))
        _known(reader, place.at("services"), table.get("services"), services, "service")


def _check_capacity(reader: Reader, raw: _Raw) -> None:
    skills = _codes(raw, "capacity.toml", "skills")
    layouts = _codes(raw, "capacity.toml", "layouts")
    owners = [
        *_tables(raw, "capacity.toml", "layouts", "code"),
        *_tables(raw, "branches.toml", "branches", "slug"),
    ]
    for place, owner in owners:
        if place.file == "branches.toml":
            _known(reader, place.at("layout"), [owner.get("layout")], layouts, "layout")
        for key, name in (("desks", "number"), ("lanes", "code")):
            for where, table in _entries(place.at(key), owner.get(key), name):
                _some(reader, where.at("skills"), table.get("skills"))
                _known(reader, where.at("skills"), table.get("skills"), skills, "skill")
                if table.get("channel") == "site":
                    reader.problem(where.at("channel"), "the site has no slots")
                number = label_of(table, name) or ""
                if name == "number" and len(number) > MOST_SIGNS_OF_A_DESK:
                    reader.problem(
                        where.at(name),
                        f"is longer than the {MOST_SIGNS_OF_A_DESK} signs of a board",
                    )
                elif name == "code" and number and not _CODE.fullmatch(number):
                    reader.problem(
                        where.at(name), "must be lower-case Latin words joined by hyphens: phone-1"
                    )
                elif name == "code" and len(number) > MOST_SIGNS_OF_A_CODE:
                    reader.problem(where.at(name), f"is longer than {MOST_SIGNS_OF_A_CODE} signs")


_DEFINED_IN = {
    "checklist": "advice.toml",
    "group": "catalogue.toml",
    "layout": "capacity.toml",
    "service": "catalogue.toml",
    "service or note": "catalogue.toml",
    "skill": "capacity.toml",
}


def _known(reader: Reader, place: Place, names: Any, known: set[str | None], what: str) -> None:
    """What a file defines is not called unknown while it, or a code in it, cannot be read."""
    if not reader.readable(_DEFINED_IN[what]) or None in known:
        return
    codes = sorted(code for code in known if code)
    for name in names if isinstance(names, list) else []:
        if isinstance(name, str) and name.strip() and name not in known:
            hint = did_you_mean(name, codes) or f"; known: {listed(codes) or 'none'}"
            reader.problem(place, f"there is no {what} {quoted(name)}{hint}")


def _some(reader: Reader, place: Place, names: Any) -> None:
    if not isinstance(names, list):
        return
    if not names:
        reader.problem(place, "is empty")
    for name in {str(one) for one in names if names.count(one) > 1}:
        reader.problem(place, f"{quoted(name)} is given twice")


def _codes(raw: _Raw, file: str, key: str) -> set[str | None]:
    """The codes that a file defines; None among them: there are some that cannot be read."""
    found = raw[file].get(key, [])
    if not isinstance(found, list):
        return {None}
    return {label_of(table, "code") for table in found}


def _tables(raw: _Raw, file: str, key: str, name: str) -> Iterator[tuple[Place, dict[str, Any]]]:
    return _entries(Place(file, key), raw[file].get(key), name)


def _entries(place: Place, raw: Any, name: str) -> Iterator[tuple[Place, dict[str, Any]]]:
    for index, table in enumerate(raw if isinstance(raw, list) else [], start=1):
        if isinstance(table, dict):
            yield place.item(label_of(table, name) or f"#{index}"), table


def check_reach(reader: Reader, centre: Centre) -> None:
    """Every service with slots must be given somewhere: by a desk, and by a lane of each channel.

    Only for a centre without other problems, of which these would be mere echoes.
    """
    given = {skill.code: set(skill.services) for skill in centre.skills}

    def reach(plans: Iterable[tuple[str, ...]]) -> set[str]:
        return {service for skills in plans for skill in skills for service in given[skill]}

    lanes = [lane for branch in centre.branches for lane in branch.lanes]
    by_lane = {
        channel: reach(lane.skills for lane in lanes if lane.channel == channel)
        for channel in SLOT_CHANNELS
    }
    by_desk = reach(desk.skills for branch in centre.branches for desk in branch.desks)
    for service in centre.services:
        place = Place("catalogue.toml", f"services[{service.code}]").at("channels")
        for channel in SLOT_CHANNELS:
            if channel in service.channels and service.code not in by_lane[channel]:
                reader.problem(place, f"{channel}: no {channel} lane of any branch offers it")
        if "visit" in service.channels and service.code not in by_desk:
            reader.problem(place, "visit: no desk of any branch offers it")


def warn(reader: Reader, raw: _Raw, centre: Centre, today: date | None) -> None:
    """What can be loaded but is probably a mistake, in a centre without problems."""
    warn_of_prefixes(reader, Place("centre.toml", "rules"), centre.rules)
    _warn_of_long_services(reader, centre)
    layouts = {
        label_of(table, "code"): (place, table)
        for place, table in _tables(raw, "capacity.toml", "layouts", "code")
    }
    found = _tables(raw, "branches.toml", "branches", "slug")
    for (place, table), branch in zip(found, centre.branches, strict=True):
        layout, shared = layouts.get(table.get("layout"), (place, {}))
        places = {
            key: (layout if key in shared and key not in table else place).at(key)
            for key in ("hours", "desks", "lanes")
        }
        _warn_of_past_closures(reader, place.at("closures"), branch, today)
        _warn_of_cut_nights(reader, places["hours"], branch.hours)
        _warn_of_rosters(reader, places, branch)
        _warn_of_offers(reader, places, centre, branch)


def _warn_of_long_services(reader: Reader, centre: Centre) -> None:
    for service in centre.services:
        minutes = planned_minutes(service, centre.rules.open_service_minutes)
        if minutes > LONG_SERVICE:
            key = "duration" if service.planned_minutes is None else "planned_minutes"
            reader.warning(
                Place("catalogue.toml", "services").item(service.code).at(key),
                f"is planned with {minutes} minutes, which is {minutes / 60:.0f} hours for one"
                " visit; durations are minutes",
            )


def _warn_of_past_closures(
    reader: Reader, place: Place, branch: BranchPlan, today: date | None
) -> None:
    for one in branch.closures:
        if today is not None and one.day < today:
            reader.warning(place.item(str(one.day)), "is over, so it changes nothing")


def _warn_of_cut_nights(reader: Reader, place: Place, hours: Weekly) -> None:
    """A night that is written as two days is two: its numbers begin anew at midnight."""
    for at, day in enumerate(WEEKDAYS):
        after = WEEKDAYS[(at + 1) % len(WEEKDAYS)]
        if not (hours.get(day) and hours.get(after)):
            continue
        evening, morning = hours[day][-1], hours[after][0]
        closes = bounds(morning)[1]
        if (bounds(evening)[1], bounds(morning)[0]) == (
            DAY_MINUTES,
            0,
        ) and closes <= LATEST - DAY_MINUTES:
            whole = period_of(bounds(evening)[0], closes + DAY_MINUTES)
            reader.warning(
                place.at(day),
                f"ends at midnight and {after} goes on; one night of one day is written"
                f" {day} = {format_periods((whole,))!r}",
            )


def _warn_of_rosters(reader: Reader, places: dict[str, Place], branch: BranchPlan) -> None:
    """A lane is booked within its branch's hours only, and nobody is called outside them."""
    rosters = [
        *((places["desks"].item(desk.number), desk.roster) for desk in branch.desks),
        *((places["lanes"].item(lane.code), lane.roster) for lane in branch.lanes),
    ]
    hours = places["hours"]
    for place, roster in rosters:
        for days, periods in format_weekly(_outside(roster, branch.hours)).items():
            said = periods if isinstance(periods, str) else ", ".join(periods)
            reader.warning(
                place.at("roster"),
                f"{days} {said} reaches beyond the hours of the branch ({hours.file}: {hours.key})",
            )


def _outside(roster: Weekly, hours: Weekly) -> Weekly:
    """The periods of the roster in which the branch is not open throughout.

    Whoever works in a night may be written under the day on which it opens, or under the next.
    """
    found: dict[Weekday, tuple[Period, ...]] = {}
    for place, day in enumerate(WEEKDAYS):
        opened = _openings(hours, place)
        found[day] = tuple(
            period
            for period in roster.get(day, ())
            for opens, closes in [bounds(period)]
            if not any(first <= opens and closes <= last for first, last in opened)
        )
    return found


def _openings(hours: Weekly, place: int) -> list[tuple[int, int]]:
    """Those of a weekday and the two around it in its minutes, what meets as one."""
    joined: list[tuple[int, int]] = []
    for ahead in (-1, 0, 1):
        for period in hours.get(WEEKDAYS[(place + ahead) % len(WEEKDAYS)], ()):
            opens, closes = (one + ahead * DAY_MINUTES for one in bounds(period))
            if joined and opens <= joined[-1][1]:
                opens = joined.pop()[0]
            joined.append((opens, closes))
    return joined


def _warn_of_offers(
    reader: Reader, places: dict[str, Place], centre: Centre, branch: BranchPlan
) -> None:
    """What can be booked at a branch should be given there, by some desk."""
    given = {skill.code: skill.services for skill in centre.skills}
    by_desk = {one for desk in branch.desks for skill in desk.skills for one in given[skill]}
    channels = {service.code: service.channels for service in centre.services}
    for lane in branch.lanes:
        offered = {one for skill in lane.skills for one in given[skill]}
        bookable = {service for service in offered if lane.channel in channels[service]}
        if alone := sorted(bookable - by_desk):
            reader.warning(
                places["lanes"].item(lane.code).at("skills"),
                f"no desk of the branch ({places['desks'].file}: {places['desks'].key}) offers what"
                f" can be booked here: {listed(alone)}",
            )
