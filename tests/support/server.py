"""Real server processes on one database, as `queue-app serve` starts them."""

import multiprocessing
import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from queue_app.jobs import upkeep
from queue_app.web import bounds
from queue_app.web.bounds import ConnectionLimits
from tests.support.jobs import DUE

ROOT = Path(__file__).parents[2]
_forked = multiprocessing.get_context("forkserver")
_forked.set_forkserver_preload(["queue_app.cli", "queue_app.web.protocol", "tests.support.warm"])
_ENTRY = re.compile(r"^(?=\d{4}-\d\d-\d\d )", re.MULTILINE)
COMMAND_WITHIN = 120.0
READY_WITHIN = 30.0
"""Seconds; generous, for a machine that runs several servers and a browser."""


class Process(Protocol):
    """What `multiprocessing` calls a process."""

    @property
    def pid(self) -> int | None: ...
    def is_alive(self) -> bool: ...
    def terminate(self) -> None: ...
    def kill(self) -> None: ...
    def join(self, timeout: float | None = None) -> None: ...


@dataclass
class Server:
    """One process: its address, and what it wrote."""

    url: str
    process: Process
    log: Path

    @property
    def ws(self) -> str:
        return self.url.replace("http://", "ws://")

    def complaints(self, since: int = 0) -> list[str]:
        """Errors and warnings in the log from this character on; jobs have their own troubles
        where a test empties the tables under them."""
        entries = _ENTRY.split(self.log.read_text(errors="replace")[since:])
        return [
            entry
            for entry in entries
            if ("ERROR" in entry or "WARNING" in entry or "Traceback" in entry)
            and "queue_app.jobs" not in entry.partition("\n")[0]
        ]

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_WITHIN
        while time.monotonic() < deadline:
            if not self.process.is_alive():
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
        self.process.terminate()
        self.process.join(timeout=15)
        if self.process.is_alive():
            self.kill()
            raise AssertionError(f"{self.url} did not stop:\n{self.log.read_text()}")

    def kill(self) -> None:
        self.process.kill()
        self.process.join()


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
    limits: ConnectionLimits | None = None,
    ready: bool = True,
    foretells: bool = False,
    altered: Callable[[], None] | None = None,
) -> list[Server]:
    """`count` processes on the database `dsn`, ready; with `clock`, all on the same hall's time.

    `limits` instead of the usual ones of a connection, where there is one worker. Not `ready`:
    begun, and not waited for. They compute a week's waits for each branch only where a test wants
    it (`foretells`), as that would cost each of them seconds. `altered` is called in the process
    first, where there is one worker: it makes the product worse than it is.
    """
    arguments = ["--workers", str(workers)]
    if clock:
        arguments += ["--clock", clock.isoformat(), "--rate", str(rate)]
    servers = [
        _start(
            port or free_port(),
            arguments,
            folder,
            _environment(dsn, folder, rate_limits, environment),
            limits,
            foretells,
            altered,
        )
        for _ in range(count)
    ]
    if ready:
        for server in servers:
            server.wait_until_ready()
    return servers


def workers_of(server: Server) -> list[int]:
    """The processes that answer, by their ids; empty for a server that is one itself."""
    pid = server.process.pid
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in children if "spawn_main" in _command_of(child)]


def _command_of(child: str) -> str:
    """Empty where it has gone since it was listed."""
    try:
        return Path(f"/proc/{child}/cmdline").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def stop_servers(servers: Sequence[Server]) -> None:
    for server in servers:
        if server.process.is_alive():
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
            "QUEUE_APP_RATE_LIMITS": "on" if rate_limits else "off",
            "QUEUE_APP_ACCOUNT": "root",
            "QUEUE_APP_CLOCK_ORIGIN": datetime.now(UTC).isoformat(),
        }
        | (more or {})
    )


def run_command(
    arguments: Sequence[str], environment: dict[str, str], folder: Path, typed: str = ""
) -> subprocess.CompletedProcess[str]:
    """`queue-app` with these arguments, until it ends; its streams go through files in `folder`."""
    streams = [folder / name for name in ("typed", "said", "complained")]
    for stream in streams:
        stream.write_text(typed if stream == streams[0] else "")
    process = _forked.Process(target=_command, args=(list(arguments), environment, streams))
    process.start()
    process.join(COMMAND_WITHIN)
    if process.is_alive():
        process.kill()
        raise AssertionError(f"{arguments} did not end:\n{streams[2].read_text()}")
    code = process.exitcode
    assert code is not None
    return subprocess.CompletedProcess(
        list(arguments), code, streams[1].read_text(), streams[2].read_text()
    )


def _start(
    port: int,
    arguments: list[str],
    folder: Path,
    environment: dict[str, str],
    limits: ConnectionLimits | None,
    foretells: bool,
    altered: Callable[[], None] | None,
) -> Server:
    log = folder / f"server-{port}.log"
    log.touch()
    command = ["serve", "--host", "127.0.0.1", "--port", str(port), *arguments]
    streams = [Path(os.devnull), log, log]
    process = _forked.Process(
        target=_command, args=(command, environment, streams, limits, foretells, altered)
    )
    process.start()
    return Server(f"http://127.0.0.1:{port}", process, log)


def _command(
    arguments: list[str],
    environment: dict[str, str],
    streams: list[Path],
    limits: ConnectionLimits | None = None,
    foretells: bool = True,
    altered: Callable[[], None] | None = None,
) -> None:
    """The command in a process of its own, forked from one that has imported it already."""
    for number, path in enumerate(streams):
        with path.open("ab" if number else "rb", buffering=0) as stream:
            os.dup2(stream.fileno(), number)
    sys.stdin, sys.stdout, sys.stderr = os.fdopen(0), os.fdopen(1, "w", 1), os.fdopen(2, "w", 1)
    os.chdir(ROOT)
    os.environ.clear()
    os.environ.update(environment)
    from queue_app.cli import main

    bounds.LIMITS = limits or bounds.LIMITS
    upkeep.JOBS = upkeep.JOBS if foretells else DUE
    if altered:
        altered()
    main(arguments)
