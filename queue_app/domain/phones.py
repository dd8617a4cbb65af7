"""Telephone numbers as people write them, read as one number or refused with a reason."""

import re
import unicodedata
from collections.abc import Iterable, Mapping

import phonenumbers
from msgspec import Struct
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from queue_app.domain.numbering import plain_digits


class Reading(Struct, frozen=True):
    """What an entry says. `value`: as it is kept; None where nothing was entered, or `problem`
    says why it cannot be. `suggestion`: what was probably meant."""

    value: str | None = None
    problem: str | None = None
    suggestion: str | None = None


class Customs(Struct, frozen=True):
    """How people of a country write numbers, beside what the library knows of it.

    `labels` may stand before a number and say nothing; `extensions` lead to one that has to be
    asked for; `dialled`: what was dialled before the plan of today, as pattern and number.
    """

    labels: tuple[str, ...] = ()
    extensions: tuple[str, ...] = ()
    dialled: tuple[tuple[str, str], ...] = ()


ANYWHERE = Customs(
    labels=("tel", "telephone", "phone", "mob", "mobile", "t", "m"),
    extensions=("ext", "extn", "extension", "x", "#"),
)
CUSTOMS: Mapping[str, Customs] = {
    "UA": Customs(
        labels=("тел", "телефон", "моб", "мобільний", "т", "м"),
        extensions=("дод", "додатковий", "доб", "внутр", "внутрішній", "вн", "х"),
        # Until 2009 one dialled 8 for another town, and 8 10 for another country.
        dialled=((r"80(\d{9})", r"0\1"), (r"810(\d{8,14})", r"+\1")),
    ),
    "BR": Customs(
        labels=("telefone", "fone", "cel", "celular", "whatsapp"), extensions=("ramal", "r")
    ),
    "IN": Customs(labels=("ph", "mo", "फोन", "फ\u093cोन", "मोबाइल", "मो")),
    "TW": Customs(labels=("電話", "手機"), extensions=("分機", "轉")),
}

CALLED = frozenset(
    {
        PhoneNumberType.FIXED_LINE,
        PhoneNumberType.MOBILE,
        PhoneNumberType.FIXED_LINE_OR_MOBILE,
        PhoneNumberType.VOIP,
        PhoneNumberType.PERSONAL_NUMBER,
    }
)
"""The kinds of numbers behind which a person can be called: neither freephone nor premium."""

_SIGNS = re.compile(r"[\s()\[\]\-‐‑‒–—−./\\·•,;:_'\"|]+")
"""What stands between digits and says nothing."""
_APART = re.compile(r"[^\W\d_]+|[,;/\\|\n]")
"""What may stand between two numbers."""
_LIKE_ZERO = re.compile(r"(?<![^\W\dOoОо_])(?:(?<=\d)[OoОо]+|[OoОо]+(?=\d))(?![^\W\dOoОо_])")
_LETTER = re.compile(r"[^\W\d_]")
LONGEST = 320
"""Characters of an entry; whatever is longer is neither a number nor an address."""
_MOST = 40
"""Digits of two numbers, and more."""
_LEAST = 7
"""So many digits look like a number without its country's code."""


def read_phone(text: str | None, country: str | None) -> Reading:
    """The number in E.164. `country`: of a number without a country's code, None: it needs one.

    Problems: `phone_two`, `phone_words`, `phone_extension` where more was entered than one number,
    as what is not kept is not accepted; `phone_long`, `phone_needs_country`; else `phone_invalid`.
    """
    if text and len(text) > LONGEST:
        return Reading(problem="phone_long")
    entered = plain(text or "")
    if not entered:
        return Reading(problem="phone_invalid" if text and text.strip() else None)
    if sum(one.isdigit() for one in entered) > _MOST:
        return Reading(problem="phone_invalid")
    customs = CUSTOMS.get(country or "", Customs())
    bare = _LIKE_ZERO.sub(_zeros, _without_label(entered, customs))
    if number := _number(bare, country, customs):
        return Reading(number)
    if found := _extension(customs).search(bare):
        known = _number(bare[: found.start()], country, customs)
        return Reading(problem="phone_extension" if known else "phone_invalid")
    return _of_parts(bare, country, customs)


def plain(text: str) -> str:
    """Without signs that nobody sees, digits as 0 to 9, letters in their usual width."""
    usual = plain_digits(unicodedata.normalize("NFKC", text))
    seen = (one for one in usual if unicodedata.category(one) != "Cf")
    return "".join(one if one.isprintable() else " " for one in seen).strip()


