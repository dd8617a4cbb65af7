"""Mistakes that an operator makes in a centre's files, made one after another.

Nobody lists them: they are what can happen to each key and each value that stands there.
"""

import tomllib
from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, NamedTuple

import tomli_w

from tests.domain.spoiling import KYIV_CKS

FILES = (
    "centre.toml",
    "catalogue.toml",
    "advice.toml",
    "capacity.toml",
    "branches.toml",
    "search.toml",
)
Step = str | int
Tables = dict[str, Any]

VALUES: dict[str, Any] = {
    "zero": 0,
    "one": 1,
    "minus one": -1,
    "a day": 1440,
    "a week": 10_080,
    "eleven digits": 99_999_999_999,
    "thirty digits": 10**30,
    "a fraction": 7.5,
    "not a number": float("nan"),
    "without end": float("inf"),
    "true": True,
    "empty": "",
    "a blank": " ",
    "a NUL": "a\0b",
    "a line break": "a\nb",
    "an escape": "\x1b[31m",
    "very long": "я" * 100_000,
    "rather long": "a" * 90,
    "digits": "99999999999999999999-99999999999999999999999",
    "a script": "javascript:alert(1)",
    "markup": "<b>%s {0} {{ x }} & \"'</b>",
    "other": "some-other",
    "an empty list": [],
    "a list of a list": [[]],
    "a list of numbers": [1, 2],
    "a list of words": ["some", "other"],
    "an empty table": {},
    "a table": {"uk": 1},
    "a list of empty tables": [{}],
    "the first day": date(1, 1, 1),
    "the last day": date(9999, 12, 31),
    "a moment": datetime(2026, 11, 23, 10, 0, tzinfo=UTC),
}


class Mutation(NamedTuple):
    """One mistake: in which file, what was done, and the bytes that the file then has."""

    file: str
    what: str
    content: bytes

    def __str__(self) -> str:
        return f"{self.file}: {self.what}"


def originals() -> dict[str, Tables]:
    """The first centre's files, a few of each list, with all that each entry may have."""
    raw = {name: tomllib.loads((KYIV_CKS / name).read_text(encoding="utf-8")) for name in FILES}
    _shorten(raw)
    layout = raw["capacity.toml"]["layouts"][0]
    first, second = raw["branches.toml"]["branches"]
    words = {"uk": "вул. Перша, 1", "en": "1 First St"}
    holiday = {"day": date(2027, 1, 1), "reason": words, "hours": ["9:00-12:00", "13:00-15:00"]}
    first |= {"address": words, "shelter": words, "closures": [holiday]}
    first |= {"hours": {"mon-fri": "9:00-18:00"}, "desks": deepcopy(layout["desks"])}
    second |= {"lanes": deepcopy(layout["lanes"])}
    raw["catalogue.toml"]["services"][0]["planned_minutes"] = 10
    raw["centre.toml"]["rules"]["policy"] = "promise"
    return raw


def _shorten(raw: dict[str, Tables]) -> None:
    """Each list to its first entries, and what they name."""
    catalogue, capacity = raw["catalogue.toml"], raw["capacity.toml"]
    kept = [*catalogue["services"][:3], _with_documents(catalogue["services"])]
    catalogue["services"] = kept
    groups = {one["group"] for one in kept}
    catalogue["groups"] = [one for one in catalogue["groups"] if one["code"] in groups]
    codes = {one["code"] for one in kept}
    for skill in capacity["skills"]:
        skill["services"] = [one for one in skill["services"] if one in codes]
    capacity["skills"] = [one for one in capacity["skills"] if one["services"]]
    skills = {one["code"] for one in capacity["skills"]}
    layout, phoning = capacity["layouts"][:2]
    capacity["layouts"] = [layout]
    layout["lanes"] += phoning["lanes"]
    for key in ("desks", "lanes"):
        for one in layout[key]:
            one["skills"] = [skill for skill in one["skills"] if skill in skills]
        layout[key] = [one for one in layout[key] if one["skills"]]
    raw["branches.toml"]["branches"] = raw["branches.toml"]["branches"][:2]
    for key in ("contacts", "notes"):
        raw["advice.toml"][key] = raw["advice.toml"][key][:2]
    search = raw["search.toml"]
    search["synonyms"] = search["synonyms"][:2]
    search["topics"] = search["topics"][:2]
    search["keywords"] = [one for one in search["keywords"] if one["of"] in codes][:2]


