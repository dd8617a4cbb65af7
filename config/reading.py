"""Reading tables strictly, collecting every problem with its file, key and reason."""

import re
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from queue_app.domain.catalogue import Language, Text, texts_of

S = TypeVar("S", bound=Struct)
R = TypeVar("R")
T = TypeVar("T")

_PATH = re.compile(r" - at `(?:.*` in `)?\$(?P<path>[^`]*)`$")
_UNKNOWN = re.compile(r"Object contains unknown field `(?P<name>[^`]*)`")
_MISSING = re.compile(r"Object missing required field `(?P<name>[^`]*)`")
_PLAIN_KEY = re.compile(r"[A-Za-z0-9_-]+")


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
        quoted = name if _PLAIN_KEY.fullmatch(name) else f'"{name}"'
        return Place(self.file, f"{self.key}.{quoted}" if self.key else quoted)

    def item(self, label: str) -> "Place":
        return Place(self.file, f"{self.key}[{label}]")

    def below(self, path: str) -> "Place":
        """The place at a msgspec path such as ".title.uk" or "[2]"."""
        return Place(self.file, (self.key + path).lstrip("."))


class Reader:
    """Turns raw tables into structs and remembers what was wrong with them."""

    def __init__(self) -> None:
        self._problems: dict[Mistake, None] = {}
        self._found = 0
        """How often a problem was noted, the same ones again included."""
        self._warnings: dict[Mistake, None] = {}
        self._unreadable: set[str] = set()
        self.languages: tuple[Language, ...] = ()
        """Of the centre, as soon as they are known."""

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

    def warning(self, place: Place, reason: str) -> None:
        """Note what is loaded but probably a mistake; the same one found twice counts once."""
        self._warnings[Mistake(place.file, place.key, reason)] = None

    def file(self, folder: Path, name: str, keys: frozenset[str]) -> dict[str, Any]:
        """The tables of one TOML file; empty, with a problem noted, if it cannot be read."""
        try:
            raw = tomllib.loads((folder / name).read_bytes().decode("utf-8-sig"))
        except FileNotFoundError:
            self.problem(Place(name, "file"), "is missing")
        except OSError as error:
            self.problem(Place(name, "file"), f"cannot be read: {error.strerror}")
        except UnicodeDecodeError as error:
            self.problem(Place(name, _line_of(error)), "is not UTF-8 text; save the file as UTF-8")
        except tomllib.TOMLDecodeError as error:
            reason, _, where = str(error).rstrip(")").partition(" (at ")
            self.problem(Place(name, where or "file"), f"is not valid TOML: {reason}")
        else:
            for key in raw.keys() - keys:
                self.problem(Place(name).at(key), "unknown key")
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
        fields = msgspec.structs.fields(shape)
        for key in raw.keys() - {field.name for field in fields}:
            self.problem(place.at(key), "unknown key")
        values: dict[str, Any] = {}
        for field in fields:
            if field.name in raw:
                values[field.name] = self.value(place.at(field.name), raw[field.name], field.type)
            elif field.required:
                self.problem(place.at(field.name), "is missing")
        return shape(**values) if self._found == before else None

    def value(self, place: Place, raw: Any, wanted: Any) -> Any:
        """One value as the type it should have; None, with a problem noted, if it has not."""
        try:
            value = msgspec.convert(raw, wanted, dec_hook=texts_of(self.languages))
        except msgspec.ValidationError as error:
            self._refused(place, str(error))
            return None
        self._check_texts(place, value)
        return value

    def parsed(self, place: Place, parse: Callable[[R], T], raw: R) -> T | None:
        """What `parse` makes of it; None, with a problem noted, where it raises ValueError."""
        try:
            return parse(raw)
        except ValueError as error:
            self.problem(place, str(error))
            return None

    def _refused(self, place: Place, message: str) -> None:
        found = _PATH.search(message)
        where = place.below(found["path"]) if found else place
        reason = message[: found.start()] if found else message
        if unknown := _UNKNOWN.search(reason):
            self.problem(where.at(unknown["name"]), "unknown key")
        elif missing := _MISSING.search(reason):
            self.problem(where.at(missing["name"]), "is missing")
        else:
            self.problem(where, reason[:1].lower() + reason[1:])

    def _check_texts(self, place: Place, value: Any) -> None:
        if isinstance(value, Text):
            self._check_text(place, value)
        elif isinstance(value, tuple):
            for index, one in enumerate(value):
                self._check_texts(place.item(str(index)), one)

    def _check_text(self, place: Place, text: Text) -> None:
        """A text says something in one language at least; what it lacks is shown in another."""
        said: Any  # whatever stands in the file
        for language, said in text.items():
            if self.languages and language not in self.languages:
                self.problem(place.at(language), "unknown key")
            elif not isinstance(said, str):
                self.problem(place.at(language), f"expected `str`, got `{type(said).__name__}`")
            elif not said.strip():
                self.problem(place.at(language), "is empty")
        if not text:
            self.problem(place, "is empty")
        lacking = [one for one in self.languages if one not in text]
        for language in lacking if text else ():
            self.warning(place.at(language), f"is missing; shown in {next(iter(text))} instead")


def _line_of(error: UnicodeDecodeError) -> str:
    """The line with the first byte that is not UTF-8; UTF-16 has no lines in that sense."""
    before = bytes(error.object)[: error.start]
    return "file" if b"\0" in error.object else f"line {before.count(bytes([10])) + 1}"


def label_of(table: Any, name: str) -> str | None:
    label = table.get(name) if isinstance(table, dict) else None
    return label if isinstance(label, str) and label else None
