"""`queue-app serve` with several processes while its database goes and comes."""

import os
import re
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.postgres import Postgres, own_postgres
from tests.support.server import ROOT, Server, start_servers, workers_of

pytestmark = [pytest.mark.slow, pytest.mark.server]
WITHIN = 40.0
"""Seconds; generous, for a machine that does much else."""


@pytest.fixture
def postgres(tmp_path: Path) -> Iterator[Postgres]:
    with own_postgres(tmp_path / "own") as server:
        yield server


def serve(postgres: Postgres, folder: Path) -> Server:
    """Two workers; not waited for."""
    [server] = start_servers(1, postgres.dsn, folder, workers=2, ready=False)
    return server


def answer(server: Server, path: str) -> int:
    try:
        return httpx.get(f"{server.url}{path}", timeout=10).status_code
    except httpx.HTTPError:
        return 0


def until(server: Server, path: str, status: int) -> None:
    deadline = time.monotonic() + WITHIN
    while (found := answer(server, path)) != status:
        assert time.monotonic() < deadline, (found, server.log.read_text()[-2000:])
        time.sleep(0.2)


def test_a_worker_that_starts_while_the_database_is_away_waits_for_it(
    postgres: Postgres, tmp_path: Path
) -> None:
    server = serve(postgres, tmp_path)
    try:
        server.wait_until_ready()
        before = workers_of(server)
        assert len(before) >= 2
        os.kill(before[-1], signal.SIGKILL)
        postgres.stop()
        until(server, "/health/ready", 503)
        time.sleep(4)  # the new worker has started by now
        assert server.process.is_alive()
        assert answer(server, "/health/live") == 200
        assert answer(server, "/") == 503
        postgres.start()
        for _ in range(6):
            until(server, "/health/ready", 200)
            until(server, "/", 200)
        log = server.log.read_text()
        assert len(re.findall(r"worker \d+ is gone \(killed by SIGKILL\)", log)) == 1
        assert "Traceback" not in log, log
        assert len(log.splitlines()) < 60, log
    finally:
        server.stop()


def test_a_start_waits_for_a_database_that_comes_later(postgres: Postgres, tmp_path: Path) -> None:
    postgres.stop()
    server = serve(postgres, tmp_path)
    late = threading.Timer(4, postgres.start)
    late.start()
    try:
        server.wait_until_ready()
        until(server, "/", 200)
        assert "Traceback" not in server.log.read_text()
    finally:
        late.join()
        server.stop()


def test_the_service_file_of_the_docs_never_gives_up() -> None:
    unit = (ROOT / "docs" / "operating.md").read_text()
    assert "StartLimitIntervalSec=0" in unit
    assert "RestartSec=" in unit
    assert "Restart=always" in unit
