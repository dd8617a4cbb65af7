"""A call-out in words: what a voice in the hall says when somebody is called.

A ticket is a code of letters and figures, "А42", and so is a desk, "5" or "5А": each letter is
said by its name, each figure as a number. A desk with a longer name, "Каса 2", is said by it.
"""

import re
from collections.abc import Mapping
from typing import Annotated

from msgspec import Meta, Struct

from queue_app.domain.alphabets import MARKS
from queue_app.domain.catalogue import Language

Nine = Annotated[tuple[str, ...], Meta(min_length=9, max_length=9)]

_RUNS = re.compile(rf"(?:[^\W\d_][{MARKS}]*)+|\d+")
_LETTERS = re.compile(rf"[^\W\d_][{MARKS}]*")
"""Each with what stands on or behind it: "खि" of "खिड़की"."""
STRESS = "\u0301"
"""The accent behind a vowel that is stressed."""
_WORDS = re.compile(rf"[^\W\d_](?:[^\W\d_]|[{MARKS}]|['’](?=[^\W\d_]))*")
_NUMBER_IN_NAME = re.compile(r"[\s№#_\-‐-―]*(\d+)\s*")
_UNSPEAKABLE = re.compile(r"[\[\]<>&|_/№#«»„“”\"]+")
"""Signs that a voice would obey, spell out or stumble over."""
_APOSTROPHES = str.maketrans("'ʼ`´‘", "’’’’’")
LETTERS_OF_A_CODE = 2
"""More letters in a row are a word."""


class Numerals(Struct, frozen=True, forbid_unknown_fields=True):
    """Numbers from 0 to 9999 in words, as they count a ticket or a desk.

    `units`: 0 to 19; `tens`: 20, 30 … 90; `hundreds` and `thousands`: the first nine. Between tens
    and a unit stands `after_tens`, before what is below a hundred of a larger number `before_rest`.
    """

    units: Annotated[tuple[str, ...], Meta(min_length=20, max_length=20)]
    tens: Annotated[tuple[str, ...], Meta(min_length=8, max_length=8)]
    hundreds: Nine
    thousands: Nine
    after_tens: str = " "
    before_rest: str = " "


class Spoken(Struct, frozen=True):
    """How one language says a call-out.

    `to_desk`, `to_name` and `to_place`: the whole of it, with %(number)s, for a desk that is a
    code (%(desk)s), for one with a name (%(desk)s, as it is called) and for one of which `places`
    know how one is sent there (%(way)s), such as "до каси" for "Каса". `numerals` None: figures
    stand as figures, which voices read. `letters`: their names; one without stands for itself.
    `sounds`: letters of another alphabet in this one's, for names. `phonemes`: words that
    espeak-ng would say wrongly, in its mnemonics; `stressed`: those of which it knows the sounds
    and not the stress, each with STRESS behind its vowel. `vowels`: of a language in which nobody
    can tell the stress of a word with several of them; none where there is no need to.

    Of texts that are read aloud: `feminine`: numerals before a feminine noun, by what they are
    else; `feminine_nouns`: how such nouns begin; `abbreviations`: what is said for them.
    """

    language: Language
    to_desk: str
    to_name: str
    to_place: str
    numerals: Numerals | None = None
    letters: Mapping[str, str] = {}
    sounds: Mapping[str, str] = {}
    places: Mapping[str, str] = {}
    phonemes: Mapping[str, str] = {}
    stressed: Mapping[str, str] = {}
    vowels: str = ""
    feminine: Mapping[str, str] = {}
    feminine_nouns: tuple[str, ...] = ()
    abbreviations: Mapping[str, str] = {}


def call_out(spoken: Spoken, number: str, desk: str) -> str:
    """What is said when the ticket of this number is called to this desk."""
    ticket = code(spoken, number)
    if is_code(desk):
        return spoken.to_desk % {"number": ticket, "desk": code(spoken, desk)}
    name = _written(spoken, desk)
    if way := _way(spoken, name):
        return spoken.to_place % {"number": ticket, "way": way}
    return spoken.to_name % {"number": ticket, "desk": _in_own_letters(spoken, name)}


def is_code(name: str) -> bool:
    """Whether this names a desk as "5", "5А" or "А-5" do, without a word in it."""
    runs = _RUNS.findall(name)
    return bool(runs) and all(one.isdecimal() or _are_letters(one) for one in runs)


