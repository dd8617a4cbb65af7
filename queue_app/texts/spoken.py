"""How each language says a call-out: the product's tables in `speech/`, an operator's before them.

A language without a table says its phrase, if somebody translated it, around bare figures, which
voices read; one without a phrase is not spoken at all: the next in line is, English at last.
"""

import tomllib
from collections.abc import Iterable
from pathlib import Path

import msgspec

from queue_app.domain.callouts import STRESS, Numerals, Spoken, folded
from queue_app.domain.catalogue import Language
from queue_app.texts.words import SOURCE, Words, words

TABLES = Path(__file__).parent / "speech"
OWN_TABLE = "speech.toml"
"""Of an operator, in the folder of a language."""


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file of a language; what an operator's lacks is as in the product's. `stressed`: words,
    with space between them."""

    numerals: Numerals | None = None
    letters: dict[str, str] = {}
    sounds: dict[str, str] = {}
    places: dict[str, str] = {}
    phonemes: dict[str, str] = {}
    stressed: str = ""
    vowels: str = ""
    feminine: dict[str, str] = {}
    feminine_nouns: tuple[str, ...] = ()
    abbreviations: dict[str, str] = {}


class UnreadableTableError(Exception):
    """A table of a language that cannot be used: which file, and why."""


def spoken_in(languages: Iterable[Language], folder: Path | None = None) -> Spoken:
    """The first of the languages that can be spoken, else English.

    `folder`: an operator's, with a folder for each language. UnreadableTableError."""
    for language in (*languages, SOURCE):
        if found := _spoken(language, folder):
            return found
    raise AssertionError("English has its phrases")


def _spoken(language: Language, folder: Path | None) -> Spoken | None:
    phrases = _phrases(words(language))
    if language != SOURCE and phrases == _phrases(words(SOURCE)):
        return None
    to_desk, to_name, to_place = phrases
    table = _merged(language, folder)
    return Spoken(
        language=language,
        to_desk=to_desk,
        to_name=to_name,
        to_place=to_place,
        numerals=table.numerals,
        letters={letter.upper(): name for letter, name in table.letters.items()},
        sounds=table.sounds,
        places=table.places,
        phonemes={folded(word): said for word, said in table.phonemes.items()},
        stressed={folded(word): word.casefold() for word in table.stressed.split()},
        vowels=table.vowels,
        feminine=table.feminine,
        feminine_nouns=table.feminine_nouns,
        abbreviations=table.abbreviations,
    )


def _phrases(said: Words) -> tuple[str, str, str]:
    """To a desk that is a number, to one with a name, and to one of which the way is told."""
    return (
        said.pgettext("voice", "Ticket %(number)s. Please go to desk %(desk)s."),
        said.pgettext("voice", "Ticket %(number)s. Please go to %(desk)s."),
        said.pgettext("voice", "Ticket %(number)s. Please go %(way)s."),
    )


def _merged(language: Language, folder: Path | None) -> _Table:
    base = _read(TABLES / f"{language.replace('-', '_')}.toml")
    own = _read(folder / language / OWN_TABLE) if folder else _Table()
    return _Table(
        numerals=own.numerals or base.numerals,
        letters=base.letters | own.letters,
        sounds=base.sounds | own.sounds,
        places=base.places | own.places,
        phonemes=base.phonemes | own.phonemes,
        stressed=f"{base.stressed} {own.stressed}",
        vowels=own.vowels or base.vowels,
        feminine=base.feminine | own.feminine,
        feminine_nouns=(*base.feminine_nouns, *own.feminine_nouns),
        abbreviations=base.abbreviations | own.abbreviations,
    )


def _require_stresses(table: _Table) -> None:
    """ValueError."""
    for word in table.stressed.split():
        before, accent, after = word.partition(STRESS)
        if not (accent and before[-1:].isalpha()) or STRESS in after:
            raise ValueError(f"stressed: {word}: one accent (U+0301) stands behind its vowel")


def _read(path: Path) -> _Table:
    if not path.is_file():
        return _Table()
    try:
        found = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), _Table)
        _require_stresses(found)
        return found
    except (OSError, ValueError, tomllib.TOMLDecodeError) as error:
        raise UnreadableTableError(f"{path}: {error}") from None
