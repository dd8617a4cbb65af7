"""Tasks that wait for each other, and end when they are told to, whoever waits for what in them."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Hashable
from contextlib import suppress
from typing import Any, Generic, TypeVar

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")


async def wait_for(event: asyncio.Event, real_seconds: float) -> None:
    """Until the event, but no longer than this.

    `asyncio.wait_for` of Python 3.11 may swallow the cancelling of a task that hears of the event
    at the same moment: the task goes on for ever, and so does whoever waits for its end.
    """
    with suppress(TimeoutError):
        async with asyncio.timeout(real_seconds):
            await event.wait()


CANCEL_AGAIN_SECONDS = 2.0
"""For a task to tidy up, before it is told once more."""


async def cancelled(tasks: Collection[asyncio.Task[Any]]) -> None:
    """Until all of these have ended, however. They are told so again and again: a library that
    waits by `asyncio.wait_for`, as one for mail, may keep a cancelling to itself."""
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=CANCEL_AGAIN_SECONDS)
    await asyncio.gather(*tasks, return_exceptions=True)


def _never(_: object) -> bool:
    return False


class Shared(Generic[K, T]):
    """Answers to what many ask at once: whoever asks while one is being fetched waits for it, and
    where it does not suffice for the next, which all who came meanwhile share. So none that was
    begun before it was asked for is given to whom it does not suffice, and no two with the same
    key are fetched at a time.
    """

    def __init__(self) -> None:
        self._begun = 0
        """So many were begun so far."""
        self._fetched: dict[K, tuple[int, asyncio.Future[T]]] = {}
        """Each with its number among them."""

    async def ask(
        self,
        key: K,
        fetch: Callable[[], Awaitable[T]],
        suffices: Callable[[T], bool] = _never,
    ) -> T:
        """What `fetch` gives or raises, one's own or another's. Where that other is cancelled,
        whoever waited for it asks again. `suffices`: of an answer that was begun already."""
        asked = self._begun
        while under_way := self._fetched.get(key):
            number, shared = under_way
            await asyncio.wait([shared])
            if shared.cancelled():
                continue
            if number > asked or (shared.exception() is None and suffices(shared.result())):
                return shared.result()
        return await self._fetch(key, fetch)

    async def _fetch(self, key: K, fetch: Callable[[], Awaitable[T]]) -> T:
        self._begun += 1
        own: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._fetched[key] = self._begun, own
        try:
            answer = await fetch()
        except Exception as error:
            own.set_exception(error)
            own.exception()  # nobody else may have waited to hear of it
            raise
        except BaseException:
            own.cancel()
            raise
        else:
            own.set_result(answer)
            return answer
        finally:
            del self._fetched[key]
