"""Whose fault a refusal of mail is: of the address to which nothing can go, or of ours.

A server says so by an enhanced code (RFC 3463), such as 5.1.1, or in words beside its number.
"""

import re

_ENHANCED = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
_SENDERS = frozenset({"1.7", "1.8"})
"""Of the address, but of who sends."""
_LETTERS = frozenset({"2.3", "2.4"})
"""Of the mailbox, but because of this letter, or of a list behind it."""
_ROUTES = frozenset({"4.1", "4.4", "4.310"})
"""Of the way: nobody receives mail for this domain."""
_NUMBERS = range(550, 554)
_NO_MAIL = 556
"""The domain takes no mail (RFC 7504)."""
_OURS = re.compile(
    r"relay|authenticat|spam|bulk|block|black|listed|reputation|policy|sender|dkim|dmarc|\bspf\b",
    re.IGNORECASE,
)
"""Words of those who refuse us, or what we say."""
_RELAY = re.compile(r"relay|authenticat", re.IGNORECASE)
_SAID = re.compile(r"\b([245]\d\d)(?!\d)")


def status_in(said: str) -> str | None:
    """The enhanced code with which a server's words begin."""
    found = _ENHANCED.match(said.strip())
    return found[0] if found else None


def is_of_recipient(number: int | None, status: str | None, said: str) -> bool:
    """Whether nothing will ever arrive there. `number`: of SMTP, such as 550."""
    if status and (found := _ENHANCED.fullmatch(status)) and found[2] != "0":
        return found[1] == "5" and _subject_is_of_recipient(found[2], f"{found[2]}.{found[3]}")
    if number is None or _OURS.search(said):
        return False
    return number in _NUMBERS or number == _NO_MAIL


def _subject_is_of_recipient(subject: str, code: str) -> bool:
    if subject in ("1", "2"):
        return code not in _SENDERS | _LETTERS
    return code in _ROUTES


def wants_us_known(number: int, status: str | None, said: str) -> bool:
    """Whether the server would take it, did it know us: no mail of ours goes until it does."""
    return number == 530 or ((status or "5.7").startswith("5.7") and bool(_RELAY.search(said)))


def meant(status: str, diagnostic: str) -> tuple[str, bool]:
    """Of a mail that came back: the code that says most, and whether it is of the recipient.

    `status`: as the report has it, which some servers leave at 5.0.0; `diagnostic`: what the last
    server said, such as "smtp; 550 5.1.1 no such user".
    """
    said = diagnostic.partition(";")[2].strip()
    number = _SAID.match(said)
    words = said[number.end() :].lstrip(" -") if number else said
    told = status_in(words)
    if told and told.startswith("5") and (status.startswith("5.0.") or told[:4] == "5.7."):
        status = told
    return status, is_of_recipient(int(number[1]) if number else None, status, words)
