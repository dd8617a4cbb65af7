"""What is kept of a password, and what it must be at least."""

import secrets
from functools import cache

import argon2

from queue_app.domain.errors import RuleBroken

PASSWORD_MIN = 8

hasher = argon2.PasswordHasher()


def check_password(password: str) -> None:
    """RuleBroken `weak_password`."""
    if len(password) < PASSWORD_MIN:
        raise RuleBroken("weak_password", minimum=PASSWORD_MIN)


def hash_password(password: str) -> str:
    """What is kept of a password. Takes a core for a sixth of a second: not in the event loop."""
    return hasher.hash(password)


def is_right(known: str | None, password: str) -> bool:
    """Whether this is the password; for a login that there is not (None) it takes as long."""
    try:
        hasher.verify(known or _nobody(), password)
    except argon2.exceptions.VerificationError:
        return False
    return known is not None


@cache
def _nobody() -> str:
    return hash_password(secrets.token_urlsafe(16))
