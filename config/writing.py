"""A centre written out as the files that `load_centre` reads back to the same centre."""

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import tomli_w
from msgspec import Struct

from config.notation import format_duration, format_periods, format_weekly
from queue_app.domain.centre import BranchPlan, Centre, Contact, DeskPlan, LanePlan


def write_centre(centre: Centre, folder: Path) -> None:
    """Write the centre as the files that `load_centre` reads back to the same centre.

    What several branches share becomes a layout. Existing files are replaced.
    """
    folder.mkdir(parents=True, exist_ok=True)
    layouts = _shared(centre.branches)
    tables: dict[str, dict[str, Any]] = {
        "centre.toml": {
            "title": centre.title,
            "languages": list(centre.languages),
            "timezone": centre.timezone,
            **{
                key: value
                for key in ("country", "phone_example")
                if (value := getattr(centre, key)) is not None
            },
            "branch_words": _plain(centre.branch_words),
            "stop_words": _plain(centre.stop_words),
            "rules": _plain(centre.rules),
            "priorities": _plain_all(centre.priorities),
            "outcomes": _plain_all(centre.outcomes),
            "paper": _plain(centre.paper),
        },
        "catalogue.toml": {
            "groups": _plain_all(centre.groups),
            "services": [
                _plain(one) | {"duration": format_duration(one.duration, centre.languages[0])}
                for one in centre.services
            ],
        },
        "advice.toml": {
            "checklists": _plain_all(centre.checklists),
            "contacts": [_contact_table(one) for one in centre.contacts],
            "notes": _plain_all(centre.notes),
        },
        "capacity.toml": {
            "skills": _plain_all(centre.skills),
            "layouts": [{"code": code} | table for code, table in layouts.values()],
        },
        "search.toml": ({"another": centre.search.another} if centre.search.another else {})
        | {
            "idle": {key: list(words) for key, words in centre.search.idle.items()},
            "elsewhere": {key: list(words) for key, words in centre.search.elsewhere.items()},
            "synonyms": _plain_all(centre.search.synonyms),
            "keywords": _plain_all(centre.search.keywords),
            "topics": _plain_all(centre.search.topics),
        },
        "branches.toml": {"branches": [_branch_table(one, layouts) for one in centre.branches]},
    }
    for name, table in tables.items():
        (folder / name).write_text(tomli_w.dumps(table), encoding="utf-8")


def _contact_table(contact: Contact) -> dict[str, Any]:
    table = _plain(contact)
    del table["open"]
    return table | ({"open": format_weekly(contact.open)} if contact.open else {})


_Layouts = dict[bytes, tuple[str, dict[str, Any]]]
"""Layouts that at least two branches have, by what is in them: code and table."""


def _shared(branches: Iterable[BranchPlan]) -> _Layouts:
    alike: dict[bytes, list[BranchPlan]] = {}
    for branch in branches:
        alike.setdefault(_capacity_key(branch), []).append(branch)
    several = [(key, found[0]) for key, found in alike.items() if len(found) > 1]
    return {
        key: (f"layout-{index}", _capacity_table(branch))
        for index, (key, branch) in enumerate(several, start=1)
    }


def _capacity_key(branch: BranchPlan) -> bytes:
    return msgspec.json.encode((branch.hours, branch.desks, branch.lanes), order="sorted")


def _capacity_table(branch: BranchPlan) -> dict[str, Any]:
    def planned(plan: DeskPlan | LanePlan) -> dict[str, Any]:
        table = {key: value for key, value in _plain(plan).items() if value != 0}
        del table["roster"]
        if plan.roster != branch.hours:
            table["roster"] = format_weekly(plan.roster)
        return table

    return {
        "hours": format_weekly(branch.hours),
        "desks": [planned(desk) for desk in branch.desks],
        "lanes": [planned(lane) for lane in branch.lanes],
    }


def _branch_table(branch: BranchPlan, layouts: _Layouts) -> dict[str, Any]:
    table: dict[str, Any] = {"slug": branch.slug, "title": branch.title}
    if branch.address:
        table["address"] = branch.address
    if branch.shelter:
        table["shelter"] = branch.shelter
    table |= {
        key: value for key in ("entrance", "access") if (value := getattr(branch, key)) is not None
    }
    if branch.map:
        table["map"] = list(branch.map)
    if branch.kind != "office":
        table["kind"] = branch.kind
    shared = layouts.get(_capacity_key(branch))
    table |= {"layout": shared[0]} if shared else _capacity_table(branch)
    if branch.printers:
        table["printers"] = _plain_all(branch.printers)
    if branch.closures:
        table["closures"] = [
            {"day": one.day, "reason": one.reason}
            | ({"hours": format_periods(one.periods)} if one.periods else {})
            for one in branch.closures
        ]
    return table


def _plain_all(values: Iterable[Struct]) -> list[dict[str, Any]]:
    return [_plain(value) for value in values]


def _plain(value: Struct) -> dict[str, Any]:
    """The struct as TOML knows it: a table without the keys that are None."""
    table: dict[str, Any] = msgspec.to_builtins(value, builtin_types=(date,))
    return {key: one for key, one in table.items() if one is not None}
