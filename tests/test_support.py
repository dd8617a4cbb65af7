"""The stage on which the other tests stand."""

from queue_app.clock import FixedClock
from queue_app.store import db
from tests.support.people import BRANCH, hire, install


async def test_each_test_starts_with_the_centre_and_nothing_else(database: str) -> None:
    assert await db.fetch_value("SELECT count(*) FROM service") == 34
    assert await db.fetch_value("SELECT count(*) FROM branch") == 11
    for table in ("ticket", "appointment", "staff", "device", "session", "request"):
        assert await db.fetch_value(f"SELECT count(*) FROM {table}") == 0


async def test_people_are_hired_and_devices_installed(database: str, clock: FixedClock) -> None:
    clerk = await hire(clock.now())
    kiosk = await install(clock.now())
    assert clerk.token and kiosk.token
    sql = "SELECT slug FROM branch JOIN device ON device.branch_id = branch.id"
    assert await db.fetch_value(sql) == BRANCH


async def test_what_one_test_writes_the_next_does_not_see(database: str) -> None:
    assert await db.fetch_value("SELECT count(*) FROM staff") == 0
