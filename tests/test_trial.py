"""Sign-ins for trying a centre: made once, kept, and made again where they are lacking."""

from datetime import time
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import pytest

from config.settings import Settings
from queue_app.cli import trial
from queue_app.clock import FixedClock
from queue_app.domain.branch_day import BranchDay
from queue_app.domain.centre import Period, Rules
from queue_app.domain.people import OPERATOR, RESIDENT, token_hash
from queue_app.flow import accounts, devices, staffing
from queue_app.flow.act import By
from queue_app.queries.devices import device_of_token
from tests.conftest import KYIV, MONDAY
from tests.support.database import empty
from tests.support.night import NIGHT_CENTRE

DAY = BranchDay(
    MONDAY.astimezone(KYIV).date(), KYIV, Rules(), {"mon": (Period(time(9), time(18)),)}
)


async def opens(made: trial.TrialSignIns) -> None:
    for login, password in made.passwords.items():
        assert (await staffing.sign_in(By(RESIDENT, MONDAY), login, password)).staff.login == login
    kiosk = await device_of_token(token_hash(made.kiosk))
    assert kiosk is not None
    assert kiosk.kinds == ("kiosk",)


async def test_they_are_made_once(database: str, data: Path, clock: FixedClock) -> None:
    data = data / "new"  # as nothing else makes it where a database is named
    made = await trial.ensure(data, clock.now())
    await opens(made)
    assert made.passwords.keys() == trial.STAFF.keys()
    assert await trial.ensure(data, clock.now()) == made


async def test_a_start_once_more_is_no_error_in_the_log_of_the_database(
    database: str, data: Path, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await trial.ensure(data, clock.now())
    refused: list[str] = []
    fetch = asyncpg.Connection.fetch

    async def noting(connection: asyncpg.Connection, sql: str, *args: Any) -> Any:
        try:
            return await fetch(connection, sql, *args)
        except asyncpg.PostgresError as error:
            refused.append(str(error))
            raise

    monkeypatch.setattr(asyncpg.Connection, "fetch", noting)
    await trial.ensure(data, clock.now())
    assert refused == []


async def test_a_new_database_gets_the_kept_passwords_and_new_tokens(
    database: str, data: Path, clock: FixedClock
) -> None:
    kept = await trial.ensure(data, clock.now())
    await empty(database)
    made = await trial.ensure(data, clock.now())
    await opens(made)
    assert made.passwords == kept.passwords
    assert made.kiosk != kept.kiosk


async def test_what_no_longer_lets_anybody_in_is_not_shown(
    database: str, data: Path, clock: FixedClock
) -> None:
    kept = await trial.ensure(data, clock.now())
    by = By(OPERATOR, clock.now())
    await accounts.retire_staff(by, "clerk1")
    await accounts.change_password(by, "clerk2", "known to nobody here")
    await devices.revoke_device(by, "Trial kiosk", None)
    for _ in range(2):
        made = await trial.ensure(data, clock.now())
        await opens(made)
        assert {"clerk1", "clerk2"}.isdisjoint(made.passwords)
        assert made.passwords["clerk3"] == kept.passwords["clerk3"]
        assert "clerk1-2" in made.passwords
    await accounts.retire_staff(by, "clerk1-2")
    assert "clerk1-3" in (await trial.ensure(data, clock.now())).passwords


async def test_a_lost_file_leaves_passwords_unknown_and_makes_new_devices(
    database: str, data: Path, clock: FixedClock
) -> None:
    await trial.ensure(data, clock.now())
    (data / trial.FILE).unlink()
    made = await trial.ensure(data, clock.now())
    await opens(made)
    assert made.passwords == {}
    told = trial.guide("http://127.0.0.1:8000", made, Settings(data=data), DAY, clock.now())
    assert "not kept" in told


def test_the_guide_names_a_monday_to_come_and_every_way_in(data: Path) -> None:
    made = trial.TrialSignIns("podilskyi", "kiosk-token", "board-token", {"clerk1": "secret"})

    def told(**given: Any) -> str:
        settings = Settings(data=data, **given)
        return trial.guide("http://127.0.0.1:8000", made, settings, DAY, MONDAY)

    assert (
        f"QUEUE_APP_DATA={data}/monday make run ARGS='--clock 2026-11-30T10:00:00+02:00'" in told()
    )
    assert "http://127.0.0.1:8000/kiosk/podilskyi?device=kiosk-token" in told()
    assert "clerk1  secret" in told()
    assert "+02:00 --port 9000'" in told(port=9000)
    for set_already in ({"clock": MONDAY}, {"rate": 60.0}, {"database_url": "postgresql://x"}):
        assert "--clock" not in told(**set_already)


def test_the_guide_names_an_hour_at_which_the_branch_is_open_and_the_centre_that_is_served(
    data: Path,
) -> None:
    made = trial.TrialSignIns("station", "kiosk-token", "board-token", {})
    nights = msgspec.structs.replace(DAY, weekly={"wed": (Period(time(22), time(6)),)})
    settings = Settings(data=data, config=NIGHT_CENTRE)
    told = trial.guide("http://127.0.0.1:8000", made, settings, nights, MONDAY)
    assert (
        f"QUEUE_APP_DATA={data}/wednesday QUEUE_APP_CONFIG={NIGHT_CENTRE}"
        " make run ARGS='--clock 2026-12-02T23:00:00+02:00'"
    ) in told
    closed = msgspec.structs.replace(DAY, weekly={})
    told = trial.guide("http://127.0.0.1:8000", made, settings, closed, MONDAY)
    assert "--clock" not in told
