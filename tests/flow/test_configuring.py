"""The centre's files put in force, on a database of this test's own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from config.files import load_centre
from queue_app.domain.catalogue import Duration
from queue_app.domain.centre import Centre
from queue_app.domain.errors import Conflict
from queue_app.domain.paper import PrinterPlan
from queue_app.domain.people import OPERATOR, RESIDENT
from queue_app.flow import arrival, booking, staffing
from queue_app.flow.act import By
from queue_app.flow.configuring import Change, apply
from queue_app.queries import reference, retired
from queue_app.queries.retired import DeskInUse, StillNeeded
from queue_app.queries.staff import desks_of
from queue_app.store import db
from tests.support.database import CONFIG
from tests.support.hall import SERVICE, open_desk, take_ticket
from tests.support.people import BRANCH, KIOSK

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
replace = msgspec.structs.replace


@asynccontextmanager
async def on(dsn: str) -> AsyncIterator[None]:
    """This process' pool on another database, and back again."""
    kept, config = db.engine.pool, db.engine.config
    try:
        async with db.pool(dsn, max_size=4):
            reference.forget()
            yield
    finally:
        db.engine.pool, db.engine.config = kept, config
        reference.forget()


@pytest.fixture
async def fresh(spare_database: str) -> AsyncIterator[None]:
    async with on(spare_database):
        yield


@pytest.fixture(scope="module")
def centre() -> Centre:
    return load_centre(CONFIG)


def without_service(centre: Centre, code: str) -> Centre:
    kept = [service for service in centre.services if service.code != code]
    return replace(centre, services=tuple(kept))


async def counts() -> Any:
    return await db.fetch_row(
        "SELECT (SELECT count(*) FROM service) AS services, (SELECT count(*) FROM branch) AS"
        " branches, (SELECT count(*) FROM desk) AS desks, (SELECT count(*) FROM lane) AS lanes,"
        " (SELECT version FROM centre) AS version"
    )


async def test_what_was_applied_reads_back_as_the_files_say(fresh: None, centre: Centre) -> None:
    await apply(By(OPERATOR, NOW), centre)
    assert (await reference.directory()).centre == centre


async def test_an_empty_database_gets_everything_added(fresh: None, centre: Centre) -> None:
    await db.fetch("TRUNCATE centre, service, branch RESTART IDENTITY CASCADE")
    changes = await apply(By(OPERATOR, NOW), centre)
    assert {change.what for change in changes} == {"added"}
    kinds = [change.kind for change in changes]
    assert (kinds.count("service"), kinds.count("branch")) == (34, 11)
    assert await db.fetch_value("SELECT count(*) FROM branch_version") == 11


async def test_applying_again_changes_nothing(fresh: None, centre: Centre) -> None:
    await apply(By(OPERATOR, NOW), centre)
    before = await counts()
    assert await apply(By(OPERATOR, NOW + timedelta(hours=1)), centre) == []
    assert await counts() == before


async def test_a_change_names_its_fields_and_raises_the_versions(
    fresh: None, centre: Centre
) -> None:
    await apply(By(OPERATOR, NOW), centre)
    boards = dict(await db.fetch("SELECT branch_id, version FROM branch_version"))
    version = (await reference.directory()).version
    first, *rest = centre.services
    longer = replace(first, duration=Duration(8, 8))
    rules = replace(centre.rules, lead_minutes=45)
    changed = replace(centre, services=(longer, *rest), rules=rules)
    assert await apply(By(OPERATOR, NOW), changed) == [
        Change("centre", centre.title["uk"], "changed", ("rules.lead_minutes",)),
        Change("service", first.code, "changed", ("duration",)),
    ]
    directory = await reference.directory()
    assert directory.centre == changed
    assert directory.version > version
    raised = dict(await db.fetch("SELECT branch_id, version FROM branch_version"))
    assert all(raised[branch] > boards[branch] for branch in boards)


