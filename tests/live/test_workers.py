"""The process that keeps the workers, while some of them take long to start or to end."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from litestar import Litestar

from queue_app.cli import serve, workers
from tests.support.server import ROOT, Server, free_port, workers_of
from tests.support.waiting import until

pytestmark = [pytest.mark.server, pytest.mark.slow]

SLOWLY = "slowly"
"""The file in the data folder that keeps a worker at its start, for good."""
_SERVE = """
import sys
from pathlib import Path
from config.settings import Settings
from queue_app.cli.serve import serve
dsn, data, port = sys.argv[1:]
serve(Settings(database_url=dsn, data=Path(data), port=int(port), workers=2),
    False, "tests.live.test_workers:application")
"""
LOOKED_AT = 0.5
"""Seconds from one look at the workers to the next."""
WITHIN = 30.0
"""Seconds; generous, and far less than a worker that never comes would be waited for twice."""


def application() -> Litestar:
    while (Path(os.environ["QUEUE_APP_DATA"]) / SLOWLY).exists():
        time.sleep(0.05)
    return serve.application()


class Command(subprocess.Popen[bytes]):
    def is_alive(self) -> bool:
        return self.poll() is None

    def join(self, timeout: float | None = None) -> None:
        self.wait(timeout)


@pytest.fixture
def served(database: str, tmp_path: Path) -> Iterator[Server]:
    port, log = free_port(), tmp_path / "log"
    with log.open("wb") as output:
        arguments = [sys.executable, "-c", _SERVE, database, str(tmp_path), str(port)]
        command = Command(arguments, cwd=ROOT, stdout=output, stderr=output)
    server = Server(f"http://127.0.0.1:{port}", command, log)
    try:
        server.wait_until_ready()
        yield server
    finally:
        server.kill()


async def test_each_that_dies_is_replaced_and_an_order_to_stop_is_heard_while_others_start(
    served: Server, tmp_path: Path
) -> None:
    await until(lambda: len(workers_of(served)) == 2, WITHIN)
    first, second = workers_of(served)
    (tmp_path / SLOWLY).touch()
    os.kill(first, signal.SIGKILL)
    await until(lambda: first not in workers_of(served) and len(workers_of(served)) == 2, WITHIN)
    assert second in workers_of(served)
    assert httpx.get(f"{served.url}/health/ready", timeout=10).status_code == 200
    os.kill(second, signal.SIGKILL)
    await until(lambda: second not in workers_of(served) and len(workers_of(served)) == 2, WITHIN)
    began = time.monotonic()
    served.process.terminate()
    served.process.join(WITHIN)
    assert time.monotonic() - began < workers.END_WITHIN, "nobody was waited for"
    assert served.log.read_text().count("another takes its place") == 2


async def test_a_worker_that_does_not_end_is_killed_so_that_the_service_ends(
    served: Server,
) -> None:
    await asyncio.sleep(4 * LOOKED_AT)
    frozen = workers_of(served)
    for one in frozen:
        os.kill(one, signal.SIGSTOP)
    served.process.terminate()
    served.process.join(WITHIN)
    assert "did not end" in served.log.read_text()
    assert not [one for one in frozen if Path(f"/proc/{one}").exists()]
