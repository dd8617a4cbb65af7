"""What `config apply` says: first whom it concerns, then what went, came and changed."""

from collections import Counter
from collections.abc import Iterable

from queue_app.cli.operator import counted
from queue_app.flow.configuring import Change, What
from queue_app.queries.retired import DeskInUse, StillNeeded

_ORDER: tuple[What, ...] = ("retired", "added", "restored", "changed")
_PLACE = "position"


def warnings(desks: Iterable[DeskInUse], needed: Iterable[StillNeeded]) -> list[str]:
    """A line for everything retired that somebody still counts on, and what becomes of them."""
    return [
        *(f"warning: desk {one.branch}/{one.number}: {_at_desk(one)}" for one in desks),
        *(f"warning: {one.kind} {one.key}: {_needed(one)}" for one in needed),
    ]


def _at_desk(one: DeskInUse) -> str:
    busy = f"serves ticket {one.ticket}" if one.ticket else "has it"
    return (
        f"is retired while {one.clerk} {busy}; it goes on calling until {one.clerk} leaves it,"
        " and nobody can take it after that"
    )


def _needed(one: StillNeeded) -> str:
    who = " and ".join(
        text
        for count, text in (
            (one.people, counted(one.people, "person in the hall", "people in the hall")),
            (one.bookings, counted(one.bookings, "booking to come", "bookings to come")),
        )
        if count
    )
    return f"is retired with {who}; {'; '.join(_outcome(one))}"


def _outcome(one: StillNeeded) -> list[str]:
    if one.kind == "service":
        return ["they keep their place, and any desk that gives the rest of their visit calls them"]
    said = []
    if one.people and one.desks_open:
        said.append("the desks open there go on calling until their clerks leave them")
    elif one.people:
        said.append("no desk is open there and nobody calls them, so send them on by word of mouth")
    if one.bookings:
        said.append("their links say that the branch is closed and offer another; tell them")
    return said


def report(changes: Iterable[Change]) -> list[str]:
    """The changes in the order of their weight; moves within the lists in one line."""
    every = list(changes)
    whole = {(one.key, one.what) for one in every if one.kind == "branch"}
    lines = [
        _line(one, every)
        for what in _ORDER
        for one in every
        if one.what == what and one.fields != (_PLACE,) and not _goes_with(one, whole)
    ]
    return [*lines, *_moved(every)]


def _goes_with(change: Change, whole: set[tuple[str, What]]) -> bool:
    """Whether a desk or lane only shares what happened to its whole branch."""
    slug, joined, _ = change.key.partition("/")
    return bool(joined) and (slug, change.what) in whole and not set(change.fields) - {_PLACE}


def _line(change: Change, every: list[Change]) -> str:
    fields = [name for name in change.fields if name != _PLACE]
    named = change.kind if change.kind == "centre" else f"{change.kind} {change.key}"
    said = f"{named}: {change.what}"
    if change.kind == "branch" and change.what != "changed":
        own = Counter(
            one.kind
            for one in every
            if one.what == change.what and one.key.startswith(f"{change.key}/")
        )
        parts = [counted(own["desk"], "desk", "desks"), counted(own["lane"], "lane", "lanes")]
        said += f" with {' and '.join(parts)}"
    return f"{said} ({', '.join(fields)})" if fields else said


def _moved(every: list[Change]) -> list[str]:
    moved = Counter(one.kind for one in every if _PLACE in one.fields and one.what == "changed")
    if not moved:
        return []
    parts = [counted(number, kind, _plural(kind)) for kind, number in moved.items()]
    return [f"order: {', '.join(parts)} moved in their lists"]


def _plural(kind: str) -> str:
    return "branches" if kind == "branch" else f"{kind}s"
