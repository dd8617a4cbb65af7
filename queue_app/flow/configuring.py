"""Putting a centre's files in force: what is new is added, what is gone is retired.

Nothing is deleted, as old appointments and tickets still name it.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Literal

import msgspec
from msgspec import Struct

from queue_app.domain.centre import BranchPlan, Centre
from queue_app.domain.errors import Conflict
from queue_app.domain.people import RESIDENT
from queue_app.flow import replanning, sessions
from queue_app.flow.act import Act, By, verb
from queue_app.flow.replanning import Concerned
from queue_app.queries import reference
from queue_app.store import db

Kind = Literal["centre", "service", "branch", "desk", "lane", "printer"]
What = Literal["added", "changed", "retired", "restored"]


class Change(Struct, frozen=True):
    """One thing that the files changed.

    `key`: the code of a service, the slug of a branch, "slug/number" of a desk, "slug/code" of
    a lane or a printer. `fields`: what differs, of something changed or restored.
    """

    kind: Kind
    key: str
    what: What
    fields: tuple[str, ...] = ()


class Settled(Struct, frozen=True):
    """A change, and all that the files said of the thing before and after it."""

    change: Change
    before: Any = None
    after: Any = None


class _Kept(Struct, frozen=True):
    """How one kind is kept: its table, the columns that name a row, and those in JSON."""

    kind: Kind
    table: str
    keys: tuple[str, ...]
    json: tuple[str, ...]


_Key = tuple[Any, ...]
_Row = dict[str, Any]
_Wanted = dict[_Key, tuple[str, _Row]]
"""By the values of the key columns: what a Change calls it, and its other columns."""

_SERVICES = _Kept("service", "service", ("code",), ("document",))
_BRANCHES = _Kept(
    "branch",
    "branch",
    ("slug",),
    ("title", "address", "entrance", "access", "map", "shelter", "hours", "closures"),
)
_DESKS = _Kept("desk", "desk", ("branch_id", "number"), ("roster",))
_LANES = _Kept("lane", "lane", ("branch_id", "code"), ("roster",))
_PRINTERS = _Kept("printer", "printer", ("branch_id", "code"), ())

_OF_A_BRANCH: tuple[Kind, ...] = ("branch", "desk", "lane", "printer")


class Applied(Concerned, frozen=True, kw_only=True):
    """What files change, and whom it concerns."""

    settled: list[Settled]

    @property
    def changes(self) -> list[Change]:
        return [one.change for one in self.settled]


class _TakenBackError(Exception):
    """Ends a transaction of which nothing may stay."""

    def __init__(self, outcome: Applied) -> None:
        self.outcome = outcome


async def apply(by: By, centre: Centre, accept: bool = False) -> list[Change]:
    """Make the database say what the files say, in one transaction; what changed.

    A second time changes nothing. What the files no longer name is retired, and restored when
    they name it again. Running processes see it within `reference.FRESH_SECONDS`.
    Conflict `people_are_booked` where that leaves people with a booking and no place, and that
    was not accepted.
    """
    outcome = await put_in_force(by, centre, accept)
    if outcome.stranded and not accept:
        raise Conflict("people_are_booked", bookings=len(outcome.stranded))
    return outcome.changes


async def rehearse(by: By, centre: Centre) -> Applied:
    """What `put_in_force` would do with consent; nothing changes."""
    try:
        return await apply_centre(by, centre, accept=True, keep=False)
    except _TakenBackError as taken_back:
        return taken_back.outcome


async def put_in_force(by: By, centre: Centre, accept: bool) -> Applied:
    """As `apply`; but where people are `stranded` and that is not accepted, nothing changes."""
    try:
        return await apply_centre(by, centre, accept)
    except _TakenBackError as taken_back:
        return taken_back.outcome
    finally:
        reference.forget()


@verb.secret  # what it gives names people
async def apply_centre(act: Act, centre: Centre, accept: bool, keep: bool = True) -> Applied:
    settled = await _write(act, centre)
    found = await replanning.concerned(act.now)
    outcome = Applied(
        settled=settled,
        moved=found.moved,
        stranded=found.stranded,
        restored=found.restored,
        offers=found.offers,
    )
    if not keep or (outcome.stranded and not accept):
        raise _TakenBackError(outcome)
    await replanning.settle_people(act, outcome)
    return outcome


async def _write(act: Act, centre: Centre) -> list[Settled]:
    """The rows as the files say; from here to the commit nobody books by other plans."""
    await db.fetch("SELECT pg_advisory_xact_lock(hashtext('queue-app config'))")
    settled = await _settle_centre(centre)
    settled += await _settle(_SERVICES, _wanted_services(centre), act.now)
    settled += await _settle(_BRANCHES, _wanted_branches(centre), act.now)
    ids = await _branch_ids()
    settled += await _settle(_DESKS, _wanted_desks(centre, ids), act.now)
    settled += await _settle(_LANES, _wanted_lanes(centre, ids), act.now)
    settled += await _settle(_PRINTERS, _wanted_printers(centre, ids), act.now)
    if settled:
        await db.fetch("UPDATE centre SET version = version + 1")
        await sessions.tell_screens_of(RESIDENT.actor)  # who may see a board is one of its rules
    changes = [one.change for one in settled]
    for one in settled:
        subject = f"{one.change.kind} {one.change.key}"
        await act.note("centre", subject, one.change.what, one.before, one.after)
    for branch_id in _touched(changes, ids):
        act.touch(branch_id)
    return settled


def _touched(changes: Iterable[Change], ids: Mapping[str, int]) -> set[int]:
    """The branches that look different."""
    if any(change.kind not in _OF_A_BRANCH for change in changes):
        return set(ids.values())
    return {ids[change.key.partition("/")[0]] for change in changes}


async def _settle_centre(centre: Centre) -> list[Settled]:
    """All of the centre that has no table of its own."""
    document = _plain(centre)
    del document["services"], document["branches"]
    row = await db.fetch_row("SELECT document FROM centre")
    if row is None:
        await db.fetch("INSERT INTO centre (id, document) VALUES (1, $1::jsonb)", _json(document))
        return [
            Settled(Change("centre", centre.title[centre.languages[0]], "added"), after=document)
        ]
    before = msgspec.json.decode(row["document"])
    fields = _differences(before, document)
    if not fields:
        return []
    await db.fetch("UPDATE centre SET document = $1::jsonb", _json(document))
    return [
        Settled(
            Change("centre", centre.title[centre.languages[0]], "changed", fields), before, document
        )
    ]


def _wanted_services(centre: Centre) -> _Wanted:
    return {
        (service.code,): (service.code, {"position": place, "document": _plain(service)})
        for place, service in enumerate(centre.services)
    }


def _wanted_branches(centre: Centre) -> _Wanted:
    return {
        (branch.slug,): (branch.slug, {"position": place} | _own(branch))
        for place, branch in enumerate(centre.branches)
    }


def _own(branch: BranchPlan) -> _Row:
    return {name: _plain(getattr(branch, name)) for name in (*_BRANCHES.json, "kind")}


async def _branch_ids() -> dict[str, int]:
    """Every branch's id by its slug, retired ones too; each has its version row."""
    await db.fetch(
        "INSERT INTO branch_version (branch_id) SELECT id FROM branch ON CONFLICT DO NOTHING"
    )
    return {row["slug"]: row["id"] for row in await db.fetch("SELECT id, slug FROM branch")}


