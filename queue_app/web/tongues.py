"""What a page says in another language than its own is marked as that (WCAG 3.1.2).

A text that nobody has translated is said in English, one of the centre in another of its
languages. Read aloud by the rules of the page's language nobody understands it, and on a page that
is written from the right its full stop stands at the wrong end. Templates say it like any other
text, in the middle of a sentence or in an attribute: it goes through them between signs, and
elements take their place in the page that is ready.
"""

import gettext
import re
from collections.abc import Sequence
from typing import Any

from jinja2 import Environment, pass_environment
from jinja2.filters import do_truncate

from queue_app.domain.catalogue import Language, Text
from queue_app.texts.formats import Formats
from queue_app.texts.words import SOURCE, Words, words, words_else
from queue_app.web.i18n import tongue

BEGINS, NAMED, ENDS = "\ue000", "\ue001", "\ue002"
"""Signs of nobody's script: a text in French is BEGINS fr NAMED the text ENDS."""
_SIGN = re.compile(f"{BEGINS}([\\w-]*){NAMED}|{ENDS}")
_STRAY = re.compile(f"[{BEGINS}{NAMED}{ENDS}]")
_LAST_STOP = re.compile(rf"\.(?={ENDS}?$)")
_NOT_TEXT = re.compile(
    r"<(script|style|title|textarea|option)\b.*?</\1\s*>|<!--.*?-->"
    r"""|<(?:[^<>"']|"[^"]*"|'[^']*')*>""",
    re.DOTALL | re.IGNORECASE,
)
"""A tag, or an element in which no other can stand."""


def marked(language: Language, text: str) -> str:
    """The text with the signs of its language; nothing stays nothing."""
    return f"{BEGINS}{language}{NAMED}{text}{ENDS}" if text else text


def unmarked(text: str) -> str:
    return _STRAY.sub("", _SIGN.sub("", text))


def without_full_stop(text: str) -> str:
    """As a heading is written."""
    return _LAST_STOP.sub("", text)


def with_elements(html: str, languages: Sequence[Language]) -> str:
    """The page with an element around each marked text; in attributes and where no element may
    stand the signs are left out. `languages`: those of the centre; what somebody has typed may have
    the signs of any other, and none is."""
    if not _STRAY.search(html):
        return html
    known = {one: tongue(one, languages) for one in {*languages, SOURCE}}
    pieces, at, opened = list[str](), 0, 0

    def element(sign: re.Match[str]) -> str:
        nonlocal opened
        if sign[1] in known:
            opened += 1
            return f"<span{known[sign[1]]}>"
        if sign[0] != ENDS or not opened:
            return ""
        opened -= 1
        return "</span>"

    def text(piece: str) -> str:
        return _STRAY.sub("", _SIGN.sub(element, piece))

    for found in _NOT_TEXT.finditer(html):
        pieces += text(html[at : found.start()]), unmarked(found[0])
        at = found.end()
    return "".join([*pieces, text(html[at:])])


class Untranslated(gettext.NullTranslations):
    """English, marked as such: what stands in where a language has no words."""

    def gettext(self, message: str) -> str:
        return marked(SOURCE, message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return marked(SOURCE, super().ngettext(msgid1, msgid2, n))

    def pgettext(self, context: str, message: str) -> str:
        return marked(SOURCE, super().pgettext(context, message))

    def npgettext(self, context: str, msgid1: str, msgid2: str, n: int) -> str:
        return marked(SOURCE, super().npgettext(context, msgid1, msgid2, n))


class _WithoutUnits(Untranslated):
    """What has a context in `Formats` are units, which are written along with their number."""

    def pgettext(self, context: str, message: str) -> str:
        return gettext.NullTranslations.pgettext(self, context, message)


_ENGLISH, _ENGLISH_OF_TIMES = Untranslated(), _WithoutUnits()


def marking_words(language: Language) -> Words:
    """The words of a language, English ones among them marked."""
    return words(SOURCE) if language == SOURCE else words_else(language, _ENGLISH)


class MarkingFormats(Formats, frozen=True):
    """Times, days and lengths for a page, English words among them marked."""

    @property
    def _words(self) -> Words:
        if self.language == SOURCE:
            return words(SOURCE)
        return words_else(self.language, _ENGLISH_OF_TIMES)


class Templates(Environment):
    """An environment in which a text that a language lacks is marked as what it is said in."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.filters.update(truncate=_truncated, unmarked=unmarked)

    def getitem(self, obj: Any, argument: Any) -> Any:
        found = super().getitem(obj, argument)
        if isinstance(obj, Text) and (spoken := obj.spoken_in(argument)) != argument:
            return marked(spoken, str(found))
        return found


@pass_environment
def _truncated(environment: Environment, text: str, length: int) -> str:
    return do_truncate(environment, unmarked(text), length)
