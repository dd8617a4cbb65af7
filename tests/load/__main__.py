"""`python -m tests.load [NAME ...]`: the benchmarks of these names, all unless named."""

import argparse
import os
import platform
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

import uvloop

from queue_app.store.cluster import cluster
from tests.load import (
    back,
    boards,
    city,
    costs,
    history,
    memory,
    requests,
    share,
    slots,
    verbs,
    waits,
)
from tests.load.stage import Stage, open_files, staged
from tests.load.table import Table

BENCHMARKS: dict[str, Callable[[Stage], Awaitable[list[Table]]]] = {
    "boards": boards.measure,
    "city": city.measure,
    "back": back.measure,
    "verbs": verbs.measure,
    "costs": costs.measure,
    "slots": slots.measure,
    "waits": waits.measure,
    "requests": requests.measure,
    "share": share.measure,
    "history": history.measure,
    "memory": memory.measure,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.load")
    parser.add_argument("which", nargs="*", choices=[*BENCHMARKS, []], default=[])
    which = parser.parse_args().which or list(BENCHMARKS)
    open_files()
    print(f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}")
    with (
        tempfile.TemporaryDirectory(prefix="queue-app-load-") as folder,
        cluster(Path(folder)) as dsn,
    ):
        uvloop.run(run(dsn, Path(folder), which))  # as the server; and clients cost the less


async def run(dsn: str, folder: Path, which: list[str]) -> None:
    async with staged(dsn, folder) as stage:
        for name in which:
            for table in await BENCHMARKS[name](stage):
                print(f"\n{table}")
                sys.stdout.flush()


if __name__ == "__main__":
    main()
