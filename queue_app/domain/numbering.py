"""Ticket numbers, booking codes and link tokens.

A number is a prefix of its series and a count from 1, each series and local day of its own:
"А12". Booked, walk-in and priority visitors have series of their own, so that people see
why the order on the board is not one row.
"""

import re
import unicodedata

from queue_app.domain.centre import Rules
from queue_app.domain.errors import NotFound

_TOKEN = re.compile(r"(?P<branch>[0-9]{1,8})-[A-Za-z0-9_-]{16,64}")

_COPIED = re.compile(
    r"[^0-9]{0,8}(?P<token>[0-9]{1,8}-[A-Za-z0-9_-]{16,64})(?:[^A-Za-z0-9_-].*)?", re.DOTALL
)
"""A token with what was copied along: a full stop, a bracket, a quote, a blank."""

_BLANKS = re.compile(r"[\s\-\u2010-\u2015\u2212]+")
"""What stands between the digits of a code that is read out or copied."""
_BOOKING = re.compile(
    r"(?:[^\s?#]*/)?visit/(?P<link>[0-9]{1,8}-[A-Za-z0-9_-]{16,64})/?(?:[?#].*)?", re.DOTALL
)


def plain_digits(text: str) -> str:
    """What was typed, its digits as 0 to 9: keyboards of many languages have others (٠ to ٩)."""
    return "".join(str(unicodedata.decimal(one)) if one.isdecimal() else one for one in text)


def digits_in(text: str) -> str:
    """Only the digits, as 0 to 9, of a code however it was typed."""
    return "".join(one for one in plain_digits(text) if one in "0123456789")


def prefix(rules: Rules, booked: bool, priority: str | None) -> str:
    if booked:
        return rules.booked_prefix
    return rules.priority_prefix if priority else rules.walk_in_prefix


def number(series: str, count: int) -> str:
    return f"{series}{count}"


def series_of(number: str) -> str:
    """The prefix of a number: А of А12."""
    return number.rstrip("0123456789")


def link_token(branch_id: int, secret: str) -> str:
    """A token for a link; it leads with its branch, so that a look-up asks one branch only."""
    return f"{branch_id}-{secret}"


def branch_of_token(token: str) -> int:
    """The branch id in a link token; NotFound `unknown_link` for what is not a token."""
    parts = _TOKEN.fullmatch(token)
    if parts is None:
        raise NotFound("unknown_link")
    return int(parts["branch"])


def token_in(copied: str) -> str | None:
    """The token alone, where something was copied along with it; else None."""
    found = _COPIED.fullmatch(copied)
    return found["token"] if found and found["token"] != copied else None


def booking_in(text: str) -> str | None:
    """The six digits of a booking's code, or the token of its link; None for any other text.

    Digits that stand in some other text are nobody's code: that of a stranger, at worst.
    """
    digits = _BLANKS.sub("", plain_digits(text))
    if re.fullmatch(r"[0-9]{6}", digits):
        return digits
    link = _BOOKING.fullmatch(text.strip())
    token = link["link"] if link else text.strip()
    return token if _TOKEN.fullmatch(token) else None