def _wanted_desks(centre: Centre, ids: Mapping[str, int]) -> _Wanted:
    return {
        (ids[branch.slug], desk.number): (
            f"{branch.slug}/{desk.number}",
            {"position": place, "skills": list(desk.skills), "roster": _plain(desk.roster)},
        )
        for branch in centre.branches
        for place, desk in enumerate(branch.desks)
    }


def _wanted_lanes(centre: Centre, ids: Mapping[str, int]) -> _Wanted:
    return {
        (ids[branch.slug], lane.code): (
            f"{branch.slug}/{lane.code}",
            {
                "position": place,
                "channel": lane.channel,
                "skills": list(lane.skills),
                "roster": _plain(lane.roster),
                "pause_minutes": lane.pause_minutes,
                "walk_in_percent": lane.walk_in_percent,
            },
        )
        for branch in centre.branches
        for place, lane in enumerate(branch.lanes)
    }


def _wanted_printers(centre: Centre, ids: Mapping[str, int]) -> _Wanted:
    return {
        (ids[branch.slug], printer.code): (
            f"{branch.slug}/{printer.code}",
            {
                "position": place,
                "address": printer.address,
                "width_mm": printer.width_mm,
                "kiosk": printer.kiosk,
                "answers": printer.answers,
            },
        )
        for branch in centre.branches
        for place, printer in enumerate(branch.printers)
    }