def _are_letters(run: str) -> bool:
    """Whether it is no word: one or two letters, but 甲櫃, without capitals, is a name."""
    return len(run) == 1 or (len(run) <= LETTERS_OF_A_CODE and run.upper() != run.lower())


def code(spoken: Spoken, name: str) -> str:
    """Letters by their names and numbers in words: "А42" is "а сорок два"."""
    return " ".join(
        figures(spoken.numerals, run) if run.isdecimal() else _letters(spoken, run)
        for run in _RUNS.findall(name)
    )


def _letters(spoken: Spoken, run: str) -> str:
    letters = (letter.upper() for letter in _LETTERS.findall(run))
    return " ".join(spoken.letters.get(letter, letter) for letter in letters)


def figures(numerals: Numerals | None, digits: str) -> str:
    """A number in words; one that is too long, or begins with a nought, figure by figure."""
    if numerals is None:
        return digits
    if len(digits) > 4 or (digits.startswith("0") and len(digits) > 1):
        return " ".join(numerals.units[int(one)] for one in digits)
    return in_words(numerals, int(digits))


def in_words(numerals: Numerals, number: int) -> str:
    """A number from 0 to 9999."""
    if number < 20:
        return numerals.units[number]
    if number < 100:
        tens, unit = numerals.tens[number // 10 - 2], number % 10
        return f"{tens}{numerals.after_tens}{numerals.units[unit]}" if unit else tens
    size, names = (1000, numerals.thousands) if number >= 1000 else (100, numerals.hundreds)
    head, rest = names[number // size - 1], number % size
    if not rest:
        return head
    return f"{head}{numerals.before_rest if rest < 100 else ' '}{in_words(numerals, rest)}"


def _written(spoken: Spoken, name: str) -> str:
    """A desk's own name, its numbers in words."""
    plain = " ".join(_UNSPEAKABLE.sub(" ", name).split())
    words = _NUMBER_IN_NAME.sub(lambda run: f" {figures(spoken.numerals, run[1])} ", plain).split()
    return " ".join(_one_letter(spoken, word) for word in words)


def _one_letter(spoken: Spoken, word: str) -> str:
    """A capital that stands alone is a letter: "Каса В"."""
    alone = len(word) == 1 and word.isupper()
    return _letters(spoken, word) if alone else word


def _way(spoken: Spoken, name: str) -> str | None:
    """How one is sent to a desk whose name begins so: "Каса два" is "до каси два"."""
    said = folded(name)
    for known, way in spoken.places.items():
        if said == folded(known) or said.startswith(f"{folded(known)} "):
            return way + name[len(known) :]
    return None


def _in_own_letters(spoken: Spoken, name: str) -> str:
    return "".join(_sound(spoken, letter) for letter in name)


def _sound(spoken: Spoken, letter: str) -> str:
    sound = spoken.sounds.get(letter.lower(), letter)
    return sound.capitalize() if letter.isupper() else sound


def words_of_speech(text: str) -> list[str]:
    """The words of a text as tables and recordings name them: small letters, one apostrophe."""
    return [folded(word) for word in _WORDS.findall(text.translate(_APOSTROPHES))]


def folded(word: str) -> str:
    return word.translate(_APOSTROPHES).replace(STRESS, "").casefold()


def pronounced(spoken: Spoken, text: str) -> str:
    """The text for espeak-ng: words of its table as phonemes in double brackets, others that are
    known with their stress. A stress that the text has itself stays."""

    def said(found: re.Match[str]) -> str:
        if STRESS in found[0]:
            return found[0]
        word = folded(found[0])
        phonemes = spoken.phonemes.get(word)
        return f"[[{phonemes}]]" if phonemes else spoken.stressed.get(word, found[0])

    return _WORDS.sub(said, text.translate(_APOSTROPHES))


def unstressed(spoken: Spoken, text: str) -> list[str]:
    """The words of the text of which a voice has to guess the stress, each once, in their order."""
    return list(
        dict.fromkeys(
            word
            for word in words_of_speech(text)
            if sum(letter in spoken.vowels for letter in word) > 1
            and word not in spoken.phonemes
            and word not in spoken.stressed
        )
    )
