"""How loud one board is, and when it only shows."""

import re
from collections.abc import Mapping

from msgspec import Struct

from queue_app.domain.centre import Rules

_HOURS = re.compile(r"(\d{1,2})-(\d{1,2})")


class Loudness(Struct, frozen=True):
    """`volume`: from 0 to 1; `quiet`: from one full hour of the hall to another the board only
    shows, never where they are the same."""

    volume: float
    quiet: tuple[int, int]


def loudness_of(rules: Rules, address: Mapping[str, str]) -> Loudness:
    """As the board's own address says, `?volume=40&quiet=13-14`; what it does not say, or not so
    that it can be read, is as in the centre's rules: a board is never away for a slip."""
    percent = address.get("volume", "")
    loud = int(percent) if re.fullmatch(r"[0-9]{1,3}", percent) else rules.voice_volume
    hours = _HOURS.fullmatch(address.get("quiet", ""))
    quiet = (int(hours[1]), int(hours[2])) if hours else None
    if quiet is None or max(quiet) > 23:
        quiet = (rules.voice_quiet_from_hour, rules.voice_quiet_until_hour)
    return Loudness(min(loud, 100) / 100, quiet)
