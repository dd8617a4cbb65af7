"""How often something was asked of the house for one contact or from one address.

Kept by the database, as every process must count the same; hashed, and for a day at most.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta

from queue_app.store import db

KEPT = timedelta(days=1)
"""No window is longer."""
REQUESTS = "asks "
"""Begins what is counted of requests, of which there are many: by the minute, see `web/limits`."""
REQUESTS_KEPT = timedelta(minutes=5)

_COUNT = """
INSERT INTO tally (what, subject, begins_at, times) SELECT $1, unnest($2::bytea[]), $3, 1
ON CONFLICT (what, subject, begins_at) DO UPDATE SET times = tally.times + 1
RETURNING times
"""

_THIS = "WHERE what = $1 AND subject = $2 AND begins_at = $3"
_LESS = f"UPDATE tally SET times = times - 1 {_THIS} AND times > 1 RETURNING times"
_NONE = f"DELETE FROM tally {_THIS} AND times = 1"


async def count(what: str, subject: str, now: datetime, window: timedelta) -> int:
    """This time included, how often in the window in which `now` lies."""
    [counted] = await count_each(what, [subject], now, window)
    return counted


async def count_each(
    what: str, subjects: Sequence[str], now: datetime, window: timedelta
) -> list[int]:
    """The same for several that differ, which are locked in their order."""
    keys = [hashed(what, subject) for subject in subjects]
    return [row["times"] for row in await db.fetch(_COUNT, what, keys, _begins(now, window))]


async def take_back(what: str, subject: str, now: datetime, window: timedelta) -> None:
    """Count once less in the window in which `now` lies."""
    named = what, hashed(what, subject), _begins(now, window)
    if not await db.fetch(_LESS, *named):
        await db.fetch(_NONE, *named)


def _begins(now: datetime, window: timedelta) -> datetime:
    seconds = int(window.total_seconds())
    return datetime.fromtimestamp(int(now.timestamp()) // seconds * seconds, now.tzinfo)


def seconds_left(now: datetime, window: timedelta) -> int:
    """Until the next window begins."""
    seconds = int(window.total_seconds())
    return seconds - int(now.timestamp()) % seconds


def hashed(what: str, subject: str) -> bytes:
    return hashlib.sha256(f"{what}:{subject}".encode()).digest()


async def drop_old(now: datetime) -> int:
    """Those whose window is over."""
    rows = await db.fetch(
        "DELETE FROM tally WHERE begins_at < CASE WHEN starts_with(what, $1)"
        " THEN $2::timestamptz ELSE $3::timestamptz END RETURNING what",
        REQUESTS,
        now - REQUESTS_KEPT,
        now - KEPT,
    )
    return len(rows)
