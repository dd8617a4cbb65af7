"""What the types of the files cannot say: names that must exist, numbers that must fit."""

import re
from collections.abc import Iterable, Iterator
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from phonenumbers import SUPPORTED_REGIONS

from config.notation import LATEST, format_periods, format_weekly
from config.reading import Place, Reader, label_of
from queue_app.domain.catalogue import SLOT_CHANNELS
from queue_app.domain.centre import (
    WEEKDAYS,
    BranchPlan,
    Centre,
    Period,
    Rules,
    Weekday,
    Weekly,
)
from queue_app.domain.hours import DAY_MINUTES, bounds, period_of

_CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
MOST_LANGUAGES = 6
"""As many as `kiosk.css` tells apart."""
_PREFIX = re.compile(r"[^\W\d_]{1,2}")
_LIKE_DIGITS = frozenset("ЗзОоOoБбIlІЧч")
"""Letters that pass for digits on a board ten metres away: З1 is read as 31."""
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
_LEAST: dict[str, int] = {
    "open_service_minutes": 1,
    "lead_minutes": 0,
    "horizon_days": 1,
    "hold_minutes": 1,
    "early_minutes": 0,
    "late_minutes": 0,
    "last_ticket_minutes": 0,
    "kiosk_early_minutes": 0,
    "undo_minutes": 0,
    "alert_resume_minutes": 0,
    "alert_late_start_minutes": 0,
    "max_bookings": 1,
    "offer_minutes": 0,
    "max_wishes": 1,
    "max_services": 1,
    "holds_per_address": 1,
    "bookings_per_address": 1,
    "freed_slot_minutes": 0,
    "retention_days": 1,
}


def check_rules(reader: Reader, place: Place, rules: Rules) -> None:
    """The centre's numbers must make sense, each and together."""
    for name, least in _LEAST.items():
        if getattr(rules, name) < least:
            reader.problem(place.at(name), f"must be at least {least}")
    if rules.grid_minutes < 1 or 60 % rules.grid_minutes:
        reader.problem(place.at("grid_minutes"), "must divide 60")
    elif rules.start_step_minutes < 1 or rules.start_step_minutes % rules.grid_minutes:
        reader.problem(place.at("start_step_minutes"), "must be a multiple of grid_minutes")
    elif 24 * 60 % rules.start_step_minutes:
        reader.problem(place.at("start_step_minutes"), "must divide a day of 1440 minutes")
    for name in ("quiet_from_hour", "quiet_until_hour"):
        if not 0 <= getattr(rules, name) <= 23:
            reader.problem(place.at(name), "must be from 0 to 23")
    if rules.horizon_days > 366:
        reader.problem(place.at("horizon_days"), "must be at most 366")
    if not 0 <= rules.release_hour <= 23:
        reader.problem(place.at("release_hour"), "must be an hour from 0 to 23")
    _check_prefixes(reader, place, rules)


def _check_prefixes(reader: Reader, place: Place, rules: Rules) -> None:
    seen: dict[str, str] = {}
    for name in ("walk_in_prefix", "booked_prefix", "priority_prefix"):
        prefix = getattr(rules, name)
        if not _PREFIX.fullmatch(prefix):
            reader.problem(place.at(name), "must be one or two letters")
        elif prefix in seen:
            reader.problem(place.at(name), f"is the same as {seen[prefix]}")
        elif prefix[-1] in _LIKE_DIGITS:
            reader.problem(place.at(name), f"{prefix}1 is read as a bare number on a board")
        seen[prefix] = name


def check_references(reader: Reader, raw: _Raw) -> None:
    """Every name must be well formed and, where it points at something, known.

    Works on the raw tables, so that a service with one bad field is not unknown besides.
    """
    _check_timezone(reader, raw["centre.toml"].get("timezone"))
    _check_languages(reader)
    _check_country(reader, raw["centre.toml"].get("country"))
    for file, key in _NEEDED:
        if reader.readable(file) and raw[file].get(key, []) == []:
            reader.problem(Place(file, key), "needs at least one")
    for file, key, name in _CODED:
        for place, table in _tables(raw, file, key, name):
            code = table.get(name)
            if isinstance(code, str) and not _CODE.fullmatch(code):
                reader.problem(place.at(name), "must be lower-case words joined by hyphens")
    _check_services(reader, raw)
    _check_skills(reader, raw)
    _check_capacity(reader, raw)


def _check_timezone(reader: Reader, raw: Any) -> None:
    if isinstance(raw, str):
        try:
            ZoneInfo(raw)
        except (KeyError, OSError, ValueError):
            reader.problem(Place("centre.toml", "timezone"), f"{raw!r} is not a known time zone")


def _check_languages(reader: Reader) -> None:
    place = Place("centre.toml", "languages")
    if reader.readable(place.file) and not reader.languages:
        reader.problem(place, "is empty")
    if len(reader.languages) > MOST_LANGUAGES:
        reader.problem(place, f"are more than {MOST_LANGUAGES}")
    _some(reader, place, list(reader.languages) or None)
    for language in reader.languages:
        if not _LANGUAGE.fullmatch(language) or not _is_known(language):
            reader.problem(place, f"{language!r} is not a known language; such as en, uk, pt-BR")


def _is_known(language: str) -> bool:
    try:
        Locale.parse(language, sep="-")
    except (UnknownLocaleError, ValueError):
        return False
    return True


def _check_country(reader: Reader, raw: Any) -> None:
    if isinstance(raw, str) and raw not in SUPPORTED_REGIONS:
        reader.problem(
            Place("centre.toml", "country"), f"{raw!r} is not a known country; such as UA, MT"
        )


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
        if isinstance(planned, int) and planned < 1:
            reader.problem(place.at("planned_minutes"), "must be at least a minute")
    for place, table in _tables(raw, "catalogue.toml", "groups", "code"):
        code = label_of(table, "code")
        if code and code not in used:
            reader.problem(place, "no service is in this group")


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
                if name == "number" and not (label_of(table, name) or "-").strip():
                    reader.problem(where.at(name), "is empty")


_DEFINED_IN = {
    "checklist": "advice.toml",
    "group": "catalogue.toml",
    "layout": "capacity.toml",
    "service": "catalogue.toml",
    "skill": "capacity.toml",
}


def _known(reader: Reader, place: Place, names: Any, known: set[str], what: str) -> None:
    """What a file defines is not called unknown while that file cannot be read."""
    if not reader.readable(_DEFINED_IN[what]):
        return
    for name in names if isinstance(names, list) else []:
        if isinstance(name, str) and name not in known:
            reader.problem(place, f"there is no {what} {name!r}")


def _some(reader: Reader, place: Place, names: Any) -> None:
    if not isinstance(names, list):
        return
    if not names:
        reader.problem(place, "is empty")
    for name in {str(one) for one in names if names.count(one) > 1}:
        reader.problem(place, f"{name!r} is given twice")


def _codes(raw: _Raw, file: str, key: str) -> set[str]:
    codes = (label_of(table, "code") for _, table in _tables(raw, file, key, "code"))
    return {code for code in codes if code}


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


def warn(reader: Reader, raw: _Raw, centre: Centre) -> None:
    """What can be loaded but is probably a mistake, in a centre without problems."""
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
        _warn_of_cut_nights(reader, places["hours"], branch.hours)
        _warn_of_rosters(reader, places, branch)
        _warn_of_offers(reader, places, centre, branch)


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
                f" can be booked here: {', '.join(alone)}",
            )
