"""What is kept of a password, and what it must be at least."""

import asyncio
import secrets
import string
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import argon2

from queue_app.domain.errors import RuleBroken

PASSWORD_MIN = 8
CORE_MIN = 4
"""Characters of what is not digits and signs around it: 12345678 has none."""
AT_ONCE = 2
"""Each takes a core for a sixth of a second and 64 MB: more would only be slower together."""

hasher = argon2.PasswordHasher()

_DRESSING = string.digits + string.punctuation + string.whitespace
_COMMON = Path(__file__).with_name("common_passwords.txt")

_threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="passwords")
"""Beside the event loop's, where whatever else hangs would keep everybody from signing in."""


def check_password(password: str, login: str) -> None:
    """RuleBroken `weak_password`, `common_password`: what whoever guesses tries first."""
    if len(password) < PASSWORD_MIN:
        raise RuleBroken("weak_password", minimum=PASSWORD_MIN)
    core = _core(password)
    if len(core) < CORE_MIN or core in (_core(login), _core(login)[::-1]) or core in _common():
        raise RuleBroken("common_password")


def _core(text: str) -> str:
    """What is left of a word that was dressed up with a year or an exclamation mark."""
    return text.strip().casefold().strip(_DRESSING)


@cache
def _common() -> frozenset[str]:
    """The cores of the ten thousand passwords most often found in leaks, from zxcvbn (MIT)."""
    return frozenset(_COMMON.read_text("utf-8").splitlines())


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
