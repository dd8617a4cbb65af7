"""How often one address may ask for what anyone may ask: the second part of `right(...)`.

Counted by each process for itself: enough against a script, never in the way of a hall full
of phones behind one address.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

from litestar import Litestar, Request
from litestar.middleware.base import DefineMiddleware
from litestar.middleware.rate_limit import DurationUnit, RateLimitConfig
from litestar.stores.memory import MemoryStore

PUBLIC = "public"
SIGN_IN = "sign_in"
LOOK_UP = "look_up"
LIMITS: dict[str, tuple[DurationUnit, int]] = {
    PUBLIC: ("minute", 60),
    SIGN_IN: ("minute", 10),
    LOOK_UP: ("minute", 10),
}
FORGET_SECONDS = 60.0
_STORE = "rate_limit"


def rate_limits() -> list[DefineMiddleware]:
    return [_limit(kind, rate).middleware for kind, rate in LIMITS.items()]


def _limit(kind: str, rate: tuple[DurationUnit, int]) -> RateLimitConfig:
    def concerned(request: Request[Any, Any, Any]) -> bool:
        return request.method == "POST" and request.route_handler.opt.get("limit") == kind

    def address(request: Request[Any, Any, Any]) -> str:
        return f"{kind}:{request.client.host if request.client else 'unknown'}"

    return RateLimitConfig(
        rate, check_throttle_handler=concerned, identifier_for_request=address, store=_STORE
    )


@contextlib.asynccontextmanager
async def forgetting(app: Litestar) -> AsyncIterator[None]:
    """While the block runs, drop the addresses whose time is over: the store keeps them else."""
    store = app.stores.get(_STORE)
    assert isinstance(store, MemoryStore)
    task = asyncio.create_task(_forget(store))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _forget(store: MemoryStore) -> None:
    while True:
        await asyncio.sleep(FORGET_SECONDS)
        await store.delete_expired()
