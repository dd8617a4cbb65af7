"""Real server processes on one database, as `queue-app serve` starts them."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).parents[2]
READY_WITHIN = 30.0
"""Seconds; generous, for a machine that runs several servers and a browser."""


@dataclass
class Server:
    """One process: its address, and what it wrote."""

    url: str
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def ws(self) -> str:
        return self.url.replace("http://", "ws://")

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_WITHIN
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            try:
                with urllib.request.urlopen(f"{self.url}/health/ready", timeout=2) as answer:
                    if answer.status == 200:
                        return
            except (urllib.error.URLError, OSError):
                time.sleep(0.05)
        raise AssertionError(f"{self.url} is not ready:\n{self.log.read_text(errors='replace')}")

    def stop(self) -> None:
        """Ask it to end, as an operator does; a process that hangs is a failure."""
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"{self.url} did not stop:\n{self.log.read_text()}") from None

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


def start_servers(
    count: int,
    dsn: str,
    folder: Path,
    clock: datetime | None = None,
    rate: float = 1.0,
    port: int | None = None,
    workers: int = 1,
    rate_limits: bool = False,
    environment: dict[str, str] | None = None,
) -> list[Server]:
    """`count` processes on the database `dsn`, ready; with `clock`, all on the same hall's time."""
    arguments = ["--workers", str(workers)]
    if clock:
        arguments += ["--clock", clock.isoformat(), "--rate", str(rate)]
    servers = [
        _start(
            port or free_port(),
            arguments,
            folder,
            _environment(dsn, folder, rate_limits, environment),
        )
        for _ in range(count)
    ]
    for server in servers:
        server.wait_until_ready()
    return servers


def stop_servers(servers: Sequence[Server]) -> None:
    for server in servers:
        if server.process.poll() is None:
            server.stop()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _environment(
    dsn: str, folder: Path, rate_limits: bool, more: dict[str, str] | None
) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("QUEUE_APP_")}
    return (
        kept
        | {
            "QUEUE_APP_DATABASE_URL": dsn,
            "QUEUE_APP_DATA": str(folder),
            "QUEUE_APP_SECRET": "a secret that every process of a test run shares",
            "QUEUE_APP_RATE_LIMITS": "on" if rate_limits else "off",
            "QUEUE_APP_CLOCK_ORIGIN": datetime.now(UTC).isoformat(),
        }
        | (more or {})
    )


def _start(port: int, arguments: list[str], folder: Path, environment: dict[str, str]) -> Server:
    log = folder / f"server-{port}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "queue_app.cli", "serve", "--host", "127.0.0.1",
             "--port", str(port), *arguments],
            cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=output,
            stderr=subprocess.STDOUT,
        )  # fmt: skip
    return Server(f"http://127.0.0.1:{port}", process, log)
