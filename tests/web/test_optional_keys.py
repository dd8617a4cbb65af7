"""No page depends on a key of the centre's files that may be left out."""

import copy
import tomllib
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import msgspec
import pytest
import tomli_w

from config import files, weeks
from config.files import ConfigError, load_centre
from queue_app.clock import FixedClock
from queue_app.domain.people import OPERATOR
from queue_app.flow import configuring
from queue_app.flow.act import By
from queue_app.queries import reference
from tests.conftest import MONDAY
from tests.support import application
from tests.support.application import alive, speaking_to
from tests.support.database import CONFIG
from tests.support.every_page import Lived, addresses, broken, live, routes_of_pages, stop

Raw = dict[str, Any]
Key = tuple[str, ...]
SHAPES = ("_Service", "_Branch", "_Closure", "_Desk", "_Lane", "Checklist", "Contact", "Note")
"""How the tables of the files are read."""
CAPACITY = frozenset({"layout", "layouts", "desks", "lanes", "hours"})
"""Of a branch and its layout one must give each of these."""
WHOLE = frozenset({"rules", "hours", "roster", "duration"})
"""What is looked at as one: each of its parts is a number or a day with a usual value."""


def full() -> dict[str, Raw]:
    """The sample with every optional key given somewhere."""
    raw = {path.name: tomllib.loads(path.read_text()) for path in CONFIG.glob("*.toml")}
    layouts = {one["code"]: one for one in raw["capacity.toml"]["layouts"]}
    for branch in raw["branches.toml"]["branches"]:
        for key in ("hours", "desks", "lanes"):
            branch[key] = copy.deepcopy(layouts[branch["layout"]][key])
    branch = raw["branches.toml"]["branches"][0]
    branch["address"] = {"uk": "вул. Довга, 1", "en": "1 Long St"}
    branch["shelter"] = {"uk": "підвал", "en": "the basement"}
    branch["entrance"] = {"uk": "з двору", "en": "from the yard"}
    branch["access"] = {"uk": "пандус", "en": "a ramp"}
    branch["map"] = [50.4501, 30.5234]
    branch["printers"] = [{"code": "hall", "address": "tcp://127.0.0.1:9", "width_mm": 58}]
    branch["lanes"][0] |= {"pause_minutes": 5, "walk_in_percent": 10}
    branch["closures"] = [
        {"day": MONDAY.date().replace(day=30), "reason": branch["title"], "hours": "9:00-15:00"}
    ]
    branch["desks"][0]["roster"] = branch["lanes"][0]["roster"] = {"mon-fri": "9:00-16:00"}
    raw["catalogue.toml"]["services"][0] |= {
        "planned_minutes": 10,
        "documents": ["meter-number"],
        "bring": ["meter-number"],
    }
    return raw


def keys_of(table: Any, before: Key = ()) -> Iterator[Key]:
    """Every key of the tables, those of a list's tables once."""
    for one in table if isinstance(table, list) else [table]:
        if isinstance(one, dict) and not _is_text(one):
            for key, value in one.items():
                yield (*before, key)
                if key not in WHOLE:
                    yield from keys_of(value, (*before, key))


def _is_text(table: Raw) -> bool:
    return table.keys() <= {"uk", "en"}


def without(raw: dict[str, Raw], key: Key) -> dict[str, Raw]:
    """The files as they are, but for every value of that key."""
    kept = copy.deepcopy(raw)
    _drop(kept, key)
    return kept


def _drop(table: Any, key: Key) -> None:
    for one in table if isinstance(table, list) else [table]:
        if len(key) == 1:
            one.pop(key[0], None)
        elif key[0] in one:
            _drop(one[key[0]], key[1:])


def in_one_language(raw: Any) -> Any:
    """The files without a word of English, though people may choose it."""
    if isinstance(raw, list):
        return [in_one_language(one) for one in raw]
    if not isinstance(raw, dict):
        return raw
    return {key: in_one_language(one) for key, one in raw.items() if key != "en"}


def write(raw: dict[str, Raw], folder: Path) -> None:
    for name, table in raw.items():
        (folder / name).write_text(tomli_w.dumps(table))


class Hall(NamedTuple):
    client: httpx.AsyncClient
    clock: FixedClock
    lived: Lived
    folder: Path

    async def broken(self, language: str = "") -> list[str]:
        return await broken(self.client, self.lived, language)


async def put_in_force(folder: Path, clock: FixedClock) -> None:
    await configuring.apply(By(OPERATOR, clock.now()), load_centre(folder))
    await reference.directory()


@pytest.fixture
async def hall(spare_database: str, tmp_path: Path) -> AsyncIterator[Hall]:
    """A hall of the full sample, in an alert, in which everything has happened."""
    clock = FixedClock(MONDAY)
    app = application.build(spare_database, tmp_path, clock)
    async with alive(app), speaking_to(app) as client:
        write(full(), tmp_path)
        await put_in_force(tmp_path, clock)
        lived = await live(clock)
        assert set(addresses(lived)) == routes_of_pages(app)
        await stop(lived, clock)
        yield Hall(client, clock, lived, tmp_path)


@pytest.mark.slow
async def test_every_page_stands_in_each_language_without_any_of_the_optional_keys(
    hall: Hall,
) -> None:
    assert await hall.broken("en") == []
    optional = optional_keys(hall.folder)
    assert optional_fields() <= {key[-1] for key in optional}
    together = [key for key in optional if key[0] == "advice.toml" or key[-1] not in CAPACITY]
    inner = [key for key in together if len(key) > 2]
    tables = [key for key in together if len(key) == 2]
    write(in_one_language(full()), hall.folder)
    await put_in_force(hall.folder, hall.clock)
    assert await hall.broken("en") == []
    for left_out in (inner, tables):
        raw = full()
        for key in left_out:
            raw = without(raw, key)
        write(raw, hall.folder)
        await put_in_force(hall.folder, hall.clock)
        assert await hall.broken() == []


@pytest.mark.slow
async def test_every_page_stands_without_each_of_the_optional_keys_in_turn(hall: Hall) -> None:
    for key in optional_keys(hall.folder):
        write(without(full(), key), hall.folder)
        await put_in_force(hall.folder, hall.clock)
        assert await hall.broken() == [], key


def optional_keys(folder: Path) -> list[Key]:
    """Those without which the files can still be read."""
    found = []
    raw = full()
    for key in dict.fromkeys(keys_of(raw)):
        write(without(raw, key), folder)
        with suppress(ConfigError):
            load_centre(folder)
            found.append(key)
    return found


def optional_fields() -> set[str]:
    """What the shapes of the files do not require."""
    return {
        field.encode_name
        for name in SHAPES
        for field in msgspec.structs.fields(vars(weeks).get(name) or vars(files)[name])
        if not field.required
    }
