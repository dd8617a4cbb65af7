"""Mail addresses as people write them: cleaned, and doubted where they are probably mistyped."""

import re
import unicodedata

from email_validator import EmailNotValidError, validate_email

from queue_app.domain.phones import LONGEST, Reading, plain

AROUND = " \t.,;:!?<>()[]{}«»„“”\"'‘’`*"
"""What is copied along with an address, and is none of it."""
_LABEL = re.compile(r"^(?:e-?mail|пошта)\s*:\s*", re.IGNORECASE)

LIKE_LATIN = str.maketrans("аАВеЕКМНоОрРсСТуУхХіІїјЈѕЅԁһ", "aABeEKMHoOpPcCTyYxXiIijJsSdh")
"""Cyrillic letters that look like Latin ones."""
IN_LATIN = {
    "а": "a", "б": "b", "в": "v", "г": "h", "ґ": "g", "д": "d", "е": "e", "є": "ie", "ж": "zh",
    "з": "z", "и": "y", "і": "i", "ї": "i", "й": "i", "к": "k", "л": "l", "м": "m", "н": "n",
    "о": "o", "п": "p", "р": "r", "с": "s", "т": "t", "у": "u", "ф": "f", "х": "kh", "ц": "ts",
    "ч": "ch", "ш": "sh", "щ": "shch", "ь": "", "ю": "iu", "я": "ia", "ы": "y", "э": "e",
    "ё": "e", "ъ": "",
}  # fmt: skip
"""Cyrillic in Latin letters, as Ukrainian passports write it."""
FIRST_IN_LATIN = {"є": "ye", "ї": "yi", "й": "y", "ю": "yu", "я": "ya"}

USUAL = (
    "gmail.com", "ukr.net", "icloud.com", "outlook.com", "hotmail.com", "yahoo.com", "meta.ua",
    "bigmir.net", "protonmail.com", "proton.me", "online.ua", "email.ua",
)  # fmt: skip
"""Where most people have their mail; one sign beside these is rather a mistake."""
UNUSUAL = frozenset({"mail.com", "ymail.com", "email.com", "gmx.com", "beta.ua", "mail.ua"})
"""Close to one of these, and somebody's own all the same."""
ENDINGS = {
    "con": "com", "cmo": "com", "ocm": "com", "comm": "com", "vom": "com", "xom": "com",
    "cim": "com", "nett": "net", "nte": "net", "ner": "net", "uaa": "ua",
}  # fmt: skip
"""No domain ends so."""


def read_mail(text: str | None, as_it_is: bool = False) -> Reading:
    """The address as it is kept.

    Problems: `email_two`, `email_words` where more was entered than one address;
    `email_letters`, `email_typo` where it can be one but hardly is, which `as_it_is` accepts;
    `email_mixed` for letters of two alphabets in a domain, `email_long` and `email_invalid`, which
    it does not.
    """
    if text and len(text) > LONGEST:
        return Reading(problem="email_long")
    address = _bare(text or "")
    if not address:
        return Reading(problem="email_invalid" if text and text.strip() else None)
    if re.search(r"\s", address):
        found = [part for part in address.split() if "@" in part]
        return Reading(problem="email_words" if len(found) == 1 else _two(found))
    if address.count("@") > 1:
        return Reading(problem=_two([one for one in re.split("[,;/]", address) if "@" in one]))
    kept = _valid(address)
    problem = _doubt(kept) if kept else "email_invalid"
    if problem is None or (as_it_is and problem in DOUBTS):
        return Reading(kept)
    return Reading(problem=problem, suggestion=_meant(address))


DOUBTS = ("email_letters", "email_typo")
"""The problems of an address that can be one."""


def hidden_mail(address: str) -> str:
    """o•••@gmail.com: its owner knows it again, nobody else learns it."""
    name, _, domain = address.rpartition("@")
    return f"{name[:1]}•••@{domain}"


def _bare(text: str) -> str:
    """Without what was copied along, and without blanks that stand beside its signs."""
    bare = plain(text).strip(AROUND)
    bare = re.sub(r"^mailto:\s*", "", bare, flags=re.IGNORECASE)
    bare = re.sub(r"(?<=\w)\?(subject|body|cc)=.*$", "", bare, flags=re.IGNORECASE)
    bare = _LABEL.sub("", bare)
    return re.sub(r"\s*([@.])\s*", r"\1", bare.strip(AROUND))


def _two(found: list[str]) -> str:
    return "email_two" if len(found) > 1 else "email_invalid"


def _valid(address: str) -> str | None:
    try:
        return validate_email(address, check_deliverability=False).normalized
    except EmailNotValidError:
        return None


def _doubt(address: str) -> str | None:
    """Why this is hardly the address that was meant."""
    name, _, domain = address.rpartition("@")
    if _mixed(domain):
        return "email_mixed"
    if not name.isascii() and domain.isascii():
        return "email_letters"
    return "email_typo" if _usual(domain) != domain else None


def _mixed(domain: str) -> bool:
    """Whether Cyrillic letters stand in it that pass for the Latin ones beside them."""
    if domain.isascii():
        return False
    latin = re.search("[a-z]", domain) is not None
    return latin and domain.translate(LIKE_LATIN).isascii()


def _meant(address: str) -> str | None:
    """What was probably meant, where that is an address and another one."""
    name, at, domain = address.replace(",", ".").rpartition("@")
    if not at:
        return None
    wanted = f"{_latin(name)}@{_usual(domain.lower().translate(LIKE_LATIN))}"
    suggested = _valid(wanted)
    if suggested is None or suggested == address or _bare(suggested) != suggested:
        return None
    return None if _doubt(suggested) else suggested


def _latin(name: str) -> str:
    """In Latin letters: those that look alike, else as a passport would write the name."""
    alike = name.translate(LIKE_LATIN)
    if alike.isascii():
        return alike
    low = name.lower()
    spelt = FIRST_IN_LATIN.get(low[:1], IN_LATIN.get(low[:1], low[:1]))
    spelt += "".join(IN_LATIN.get(one, one) for one in low[1:])
    return unicodedata.normalize("NFKD", spelt).encode("ascii", "ignore").decode()


def _usual(domain: str) -> str:
    """The domain that was meant by one that is a sign beside it, else the same."""
    if domain in USUAL or domain in UNUSUAL:
        return domain
    for usual in USUAL:
        if _a_sign_apart(domain, usual):
            return usual
    rest, dot, ending = domain.rpartition(".")
    return f"{rest}.{ENDINGS[ending]}" if dot and ending in ENDINGS else domain


def _a_sign_apart(one: str, other: str) -> bool:
    """Whether one sign is missing, too many or another, or two have changed places."""
    if abs(len(one) - len(other)) > 1 or one == other:
        return False
    same = next(
        (at for at, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), -1
    )
    same = min(len(one), len(other)) if same < 0 else same
    left, right = one[same:], other[same:]
    changed = left[:2] == right[1::-1] and left[2:] == right[2:] and len(left) > 1
    return changed or left[1:] == right[1:] or left[1:] == right or left == right[1:]
