"""What Linux says of processes, and signals to several of them."""

import os
import signal
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")


def children(of: int) -> list[int]:
    """The processes that this one started and that live, in order."""
    found = []
    for status in PROC.glob("[0-9]*/stat"):
        with suppress(OSError):
            state, parent = status.read_text().rpartition(")")[2].split()[:2]
            if int(parent) == of and state != "Z":
                found.append(int(status.parent.name))
    return sorted(found)


def command(of: int) -> str:
    try:
        return (PROC / str(of) / "cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def most_memory(of: int) -> float:
    """The most that it ever had of it, in MB."""
    with suppress(OSError):
        for line in (PROC / str(of) / "status").read_text().splitlines():
            if line.startswith("VmHWM"):
                return int(line.split()[1]) / 1024
    return 0.0


def tell(processes: Iterable[int], number: signal.Signals) -> None:
    """The signal to each that still lives."""
    for process in processes:
        with suppress(ProcessLookupError):
            os.kill(process, number)


def open_files(of: int) -> int:
    try:
        return len(list((PROC / str(of) / "fd").iterdir()))
    except OSError:
        return 0


def is_alive(process: int) -> bool:
    """A zombie is dead."""
    try:
        state = (PROC / str(process) / "stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def wait_until_dead(processes: Iterable[int], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    left = list(processes)
    while left and time.monotonic() < deadline:
        left = [one for one in left if is_alive(one)]
        time.sleep(0.05)
    return not left
