"""Reading tables strictly, collecting every problem with its file, key and reason."""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from config.toml_text import UnreadableTextError, parse
from config.wording import refusal, unknown_key, visible
from queue_app.domain.catalogue import Language, Text, texts_of
from queue_app.domain.spelling import nearest

S = TypeVar("S", bound=Struct)
R = TypeVar("R")
T = TypeVar("T")

_PATH = re.compile(r" - at `(?:.*` in `)?\$(?P<path>[^`]*)`$")
_PLAIN_KEY = re.compile(r"[A-Za-z0-9_-]+")
_STEP = re.compile(r"\[(?P<index>\d+)\]|\.(?P<name>[^.\[]+)")
LONG = frozenset({"text"})
"""The fields that may have several lines; any other stands on one."""
MOST_SIGNS = 500
MOST_LONG = 20_000


class Mistake(Struct, frozen=True, order=True):
    """One thing to correct: in which file, at which key, and why."""

    file: str
    key: str
    reason: str

    def __str__(self) -> str:
        return f"{self.file}: {self.key}: {self.reason}"


class ConfigError(Exception):
    """The files cannot be used; `problems` says all that was found, one a line in `str()`."""

    def __init__(self, problems: list[Mistake]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


class Place(Struct, frozen=True):
    """Where in the files a value stands."""

    file: str
    key: str = ""

    def at(self, name: str) -> "Place":
        shown = name if _PLAIN_KEY.fullmatch(name) else f'"{visible(name)}"'
        return Place(self.file, f"{self.key}.{shown}" if self.key else shown)

    def item(self, label: str) -> "Place":
        return Place(self.file, f"{self.key}[{visible(label)}]")

    def below(self, path: str) -> "Place":
        """The place at a msgspec path such as ".title.uk" or "[2]", which counts from 0."""
        counted = _STEP.sub(
            lambda step: f"[{int(step['index']) + 1}]" if step["index"] else step[0], path
        )
        return Place(self.file, (self.key + counted).lstrip("."))


class Reader:
    """Turns raw tables into structs and remembers what was wrong with them."""

    def __init__(self) -> None:
        self._problems: dict[Mistake, None] = {}
        self._found = 0
        """How often a problem was noted, the same ones again included."""
        self._warnings: dict[Mistake, None] = {}
        self._unreadable: set[str] = set()
        self._meant: set[Place] = set()
        """Where a key is missing that probably stands there misspelt."""
        self.languages: tuple[Language, ...] = ()
        """Of the centre, as soon as they are known."""
        self.knows_languages = True
        """Whether each of them is one; else a text's own keys say nothing of the text."""
        self.homes: Mapping[str, str] = {}
        """Where a key belongs that stands elsewhere."""

    @property
    def problems(self) -> list[Mistake]:
        return list(self._problems)

    @property
    def warnings(self) -> list[Mistake]:
        return list(self._warnings)

    def readable(self, file: str) -> bool:
        """Whether the file could be read, so that what it lacks is a problem of its own."""
        return file not in self._unreadable

    def problem(self, place: Place, reason: str) -> None:
        """Note a problem; the same one found twice (in a shared layout) counts once."""
        self._problems[Mistake(place.file, place.key, reason)] = None
        self._found += 1

    def lack(self, place: Place, reason: str) -> None:
        """Note that something is missing, unless a misspelt key is said to be meant for it."""
        if place in self._meant:
            self._found += 1
        else:
            self.problem(place, reason)

    def warning(self, place: Place, reason: str) -> None:
        """Note what is loaded but probably a mistake; the same one found twice counts once."""
        self._warnings[Mistake(place.file, place.key, reason)] = None

    def file(self, folder: Path, name: str, keys: AbstractSet[str]) -> dict[str, Any]:
        """The tables of one TOML file; empty, with a problem noted, if it cannot be read."""
        try:
            raw = parse((folder / name).read_bytes())
        except FileNotFoundError:
            self.problem(Place(name, "file"), "is missing")
        except OSError as error:
            self.problem(Place(name, "file"), f"cannot be read: {error.strerror}")
        except UnreadableTextError as error:
            self.problem(Place(name, error.where), error.reason)
        else:
            self._unknown_keys(Place(name), raw, keys)
            return raw
        self._unreadable.add(name)
        return {}

    def items(
        self, place: Place, raw: Any, shape: type[S], name: str = "code"
    ) -> Iterator[tuple[Place, S]]:
        """The readable tables of a list, each with its place; `name` must be unique in it."""
        seen: set[str] = set()
        for position, (label, table) in enumerate(self.tables(place, raw, name), start=1):
            where = place.item(label)
            if label in seen:
                self.problem(where, f"{name} {label!r} is given twice (again in entry {position})")
            seen.add(label)
            value = self.struct(where, table, shape)
            if value is not None:
                yield where, value

    def tables(self, place: Place, raw: Any, name: str = "code") -> list[tuple[str, Any]]:
        """Every entry of a list with the label that stands for it in keys."""
        if not isinstance(raw, list):
            self.problem(place, "must be a list of tables")
            return []
        return [(label_of(one, name) or f"#{index}", one) for index, one in enumerate(raw, 1)]

    def struct(self, place: Place, raw: Any, shape: type[S]) -> S | None:
        """The table as `shape`, field by field, so that one bad field hides no other."""
        if not isinstance(raw, dict):
            self.problem(place, "must be a table")
            return None
        before = self._found
        fields = _fields(shape)
        self._unknown_keys(place, raw, {field.name for field in fields})
        values: dict[str, Any] = {}
        for field in fields:
            if field.name in raw:
                values[field.name] = self.value(
                    place.at(field.name), raw[field.name], field.type, field.name in LONG
                )
            elif field.required:
                self.lack(place.at(field.name), "is missing")
        return shape(**values) if self._found == before else None

    def value(self, place: Place, raw: Any, wanted: Any, long: bool = False) -> Any:
        """One value as the type it should have; None, with a problem noted, if it has not.

        `long`: its texts may have several lines."""
        try:
            value = msgspec.convert(raw, wanted, dec_hook=texts_of(self.languages))
        except msgspec.ValidationError as error:
            self._refused(place, str(error), raw, wanted)
            return None
        before = self._found
        self._check_texts(place, value, long)
        return value if self._found == before else None

    def parsed(self, place: Place, parse: Callable[[R], T], raw: R) -> T | None:
        """What `parse` makes of it; None, with a problem noted, where it raises ValueError."""
        try:
            return parse(raw)
        except ValueError as error:
            self.problem(place, str(error))
            return None

    def _unknown_keys(self, place: Place, raw: dict[str, Any], known: AbstractSet[str]) -> None:
        for key in sorted(raw.keys() - known):
            missing = known - raw.keys()
            if meant := nearest(key, missing):
                self._meant.add(place.at(meant))
            self.problem(place.at(key), unknown_key(key, missing, known, self.homes.get(key)))

    def _refused(self, place: Place, message: str, raw: Any, wanted: Any) -> None:
        found = _PATH.search(message)
        path = found["path"] if found else ""
        reason = message[: found.start()] if found else message
        self.problem(place.below(path), refusal(reason, wanted, _at(raw, path)))

    def _check_texts(self, place: Place, value: Any, long: bool) -> None:
        if isinstance(value, Text):
            self._check_text(place, value, long)
        elif isinstance(value, str):
            self._check_signs(place, value, long)
        elif isinstance(value, dict):
            for key, one in value.items():
                self._check_texts(place.at(key), one, long)
        elif isinstance(value, tuple | list):
            for index, one in enumerate(value, start=1):
                self._check_texts(place.item(str(index)), one, long)

    def _check_text(self, place: Place, text: Text, long: bool) -> None:
        """A text says something in one language at least; what it lacks is shown in another."""
        said: Any  # whatever stands in the file
        for language, said in text.items():
            if self.languages and language not in self.languages:
                if self.knows_languages:
                    self.problem(
                        place.at(language), unknown_key(language, self.languages, self.languages)
                    )
            elif not isinstance(said, str):
                self._refused(place.at(language), _wrong_type(said), said, str)
            else:
                self._check_signs(place.at(language), said, long)
        if not text:
            self.problem(place, "is empty")
        lacking = [one for one in self.languages if one not in text]
        for language in lacking if text else ():
            self.warning(place.at(language), f"is missing; shown in {next(iter(text))} instead")

    def _check_signs(self, place: Place, said: str, long: bool) -> None:
        """What no column, no page and no subject of a mail could show."""
        most = MOST_LONG if long else MOST_SIGNS
        odd = None if said.isprintable() else _odd_sign(said, long)
        if not said.strip():
            self.problem(place, "is empty")
        elif odd is not None:
            name = {"\n": "a line break", "\t": "a tab"}.get(odd, f"the sign U+{ord(odd):04X}")
            self.problem(place, f"has {name}, which cannot be shown here; delete it")
        elif len(said) > most:
            self.problem(place, f"has {len(said)} characters; at most {most} can be shown")


@cache
def _fields(shape: type[Struct]) -> tuple[msgspec.structs.FieldInfo, ...]:
    return msgspec.structs.fields(shape)


def _odd_sign(said: str, long: bool) -> str | None:
    """The first sign that is none of a text: a control, half of a pair, one that nobody has."""
    allowed = "\n\t" if long else ""
    kinds = ("Cc", "Cs", "Co", "Cn", "Zl", "Zp")
    odd = (one for one in said if unicodedata.category(one) in kinds and one not in allowed)
    return next(odd, None)


def _wrong_type(said: Any) -> str:
    try:
        msgspec.convert(said, str)
    except msgspec.ValidationError as error:
        return str(error)
    return ""


def _at(raw: Any, path: str) -> Any:
    """What stands at msgspec's path; the whole where it leads nowhere."""
    for step in _STEP.finditer(path):
        try:
            raw = raw[int(step["index"])] if step["index"] else raw[step["name"]]
        except (IndexError, KeyError, TypeError, ValueError):
            return raw
    return raw


def label_of(table: Any, name: str) -> str | None:
    label = table.get(name) if isinstance(table, dict) else None
    return label if isinstance(label, str) and label else None
