"""`/metrics`: what was shown to people beside what came true, by branch."""

import asyncio
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from queue_app.clock import FixedClock
from queue_app.domain.people import RESIDENT
from queue_app.flow import arrival, calling, interrupting, promising
from queue_app.flow.act import By
from queue_app.jobs import learning
from queue_app.queries import reference
from queue_app.store import db
from tests.conftest import MONDAY
from tests.support.application import alive, build, speaking_to
from tests.support.hall import Desk, open_desk, take_ticket
from tests.support.people import BRANCH
from tests.support.postgres import own_postgres

WAIT = "queue_app_wait_"


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(promising, "EVERY_SECONDS", 0.02)


async def waits(client: httpx.AsyncClient) -> dict[str, float]:
    """The branch's gauges of waits, as "name shown outcome" or "name ahead end"."""
    answer = await client.get("/metrics")
    found: dict[str, float] = {}
    for family in text_string_to_metric_families(answer.text):
        for sample in family.samples:
            if sample.name.startswith(WAIT) and sample.labels["branch"] == BRANCH:
                of = [sample.labels.get(label) for label in ("shown", "ahead", "end", "outcome")]
                name = " ".join([sample.name.removeprefix(WAIT), *filter(None, of)])
                found[name] = sample.value
    return found


async def kept(count: int) -> None:
    """Wait until so many promises are written down."""
    async with asyncio.timeout(5):
        while await db.fetch_value("SELECT count(*) < $1 FROM promise", count):  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def test_each_range_on_a_phone_counts_and_so_does_whoever_leaves(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    desk = await open_desk("5", MONDAY)
    mine, other = await take_ticket(MONDAY), await take_ticket(MONDAY)
    clock.advance(minutes=7)
    assert (await client.get(f"/t/{mine.token}")).status_code == 200
    assert (await client.get(f"/t/{mine.token}")).status_code == 200
    clock.advance(minutes=7)
    assert (await client.get(f"/api/v1/tickets/{mine.token}")).json()["wait"]
    await kept(4)
    before = await waits(client)
    assert (before["promises ticket"], before["uncalled ticket waiting"]) == (0, 2)
    assert "coverage ticket" not in before

    called_at = clock.advance(hours=2)
    await Desk(desk.id, desk.number, desk.clerk, called_at).call(mine.id)
    await arrival.leave(By(RESIDENT, called_at), other.token)
    await promising.judge()
    found = await waits(client)
    assert (found["promises ticket"], found["coverage ticket"]) == (1, 0)
    assert (found["promises later"], found["coverage later"]) == (2, 0)
    assert found["error_minutes ticket"] > found["error_minutes later"] > 100
    assert (found["uncalled ticket left"], found["overdue ticket"]) == (1, 1)
    assert (found["uncalled ticket waiting"], found["uncalled later left"]) == (0, 0)


async def test_a_range_that_an_interruption_cut_counts_apart(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    desk = await open_desk("5", MONDAY)
    before = await take_ticket(MONDAY)
    clock.advance(minutes=1)
    stop = await interrupting.interrupt(By(desk.clerk, clock.now()), BRANCH, "alert", None, "")
    clock.advance(minutes=60)
    await interrupting.resume(By(desk.clerk, clock.now()), stop.id, 0)
    at = clock.advance(seconds=10)
    await Desk(desk.id, desk.number, desk.clerk, at).call(before.id)
    await calling.start(By(desk.clerk, at), before.id)
    await calling.finish(By(desk.clerk, at), before.id)
    after = await take_ticket(clock.advance(seconds=10))
    at = clock.advance(seconds=10)
    await Desk(desk.id, desk.number, desk.clerk, at).call(after.id)
    await promising.judge()
    found = await waits(client)
    assert (found["promises ticket"], found["cut ticket"]) == (2, 1)
    assert (found["coverage ticket"], found["coverage_uncut ticket"]) == (0.5, 1)


async def test_how_ranges_are_corrected_is_shown(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    assert "correction 0 low" not in await waits(client), "nothing was learned yet"
    await learning.learn_habits(await reference.directory(), clock.now())
    found = await waits(client)
    assert (found["correction 0 low"], found["correction 11 high"]) == (0, 0)


@pytest.mark.slow
async def test_while_the_database_is_away_what_the_process_counts_is_told(tmp_path: Path) -> None:
    with own_postgres(tmp_path / "data") as postgres:
        async with db.pool(postgres.dsn, max_size=1):
            await db.migrate()
        app = build(postgres.dsn, tmp_path, FixedClock(MONDAY))
        async with alive(app), speaking_to(app) as client:
            assert await values(client, "queue_app_database_answers") == [1]
            assert await values(client, "queue_app_outbox_waiting") == [0]
            postgres.freeze()
            assert (await client.get("/api/v1/catalogue")).status_code == 503
            assert await values(client, "queue_app_database_answers") == [0]
            assert await values(client, "queue_app_outbox_waiting") == [], "nobody knows"
            assert len(await values(client, "queue_app_requests_in_progress")) == 1
            postgres.thaw()
            async with asyncio.timeout(30):
                while await values(client, "queue_app_database_answers") != [1]:  # noqa: ASYNC110
                    await asyncio.sleep(0.2)
            assert await values(client, "queue_app_outbox_waiting") == [0]


async def values(client: httpx.AsyncClient, name: str) -> list[float]:
    answer = await client.get("/metrics")
    assert answer.status_code == 200
    families = text_string_to_metric_families(answer.text)
    return [one.value for family in families for one in family.samples if one.name == name]
