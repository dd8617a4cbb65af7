"""What the types of the files cannot say: names that must exist, numbers that must fit."""

import re
from collections.abc import Iterable, Iterator
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from babel import Locale, UnknownLocaleError
from phonenumbers import SUPPORTED_REGIONS

from config.notation import LONGEST
from config.reading import Place, Reader, label_of
from config.rules import in_bounds
from config.wording import did_you_mean, listed, quoted
from queue_app.domain.catalogue import SLOT_CHANNELS
from queue_app.domain.centre import (
    Centre,
)

CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
MOST_SIGNS_OF_A_CODE = 80
"""As many as the API takes."""
MOST_SIGNS_OF_A_DESK = 40
_ADDRESS = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*):[^\s<>\"]+")
_SCRIPTS = frozenset({"javascript", "data", "vbscript"})
MOST_LANGUAGES = 6
"""As many as `kiosk.css` tells apart."""
RawFiles = dict[str, dict[str, Any]]

_CODED = (
    ("centre.toml", "priorities", "code"),
    ("centre.toml", "outcomes", "code"),
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


def check_references(reader: Reader, raw: RawFiles) -> None:
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
        for place, table in tables_in(raw, file, key, name):
            code = table.get(name)
            if not isinstance(code, str) or not code.strip():
                continue
            if not CODE.fullmatch(code):
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
        if not is_language(language):
            names = {str(name): code for code, name in Locale("en").languages.items()}
            code = names.get(language.title(), language.replace("_", "-"))
            hint = f'; did you mean "{code}"?' if is_language(code) else "; such as en, uk, pt-BR"
            reader.problem(place, f"{quoted(language)} is not a known language{hint}")
        elif language != (usual := _as_usual(language)):
            reader.problem(place, f'{quoted(language)} is written "{usual}"')


def is_language(code: str) -> bool:
    """Whether it is the code of a language, as browsers and CLDR have it."""
    try:
        Locale.parse(code, sep="-")
    except (UnknownLocaleError, ValueError):
        return False
    return _LANGUAGE.fullmatch(code) is not None


def is_usual(code: str) -> bool:
    """Whether it is the code of a language, written as texts in these files name it."""
    return is_language(code) and code == _as_usual(code)


def _as_usual(code: str) -> str:
    """With a script and a country in their capitals: zh-Hant, pt-BR (RFC 5646, 2.1.1)."""
    usual = {2: str.upper, 4: str.title}
    first, *others = code.split("-")
    return "-".join([first.lower(), *(usual.get(len(one), str.lower)(one) for one in others)])


def _check_country(reader: Reader, raw: Any) -> None:
    if isinstance(raw, str) and raw not in SUPPORTED_REGIONS:
        names = {str(name): code for code, name in Locale("en").territories.items()}
        code = raw.upper() if raw.upper() in SUPPORTED_REGIONS else names.get(raw.title())
        hint = f'; did you mean "{code}"?' if code in SUPPORTED_REGIONS else "; such as UA, MT"
        reader.problem(
            Place("centre.toml", "country"), f"{quoted(raw)} is not a known country{hint}"
        )


def _check_addresses(reader: Reader, raw: RawFiles) -> None:
    """What a contact links to: a page, a number, a mail, a messenger; never a script."""
    for place, table in tables_in(raw, "advice.toml", "contacts", "code"):
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


def _check_services(reader: Reader, raw: RawFiles) -> None:
    groups = _codes(raw, "catalogue.toml", "groups")
    checklists = _codes(raw, "advice.toml", "checklists")
    used: set[str] = set()
    for place, table in tables_in(raw, "catalogue.toml", "services", "code"):
        group = table.get("group")
        if isinstance(group, str):
            used.add(group)
            _known(reader, place.at("group"), [group], groups, "group")
        for key in ("documents", "bring"):
            _known(reader, place.at(key), table.get(key), checklists, "checklist")
        _some(reader, place.at("channels"), table.get("channels"))
        planned = table.get("planned_minutes")
        if type(planned) is int:
            in_bounds(reader, place.at("planned_minutes"), planned, 1, LONGEST)
    for place, table in tables_in(raw, "catalogue.toml", "groups", "code"):
        code = label_of(table, "code")
        if code and code not in used:
            reader.problem(place, "no service is in this group")


def _check_search(reader: Reader, raw: RawFiles) -> None:
    services = _codes(raw, "catalogue.toml", "services")
    notes = _codes(raw, "advice.toml", "notes")
    another = raw["search.toml"].get("another")
    _known(reader, Place("search.toml", "another"), [another], services, "service")
    for place, table in tables_in(raw, "search.toml", "keywords", "of"):
        if reader.readable("advice.toml"):
            _known(reader, place.at("of"), [table.get("of")], services | notes, "service or note")
    for place, table in tables_in(raw, "search.toml", "synonyms", "code"):
        _some(reader, place.at("words"), table.get("words"))


def _check_skills(reader: Reader, raw: RawFiles) -> None:
    services = _codes(raw, "catalogue.toml", "services")
    for place, table in tables_in(raw, "capacity.toml", "skills", "code"):
        _some(reader, place.at("services"), table.get("services"))
        _known(reader, place.at("services"), table.get("services"), services, "service")


def _check_capacity(reader: Reader, raw: RawFiles) -> None:
    skills = _codes(raw, "capacity.toml", "skills")
    layouts = _codes(raw, "capacity.toml", "layouts")
    owners = [
        *tables_in(raw, "capacity.toml", "layouts", "code"),
        *tables_in(raw, "branches.toml", "branches", "slug"),
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
                _check_lane_numbers(reader, where, table)
                number = label_of(table, name) or ""
                if name == "number" and len(number) > MOST_SIGNS_OF_A_DESK:
                    reader.problem(
                        where.at(name),
                        f"is longer than the {MOST_SIGNS_OF_A_DESK} signs of a board",
                    )
                elif name == "number" and "/" in number:
                    reader.problem(where.at(name), "has /, so no panel could have its address")
                elif name == "code" and number and not CODE.fullmatch(number):
                    reader.problem(
                        where.at(name), "must be lower-case Latin words joined by hyphens: phone-1"
                    )
                elif name == "code" and len(number) > MOST_SIGNS_OF_A_CODE:
                    reader.problem(where.at(name), f"is longer than {MOST_SIGNS_OF_A_CODE} signs")


def _check_lane_numbers(reader: Reader, place: Place, table: dict[str, Any]) -> None:
    for key, most in (("pause_minutes", 240), ("walk_in_percent", 90)):
        if type(number := table.get(key)) is int:
            in_bounds(reader, place.at(key), number, 0, most)


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


def _codes(raw: RawFiles, file: str, key: str) -> set[str | None]:
    """The codes that a file defines; None among them: there are some that cannot be read."""
    found = raw[file].get(key, [])
    if not isinstance(found, list):
        return {None}
    return {label_of(table, "code") for table in found}


def tables_in(
    raw: RawFiles, file: str, key: str, name: str
) -> Iterator[tuple[Place, dict[str, Any]]]:
    return _entries(Place(file, key), raw[file].get(key), name)


def _entries(place: Place, raw: Any, name: str) -> Iterator[tuple[Place, dict[str, Any]]]:
    for index, table in enumerate(raw if isinstance(raw, list) else [], start=1):
        if isinstance(table, dict):
            yield place.item(label_of(table, name) or f"#{index}"), table


def check_contact_centre(reader: Reader, centre: Centre) -> None:
    """The contact centre receives nobody; whom it calls nobody else should call."""
    there = [one for one in centre.branches if one.kind == "contact_centre"]
    for branch in centre.branches:
        place = Place("branches.toml", "branches").item(branch.slug).at("kind")
        channels = {lane.channel for lane in branch.lanes}
        if branch in there and "visit" in channels:
            reader.problem(place, "is a contact centre, but has a lane of the channel visit")
        elif branch not in there and there and "phone" in channels:
            reader.warning(
                place,
                f"has a lane of the channel phone beside the contact centre {there[0].slug}:"
                " residents are asked who shall call them",
            )


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