def example_phone(country: str | None) -> str:
    """A mobile number of the country in E.164, to show how one looks; without a country, of any."""
    mobile = PhoneNumberType.MOBILE
    number = country and phonenumbers.example_number_for_type(country, mobile)
    number = number or phonenumbers.example_number_for_type("GB", mobile)
    assert number
    return str(phonenumbers.format_number(number, PhoneNumberFormat.E164))


def can_be_called(number: str) -> bool:
    """Whether a person can be reached by calling this number, which is in E.164."""
    return phonenumbers.number_type(phonenumbers.parse(number)) in CALLED


def is_abroad(number: str, country: str | None) -> bool:
    """Whether this number, in E.164, is of another country; not where none is known."""
    code = phonenumbers.parse(number).country_code
    return country is not None and code != phonenumbers.country_code_for_region(country)


def hidden_phone(number: str) -> str:
    """+380•••••4567: its owner knows it again, nobody else learns it."""
    code = f"+{phonenumbers.parse(number).country_code}"
    rest = number[len(code) :]
    return code + "•" * (len(rest) - 4) + rest[-4:]


def numbers_of(values: Iterable[str], country: str | None) -> frozenset[str]:
    """Those of these values that are telephone numbers."""
    found = (read_phone(value, country).value for value in values)
    return frozenset(number for number in found if number)


def _without_label(entered: str, customs: Customs) -> str:
    words = "|".join(sorted((*ANYWHERE.labels, *customs.labels), key=len, reverse=True))
    return re.sub(rf"^(?:{words})(?:[.:]+\s*|\s+|(?=[+\d(]))", "", entered, flags=re.IGNORECASE)


def _zeros(found: re.Match[str]) -> str:
    return "0" * len(found[0])


def _extension(customs: Customs) -> re.Pattern[str]:
    every = sorted((*ANYWHERE.extensions, *customs.extensions), key=len, reverse=True)
    words = "|".join(map(re.escape, every))
    return re.compile(rf"[\s,;(]*(?:{words})[.:=\s]*\d{{1,7}}\W*$", re.IGNORECASE)


def _number(text: str, country: str | None, customs: Customs) -> str | None:
    """The one number that all of this text is."""
    digits = _SIGNS.sub("", text)
    if not re.fullmatch(r"\+?[0-9]+", digits):
        return None
    if digits.startswith("+") or (country is None and digits.startswith("00")):
        abroad = "+" + digits.removeprefix("+").removeprefix("00")
        if number := _valid(abroad, None):
            return number
        if not digits.startswith("+0"):
            country = country if digits.startswith("+8") else None
    digits = digits.removeprefix("+")
    if country is None:
        return None
    # Two noughts stand for the plus wherever people have learned that, whatever is dialled here: in
    # Brazil 0055 51 … were a number of Peru (51) by the carrier 55, in Taiwan 00886 … none at all.
    international = _valid(f"+{digits[2:]}", None) if digits.startswith("00") else None
    if international and not is_abroad(international, country):
        return international
    return _valid(digits, country) or _as_dialled(digits, country, customs) or international


def _as_dialled(digits: str, country: str, customs: Customs) -> str | None:
    for pattern, number in customs.dialled:
        if found := re.fullmatch(pattern, digits):
            return _valid(found.expand(number), country)
    return None


def _valid(text: str, country: str | None) -> str | None:
    try:
        parsed = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(parsed):
        return None
    return str(phonenumbers.format_number(parsed, PhoneNumberFormat.E164))


def _of_parts(bare: str, country: str | None, customs: Customs) -> Reading:
    """What is wrong with an entry that is not one number; the same number twice is one."""
    parts = [part for part in _APART.split(bare) if re.search(r"\d", part)]
    numbers = [_number(part, country, customs) for part in parts]
    if len(parts) == 1:
        numbers = _side_by_side(parts[0], country, customs) or numbers
    known = {number for number in numbers if number}
    if len(known) > 1:
        return Reading(problem="phone_two")
    if len(known) == 1 and None not in numbers:
        if _LETTER.search(bare):
            return Reading(problem="phone_words")
        return Reading(known.pop())
    digits = re.sub(r"\D", "", bare)
    if country is None and not bare.startswith(("+", "00")) and len(digits) >= _LEAST:
        return Reading(problem="phone_needs_country")
    return Reading(problem="phone_invalid")


def _side_by_side(part: str, country: str | None, customs: Customs) -> list[str | None]:
    """Two numbers with nothing but a blank between them."""
    for gap in re.finditer(r"\s+|(?=\+)", part):
        halves = part[: gap.start()], part[gap.end() :]
        found = [_number(half, country, customs) for half in halves]
        if all(found):
            return found
    return []
