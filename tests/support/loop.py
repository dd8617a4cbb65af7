"""How long the loop of a server is kept from everybody else."""

import gc
import threading
import time
from asyncio import Handle
from collections.abc import Callable, Iterator
from contextlib import contextmanager

MOST_SECONDS = 0.050
"""Of the loop's thread, which computes nothing else meanwhile."""


@contextmanager
def longest_stretch() -> Iterator[Callable[[], float]]:
    """How long the loop's thread computed at most before it came to anything else, in seconds.

    Counted from here on, and up to when it is asked for: what is done before anything is waited
    for keeps others waiting, too. By the thread's own time: a machine that does much else makes
    nothing longer.
    """
    longest, began, loop = 0.0, time.thread_time(), threading.get_ident()
    run = Handle._run

    def so_far() -> float:
        nonlocal longest, began
        now = time.thread_time()
        longest, began = max(longest, now - began), now
        return longest

    def measured(self: Handle) -> None:
        is_ours = threading.get_ident() == loop
        if is_ours:
            so_far()
        run(self)
        if is_ours:
            so_far()

    Handle._run = measured  # type: ignore[method-assign]
    gc.collect()
    gc.disable()  # whole collections are the tests' own: they keep much that a server does not
    began = time.thread_time()
    try:
        yield so_far
    finally:
        gc.enable()
        Handle._run = run  # type: ignore[method-assign]
