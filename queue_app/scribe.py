"""One thread for work that may hang, as what a frozen disk never ends, or that takes its time."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any, TypeVar

T = TypeVar("T")


class Scribe:
    """Does what it is told in a thread of its own, one thing after the other.

    Whoever gives up waiting leaves the thread at it: it cannot be stopped. So it is none of the
    event loop's, which others need, and it is a daemon, for which no process waits at its end.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._orders: SimpleQueue[tuple[Future[Any], Callable[[], Any]]] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._busy = False

    @property
    def busy(self) -> bool:
        """Whether it is at something, be it what nobody waits for any more."""
        return self._busy

    async def do(self, work: Callable[[], T]) -> T:
        """What `work` returns or raises. Given up before its turn comes, it is never begun."""
        return await asyncio.wrap_future(self.order(work))

    def order(self, work: Callable[[], T]) -> "Future[T]":
        """The same for several who wait: cancelled before its turn comes, it is never begun."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._serve, name=self._name, daemon=True)
            self._thread.start()
        order: Future[T] = Future()
        self._orders.put((order, work))
        return order

    def _serve(self) -> None:
        while True:
            self._do_next()

    def _do_next(self) -> None:
        """Nothing of it is kept while the next is waited for."""
        order, work = self._orders.get()
        if order.set_running_or_notify_cancel():
            self._busy = True
            tell = _done(order, work)
            self._busy = False  # before anybody hears of it, who may have more to do
            tell()


computing = Scribe("computing")
"""For what jobs work out, in the middle of which a process may end."""


def _done(order: "Future[T]", work: Callable[[], T]) -> Callable[[], None]:
    """Does it; what is left is to say how it ended."""
    try:
        result = work()
    except BaseException as error:  # whatever it is, whoever asked must know
        failed = error
        return lambda: order.set_exception(failed)
    return lambda: order.set_result(result)
