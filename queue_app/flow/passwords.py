"""What is kept of a password, and what it must be at least."""

import asyncio
import secrets
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import argon2

from queue_app.domain.errors import RuleBroken

PASSWORD_MIN = 8
AT_ONCE = 2
"""Each takes a core for a sixth of a second and 64 MB: more would only be slower together."""

hasher = argon2.PasswordHasher()

_threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="passwords")
"""Beside the event loop's, where whatever else hangs would keep everybody from signing in."""


def check_password(password: str) -> None:
    """RuleBroken `weak_password`."""
    if len(password) < PASSWORD_MIN:
        raise RuleBroken("weak_password", minimum=PASSWORD_MIN)


async def hash_password(password: str) -> str:
    """What is kept of a password."""
    return await asyncio.get_running_loop().run_in_executor(_threads, hasher.hash, password)


async def is_right(known: str | None, password: str) -> bool:
    """Whether this is the password; for a login that there is not (None) it takes as long."""
    return await asyncio.get_running_loop().run_in_executor(_threads, _verify, known, password)


def _verify(known: str | None, password: str) -> bool:
    try:
        hasher.verify(known or _nobody(), password)
    except argon2.exceptions.VerificationError:
        return False
    return known is not None


@cache
def _nobody() -> str:
    return hasher.hash(secrets.token_urlsafe(16))
