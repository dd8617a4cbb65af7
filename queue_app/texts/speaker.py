"""How a centre speaks: everything that a screen says, in each of the centre's languages."""

from collections.abc import Callable, Mapping
from datetime import date, tzinfo
from zoneinfo import ZoneInfo

from msgspec import Struct

from queue_app.domain.catalogue import Language, Text
from queue_app.domain.centre import Centre
from queue_app.texts.formats import Formats
from queue_app.texts.words import SOURCE, Words, words


class Speaker(Struct, frozen=True):
    """The languages of a centre in its order, its zone, and its country if it is known.

    The names of the methods `text` and `ptext` are those that extraction looks for.
    """

    languages: tuple[Language, ...]
    zone: tzinfo
    country: str | None = None

    @property
    def side_by_side(self) -> tuple[Language, ...]:
        """The languages of a screen that shows several at once."""
        return self.languages[:2]

    def formats(self, language: Language) -> Formats:
        return Formats(language, self.zone, self.country)

    def text(self, message: str, **values: object) -> Text:
        """The message in each language, its %(name)s filled in.

        A value that is a Text is filled in as it is said in that language.
        """
        text = Text({one: _filled(words(one), message, values) for one in self.languages})
        return text.instead(self._english_of(message))

    def ptext(self, context: str, message: str) -> Text:
        """The message of that context in each language."""
        text = Text({one: words(one).pgettext(context, message) for one in self.languages})
        return text.instead(self._english_of(message, context))

    def _english_of(self, message: str, context: str | None = None) -> dict[Language, Language]:
        """The languages that have no words for it."""
        return {one: SOURCE for one in self.languages if not words(one).says(message, context)}

    def each(self, said: Callable[[Formats], str]) -> Text:
        """What is said of a time, a day or a length in each language."""
        return Text({one: said(self.formats(one)) for one in self.languages})

    def day_figures(self, day: date) -> str:
        """24.11, as the first language has it: figures that stand alone look alike in all."""
        return self.formats(self.languages[0]).day_figures(day)

    def same(self, text: str) -> Text:
        """What somebody wrote, in whatever language it is."""
        return Text(dict.fromkeys(self.languages, text))


def speaker_of(centre: Centre) -> Speaker:
    return Speaker(centre.languages, ZoneInfo(centre.timezone), centre.country)


def _filled(spoken: Words, message: str, values: Mapping[str, object]) -> str:
    said = spoken.gettext(message)
    if not values:
        return said
    return said % {
        name: value[spoken.language] if isinstance(value, Text) else value
        for name, value in values.items()
    }
