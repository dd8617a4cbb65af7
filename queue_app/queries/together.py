"""The questions that many ask at one moment, put to the database as one."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Hashable, Mapping
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Together(Generic[K, V]):
    """Finds by key; whoever asks while one question is being answered shares the next one.

    `look` gets the keys of all who ask, and leaves out of its answer what there is not. What it
    raises, each of them is told.
    """

    def __init__(self, look: Callable[[Collection[K]], Awaitable[Mapping[K, V]]]) -> None:
        self._look = look
        self._keys: set[K] = set()
        self._next: asyncio.Future[Mapping[K, V]] | None = None
        self._asking: asyncio.Task[None] | None = None

    async def find(self, keys: Collection[K]) -> Mapping[K, V]:
        """What there is under these keys, and maybe under others; read after they were asked."""
        if not keys:
            return {}
        self._keys.update(keys)
        if self._next is None:
            self._next = asyncio.get_running_loop().create_future()
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask())
        return await asyncio.shield(self._next)

    async def _ask(self) -> None:
        while self._next is not None:
            keys, answer = self._keys, self._next
            self._keys, self._next = set(), None
            try:
                answer.set_result(await self._look(keys))
            except Exception as error:
                answer.set_exception(error)
                answer.exception()  # nobody may be left to hear it
            except asyncio.CancelledError:
                answer.cancel()
                raise
