"""A centre's folder of TOML files, read strictly and written back out.

centre.toml     title, languages, timezone, country, branch_words, stop_words, rules, priorities,
                paper
catalogue.toml  groups, services
advice.toml     checklists, contacts, notes
capacity.toml   skills, and layouts (hours, desks, lanes) that branches share
branches.toml   branches
search.toml     another, idle, elsewhere, synonyms, keywords, topics: words that find services; may
                be missing
"""

from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from config.checking import check_contact_centre, check_reach, check_references, is_usual
from config.doubts import warn
from config.notation import parse_duration
from config.paper_rules import check_paper
from config.reading import ConfigError, Mistake, Place, Reader
from config.rules import check_rules
from config.weeks import closures_of, weekly_of
from config.wording import did_you_mean
from config.writing import write_centre
from queue_app.domain.catalogue import Channel, Duration, Group, Language, Service, Text
from queue_app.domain.centre import (
    BranchKind,
    BranchPlan,
    BranchWords,
    Centre,
    Checklist,
    Contact,
    DeskPlan,
    LanePlan,
    Note,
    Priority,
    Rules,
    Skill,
    StopWords,
    VisitOutcome,
    Weekly,
)
from queue_app.domain.matching import Keywords, Phrases, PlainWord, SearchWords, Synonyms
from queue_app.domain.paper import Paper, PrinterPlan

__all__ = ["ConfigError", "Mistake", "check_centre", "load_centre", "write_centre"]

T = TypeVar("T")
S = TypeVar("S", bound=Struct)

CATALOGUES = "locale"
"""The folder of a centre's own catalogues of interface texts: `locale/{language}/*.po`."""
FILES: dict[str, frozenset[str]] = {
    "centre.toml": frozenset(
        {
            "title",
            "languages",
            "timezone",
            "country",
            "phone_example",
            "branch_words",
            "stop_words",
            "rules",
            "priorities",
            "outcomes",
            "paper",
        }
    ),
    "catalogue.toml": frozenset({"groups", "services"}),
    "advice.toml": frozenset({"checklists", "contacts", "notes"}),
    "capacity.toml": frozenset({"skills", "layouts"}),
    "branches.toml": frozenset({"branches"}),
    "search.toml": frozenset({"another", "idle", "elsewhere", "synonyms", "keywords", "topics"}),
}
"""Every file of the folder with the keys at its top."""
OPTIONAL = frozenset({"search.toml"})
"""Files that a centre may do without."""
HOMES = {key: f"the top of {file}" for file, keys in FILES.items() for key in keys} | {
    rule.name: "[rules] of centre.toml" for rule in msgspec.structs.fields(Rules)
}
"""Where a key belongs."""


class _Service(Struct):
    code: str
    group: str
    title: Text
    duration: int | str
    channels: tuple[Channel, ...]
    planned_minutes: int | None = None
    documents: tuple[str, ...] = ()
    bring: tuple[str, ...] = ()


class _Contact(Struct):
    code: str
    title: Text
    value: str
    url: str | None = None
    hours: Text | None = None
    open: Any = None


class _Hours(Struct):
    """What a layout and a branch have in common; each part not yet read."""

    hours: Any = None
    desks: list[Any] | None = None
    lanes: list[Any] | None = None


class _Layout(_Hours, kw_only=True):
    code: str


class _Branch(_Hours, kw_only=True):
    slug: str
    title: Text
    address: Text | None = None
    shelter: Text | None = None
    kind: BranchKind = "office"
    entrance: Text | None = None
    access: Text | None = None
    map: tuple[float, float] | None = None
    layout: str | None = None
    closures: list[Any] = []
    printers: list[Any] = []


class _Desk(Struct):
    number: str
    skills: tuple[str, ...]
    roster: Any = None


class _Lane(Struct):
    code: str
    channel: Channel
    skills: tuple[str, ...]
    roster: Any = None
    pause_minutes: int = 0
    walk_in_percent: int = 0


def load_centre(folder: Path) -> Centre:
    """The centre that the folder describes; ConfigError with every problem found."""
    centre, _ = check_centre(folder)
    return centre


