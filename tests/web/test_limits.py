"""What one address may ask for in a minute, by the API and by the pages alike."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from litestar import Litestar
from litestar.middleware.rate_limit import DurationUnit

from queue_app.clock import FixedClock
from queue_app.web import limits
from tests.conftest import MONDAY
from tests.support.application import alive, build, speaking_to
from tests.support.people import BRANCH

TOKEN = "1-abcdefghijklmnopqrstuv"
HOLD = {"services": ["debt-amount"], "starts_at": "2026-11-24T10:00:00+02:00"}
OFTEN = 5
FORGOTTEN_WITHIN = 10.0
"""Seconds; a second is over after one, the rest is for a machine that does much else."""


def few(dsn: str, folder: Path, unit: DurationUnit) -> Litestar:
    """The application that allows few requests in so much time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(limits, "LIMITS", {"public": (unit, OFTEN), "sign_in": (unit, OFTEN)})
        return build(dsn, folder, FixedClock(MONDAY), rate_limits=True)


@pytest.fixture(scope="module")
def few_a_minute(dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Litestar:
    return few(dsn, tmp_path_factory.mktemp("limits"), "minute")


@pytest.fixture
async def visitor(few_a_minute: Litestar, database: str) -> AsyncIterator[httpx.AsyncClient]:
    """Of whom the application knows nothing yet."""
    await few_a_minute.stores.get(limits._STORE).delete_all()
    async with alive(few_a_minute) as app, speaking_to(app) as one:
        yield one


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (f"/api/v1/branches/{BRANCH}/appointments", {"json": HOLD}),
        (f"/api/v1/appointments/{TOKEN}/cancellation", {}),
        ("/visit", {"data": {"starts_at": "x"}}),
        (f"/visit/{TOKEN}", {"data": {}}),
        (f"/visit/{TOKEN}/time", {"data": {}}),
        (f"/visit/{TOKEN}/cancellation", {}),
        (f"/t/{TOKEN}/leave", {}),
    ],
)
async def test_one_address_does_not_ask_too_often(
    visitor: httpx.AsyncClient, path: str, body: dict[str, Any]
) -> None:
    answers = [await visitor.post(path, **body) for _ in range(2 * OFTEN)]
    assert answers[-1].status_code == 429, answers
    assert 0 < int(answers[-1].headers["retry-after"]) <= 60


async def test_addresses_are_forgotten_when_their_time_is_over(
    database: str, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "FORGET_SECONDS", 0.02)
    async with alive(few(database, data, "second")) as app, speaking_to(app) as visitor:
        await visitor.post("/visit", data={"starts_at": "x"})
        store: Any = app.stores.get(limits._STORE)
        assert len(store._store) == 1
        async with asyncio.timeout(FORGOTTEN_WITHIN):
            while store._store:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
