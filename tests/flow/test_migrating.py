"""A hall that an earlier version filled: migrated, it is whole, and it goes on working."""

import importlib
import os
import pkgutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import asyncpg
import msgspec
import pytest

from config.files import load_centre
from queue_app import installation
from queue_app.clock import FixedClock
from queue_app.domain.people import RESIDENT, Staff
from queue_app.flow import arrival, booking
from queue_app.flow.act import By
from queue_app.queries import doctor, reference, schema
from queue_app.store import db, migrations, patience
from tests.flow.stage import pool_on
from tests.support.database import (
    CONFIG,
    OLD_HALL_AT,
    RUN_FOLDER,
    copied_database,
    drop_database,
    old_database,
)
from tests.support.hall import Desk
from tests.support.jobs import sweep
from tests.support.people import BRANCH, KIOSK

NOW = OLD_HALL_AT
BEFORE = (
    "appointment", "branch", "branch_habits", "counter", "desk", "desk_event", "device",
    "interruption", "lane", "promise", "request", "service", "service_time", "session", "staff",
    "ticket", "ticket_event",
)  # fmt: skip
"""Every table that held something."""


@pytest.fixture(scope="module")
async def migrated(database_server: str, worker: str) -> AsyncIterator[tuple[str, dict[str, int]]]:
    """The name of a migrated database, and how many rows each table had before.

    The limit of a statement is no limit of a migration: a city's tables take their time.
    """
    name = f"{Path(os.environ[RUN_FOLDER]).name}-{worker}-old"
    dsn = await old_database(database_server, name)
    async with pool_on(dsn):
        before = await rows_of_each()
    with pytest.MonkeyPatch.context() as patched:
        patched.setitem(patience._SERVER_SETTINGS, "statement_timeout", "1ms")
        async with pool_on(dsn):
            await db.migrate()
    yield name, before
    await drop_database(database_server, name)


@pytest.fixture
async def hall(
    database_server: str, migrated: tuple[str, dict[str, int]]
) -> AsyncIterator[dict[str, int]]:
    """This process' pool on a copy of it; how many rows each table had before."""
    old, before = migrated
    name = f"{old}-now"
    async with pool_on(await copied_database(database_server, name, old)):
        yield before
    await drop_database(database_server, name)


async def rows_of_each() -> dict[str, int]:
    return {name: await db.fetch_value(f"SELECT count(*) FROM {name}") for name in BEFORE}


async def values(sql: str) -> set[str]:
    return {row[0] for row in await db.fetch(sql)}


async def desk(number: str) -> Desk:
    """A desk that was open when the old version stopped, with its clerk."""
    row = await db.fetch_row(
        "SELECT desk.id AS place, staff.id, login, role, staff.branch_id FROM desk"
        " JOIN branch ON branch.id = desk.branch_id JOIN staff ON staff.id = staff_id"
        " WHERE slug = $1 AND number = $2",
        BRANCH,
        number,
    )
    assert row
    return Desk(row["place"], number, msgspec.convert(dict(row), type=Staff), NOW)


async def the(state: str) -> int:
    """The one ticket of that state."""
    [row] = await db.fetch("SELECT id FROM ticket WHERE state = $1 AND day = $2", state, NOW.date())
    return int(row["id"])


async def booked(hour: int, minute: int, day: int = 25) -> asyncpg.Record:
    """The booking of that time (UTC) at the branch."""
    [row] = await db.fetch(
        "SELECT a.token, a.code FROM appointment a JOIN branch ON branch.id = branch_id"
        " WHERE slug = $1 AND lower(period) = $2 AND state IN ('held', 'booked')",
        BRANCH,
        datetime(2026, 11, day, hour, minute, tzinfo=UTC),
    )
    return row


@pytest.mark.slow
async def test_the_old_hall_has_whatever_can_happen(hall: dict[str, int]) -> None:
    assert all(hall.values()), hall
    assert await values("SELECT DISTINCT state FROM ticket") == {
        "waiting", "called", "serving", "parked", "finished", "no_show", "left",
    }  # fmt: skip
    assert await values("SELECT DISTINCT state FROM appointment") == {
        "held", "booked", "cancelled", "expired", "fulfilled", "missed",
    }  # fmt: skip
    assert await values("SELECT DISTINCT verb FROM ticket_event") == {
        "issue", "call", "recall", "start", "finish", "no_show", "park", "return", "transfer",
        "leave", "undo",
    }  # fmt: skip
    assert await values("SELECT DISTINCT verb FROM desk_event") == {
        "open", "pause", "resume", "close",
    }  # fmt: skip
    assert await values("SELECT DISTINCT channel FROM ticket") == {"visit", "phone"}
    assert await values("SELECT DISTINCT outcome FROM promise WHERE outcome IS NOT NULL") == {
        "called", "left", "closed",
    }  # fmt: skip
    for retired in ("staff", "branch", "desk", "lane"):
        assert await values(f"SELECT id FROM {retired} WHERE retired_at IS NOT NULL"), retired


