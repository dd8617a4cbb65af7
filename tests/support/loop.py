"""How long the loop of a server is kept from everybody else."""

import gc
import time
from asyncio import Handle
from collections.abc import Callable, Iterator
from contextlib import contextmanager

MOST_SECONDS = 0.050
"""Of the loop's thread, which computes nothing else meanwhile."""


@contextmanager
def longest_stretch() -> Iterator[Callable[[], float]]:
    """How long the loop's thread computed at most before it came to anything else, in seconds.

    By the thread's own time: a machine that does much else makes nothing longer.
    """
    longest = 0.0
    run = Handle._run

    def measured(self: Handle) -> None:
        nonlocal longest
        began = time.thread_time()
        run(self)
        longest = max(longest, time.thread_time() - began)

    Handle._run = measured  # type: ignore[method-assign]
    gc.collect()
    gc.disable()  # whole collections are the tests' own: they keep much that a server does not
    try:
        yield lambda: longest
    finally:
        gc.enable()
        Handle._run = run  # type: ignore[method-assign]
