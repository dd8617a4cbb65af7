"""`/metrics` of a server with several processes: any of them answers for all."""

import os
import signal
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from queue_app.web.figures import MEMORY, PREFIX, counted_together
from tests.conftest import MONDAY, StartServers
from tests.support.server import Server, workers_of
from tests.support.waiting import SOON, until

pytestmark = [pytest.mark.server, pytest.mark.slow]

ASKED = 12


def figures(server: Server) -> dict[str, float]:
    """The sums of all samples by name, asked on a connection of its own."""
    answer = httpx.get(f"{server.url}/metrics", timeout=SOON)
    assert answer.status_code == 200
    found: dict[str, float] = {}
    for family in text_string_to_metric_families(answer.text):
        for sample in family.samples:
            found[sample.name] = found.get(sample.name, 0) + sample.value
    return found


def folders(server: Server) -> list[Path]:
    return list(MEMORY.glob(f"{PREFIX}{server.process.pid}-*"))


async def test_any_process_answers_for_all_also_after_one_of_them_died(
    servers: StartServers,
) -> None:
    [server] = await servers(1, clock=MONDAY, workers=2)
    await until(lambda: len(workers_of(server)) == 2)
    [folder] = folders(server)
    await until(lambda: len({path.stem.split("_")[-1] for path in folder.glob("*.db")}) == 2)
    for _ in range(ASKED):
        httpx.get(f"{server.url}/health/live", timeout=SOON)
    counted = [figures(server)["queue_app_requests_total"] for _ in range(ASKED)]
    assert counted[0] >= ASKED
    assert counted == sorted(counted), "two processes that answered for themselves would jump"
    seen = figures(server)
    assert seen["queue_app_job_runs"] > 0, "what the database says is there as well"
    assert seen["queue_app_public_waiting"] == 0

    [dies, stays] = workers_of(server)
    os.kill(dies, signal.SIGKILL)
    await until(lambda: workers_of(server) != [dies, stays] and len(workers_of(server)) == 2)
    await until(lambda: not list(folder.glob(f"gauge_live*_{dies}.db")))
    assert list(folder.glob(f"counter_{dies}.db")), "what it counted stays: sums never fall"
    assert figures(server)["queue_app_requests_total"] > counted[-1]
    server.stop()
    assert folders(server) == []


def test_the_folder_of_a_server_that_was_killed_goes_with_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("queue_app.web.figures.MEMORY", tmp_path)
    gone = os.spawnvp(os.P_NOWAIT, "true", ["true"])
    os.waitpid(gone, 0)
    left, mine, other = (
        tmp_path / f"{PREFIX}{name}" for name in (f"{gone}-x", f"{os.getpid()}-x", "no-number")
    )
    for folder in (left, mine, other):
        folder.mkdir()
        (folder / "counter_1.db").write_bytes(b"x")
    with counted_together():
        [own] = set(tmp_path.iterdir()) - {mine, other}
        assert os.environ["PROMETHEUS_MULTIPROC_DIR"] == str(own)
        assert list(own.iterdir()) == []
    assert set(tmp_path.iterdir()) == {mine, other}
    assert "PROMETHEUS_MULTIPROC_DIR" not in os.environ
