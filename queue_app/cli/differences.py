"""What files change, old and new, by the place in them, and the bookings that it hits."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import msgspec

from config.notation import format_days, format_periods
from queue_app.cli.operator import counted
from queue_app.domain.appointments import Appointment
from queue_app.domain.centre import WEEKDAYS, Period, Weekday
from queue_app.domain.directory import Directory
from queue_app.domain.plans import Why
from queue_app.flow.configuring import Applied, Kind, Settled
from queue_app.texts.formats import stamp

_FILES: dict[Kind, str] = {
    "centre": "centre.toml",
    "service": "catalogue.toml",
    "branch": "branches.toml",
    "desk": "branches.toml",
    "lane": "branches.toml",
    "printer": "branches.toml",
}
"""Desks, lanes and hours of a branch may stand in its layout, in capacity.toml."""
_ELSEWHERE = {
    "groups": "catalogue.toml",
    "checklists": "advice.toml",
    "contacts": "advice.toml",
    "notes": "advice.toml",
    "skills": "capacity.toml",
}
_LISTS: dict[Kind, str] = {
    "service": "services",
    "branch": "branches",
    "desk": "desks",
    "lane": "lanes",
    "printer": "printers",
}
_NAMES = ("code", "day", "number", "slug")
"""By the first of these that it has a thing in a list is known."""
_NOTHING = "nothing"

WHY: dict[Why, str] = {
    "branch": "the branch is no more",
    "closed": "the branch is closed then",
    "service": "a service is not given there any more",
    "lane": "no lane that gives it is open then",
}


class _Line(NamedTuple):
    """One value that is another. `things`: what has it, such as "branches"; `path`: in it."""

    file: str
    things: str
    path: str
    said: str


def differences(settled: Iterable[Settled]) -> list[str]:
    """A line for every value that is another: file, place, old and new; alike ones together."""
    every = list(settled)
    whole = {(one.change.key, one.change.what) for one in every if one.change.kind == "branch"}
    alike: dict[_Line, list[str]] = {}
    for one in every:
        slug, joined, _ = one.change.key.partition("/")
        goes_with = joined and one.change.what != "changed" and (slug, one.change.what) in whole
        for line in () if goes_with else _of(one):
            alike.setdefault(line, []).append(one.change.key)
    return [_written(line, keys) for line, keys in alike.items()]


def _written(line: _Line, keys: list[str]) -> str:
    place = f"{line.things} {', '.join(keys)} {line.path}".strip() if line.things else line.path
    return f"{line.file}: {place}: {line.said}"


def _of(one: Settled) -> Iterator[_Line]:
    change = one.change
    things, file = _LISTS.get(change.kind, ""), _FILES[change.kind]
    if change.what != "changed":
        yield _Line(file, things, "", change.what)
    if change.what in ("added", "retired"):
        return
    for place, old, new in _leaves("", one.before, one.after):
        top = place.partition(" ")[0]
        if top != "position":
            said = f"{_said(old)} -> {_said(new)}"
            own = file if things else _ELSEWHERE.get(top, file)
            yield _Line(own, things, place.removeprefix("document "), said)


def _leaves(place: str, old: Any, new: Any) -> Iterator[tuple[str, Any, Any]]:
    """Where two values differ, as deep as both have names; days of the week together."""
    if old == new or (_is_empty(old) and _is_empty(new)):
        return
    ours, theirs = _named(old), _named(new)
    if ours is None or theirs is None or not (ours or theirs):
        yield place, old, new
        return
    names = dict.fromkeys([*ours, *theirs])
    if names.keys() <= set(WEEKDAYS):
        for days, before, after in _days(ours, theirs):
            yield f"{place} {days}".strip(), before, after
        return
    for name in names:
        yield from _leaves(f"{place} {name}".strip(), ours.get(name), theirs.get(name))


def _days(old: dict[str, Any], new: dict[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    """The days of which the hours change in the same way, such as "mon-thu"."""
    alike: dict[tuple[str, str], list[Weekday]] = {}
    for day in WEEKDAYS:
        if old.get(day) != new.get(day):
            alike.setdefault((_said(old.get(day)), _said(new.get(day))), []).append(day)
    for days in alike.values():
        yield format_days(days), old.get(days[0]), new.get(days[0])


def _is_empty(value: Any) -> bool:
    """What says as much as a key that is not there, such as one that an older version did not
    know."""
    return value in (None, []) or (isinstance(value, dict) and all(map(_is_empty, value.values())))


def _named(value: Any) -> dict[str, Any] | None:
    """The parts of a value by name; None where it has none of their own."""
    if isinstance(value, dict):
        return value
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        return None
    key = next((name for name in _NAMES if all(name in one for one in value)), None)
    return {str(one[key]): one for one in value} if key else None


def _said(value: Any) -> str:
    if value is None or value == []:
        return _NOTHING
    periods = _periods(value)
    if periods:
        written = format_periods(periods)
        return written if isinstance(written, str) else ", ".join(written)
    if isinstance(value, dict) and "day" in value and not value.get("periods"):
        return "closed all day"
    if isinstance(value, dict) and "day" in value:
        return f"open {_said(value['periods'])}"
    return msgspec.json.encode(value).decode()


def _periods(value: Any) -> tuple[Period, ...]:
    try:
        return msgspec.convert(value, type=tuple[Period, ...])
    except msgspec.ValidationError:
        return ()


def people(directory: Directory, outcome: Applied, would: str) -> list[str]:
    """The bookings that it hits, without a name; `would`: "would be " before it is done."""
    said = []
    if outcome.moved:
        said += [f"{_count(outcome.moved)} {would}moved to another lane at the same time:"]
        said += [f"  {booking_line(directory, one.appointment)}" for one in outcome.moved]
    if outcome.stranded:
        said += [f"{_count(outcome.stranded)} {would}left without a place:"]
        said += [
            f"  {booking_line(directory, one.appointment)}: {WHY[one.why]}"
            for one in outcome.stranded
        ]
    if outcome.restored:
        said += [f"{_count(outcome.restored)} {would}fit again:".replace("be fit", "fit")]
        said += [f"  {booking_line(directory, one)}" for one in outcome.restored]
    return said


def _count(found: Sequence[object]) -> str:
    return counted(len(found), "booking to come", "bookings to come")


def booking_line(directory: Directory, one: Appointment) -> str:
    """The last digits of its code, branch, time and services; whether it is a call."""
    call = "  by phone" if one.channel == "phone" else ""
    starts = f"{directory.local(one.starts_at):%a} {stamp(one.starts_at, directory.zone)}"
    return (
        f"...{one.code[-3:]}  {directory.branch_of(one.branch_id).slug}"
        f"  {starts}{call}  {', '.join(one.services)}"
    )
