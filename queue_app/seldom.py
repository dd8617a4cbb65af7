"""What happens again and again is told now and then: whoever reads the log needs it once."""

import time
from collections.abc import Callable, Hashable

SELDOM_SECONDS = 60.0
"""The same is said once in this time, however often it happens."""


class Seldom:
    """What this process has said of late."""

    def __init__(self, stopwatch: Callable[[], float] = time.monotonic) -> None:
        self._stopwatch = stopwatch
        self._said: dict[Hashable, float] = {}
        self._unsaid: dict[Hashable, int] = {}

    def count(self, what: Hashable) -> int | None:
        """How often it has happened unsaid since it was said last, where it is to be said now;
        None where it was said within `SELDOM_SECONDS`."""
        now, said = self._stopwatch(), self._said.get(what)
        if said is not None and now - said < SELDOM_SECONDS:
            self._unsaid[what] = self._unsaid.get(what, 0) + 1
            return None
        self._said[what] = now
        return self._unsaid.pop(what, 0)