async def test_a_change_of_one_branch_is_announced_to_that_branch_alone(
    fresh: None, centre: Centre
) -> None:
    await apply(By(OPERATOR, NOW), centre)
    boards = dict(await db.fetch("SELECT branch_id, version FROM branch_version"))
    first, *rest = centre.branches
    desk = replace(first.desks[0], skills=("payments",))
    changed = replace(first, desks=(desk, *first.desks[1:]))
    assert await apply(By(OPERATOR, NOW), replace(centre, branches=(changed, *rest))) == [
        Change("desk", f"{first.slug}/1", "changed", ("skills",))
    ]
    raised = dict(await db.fetch("SELECT branch_id, version FROM branch_version"))
    branch_id = (await reference.directory()).branch(first.slug).id
    assert [one for one in boards if raised[one] != boards[one]] == [branch_id]


async def test_a_service_that_is_gone_is_retired_and_can_be_restored(
    fresh: None, centre: Centre
) -> None:
    await apply(By(OPERATOR, NOW), centre)
    last = centre.services[-1]
    less = without_service(centre, last.code)
    assert await apply(By(OPERATOR, NOW), less) == [Change("service", last.code, "retired")]
    directory = await reference.directory()
    assert last.code not in directory.services
    assert directory.services_ever[last.code] == last
    assert await apply(By(OPERATOR, NOW), less) == []

    assert await apply(By(OPERATOR, NOW), centre) == [Change("service", last.code, "restored")]
    assert last.code in (await reference.directory()).services


async def test_whoever_waits_for_a_service_that_is_gone_can_still_be_called(
    fresh: None, centre: Centre
) -> None:
    desk = await open_desk("5", NOW)
    waiting = await take_ticket(NOW)
    held = await booking.hold(
        By(RESIDENT, NOW), BRANCH, [SERVICE], NOW + timedelta(minutes=30), "visit"
    )
    booked = await booking.confirm(By(RESIDENT, NOW), held.token, "Ян", "0671234567", None, "uk")
    skills = tuple(
        replace(skill, services=tuple(code for code in skill.services if code != SERVICE))
        for skill in centre.skills
    )
    less = replace(without_service(centre, SERVICE), skills=skills)
    await apply(By(OPERATOR, NOW), less, accept=True)
    assert await retired.still_needed(NOW) == [StillNeeded("service", SERVICE, 1, 1)]
    checked_in = await arrival.check_in(By(KIOSK, NOW), BRANCH, booked.code)
    for ticket in (waiting, checked_in):
        assert (await desk.call(ticket.id)).number == ticket.number
        await desk.start(ticket.id)
        await desk.finish(ticket.id)


async def test_a_branch_that_is_gone_keeps_its_rows_and_its_ids(
    fresh: None, centre: Centre
) -> None:
    await apply(By(OPERATOR, NOW), centre)
    before = await counts()
    *kept, last = centre.branches
    branch_id = (await reference.directory()).branch(last.slug).id
    gone = await apply(By(OPERATOR, NOW), replace(centre, branches=tuple(kept)))
    assert {change.what for change in gone} == {"retired"}
    assert Change("branch", last.slug, "retired") in gone
    assert Change("lane", f"{last.slug}/phone-any", "retired") in gone
    after = await counts()
    assert (after["branches"], after["desks"]) == (before["branches"], before["desks"])

    back = await apply(By(OPERATOR, NOW), centre)
    assert {change.what for change in back} == {"restored"}
    assert (await reference.directory()).branch(last.slug).id == branch_id


