"""A text of a screen as a voice reads it: codes letter by letter, numbers and times in words."""

import re

from queue_app.domain.alphabets import MARKS
from queue_app.domain.callouts import LETTERS_OF_A_CODE, Spoken, code, figures

_UNSPOKEN = re.compile(r"[\[\]<>{}|_*/#№«»„“”\"•·←→↑↓⌫]+")
"""Signs that a voice would obey, spell out or stumble over."""
_TIME = re.compile(r"(?<![\d:])([01]?\d|2[0-3]):([0-5]\d)(?![\d:])")
_CODE = re.compile(rf"(?<![^\W_])(?<![{MARKS}])[^\W\d_]{{1,{LETTERS_OF_A_CODE}}}-?\d+(?![^\W_])")
_RANGE = re.compile(r"(?<=\d)\s*[‐-―-]\s*(?=\d)")
_COUNTED = re.compile(r"(?<![\d+])(\d{1,4})(\s+)([^\W\d_]+)")
_NUMBER = re.compile(r"\d+")
_BETWEEN_GROUPS = re.compile(r"(?<=\d)[\s()-]+(?=\d)")
_ABBREVIATION = re.compile(r"(?<![^\W_])([^\W\d_]{2,6})\b\.?")
LONGEST = 400
"""Signs of one text: a sentence or two."""


def read_aloud(spoken: Spoken, text: str) -> str:
    """The text in words. A range is its two numbers after one another, a telephone number the
    groups in which it is written."""
    said = _UNSPOKEN.sub(" ", text)
    said = _TIME.sub(lambda found: _time(spoken, found), said)
    said = _CODE.sub(lambda found: code(spoken, found[0]), said)
    said = _BETWEEN_GROUPS.sub(", ", _RANGE.sub(", ", said))
    said = _ABBREVIATION.sub(lambda found: _whole(spoken, found), said)
    said = _COUNTED.sub(lambda found: _counted(spoken, found), said)
    said = _NUMBER.sub(lambda found: f" {figures(spoken.numerals, found[0])} ", said)
    return re.sub(r"\s+(?=[,.!?:;])", "", " ".join(said.split()))


def _time(spoken: Spoken, found: re.Match[str]) -> str:
    """ "10:05" is "ten zero five", "10:00" "ten zero zero"."""
    if spoken.numerals is None:
        return found[0]
    return f"{figures(spoken.numerals, str(int(found[1])))} {figures(spoken.numerals, found[2])}"


def _whole(spoken: Spoken, found: re.Match[str]) -> str:
    return spoken.abbreviations.get(found[1].lower(), found[0])


def _counted(spoken: Spoken, found: re.Match[str]) -> str:
    """A number with the noun that it counts."""
    number, noun = figures(spoken.numerals, found[1]), found[3]
    if noun.lower().startswith(spoken.feminine_nouns):
        before, _, last = number.rpartition(" ")
        number = f"{before} {spoken.feminine.get(last, last)}".strip()
    return f"{number}{found[2]}{noun}"
