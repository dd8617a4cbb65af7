"""What files change, old and new, by the place in them, and the bookings that it hits."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from config.notation import format_periods
from queue_app.domain.appointments import Appointment
from queue_app.domain.centre import Period
from queue_app.domain.directory import Directory
from queue_app.domain.plans import Why
from queue_app.flow.configuring import Applied, Kind, Settled

_FILES: dict[Kind, str] = {
    "centre": "centre.toml",
    "service": "catalogue.toml",
    "branch": "branches.toml",
    "desk": "branches.toml",
    "lane": "branches.toml",
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


def differences(settled: Iterable[Settled]) -> list[str]:
    """A line for every value that is another: file, place, old and new."""
    return [line for one in settled for line in _of(one)]


def _of(one: Settled) -> Iterator[str]:
    change = one.change
    where = f"{_LISTS[change.kind]} {change.key}" if change.kind in _LISTS else ""
    if change.what in ("added", "retired"):
        yield f"{_FILES[change.kind]}: {where or change.key}: {change.what}"
        return
    if change.what == "restored":
        yield f"{_FILES[change.kind]}: {where}: restored"
    for place, old, new in _leaves("", one.before, one.after):
        top = place.split(" ")[0]
        if top == "position":
            continue
        file = _ELSEWHERE.get(top, _FILES[change.kind]) if not where else _FILES[change.kind]
        path = " ".join(part for part in (where, place.removeprefix("document ")) if part)
        yield f"{file}: {path}: {_said(old)} -> {_said(new)}"


def _leaves(place: str, old: Any, new: Any) -> Iterator[tuple[str, Any, Any]]:
    """Where two values differ, as deep as both have names."""
    if old == new:
        return
    ours, theirs = _named(old), _named(new)
    if ours is None or theirs is None or not (ours or theirs):
        yield place, old, new
        return
    for name in dict.fromkeys([*ours, *theirs]):
        yield from _leaves(f"{place} {name}".strip(), ours.get(name), theirs.get(name))


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
    return f"{len(found)} booking{'' if len(found) == 1 else 's'} to come"


def booking_line(directory: Directory, one: Appointment) -> str:
    """The last digits of its code, branch, time and services."""
    return (
        f"...{one.code[-3:]}  {directory.branch_of(one.branch_id).slug}"
        f"  {directory.local(one.starts_at):%a %Y-%m-%d %H:%M}  {', '.join(one.services)}"
    )