def check_centre(folder: Path, today: date | None = None) -> tuple[Centre, list[Mistake]]:
    """The centre, and what is probably a mistake in it; ConfigError as `load_centre`.

    `today`: closures before it are over; None: that is not asked."""
    if not folder.is_dir():
        raise ConfigError([Mistake(str(folder), "folder", "is missing")])
    reader = Reader()
    reader.homes = HOMES
    for path in sorted(folder.glob("*.toml")):
        if path.name not in FILES:
            hint = did_you_mean(path.name, FILES) or f"; the files are {', '.join(FILES)}"
            reader.problem(Place(path.name, "file"), f"unknown{hint}")
    raw = {
        name: reader.file(folder, name, keys)
        if name not in OPTIONAL or (folder / name).exists()
        else {}
        for name, keys in FILES.items()
    }
    centre = _read(reader, raw)
    check_rules(reader, Place("centre.toml", "rules"), centre.rules)
    check_paper(reader, centre)
    check_references(reader, raw)
    if not reader.problems:
        check_reach(reader, centre)
        check_contact_centre(reader, centre)
    if reader.problems:
        order = {name: place for place, name in enumerate(FILES)}
        raise ConfigError(sorted(reader.problems, key=lambda one: order.get(one.file, -1)))
    warn(reader, raw, centre, today)
    return centre, reader.warnings


def _read(reader: Reader, raw: dict[str, dict[str, Any]]) -> Centre:
    """The readable part of the files; whatever is not becomes a problem."""

    def every(file: str, key: str, shape: type[S]) -> tuple[S, ...]:
        found = reader.items(Place(file, key), raw[file].get(key, []), shape)
        return tuple(value for _, value in found)

    top = Place("centre.toml")
    head = raw["centre.toml"]
    reader.languages = _languages(reader, top.at("languages"), head)
    reader.knows_languages = all(map(is_usual, reader.languages))
    return Centre(
        title=_required(reader, top.at("title"), head.get("title"), Text) or Text(),
        languages=reader.languages,
        timezone=_required(reader, top.at("timezone"), head.get("timezone"), str) or "UTC",
        country=reader.value(top.at("country"), head.get("country"), str | None),
        phone_example=reader.value(top.at("phone_example"), head.get("phone_example"), str | None),
        branch_words=reader.struct(
            top.at("branch_words"), head.get("branch_words", {}), BranchWords
        )
        or BranchWords(),
        stop_words=reader.struct(top.at("stop_words"), head.get("stop_words", {}), StopWords)
        or StopWords(),
        rules=reader.struct(top.at("rules"), head.get("rules", {}), Rules) or Rules(),
        groups=every("catalogue.toml", "groups", Group),
        services=_services(reader, raw["catalogue.toml"]),
        checklists=every("advice.toml", "checklists", Checklist),
        contacts=_contacts(reader, raw["advice.toml"]),
        notes=every("advice.toml", "notes", Note),
        priorities=every("centre.toml", "priorities", Priority),
        outcomes=every("centre.toml", "outcomes", VisitOutcome),
        skills=every("capacity.toml", "skills", Skill),
        branches=_branches(reader, raw),
        search=_search(reader, raw["search.toml"]),
        paper=reader.struct(top.at("paper"), head.get("paper", {}), Paper) or Paper(),
    )


def _search(reader: Reader, raw: dict[str, Any]) -> SearchWords:
    place = Place("search.toml")
    groups = reader.tables(place.at("synonyms"), raw.get("synonyms", []))
    synonyms = [
        reader.struct(place.at("synonyms").item(label), table, Synonyms) for label, table in groups
    ]
    keywords = reader.items(place.at("keywords"), raw.get("keywords", []), Keywords, "of")
    topics = reader.items(place.at("topics"), raw.get("topics", []), PlainWord)
    return SearchWords(
        idle=reader.value(place.at("idle"), raw.get("idle", {}), Phrases) or {},
        elsewhere=reader.value(place.at("elsewhere"), raw.get("elsewhere", {}), Phrases) or {},
        synonyms=tuple(filter(None, synonyms)),
        keywords=tuple(value for _, value in keywords),
        topics=tuple(value for _, value in topics),
        another=reader.value(place.at("another"), raw.get("another"), str | None),
    )


def _languages(reader: Reader, place: Place, head: dict[str, Any]) -> tuple[Language, ...]:
    """The centre's languages in its order; where it does not say them, those of its title."""
    title = head.get("title")
    own = list(title) if isinstance(title, dict) else []
    return reader.value(place, head.get("languages", own), tuple[Language, ...]) or ()


