"""The centre as it stands in the database: what every verb and page consults."""

import logging
import time
from typing import Any

import msgspec

from queue_app.domain.catalogue import Service, Text, texts_of
from queue_app.domain.centre import (
    BranchPlan,
    Centre,
    Closure,
    DeskPlan,
    LanePlan,
    Weekly,
)
from queue_app.domain.directory import Branch, Desk, Directory, Lane
from queue_app.domain.errors import NotFound
from queue_app.domain.paper import Printer, PrinterPlan
from queue_app.queries.epochs import EPOCH
from queue_app.store import db

_log = logging.getLogger(__name__)

FRESH_SECONDS = 1.0
"""How long a process may go on with what it read before it asks whether anything changed."""


_cached: Directory | None = None
_checked_at = 0.0


async def directory() -> Directory:
    """The centre in force. NotFound `no_centre` before its files have been applied.

    One asks whether anything changed; whoever comes meanwhile goes on with what there is.
    """
    global _checked_at
    before, now = _checked_at, time.monotonic()
    if _cached and now - before < FRESH_SECONDS:
        return _cached
    _checked_at = now
    try:
        return await _checked()
    except BaseException:
        _checked_at = before
        raise


async def _checked() -> Directory:
    """The centre as the database has it at this moment."""
    global _cached
    now = await db.fetch_row(f"SELECT version, {EPOCH} AS epoch FROM centre")
    if now is None:
        raise NotFound("no_centre")
    if _cached is None or (_cached.version, _cached.epoch) != (now["version"], now["epoch"]):
        before, _cached = _cached, await _load()
        if before is not None:
            _log.info("the centre in force is another: version %d", _cached.version)
    return _cached


async def directory_if_any() -> Directory | None:
    """The centre in force; None before its files have been applied."""
    try:
        return await directory()
    except NotFound:
        return None


def last_known() -> Directory | None:
    """The centre as this process last read it, however long ago; None where it never did."""
    return _cached


def forget() -> None:
    """Read the centre anew at the next question, as after its files were applied."""
    global _cached
    _cached = None


async def anew() -> Directory:
    """The centre as this very transaction sees it; not kept, as it may be taken back."""
    return await _load()


async def _load() -> Directory:
    row = await db.fetch_row(f"SELECT document, version, {EPOCH} AS epoch FROM centre")
    assert row
    services = await db.fetch("SELECT document, retired_at FROM service ORDER BY position, code")
    branches = await db.fetch("SELECT * FROM branch ORDER BY position, id")
    desks = await db.fetch("SELECT * FROM desk ORDER BY position, id")
    lanes = await db.fetch("SELECT * FROM lane WHERE retired_at IS NULL ORDER BY position, id")
    printers = await db.fetch(
        "SELECT branch_id, id, code, address, width_mm, kiosk, answers FROM printer"
        " WHERE retired_at IS NULL ORDER BY position, id"
    )

    document = msgspec.json.decode(row["document"], type=dict)
    made = texts_of(document["languages"])

    def read(raw: str | None, wanted: Any) -> Any:
        return msgspec.json.decode(raw or "null", type=wanted, dec_hook=made)

    every: list[Service] = [read(one["document"], Service) for one in services]
    active = [
        service for service, one in zip(every, services, strict=True) if one["retired_at"] is None
    ]
    given = {skill["code"]: frozenset(skill["services"]) for skill in document["skills"]}

    def reach(skills: list[str]) -> frozenset[str]:
        return frozenset().union(*(given.get(skill, frozenset()) for skill in skills))

    def desks_of(branch_id: int, retired: bool) -> tuple[Desk, ...]:
        return tuple(
            Desk(
                id=desk["id"],
                number=desk["number"],
                skills=tuple(desk["skills"]),
                services=reach(desk["skills"]),
                roster=msgspec.json.decode(desk["roster"], type=Weekly),
            )
            for desk in desks
            if desk["branch_id"] == branch_id and (desk["retired_at"] is not None) == retired
        )

    ever = {
        one["id"]: Branch(
            id=one["id"],
            slug=one["slug"],
            title=read(one["title"], Text),
            address=read(one["address"], Text | None),
            shelter=read(one["shelter"], Text | None),
            kind=one["kind"],
            entrance=read(one["entrance"], Text | None),
            access=read(one["access"], Text | None),
            map=read(one["map"], tuple[float, float] | None),
            hall_secret=one["hall_secret"].bytes,
            hours=msgspec.json.decode(one["hours"], type=Weekly),
            closures=read(one["closures"], tuple[Closure, ...]),
            desks=desks_of(one["id"], retired=False),
            retired_desks=desks_of(one["id"], retired=True),
            retired=one["retired_at"] is not None,
            lanes=tuple(
                Lane(
                    id=lane["id"],
                    code=lane["code"],
                    channel=lane["channel"],
                    skills=tuple(lane["skills"]),
                    services=reach(lane["skills"]),
                    roster=msgspec.json.decode(lane["roster"], type=Weekly),
                    pause_minutes=lane["pause_minutes"],
                    walk_in_percent=lane["walk_in_percent"],
                )
                for lane in lanes
                if lane["branch_id"] == one["id"]
            ),
            printers=tuple(
                msgspec.convert(dict(printer), type=Printer)
                for printer in printers
                if printer["branch_id"] == one["id"]
            ),
        )
        for one in branches
    }
    live = {branch.slug: branch for branch in ever.values() if not branch.retired}
    centre = msgspec.convert(
        document | {"services": active, "branches": [_plan(branch) for branch in live.values()]},
        type=Centre,
        dec_hook=made,
    )
    return Directory(
        version=row["version"],
        epoch=row["epoch"],
        centre=centre,
        services_ever={service.code: service for service in every},
        branches=live,
        branches_ever=ever,
    )


def _plan(branch: Branch) -> BranchPlan:
    """The branch as its files would describe it."""
    return BranchPlan(
        slug=branch.slug,
        title=branch.title,
        address=branch.address,
        shelter=branch.shelter,
        kind=branch.kind,
        entrance=branch.entrance,
        access=branch.access,
        map=branch.map,
        hours=branch.hours,
        closures=branch.closures,
        desks=tuple(DeskPlan(desk.number, desk.skills, desk.roster) for desk in branch.desks),
        lanes=tuple(
            LanePlan(
                lane.code,
                lane.channel,
                lane.skills,
                lane.roster,
                lane.pause_minutes,
                lane.walk_in_percent,
            )
            for lane in branch.lanes
        ),
        printers=tuple(
            msgspec.convert(one, type=PrinterPlan, from_attributes=True) for one in branch.printers
        ),
    )