async def test_who_is_in_a_house_that_is_closed_for_good_is_still_served(
    fresh: None, centre: Centre
) -> None:
    desk = await open_desk("5", NOW)
    await take_ticket(NOW)
    await take_ticket(NOW)
    served = await desk.call()
    others = [one for one in centre.branches if one.slug != BRANCH]
    await apply(By(OPERATOR, NOW), replace(centre, branches=tuple(others)))
    assert await retired.desks_in_use() == [DeskInUse(BRANCH, "5", desk.clerk.login, served.number)]
    assert await retired.still_needed(NOW) == [
        StillNeeded("branch", BRANCH, people=2, bookings=0, desks_open=1)
    ]

    await desk.start(served.id)
    await desk.finish(served.id)
    await desk.pause()
    await staffing.open_desk(By(desk.clerk, NOW), desk.id)
    assert await desks_of([desk.clerk.branch_id or 0], desk.clerk.id) == [desk.id]
    last = await desk.call()
    await desk.start(last.id)
    await desk.finish(last.id)
    await staffing.close_desk(By(desk.clerk, NOW), desk.id)
    with pytest.raises(Conflict, match="desk_retired"):
        await staffing.open_desk(By(desk.clerk, NOW), desk.id)
    assert await retired.desks_in_use() == []
    assert await retired.still_needed(NOW) == []


async def test_a_failure_leaves_everything_as_it_was(fresh: None, centre: Centre) -> None:
    await apply(By(OPERATOR, NOW), centre)
    last = centre.branches[-1]
    lane = replace(last.lanes[0], channel="site")
    broken = replace(
        without_service(centre, centre.services[-1].code),
        branches=(*centre.branches[:-1], replace(last, lanes=(lane, *last.lanes[1:]))),
    )
    before = await counts()
    with pytest.raises(Exception, match="lane_channel_check"):
        await apply(By(OPERATOR, NOW), broken)
    reference.forget()
    assert (await reference.directory()).centre == centre
    assert await counts() == before


@pytest.mark.usefixtures("database")
async def test_one_asks_whether_the_centre_has_changed_and_the_others_go_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    known = await reference.directory()
    monkeypatch.setattr(reference, "FRESH_SECONDS", 0.0)
    asked, answered = 0, asyncio.Event()

    async def away(_sql: str) -> Any:
        nonlocal asked
        asked += 1
        await answered.wait()
        raise ConnectionError

    with monkeypatch.context() as patched:
        patched.setattr(db, "fetch_row", away)
        one = asyncio.create_task(reference.directory())
        await asyncio.sleep(0)
        monkeypatch.setattr(reference, "FRESH_SECONDS", 60.0)
        others = await asyncio.gather(*(reference.directory() for _ in range(10)))
        answered.set()
        with pytest.raises(ConnectionError):
            await one
    assert asked == 1 and all(other is known for other in others)
    monkeypatch.setattr(reference, "FRESH_SECONDS", 0.0)
    assert (await reference.directory()).version == known.version


async def test_printers_come_change_and_go_with_the_files_and_keep_how_they_stand(
    fresh: None, centre: Centre
) -> None:
    by = By(OPERATOR, NOW)
    await apply(by, centre)
    first, *others = centre.branches

    def with_printers(*printers: PrinterPlan) -> Centre:
        return replace(centre, branches=(replace(first, printers=printers), *others))

    hall = PrinterPlan("hall", "tcp://10.0.0.5:9100")
    door = PrinterPlan("door", "browser", 58, "Entrance", answers=False)
    key = f"{first.slug}/hall"
    assert await apply(by, with_printers(hall, door)) == [
        Change("printer", key, "added"),
        Change("printer", f"{first.slug}/door", "added"),
    ]
    assert (await reference.directory()).centre == with_printers(hall, door)
    await db.fetch("UPDATE printer SET state = 'paper_low' WHERE code = 'hall'")
    moved = replace(hall, address="tcp://10.0.0.6")
    assert await apply(by, with_printers(moved, door)) == [
        Change("printer", key, "changed", ("address",))
    ]
    assert await db.fetch_value("SELECT state FROM printer WHERE code = 'hall'") == "paper_low"
    assert Change("printer", key, "retired") in await apply(by, with_printers(door))
    assert [one.code for one in (await reference.directory()).branch(first.slug).printers] == [
        "door"
    ]