async def _settle(kept: _Kept, wanted: _Wanted, now: datetime) -> list[Settled]:
    """Add, change, restore and retire the rows of one table until they are the wanted ones."""
    found = {
        tuple(row[key] for key in kept.keys): row
        for row in await db.fetch(f"SELECT * FROM {kept.table} ORDER BY {', '.join(kept.keys)}")
    }
    changes: list[Settled] = []
    for key, (label, row) in wanted.items():
        if key not in found:
            await _insert(kept, key, row)
            changes.append(Settled(Change(kept.kind, label, "added"), after=row))
            continue
        before = _stored(kept, found[key], row)
        if change := _change(kept, label, before, row, found[key]):
            await _update(kept, key, row)
            changes.append(Settled(change, before, row))
    for key in [key for key in found if key not in wanted]:
        if found[key]["retired_at"] is None:
            await _retire(kept, key, now)
            changes.append(Settled(Change(kept.kind, await _label(key), "retired")))
    return changes


def _stored(kept: _Kept, found: Mapping[str, Any], row: _Row) -> _Row:
    """The columns of a stored row that files decide, JSON decoded."""
    return {
        name: msgspec.json.decode(found[name] or "null") if name in kept.json else found[name]
        for name in row
    }


def _change(
    kept: _Kept, label: str, old: _Row, new: _Row, found: Mapping[str, Any]
) -> Change | None:
    fields = _differences(old, new)
    if found["retired_at"] is not None:
        return Change(kept.kind, label, "restored", fields)
    return Change(kept.kind, label, "changed", fields) if fields else None


def _differences(old: _Row, new: _Row) -> tuple[str, ...]:
    """The names that differ; those of a document or of the rules one by one."""
    names: list[str] = []
    for name in sorted(old.keys() | new.keys()):
        before, after = old.get(name), new.get(name)
        if before == after:
            continue
        if name in ("document", "rules") and before and after:
            inner = _differences(before, after)
            names += inner if name == "document" else [f"{name}.{one}" for one in inner]
        else:
            names.append(name)
    return tuple(names)


async def _insert(kept: _Kept, key: _Key, row: _Row) -> None:
    columns = [*kept.keys, *row]
    await db.fetch(
        f"INSERT INTO {kept.table} ({', '.join(columns)})"
        f" VALUES ({', '.join(_places(kept, columns))})",
        *key,
        *_values(kept, row),
    )


async def _update(kept: _Kept, key: _Key, row: _Row) -> None:
    columns = [*kept.keys, *row]
    places = dict(zip(columns, _places(kept, columns), strict=True))
    await db.fetch(
        f"UPDATE {kept.table} SET retired_at = NULL,"
        f" {', '.join(f'{name} = {places[name]}' for name in row)}"
        f" WHERE {' AND '.join(f'{name} = {places[name]}' for name in kept.keys)}",
        *key,
        *_values(kept, row),
    )


async def _retire(kept: _Kept, key: _Key, now: datetime) -> None:
    which = " AND ".join(f"{name} = ${place}" for place, name in enumerate(kept.keys, start=2))
    await db.fetch(f"UPDATE {kept.table} SET retired_at = $1 WHERE {which}", now, *key)


async def _label(key: _Key) -> str:
    """What a Change calls a row that the files do not name."""
    if len(key) == 1:
        return str(key[0])
    slug = await db.fetch_value("SELECT slug FROM branch WHERE id = $1", key[0])
    return f"{slug}/{key[1]}"


def _places(kept: _Kept, columns: Iterable[str]) -> list[str]:
    return [
        f"${place}::jsonb" if name in kept.json else f"${place}"
        for place, name in enumerate(columns, start=1)
    ]


def _values(kept: _Kept, row: _Row) -> list[Any]:
    return [
        _json(value) if name in kept.json and value is not None else value
        for name, value in row.items()
    ]


def _plain(value: Any) -> Any:
    """The value as JSON gives it back."""
    return msgspec.json.decode(msgspec.json.encode(value))


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