def _with_documents(services: list[Tables]) -> Tables:
    return next(one for one in services if "documents" in one)


def write(raw: dict[str, Tables], folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    for name, tables in raw.items():
        (folder / name).write_text(tomli_w.dumps(tables), encoding="utf-8")
    return folder


def of_keys(raw: dict[str, Tables]) -> Iterator[Mutation]:
    """Each key left out, misspelt, moved to the top; each entry of a list given twice."""
    for file, steps in _places(raw):
        *before, last = steps
        said = ".".join(map(str, steps))
        if isinstance(last, int):
            yield _changed(raw, file, f"{said} given twice", before, _doubled)
            yield _changed(raw, file, f"{said} left out", before, lambda one: one[1:])
            continue
        yield _changed(raw, file, f"{said} left out", before, lambda one, k=last: _without(one, k))
        for name in (f"{last}s", last[:-1] or "x", last.upper(), f"{last}\n", "ключ"):
            yield _changed(
                raw,
                file,
                f"{said} misspelt {name!r}",
                before,
                lambda one, k=last, n=name: {(n if key == k else key): one[key] for key in one},
            )


def of_values(raw: dict[str, Tables]) -> Iterator[Mutation]:
    """Each value as something else."""
    for file, steps in _places(raw):
        said = ".".join(map(str, steps))
        for name, value in VALUES.items():
            yield _changed(raw, file, f"{said} is {name}", steps, lambda _, v=value: v)


def of_texts(raw: dict[str, Tables]) -> Iterator[Mutation]:
    """What an editor or a hand does to a file's text."""
    for file, tables in raw.items():
        text = tomli_w.dumps(tables)
        for encoding in ("utf-8-sig", "utf-16", "utf-16-le", "utf-32"):
            yield Mutation(file, f"saved as {encoding}", text.encode(encoding))
        yield Mutation(file, "saved as cp1251", text.encode("cp1251", "replace"))
        yield Mutation(file, "with CRLF", text.replace("\n", "\r\n").encode())
        yield Mutation(file, "with CR", text.replace("\n", "\r").encode())
        yield Mutation(file, "with a NUL", text.replace("\n", "\n\0", 1).encode())
        yield Mutation(file, "empty", b"")
        yield Mutation(file, "cut in the middle", text[: len(text) // 2].encode())
        yield Mutation(file, "brackets without end", (text + "\nx = " + "[" * 9000).encode())
        yield Mutation(file, "a number without end", (text + "\nx = " + "9" * 9000).encode())
        yield Mutation(file, "twice", (text + text).encode())
        for old in ('"', "=", "[", "]", ",", "\n"):
            places = [at for at, sign in enumerate(text) if sign == old]
            for at in {places[0], places[len(places) // 2], places[-1]} if places else ():
                without = text[:at] + text[at + 1 :]
                yield Mutation(file, f"without the {old!r} at {at}", without.encode())
                yield Mutation(
                    file,
                    f"with “ for the {old!r} at {at}",
                    f"{text[:at]}“{text[at + 1 :]}".encode(),
                )


def _places(raw: dict[str, Tables]) -> Iterator[tuple[str, tuple[Step, ...]]]:
    """Every key and entry; the first one stands for all of the same name in the same table."""
    for file, tables in raw.items():
        seen: set[object] = set()
        for steps in _walk(tables, ()):
            shape = tuple("*" if isinstance(one, int) else one for one in steps)[-3:]
            if shape not in seen:
                seen.add(shape)
                yield file, steps


def _walk(part: Any, steps: tuple[Step, ...]) -> Iterator[tuple[Step, ...]]:
    if steps:
        yield steps
    if isinstance(part, dict | list):
        pairs = part.items() if isinstance(part, dict) else enumerate(part)
        for key, value in pairs:
            yield from _walk(value, (*steps, key))


def _changed(raw: Any, file: str, what: str, steps: Any, change: Any) -> Mutation:
    tables = deepcopy(raw[file])
    if not steps:
        tables = change(tables)
    else:
        *before, last = steps
        part = tables
        for step in before:
            part = part[step]
        part[last] = change(part[last])
    return Mutation(file, what, tomli_w.dumps(tables).encode())


def _doubled(entries: list[Any]) -> list[Any]:
    return [entries[0], *entries]


def _without(table: Tables, key: str) -> Tables:
    return {name: value for name, value in table.items() if name != key}
