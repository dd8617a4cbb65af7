"""Asking a demo to end: a polite signal interrupts only what may be interrupted."""

import asyncio
import signal
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, TypeVar

T = TypeVar("T")


class StopRequest:
    """Whether somebody asked to end. A signal interrupts only what may be interrupted."""

    def __init__(self) -> None:
        self.asked = False
        self._interrupt: Callable[[], object] | None = None

    def handle(self, _number: int, _frame: FrameType | None) -> None:
        if not self.asked and self._interrupt:
            self._interrupt()
        self.asked = True

    def run(self, work: Coroutine[Any, Any, T]) -> T | None:
        """What `work` gives; None where it was interrupted."""
        try:
            return asyncio.run(self._interruptible(work))
        except asyncio.CancelledError:
            if not self.asked:
                raise
            return None

    async def _interruptible(self, work: Coroutine[Any, Any, T]) -> T:
        task = asyncio.create_task(work)
        loop = asyncio.get_running_loop()
        self._interrupt = lambda: loop.call_soon_threadsafe(task.cancel)
        if self.asked:
            task.cancel()
        try:
            return await task
        finally:
            self._interrupt = None


@contextmanager
def stopping() -> Iterator[StopRequest]:
    """Polite signals are noted; nothing that tidies up is ever cut short by one."""
    stop = StopRequest()
    polite = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, stop.handle) for number in polite}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
