"""Sign-ins that failed slow down the next ones: a slip of the finger costs nothing, guessing years.

Counted by login, so that a thousand addresses help nobody, and apart for whoever comes from a
browser or a network from which this login has signed in before: however often somebody else
guesses, its owner is not kept out. A browser that is new to its owner shares the count of strangers
and waits a minute at most. All failures of one address are counted, too, with a roof so high
that a branch behind one address does not meet it.
"""

import hashlib
from datetime import datetime, timedelta

from msgspec import Struct

from queue_app.domain.errors import TooMany
from queue_app.domain.people import Staff, token_hash
from queue_app.store import db

FREE = 5
FREE_OF_ADDRESS = 100
"""So many failures cost no time; each one more doubles the delay, from two seconds on."""
LONGEST = timedelta(seconds=60)
"""No delay is longer: who shares the count with a guesser waits no more than this."""
FORGOTTEN_AFTER = timedelta(hours=1)
"""Without a failure."""
KNOWN_FOR = timedelta(days=60)
"""Since somebody last signed in with a browser."""

_CHARGE = """
INSERT INTO brake AS kept (subject, failures, last_at, free_at) VALUES ($1, 1, $2, $2)
ON CONFLICT (subject) DO UPDATE SET last_at = $2,
    failures = CASE WHEN kept.last_at < $2 - $5::interval THEN 1 ELSE kept.failures + 1 END,
    free_at = CASE WHEN kept.last_at < $2 - $5::interval OR kept.failures < $3 THEN $2
        ELSE $2 + least($4::interval, make_interval(secs => 2 ^ least(kept.failures + 1 - $3, 9)))
    END
WHERE kept.failures <= $3 OR kept.free_at <= $2 OR kept.free_at > $2 + $4::interval
RETURNING failures
"""
"""Counted before the password is looked at, so that forty at once are not all the first; what
turns out right is taken back. A clock that was set back keeps nobody waiting."""


class Attempt(Struct, frozen=True):
    """What one sign-in is counted as until it turns out to be right."""

    login: bytes
    address: bytes | None


async def begin(
    login: str, staff_id: int | None, browser: str, address: str | None, now: datetime
) -> Attempt:
    """TooMany `sign_in_slowed`. `browser`: the token of the one that asks, if it has any."""
    known, near = await _knows(staff_id, browser, address)
    place = f"browser:{browser}" if known else f"network:{address}" if near else "strangers"
    counted = _hashed(f"address:{address}") if address and not known else None
    attempt = Attempt(_hashed(f"{place}:{login}"), counted)
    if attempt.address:
        await _charge(attempt.address, FREE_OF_ADDRESS, now)
    await _charge(attempt.login, FREE, now)
    return attempt


async def _knows(staff_id: int | None, browser: str, address: str | None) -> tuple[bool, bool]:
    """Whether this member of staff has signed in from this browser, and from this network."""
    row = await db.fetch_row(
        "SELECT coalesce(bool_or(token_hash = $2), false), coalesce(bool_or(network = $3), false)"
        " FROM known_browser WHERE staff_id = $1",
        staff_id,
        token_hash(browser),
        _hashed(f"network:{address}") if address else None,
    )
    return (row[0], row[1]) if row else (False, False)


async def _charge(subject: bytes, free: int, now: datetime) -> None:
    asked = (subject, now, free, LONGEST, FORGOTTEN_AFTER)
    if await db.fetch_row(_CHARGE, *asked):
        return
    free_at = await db.fetch_value("SELECT free_at FROM brake WHERE subject = $1", subject)
    left = max(1, round((free_at - now).total_seconds())) if free_at else 1
    raise TooMany("sign_in_slowed", retry_after_seconds=left)


async def was_right(
    attempt: Attempt, staff: Staff, browser: str, address: str | None, now: datetime
) -> None:
    """It counts no more, and this browser is known from now on."""
    await db.fetch("DELETE FROM brake WHERE subject = $1", attempt.login)
    if attempt.address:
        await db.fetch(
            "UPDATE brake SET failures = greatest(failures - 1, 0) WHERE subject = $1",
            attempt.address,
        )
    await db.fetch(
        "INSERT INTO known_browser (staff_id, token_hash, network, seen_at)"
        " VALUES ($1, $2, $3, $4) ON CONFLICT (staff_id, token_hash)"
        " DO UPDATE SET network = EXCLUDED.network, seen_at = EXCLUDED.seen_at",
        staff.id,
        token_hash(browser),
        _hashed(f"network:{address}") if address else None,
        now,
    )


async def forget_browsers(staff: Staff) -> None:
    """As after a new password: whoever had the old one knows no way past the brake."""
    await db.fetch("DELETE FROM known_browser WHERE staff_id = $1", staff.id)


async def release(login: str) -> None:
    """Strangers' failures are forgotten, as the password is another."""
    await db.fetch("DELETE FROM brake WHERE subject = $1", _hashed(f"strangers:{login}"))


def _hashed(subject: str) -> bytes:
    return hashlib.sha256(subject.encode("utf-8", "replace")).digest()


async def drop_old(now: datetime) -> int:
    """What would count no more, and browsers that nobody has signed in from for long."""
    brakes = await db.fetch(
        "DELETE FROM brake WHERE last_at < $1 RETURNING failures", now - FORGOTTEN_AFTER
    )
    browsers = await db.fetch(
        "DELETE FROM known_browser WHERE seen_at < $1 RETURNING staff_id", now - KNOWN_FOR
    )
    return len(brakes) + len(browsers)
