"""The code that a hall shows to whoever is in it, another one every few minutes.

Who types it is there, or was a moment ago: so one checks in by one's own phone, and not from home.
It is worked out of the branch's secret and the time, so that every process and board shows the
same without asking another.
"""

import hashlib
from datetime import datetime, timedelta

from queue_app.domain.numbering import digits_in

DIGITS = 4


def code_at(secret: bytes, moment: datetime, minutes: int) -> str:
    """What is shown at that moment, where it changes every so many minutes."""
    turn = int(moment.timestamp()) // (minutes * 60)
    found = hashlib.blake2b(turn.to_bytes(8, "big"), key=secret, digest_size=8).digest()
    return f"{int.from_bytes(found, 'big') % 10**DIGITS:0{DIGITS}}"


def changes_at(moment: datetime, minutes: int) -> datetime:
    """When the next one is shown."""
    seconds = minutes * 60
    return moment + timedelta(seconds=seconds - moment.timestamp() % seconds)


def is_shown(secret: bytes, typed: str, now: datetime, minutes: int) -> bool:
    """Whether this is the code, or was the one before it: it may change while somebody types."""
    digits = digits_in(typed)
    before = now - timedelta(minutes=minutes)
    return digits in {code_at(secret, now, minutes), code_at(secret, before, minutes)}
