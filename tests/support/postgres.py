"""A PostgreSQL server of a test's own, to be stopped, frozen and brought back."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from queue_app.store.cluster import cluster


class Postgres:
    """A server with its data in `folder`; it keeps its address whatever happens to it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._running = cluster(folder)
        self.dsn = self._running.__enter__()

    def start(self) -> None:
        self._running = cluster(self._folder)
        assert self._running.__enter__() == self.dsn

    def stop(self) -> None:
        self._running.__exit__(None, None, None)

    def freeze(self) -> None:
        """No process of it does anything until `thaw`."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        for pid in self._processes():
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def _processes(self) -> list[int]:
        """The postmaster first, so that it makes no others."""
        postmaster = int((self._folder / "postgres" / "postmaster.pid").read_text().split()[0])
        children = []
        for entry in Path("/proc").glob("[0-9]*/stat"):
            with suppress(OSError):
                text = entry.read_text()
                if int(text.rpartition(")")[2].split()[1]) == postmaster:
                    children.append(int(entry.parent.name))
        return [postmaster, *children]


@contextmanager
def own_postgres(folder: Path) -> Iterator[Postgres]:
    server = Postgres(folder)
    try:
        yield server
    finally:
        server.thaw()
        server.stop()


def wait_for(what: str, seconds: float, is_so: object) -> None:
    """Until `is_so()` holds; AssertionError after so many seconds."""
    assert callable(is_so)
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, what
        time.sleep(0.1)
