"""What is wrong with a value, in an operator's words, and what was probably meant."""

import re
from collections.abc import Iterable, Iterator
from typing import Any, Literal, get_args, get_origin

from queue_app.domain.spelling import nearest

SHOWN = 60
"""So many characters of what stands in a file are shown again."""
_EXPECTED = re.compile(r"Expected `(?P<wanted>[^`]*)`, got `(?P<got>[^`]*)`")
_ENUM = re.compile(r"Invalid enum value (?P<value>.*)", re.DOTALL)
_TYPES = {
    "str": "text in quotation marks",
    "int": "a whole number",
    "float": "a number with a fraction",
    "bool": "true or false",
    "array": "a list in brackets",
    "object": "a table",
    "date": "a day such as 2027-01-31",
    "datetime": "a day with a time",
    "time": "a time",
    "null": "nothing",
}


def did_you_mean(name: Any, known: Iterable[str]) -> str:
    """`; did you mean "skills"?`, or nothing where none of what is known is near."""
    found = nearest(str(name)[:SHOWN], known)
    return f'; did you mean "{visible(found)}"?' if found else ""


def unknown_key(
    name: str, missing: Iterable[str], known: Iterable[str], elsewhere: str | None = None
) -> str:
    """What to say of a key that is none of the `known`; one of the `missing` is rather meant.

    `elsewhere`: where this key belongs, if it is known there."""
    if hint := did_you_mean(name, missing):
        return f"unknown key{hint}"
    if elsewhere:
        return f"unknown key here; it belongs to {elsewhere}"
    every = sorted(known)
    return "unknown key" + (did_you_mean(name, every) or f"; the keys are {listed(every)}")


def listed(names: Iterable[str], most: int = 12) -> str:
    every = [visible(name) for name in names]
    more = ", …" if len(every) > most else ""
    return ", ".join(every[:most]) + more


def quoted(value: Any) -> str:
    """What stands in the file, on one line and not too long to be read."""
    try:
        return f"'{visible(str(value))}'"
    except ValueError:  # a number of thousands of digits
        return "a number far too long"


def visible(text: str) -> str:
    """Without signs that a terminal would obey instead of showing them."""
    short = text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in short)


def refusal(message: str, wanted: Any, raw: Any) -> str:
    """msgspec's `message` about a value of the type `wanted`, in words; `raw`: what was given."""
    if found := _ENUM.fullmatch(message):
        values = sorted(set(literals(wanted)))
        value = raw if isinstance(raw, str) else found["value"].strip("'\"")
        return f"{quoted(value)} is none of {listed(values)}" + did_you_mean(value, values)
    if found := _EXPECTED.fullmatch(message):
        kinds = [one for one in found["wanted"].split(" | ") if one != "null"]
        said = " or ".join(_TYPES.get(kind, kind) for kind in kinds)
        return f"must be {said}, not {_given(found['got'], raw)}{_hint(kinds, raw)}"
    if message.startswith("Integer value out of range"):
        return "is a number far too large"
    return message[:1].lower() + message[1:]


def literals(wanted: Any) -> Iterator[str]:
    """The values that a type names, however deep in it."""
    if get_origin(wanted) is Literal:
        yield from map(str, get_args(wanted))
        return
    for one in get_args(wanted):
        yield from literals(one)


def _given(got: str, raw: Any) -> str:
    """The kind, and the value where that is short."""
    kind = _TYPES.get(got, got)
    return f"{kind} ({quoted(raw)})" if isinstance(raw, str) else kind


def _hint(kinds: list[str], raw: Any) -> str:
    if kinds == ["str"] and type(raw) in (int, float):
        return f'; write "{visible(str(raw))}"'
    if kinds == ["int"] and isinstance(raw, str) and raw.strip().isdecimal():
        return f"; write {raw.strip()[:SHOWN]} without quotation marks"
    if kinds == ["array"] and isinstance(raw, str):
        return f'; write ["{visible(raw)}"]'
    return ""
