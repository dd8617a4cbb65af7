"""The letters by which one types at the kiosk, in each language of the centre."""

import unicodedata
from collections.abc import Iterable

from msgspec import Struct

from queue_app.domain.alphabets import MARKS
from queue_app.domain.catalogue import Language
from queue_app.domain.centre import Centre
from queue_app.texts.speaker import Speaker
from queue_app.texts.words import N_, SOURCE

LATIN = N_("ABCDEFGHIJKLMNOPQRSTUVWXYZ")


class Alphabet(Struct, frozen=True):
    """Letters in their order, and the languages that are written with them."""

    letters: str
    languages: tuple[Language, ...]


def alphabets(speaker: Speaker, centre: Centre) -> list[Alphabet]:
    """Each once, in the order of the centre's languages."""
    found: dict[str, tuple[Language, ...]] = {}
    for language, letters in speaker.text(LATIN).items():
        own = letters
        if letters == LATIN:
            own = _with_beyond(letters, _titles(centre, language), SOURCE in speaker.languages)
        found[own] = (*found.get(own, ()), language)
    return [Alphabet(letters, languages) for letters, languages in found.items()]


def _with_beyond(latin: str, titles: Iterable[str], has_english: bool) -> str:
    """Of a language with letters of its own they come first; Latin ones, which its titles have at
    most beside them, only where no other language of the centre brings them."""
    beyond = _beyond(latin, titles)
    if not any(_is_of_another_script(letter) for letter in beyond):
        return latin + beyond
    return beyond if has_english else beyond + latin


def _is_of_another_script(letter: str) -> bool:
    return letter.isalpha() and not unicodedata.name(letter, "").startswith("LATIN")


def _titles(centre: Centre, language: Language) -> Iterable[str]:
    """What is asked for there, in so far as it is said in this language."""
    for title in [one.title for one in centre.services] + [one.title for one in centre.groups]:
        yield title.get(language, "")


def _beyond(letters: str, titles: Iterable[str]) -> str:
    """The further letters of a language whose alphabet nobody has translated: those with which
    its titles are written."""
    written = {letter for title in titles for letter in title.upper() if _is_typed(letter)}
    return "".join(sorted(written - set(letters)))


def _is_typed(letter: str) -> bool:
    """A vowel of Devanagari, too, which is a mark behind its consonant."""
    return letter.isalpha() or letter in MARKS