def _required(reader: Reader, place: Place, raw: Any, wanted: type[T]) -> T | None:
    if raw is None:
        if reader.readable(place.file):
            reader.lack(place, "is missing")
        return None
    value: T | None = reader.value(place, raw, wanted)
    return value


def _services(reader: Reader, raw: dict[str, Any]) -> tuple[Service, ...]:
    place = Place("catalogue.toml", "services")
    return tuple(
        Service(
            code=one.code,
            group=one.group,
            title=one.title,
            duration=reader.parsed(where.at("duration"), parse_duration, one.duration)
            or Duration(1, 1),
            channels=one.channels,
            planned_minutes=one.planned_minutes,
            documents=one.documents,
            bring=one.bring,
        )
        for where, one in reader.items(place, raw.get("services", []), _Service)
    )


def _contacts(reader: Reader, raw: dict[str, Any]) -> tuple[Contact, ...]:
    place = Place("advice.toml", "contacts")
    return tuple(
        Contact(
            code=one.code,
            title=one.title,
            value=one.value,
            url=one.url,
            hours=one.hours,
            open={} if one.open is None else weekly_of(reader, where.at("open"), one.open),
        )
        for where, one in reader.items(place, raw.get("contacts", []), _Contact)
    )


def _branches(reader: Reader, raw: dict[str, dict[str, Any]]) -> tuple[BranchPlan, ...]:
    layouts: dict[str, tuple[Place, _Hours]] = {}
    found = reader.items(
        Place("capacity.toml", "layouts"), raw["capacity.toml"].get("layouts", []), _Layout
    )
    for where, layout in found:
        layouts[layout.code] = (where, layout)
        _capacity(reader, [(where, layout)])
    branches = reader.items(
        Place("branches.toml", "branches"),
        raw["branches.toml"].get("branches", []),
        _Branch,
        "slug",
    )
    return tuple(_branch(reader, where, one, layouts) for where, one in branches)


def _branch(
    reader: Reader, place: Place, raw: _Branch, layouts: dict[str, tuple[Place, _Hours]]
) -> BranchPlan:
    sources: list[tuple[Place, _Hours]] = [(place, raw)]
    if raw.layout in layouts:
        sources.append(layouts[raw.layout])
    elif raw.layout is None and raw.hours is None:
        reader.lack(place.at("layout"), "is missing, and the branch has no hours of its own")
    hours, desks, lanes = _capacity(reader, sources)
    return BranchPlan(
        slug=raw.slug,
        title=raw.title,
        address=raw.address,
        hours=hours,
        closures=closures_of(reader, place.at("closures"), raw.closures, hours),
        desks=desks,
        lanes=lanes,
        shelter=raw.shelter,
        kind=raw.kind,
        entrance=raw.entrance,
        access=raw.access,
        map=raw.map,
        printers=tuple(
            one for _, one in reader.items(place.at("printers"), raw.printers, PrinterPlan)
        ),
    )


def _capacity(
    reader: Reader, sources: list[tuple[Place, _Hours]]
) -> tuple[Weekly, tuple[DeskPlan, ...], tuple[LanePlan, ...]]:
    """Hours, desks and lanes, each from the first of the sources that gives it."""
    where, raw = _first(sources, "hours")
    hours = weekly_of(reader, where, raw) if raw is not None else {}

    def roster(place: Place, own: Any) -> Weekly:
        return hours if own is None else weekly_of(reader, place.at("roster"), own)

    where, raw = _first(sources, "desks")
    desks = tuple(
        DeskPlan(desk.number, desk.skills, roster(place, desk.roster))
        for place, desk in reader.items(where, raw or [], _Desk, "number")
    )
    where, raw = _first(sources, "lanes")
    lanes = tuple(
        LanePlan(
            lane.code,
            lane.channel,
            lane.skills,
            roster(place, lane.roster),
            lane.pause_minutes,
            lane.walk_in_percent,
        )
        for place, lane in reader.items(where, raw or [], _Lane)
    )
    return hours, desks, lanes


def _first(sources: list[tuple[Place, _Hours]], name: str) -> tuple[Place, Any]:
    for place, source in sources:
        if (raw := getattr(source, name)) is not None:
            return place.at(name), raw
    return sources[0][0].at(name), None