async def test_migrated_it_breaks_no_invariant_and_loses_no_row(hall: dict[str, int]) -> None:
    assert await doctor.check(NOW) == []
    assert await rows_of_each() == hall


async def test_what_stops_calls_is_called_as_it_was(hall: dict[str, int]) -> None:
    """By the words that Kyiv's own files have now, so that applying them says nothing new."""
    words = (await reference.directory()).centre.stop_words
    assert words == load_centre(CONFIG).stop_words
    assert words.alert
    assert words.alert["uk"] == "Повітряна тривога"


def test_a_migration_is_named_as_its_file() -> None:
    found = {
        importlib.import_module(f"queue_app.store.migrations.{one.name}").ID
        for one in pkgutil.iter_modules(migrations.__path__)
    }
    assert schema.known_migrations() == found


async def test_a_start_on_the_newest_schema_has_nothing_to_migrate(
    hall: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never() -> None:
        raise AssertionError("Piccolo's tools take memory that a server would keep")

    monkeypatch.setattr(db, "migrate", never)
    await installation.migrate()
    await db.fetch("DELETE FROM migration WHERE id = (SELECT max(id) FROM migration)")
    with pytest.raises(AssertionError):
        await installation.migrate()


async def test_migrating_once_more_changes_nothing(hall: dict[str, int]) -> None:
    await db.migrate()
    assert await doctor.check(NOW) == []
    assert await rows_of_each() == hall


async def test_whoever_was_in_the_house_is_served(hall: dict[str, int]) -> None:
    second, third = await desk("2"), await desk("3")
    serving, called, parked = await the("serving"), await the("called"), await the("parked")
    await second.finish(serving)
    await second.undo(serving)
    await second.finish(serving)
    await third.start(called)
    await third.finish(called)
    await third.call(parked)
    next_one = await second.call()
    await second.no_show(next_one.id)
    assert await doctor.check(NOW) == []


async def test_a_booking_is_moved_confirmed_given_back_and_checked_in(
    hall: dict[str, int],
) -> None:
    moves, comes = await booked(10, 30), await booked(9, 10)
    held, phone = await booked(10, 0, day=26), await booked(11, 0)
    moved = await booking.move(By(RESIDENT, NOW), moves["token"], NOW + timedelta(hours=3))
    assert (moved.starts_at, moved.state) == (NOW + timedelta(hours=3), "booked")
    confirmed = await booking.confirm(
        By(RESIDENT, NOW), held["token"], "Яна", "0670000099", None, "uk"
    )
    assert confirmed.state == "booked"
    assert (await booking.cancel(By(RESIDENT, NOW), phone["token"])).state == "cancelled"
    ticket = await arrival.check_in(By(KIOSK, NOW), BRANCH, comes["code"])
    second = await desk("2")
    await second.finish(await the("serving"))
    assert (await second.call(ticket.id)).id == ticket.id
    assert await doctor.check(NOW) == []


async def test_what_is_repeated_after_the_migration_gives_what_it_gave(
    hall: dict[str, int],
) -> None:
    key = UUID("00000000-5ca1-ab1e-0000-000000000014")
    first = await arrival.issue(By(KIOSK, NOW, key), BRANCH, ["bill-duplicate"], None, "uk")
    assert first.issued_at < NOW
    key = UUID("00000000-5ca1-ab1e-0000-00000000001e")
    starts = datetime(2026, 11, 26, 10, 0, tzinfo=UTC)
    held = await booking.hold(By(RESIDENT, NOW, key), BRANCH, ["bill-duplicate"], starts, "visit")
    assert held.token == (await booked(10, 0, day=26))["token"]
    assert await rows_of_each() == hall


async def test_its_day_ends_and_the_next_one_begins(hall: dict[str, int]) -> None:
    midnight = NOW + timedelta(hours=14)
    await sweep(FixedClock(NOW))
    await sweep(FixedClock(midnight))
    assert await doctor.check(midnight) == []
    assert await values("SELECT DISTINCT state FROM desk") == {"closed"}
    ended = "SELECT DISTINCT state FROM ticket WHERE ended_at IS NULL"
    assert await values(ended) == set()
    past = "SELECT DISTINCT state FROM appointment WHERE upper(period) < '2026-11-25T22:00Z'"
    assert await values(past) == {"cancelled", "expired", "fulfilled", "missed"}
    morning = midnight + timedelta(hours=9)
    ticket = await arrival.issue(By(KIOSK, morning), BRANCH, ["bill-duplicate"], None, "uk")
    assert ticket.number == "А1"
    assert await doctor.check(morning) == []
