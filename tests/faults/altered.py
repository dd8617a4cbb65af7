"""`queue-app serve`, whose computations take very long, or fail, while a file in its data folder
says so: `hold-NAME` or `fail-NAME`, NAME being one of `COMPUTATIONS`.

What is held leaves `held-NAME` with the id of its process, and what fails `failed-NAME`.
"""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from litestar import Litestar

from queue_app.cli import operator, serve
from queue_app.domain import half_hours, waits
from queue_app.jobs import learning

PROGRAM = "tests.faults.altered"
COMPUTATIONS = ("learning", "foretelling", "ranges")


def main() -> None:
    serve.serve(operator.settings(), with_trial=False, factory=f"{PROGRAM}:application")


def application() -> Litestar:
    """Of one answering process: the usual one."""
    folder = Path(os.environ["QUEUE_APP_DATA"])
    learning._learned_of = _altered(folder, "learning", learning._learned_of)
    half_hours.today_ahead = _altered(folder, "foretelling", half_hours.today_ahead)
    waits.forecast = _altered(folder, "ranges", waits.forecast)
    waits.point = _altered(folder, "ranges", waits.point, holds=False)
    return serve.application()


def _altered(
    folder: Path, name: str, made: Callable[..., Any], holds: bool = True
) -> Callable[..., Any]:
    hold, fail = folder / f"hold-{name}", folder / f"fail-{name}"

    def computed(*asked: Any, **more: Any) -> Any:
        if fail.exists():
            (folder / f"failed-{name}").touch()
            raise RuntimeError(f"{name} is at fault")
        while holds and hold.exists():
            (folder / f"held-{name}").write_text(str(os.getpid()))
            _compute(0.05)
        return made(*asked, **more)

    return computed


def _compute(seconds: float) -> None:
    """Takes a core, as computations do."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        sum(range(1000))


if __name__ == "__main__":
    main()
