"""The server of a demo: a process of its own, and what it said."""

import asyncio
import os
import subprocess
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

import httpx

from config.settings import Settings
from queue_app.clock import ShiftedClock
from queue_app.demo.scratch import HOST
from queue_app.installation import InstallationError

READY_WITHIN = 120.0
"""Seconds that a slow machine gets to start the server."""
STOP_WITHIN = 20.0


class DemoServer:
    """Starts the server that `command` names, on the demo's settings, and reads its log."""

    def __init__(self, settings: Settings, command: Sequence[str]) -> None:
        self.settings = settings
        self.address = f"http://{HOST}:{settings.port}"
        self.log = settings.data / "server.log"
        self._command = list(command)

    @asynccontextmanager
    async def running(self, clock: ShiftedClock) -> AsyncIterator[subprocess.Popen[bytes]]:
        """The server with that clock. It has a session of its own, so that a Ctrl-C in the
        terminal reaches this process alone, and it ends when this process does."""
        with self.log.open("ab") as log:
            process = subprocess.Popen(  # noqa: ASYNC220 - returns at once
                self._command,
                env=self._environment(clock),
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            await self._ready(process)
            yield process
        finally:
            process.terminate()
            try:
                process.wait(STOP_WITHIN)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _environment(self, clock: ShiftedClock) -> dict[str, str]:
        settings = self.settings
        kept = {name: text for name, text in os.environ.items() if not name.startswith("QUEUE_APP")}
        return kept | {
            "QUEUE_APP_HOST": settings.host,
            "QUEUE_APP_PORT": str(settings.port),
            "QUEUE_APP_DATA": str(settings.data),
            "QUEUE_APP_CONFIG": str(settings.config),
            "QUEUE_APP_WORKERS": str(settings.workers),
            "QUEUE_APP_RATE_LIMITS": "off",
            "QUEUE_APP_TRIAL": "on",
            "QUEUE_APP_CLOCK": clock.start.isoformat(),
            "QUEUE_APP_CLOCK_ORIGIN": clock.origin.isoformat(),
            "QUEUE_APP_RATE": str(clock.rate),
        }

    async def _ready(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + READY_WITHIN
        async with httpx.AsyncClient(trust_env=False) as client:
            while time.monotonic() < deadline and process.poll() is None:
                with suppress(httpx.TransportError):
                    answer = await client.get(f"{self.address}/health/ready", timeout=5)
                    if answer.status_code == httpx.codes.OK:
                        return
                await asyncio.sleep(0.05)
        raise InstallationError(f"the server did not start:\n{self.last_words()}")

    def last_words(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-20:])

    def take_errors(self) -> list[str]:
        """The errors in the log, which begins anew."""
        lines = self.log.read_text(errors="replace").splitlines()
        self.log.write_text("")
        return [line for line in lines if " ERROR " in line]
