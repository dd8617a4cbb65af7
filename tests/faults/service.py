"""`queue-app serve`, as an operator starts it, in a session of its own."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from tests.conftest import MONDAY
from tests.faults import processes
from tests.faults.probe import Probe
from tests.support.server import ROOT, free_port

WORKERS = 2
READY_WITHIN = 60.0
STOP_WITHIN = 20.0


class Service:
    """The process that keeps the workers, and the workers; what all of them write is in `log`.

    `url`: of the database; None for the one in the folder `data`. `program`: the module that
    serves, where it is not the product's own.
    """

    def __init__(
        self, folder: Path, data: Path, url: str | None, program: str | None = None
    ) -> None:
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.log = folder / "server.log"
        self.memory = 0.0
        """The most that a worker ever had, in MB."""
        self.starts = 0
        self._keeper: subprocess.Popen[bytes] | None = None
        self.environment = _environment(data, url, self.port)
        self._command = ["-m", program] if program else ["-m", "queue_app.cli", "serve"]

    def start(self) -> None:
        self.starts += 1
        with self.log.open("ab") as log:
            self._keeper = subprocess.Popen(
                [sys.executable, *self._command],
                cwd=ROOT, env=self.environment, stdin=subprocess.DEVNULL, stdout=log,
                stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip

    @property
    def keeper(self) -> int:
        assert self._keeper
        return self._keeper.pid

    def stands(self) -> bool:
        return self._keeper is not None and self._keeper.poll() is None

    def workers(self) -> list[int]:
        """Those that answer requests, the busiest first."""
        every = processes.children(self.keeper)
        answering = [one for one in every if "spawn_main" in processes.command(one)]
        return sorted(answering, key=processes.open_files, reverse=True)

    async def until_ready(self, seconds: float = READY_WITHIN) -> bool:
        """Whether it says so within this time; False at once where it has ended."""
        probe = Probe(self.address)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self.stands():
            if len(self.workers()) == WORKERS and await probe.ask():
                return True
            await asyncio.sleep(0.1)
        return False

    async def start_until_it_stays(self, seconds: float = 30.0, pause: float = 1.0) -> int:
        """Start it again and again, as a unit with Restart=on-failure; how often it took."""
        began, times = time.monotonic(), 0
        while time.monotonic() - began < seconds:
            times += 1
            self.start()
            if await self.until_ready(seconds):
                break
            await asyncio.sleep(pause)
        return times

    async def remember_memory(self) -> None:
        """Look at the workers until cancelled."""
        while True:
            if self.stands():
                self.memory = max([self.memory, *map(processes.most_memory, self.workers())])
            await asyncio.sleep(0.5)

    def stop(self) -> bool:
        """Ask it to end, as an operator does; whether it did in time. What is left is killed."""
        if self._keeper is None:
            return True
        polite = True
        if self.stands():
            self._keeper.terminate()
            with suppress(subprocess.TimeoutExpired):
                self._keeper.wait(STOP_WITHIN)
            polite = not self.stands()
        self.kill_all()
        return polite

    def kill_all(self) -> None:
        """The keeper and every worker, at once."""
        with suppress(ProcessLookupError):
            os.killpg(self.keeper, signal.SIGKILL)
        if self._keeper:
            self._keeper.wait()

    def lines(self) -> list[str]:
        return self.log.read_text(errors="replace").splitlines() if self.log.exists() else []


def _environment(data: Path, url: str | None, port: int) -> dict[str, str]:
    """Of a hall whose Monday goes on over every start."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith("QUEUE_APP_")}
    return (
        kept
        | {
            "QUEUE_APP_DATA": str(data),
            "QUEUE_APP_HOST": "127.0.0.1",
            "QUEUE_APP_PORT": str(port),
            "QUEUE_APP_WORKERS": str(WORKERS),
            "QUEUE_APP_RATE_LIMITS": "off",
            "QUEUE_APP_CLOCK": MONDAY.isoformat(),
            "QUEUE_APP_CLOCK_ORIGIN": datetime.now(UTC).isoformat(),
            "PYTHONUNBUFFERED": "1",
        }
        | ({"QUEUE_APP_DATABASE_URL": url} if url else {})
    )


def tracebacks(lines: list[str]) -> int:
    """Runs of frames: a chain of causes counts each of them."""
    frames = [line.startswith("  ") for line in lines]
    return sum(
        1 for before, now in zip([False, *frames], frames, strict=False) if now and not before
    )
