"""How one word may be written: letters that people take for each other, other alphabets, and the
keyboard that was left on another language.

What is compared is folded first: without case and apostrophes, with one letter for those that
Ukrainian, Russian and English writers mix up, and codes such as "Ф-2" as one word.
"""

import re
import unicodedata
from collections.abc import Iterator

from rapidfuzz.distance import OSA

MARKS = "".join(
    chr(sign) for sign in range(0x0300, 0xFE00) if unicodedata.category(chr(sign)).startswith("M")
)
"""What stands on or behind a letter and belongs to its word, such as the vowels of Devanagari; for
a class of a pattern, as Python counts them as no letters."""
_OPTIONAL = re.compile(
    "[\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u093c\u09bc\u0a3c\u0abc\u0b3c]"
)
"""Marks without which many write: accents, Hebrew and Arabic vowels, Devanagari's dot below."""
_UNSEEN = re.compile("[\u00ad\u0640\u200b-\u200f]")
_APOSTROPHES = re.compile(r"[’‘ʼ'`´ʹ′＇]")
_WORD = re.compile(rf"\d+(?:/\d+)+|(?:[^\W_]|[{MARKS}])+")
"""A number with a stroke in it is one: India's land records are the "7/12"."""
_UNSPACED = re.compile(
    "([\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+)|([\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]+)"
)
"""Chinese and Japanese; Thai, Lao, Burmese and Khmer. Between their words stands no blank."""
_REFLEXIVE = re.compile(r"(?<=\w{4}с)я$")
"""Whose ending is "ся" or "сь" as one likes: "дізнатися", "дізнатись"."""
_CODE = re.compile(rf"(?<![^\W_])(?<![{MARKS}])([^\W\d_])[\s.\-‐-―№#]*(\d+)(?![^\W_])")
"""A letter and a number, such as "Ф-2", "ф 2", "F2"."""
_FOLDED = str.maketrans(
    {
        "ґ": "г",
        "ё": "е",
        "э": "е",
        "є": "е",
        "і": "и",
        "ї": "и",
        "ы": "и",
        "й": "и",
        "ъ": None,
        "ь": None,
        "ँ": "ं",
        "台": "臺",
    }
)

_LATIN_KEYS = "qwertyuiop[]asdfghjkl;'zxcvbnm,.\\"
_CYRILLIC_KEYS = ("йцукенгшщзхїфівапролджєячсмитьбюґ", "йцукенгшщзхъфывапролджэячсмитьбю\\")
"""What the same keys write in Ukrainian and in Russian."""
_TO_CYRILLIC = tuple(str.maketrans(_LATIN_KEYS, keys) for keys in _CYRILLIC_KEYS)
_TO_LATIN = tuple(str.maketrans(keys, _LATIN_KEYS) for keys in _CYRILLIC_KEYS)

_SOUNDS = (
    ("shch", "щ"), ("sch", "щ"), ("zgh", "зг"), ("zh", "ж"), ("kh", "х"), ("ts", "ц"), ("ch", "ч"),
    ("sh", "ш"), ("ya", "я"), ("ia", "я"), ("ja", "я"), ("yu", "ю"), ("iu", "ю"), ("ju", "ю"),
    ("ye", "є"), ("ie", "є"), ("je", "є"), ("yi", "ї"), ("ji", "ї"), ("yo", "йо"), ("ph", "ф"),
    ("a", "а"), ("b", "б"), ("c", "ц"), ("d", "д"), ("e", "е"), ("f", "ф"), ("g", "г"), ("h", "г"),
    ("i", "і"), ("j", "й"), ("k", "к"), ("l", "л"), ("m", "м"), ("n", "н"), ("o", "о"), ("p", "п"),
    ("q", "к"), ("r", "р"), ("s", "с"), ("t", "т"), ("u", "у"), ("v", "в"), ("w", "в"), ("x", "кс"),
    ("y", "и"), ("z", "з"),
)  # fmt: skip
"""Ukrainian in Latin letters, by the official table of 2010 and as people write it."""
_SOUND = re.compile("|".join(latin for latin, _ in _SOUNDS))
_CYRILLIC_OF = dict(_SOUNDS)


