"""`python -m tests.faults [TRIAL ...] [--markdown] [--logs FOLDER]`: all trials when none is named.

Exit code 1 where anything acknowledged is lost or done twice, or `doctor` finds something.
"""

import argparse
import asyncio
import os
import platform
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.faults import computing, disks, killing, loads, outages, report, restoring
from tests.faults.homes import Skipped
from tests.faults.stage import Stage, found
from tests.faults.trial import Result, Trial, perform
from tests.load.stage import open_files

GROUPS = (killing, computing, outages, disks, loads, restoring)
TRIALS: dict[str, Trial] = {one.name: one for group in GROUPS for one in group.TRIALS}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.faults")
    parser.add_argument("which", nargs="*", metavar="TRIAL", help=", ".join(TRIALS))
    parser.add_argument("--markdown", action="store_true", help="a table of all at the end")
    parser.add_argument("--logs", type=Path, metavar="FOLDER", help="keep each server's log there")
    given = parser.parse_args()
    if unknown := set(given.which) - TRIALS.keys():
        parser.error(f"there is no {', '.join(sorted(unknown))}; there are {', '.join(TRIALS)}")
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    open_files()
    if given.logs:
        given.logs.mkdir(parents=True, exist_ok=True)
    print(f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}")
    with _scratch() as folder:
        stage = found(folder)
        results = [run(TRIALS[name], stage, given.logs) for name in given.which or TRIALS]
    if given.markdown:
        print("\n" + report.markdown(results))
    sys.exit(0 if all(one.sound for one in results) else 1)


def run(trial: Trial, stage: Stage, logs: Path | None) -> Result:
    """One trial; what goes wrong with it is told, and the others go on."""
    print(f"\n{trial.name}: {trial.what}", flush=True)
    began = time.monotonic()
    try:
        result = asyncio.run(perform(trial, stage, logs))
    except Skipped as reason:
        result = Result(trial.name, skipped=str(reason))
    except Exception as error:
        traceback.print_exc()
        result = Result(trial.name, skipped=f"it could not be made: {error!r}")
        result.findings.append("the trial broke off")
    print(f"  {report.told(result)}\n  took {time.monotonic() - began:.0f} s", flush=True)
    return result


@contextmanager
def _scratch() -> Iterator[Path]:
    """A folder that PostgreSQL's account can pass, and that is gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="queue-app-faults-"))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
