"""What is measured: by each process for itself, and what the database says for all of them.

Several processes count into one folder (`PROMETHEUS_MULTIPROC_DIR`), which `serve` makes; any of
them then answers for all. It must be named before prometheus_client is imported.
"""

import os
import pwd
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from prometheus_client import REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
PREFIX = "queue-app-figures-"
MEMORY = Path("/dev/shm")  # noqa: S108 - the folder is made for this process alone
"""Where a full disk does no harm: a process that counts into a file that has no room dies."""

FIGURES = CollectorRegistry()
"""What the database says."""
OUTAGE_FIGURES = CollectorRegistry()
"""What is known also while it says nothing."""


class Figure(Collector):
    """A gauge of something that the database says, which is the same whichever process is asked:
    it is read for each answer, and no process keeps a value for the others to add."""

    def __init__(
        self,
        name: str,
        documentation: str,
        labels: Sequence[str] = (),
        registry: CollectorRegistry = FIGURES,
    ) -> None:
        self._about = name, documentation
        self._names = list(labels)
        self._values: dict[tuple[str, ...], float] = {}
        registry.register(self)

    def labels(self, *values: str) -> "_Labelled":
        assert len(values) == len(self._names)
        return _Labelled(self._values, values)

    def set(self, value: float) -> None:
        self._values[()] = value

    def clear(self) -> None:
        self._values.clear()

    def collect(self) -> Iterable[GaugeMetricFamily]:
        family = GaugeMetricFamily(*self._about, labels=self._names)
        for labels, value in self._values.items():
            family.add_metric(list(labels), value)
        yield family


class _Labelled:
    def __init__(self, values: dict[tuple[str, ...], float], labels: tuple[str, ...]) -> None:
        self._values = values
        self._labels = labels

    def set(self, value: float) -> None:
        self._values[self._labels] = value


def exposition(of_database: bool) -> bytes:
    """All of it, in the Prometheus format, with or without what the database says."""
    known = (_of_processes(), OUTAGE_FIGURES, *([FIGURES] if of_database else []))
    return b"".join(map(generate_latest, known))


def _of_processes() -> CollectorRegistry:
    if FOLDER not in os.environ:
        return REGISTRY
    together = CollectorRegistry()
    MultiProcessCollector(together)  # type: ignore[no-untyped-call]
    return together


@contextmanager
def counted_together(account: str | None = None) -> Iterator[None]:
    """The folder of the processes that begin in this block: empty at first, gone at the end.
    `account`: as whom they run, where it is not this one.

    Those that a killed server left behind go, too.
    """
    place = MEMORY if os.access(MEMORY, os.W_OK) else Path(tempfile.gettempdir())
    for left in place.glob(f"{PREFIX}*"):
        if _is_nobodys(left):
            shutil.rmtree(left, ignore_errors=True)
    folder = tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=place)
    if account:
        os.chown(folder, -1, pwd.getpwnam(account).pw_gid)
        Path(folder).chmod(0o770)
    os.environ[FOLDER] = folder
    try:
        yield
    finally:
        del os.environ[FOLDER]
        shutil.rmtree(folder, ignore_errors=True)


def _is_nobodys(folder: Path) -> bool:
    """Whether it is ours to remove and its server is no more."""
    number = folder.name.removeprefix(PREFIX).partition("-")[0]
    try:
        if folder.lstat().st_uid != os.getuid() or not number.isdigit():
            return False
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False


def forget_process(pid: int) -> None:
    """What a process that has ended had under way. What it counted stays: sums never fall."""
    mark_process_dead(pid)  # type: ignore[no-untyped-call]