def words_of(text: str) -> list[str]:
    """The words of a text, folded, in their order; where no blank stands between words, every two
    signs that are side by side, or three letters, for a word."""
    plain = _APOSTROPHES.sub("", _UNSEEN.sub("", _bare(text)))
    joined = _CODE.sub(r"\1\2", plain)
    folded = (word.translate(_FOLDED) for word in _WORD.findall(joined))
    reflexive = (_REFLEXIVE.sub("", word) for word in folded if word)
    return [part for word in reflexive for part in _parts(word)]


def _bare(text: str) -> str:
    """In small letters of the usual width, without the marks that many leave out."""
    apart = unicodedata.normalize("NFKD", text).casefold()
    return unicodedata.normalize("NFC", _OPTIONAL.sub("", apart))


def _parts(word: str) -> Iterator[str]:
    end = 0
    for found in _UNSPACED.finditer(word):
        yield from filter(None, [word[end : found.start()]])
        size = 2 if found[1] else 3
        run, end = found[0], found.end()
        yield from (run[n : n + size] for n in range(max(1, len(run) - size + 1)))
    yield from filter(None, [word[end:]])


def spellings(text: str) -> Iterator[str]:
    """The text as it stands, as the same keys write it on another layout, and in Cyrillic."""
    yield text
    lower = text.casefold()
    latin, cyrillic = _has(lower, "a", "z"), _has(lower, "а", "ґ")
    if latin and not cyrillic:
        yield from (lower.translate(table) for table in _TO_CYRILLIC)
        yield _SOUND.sub(lambda found: _CYRILLIC_OF[found[0]], lower)
    if cyrillic and not latin:
        yield from (lower.translate(table) for table in _TO_LATIN)


def _has(text: str, first: str, last: str) -> bool:
    return any(first <= letter <= last for letter in text)


def likeness(one: str, other: str) -> float:
    """How surely two folded words are forms of one, from 0 to 1; 0 where that would be a guess.

    The same beginning with another ending, as Ukrainian and Russian inflect; or a slip of the
    fingers, never in the first letter.
    """
    if one == other:
        return 1.0
    if one[0] != other[0] or one.isdigit() or other.isdigit():
        return 0.0
    return max(same_stem(one, other), _slip(one, other))


_VOWELS = frozenset("аеиоуюяaeiouy")


def inflects(one: str, other: str) -> bool:
    """Whether two folded words differ by an ending alone; slips and short stems do not count:
    of a short one the last vowel may change ("віза", "візу"), no consonant ("брак", "брат")."""
    if len(other) < 5:
        return one == other or (
            len(one) == len(other)
            and one[:-1] == other[:-1]
            and _VOWELS.issuperset((one[-1], other[-1]))
        )
    common = _common(one, other)
    endings = 2 if len(other) > 7 else 1
    return common >= max(3, len(other) - endings) and len(one) - common <= 3


_DIGIT = re.compile(r"\d")


_SHORT = 6
"""Of so few letters half are a stem; of more ("потік", "потерял") half are chance."""


def same_stem(one: str, other: str) -> float:
    """How surely two folded words have one stem, from 0 to 1; slips of the fingers do not count."""
    if one == other:
        return 1.0
    if one[:3] != other[:3]:
        return 0.0
    common = _common(one, other)
    long = max(len(one), len(other))
    endings = 2 if common < 4 else 3 if common < 6 else 5
    share = common / long
    if long - common > endings or share < 0.5:
        return 0.0
    if common == 3 and long > 4 and common < min(len(one), len(other)):
        return 0.0
    if _DIGIT.search(one) or _DIGIT.search(other):
        return 0.0
    return 0.95 if share >= 0.66 or long <= _SHORT else 0.7


def _common(one: str, other: str) -> int:
    """How many letters the beginnings share."""
    apart = (n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b)
    return next(apart, min(len(one), len(other)))


def _slip(one: str, other: str) -> float:
    """A letter too much, too few, wrong or in the wrong place; two in a long word."""
    longer = max(len(one), len(other))
    allowed = 0 if longer < 5 else 1 if longer < 8 else 2
    if longer - min(len(one), len(other)) > allowed:
        return 0.0
    slips = OSA.distance(one, other, score_cutoff=allowed)
    if slips > allowed:
        return 0.0
    return 0.85 - 0.05 * slips if longer > 5 else 0.65
