"""Services and advice by the words that people use for their trouble.

One index for the booking, the kiosk and the API, made anew when the centre changes. What a word
is worth depends on how few things it leads to; what is not understood lowers everything, so that
a question about something else finds nothing.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal

from msgspec import Struct

from queue_app.domain.alphabets import inflects, likeness, same_stem, spellings, words_of
from queue_app.domain.catalogue import Language, Text

Kind = Literal["service", "note"]
Phrases = Mapping[Language, tuple[str, ...]]

FLOOR = 0.3
"""What is found with less would be a guess."""
BESIDE = 0.45
"""What is found with less than this part of the best is left out."""
SURE = 0.75
"""So alike must two words be for the one to stand for what the other means."""
TITLE, KEYWORD, GROUP, BODY = 1.0, 1.1, 0.3, 0.2
"""What a word is worth by where it stands."""
PLAIN = 0.7
"""With less a word is known by what is rather like it, or by a text that is not about it."""
SYNONYM = 0.85
WHOLE = 0.6
"""How much more something is worth of which a keyword stands whole in the question."""
UNKNOWN = 0.35
"""The part of a word's worth by which one that leads nowhere lowers the rest."""
ELSEWHERE = 4.0
"""How many words that lead nowhere one of them weighs that names what others give."""
OTHER_SPELLING = 0.9
LONGEST = 200
"""Characters of a question that are read."""


class Keywords(Struct, frozen=True):
    """The plain words for a service or a note; `of` is its code."""

    of: str
    words: Phrases


class Synonyms(Struct, frozen=True):
    """Words that mean the same here, in whatever language."""

    words: tuple[str, ...]


class PlainWord(Struct, frozen=True):
    """A plain word that a kiosk offers to be touched, as few type there; the search is asked for
    its `title` in the centre's first language."""

    code: str
    title: Text


class SearchWords(Struct, frozen=True):
    """What the operator teaches the search beside the titles. `idle`: words that say nothing, such
    as "how" and "my". `elsewhere`: words for what others give, such as "passport"; a question with
    one of them finds only what it names well by the rest of its words. `another`: the service that
    whoever finds nothing is offered as "another question"."""

    idle: Phrases = {}
    elsewhere: Phrases = {}
    synonyms: tuple[Synonyms, ...] = ()
    keywords: tuple[Keywords, ...] = ()
    topics: tuple[PlainWord, ...] = ()
    another: str | None = None


class Thing(Struct, frozen=True):
    """What can be found: its own `title`, and what else says something of it."""

    kind: Kind
    code: str
    title: Text
    group: Text = Text()
    body: Text = Text()


class Found(Struct, frozen=True):
    """`matched`: the keywords and titles that led there, in the order of the question. `sure`: more
    than half of the question's words are known here, whatever they say of this."""

    kind: Kind
    code: str
    title: Text
    matched: tuple[str, ...]
    score: float
    sure: bool


Sign = tuple[float, str]
"""How strongly a word speaks for a thing, and in which text it stands there."""


class _Keyword(Struct, frozen=True):
    words: tuple[str, ...]
    text: str


class Index:
    """What can be found in a centre. Making it takes a tenth of a second, a question a
    millisecond."""

    def __init__(self, things: Sequence[Thing], taught: SearchWords) -> None:
        self._things = things
        self._idle = frozenset(w for text in _flat(taught.idle) for w in words_of(text))
        self._elsewhere: dict[str, list[str]] = {}
        """By first letter."""
        for word in (word for text in _flat(taught.elsewhere) for word in words_of(text)):
            self._elsewhere.setdefault(word[0], []).append(word)
        spoken: dict[str, list[str]] = {}
        for one in taught.keywords:
            spoken.setdefault(one.of, []).extend(_flat(one.words))
        self._keywords = [
            [_Keyword(self._telling(text), text) for text in spoken.get(thing.code, ())]
            for thing in things
        ]
        self._standing: dict[str, dict[int, Sign]] = {}
        """By word: in which things it stands."""
        self._alphabet: dict[str, list[str]] = {}
        """By first letter: whatever stands anywhere, or in a group of synonyms."""
        self._alike: dict[str, dict[str, float]] = {}
        """By word of a question: which of these it may be a form of, and how surely; bounded."""
        for place, thing in enumerate(things):
            self._learn(place, thing.title.values(), TITLE)
            self._learn(place, (one.text for one in self._keywords[place]), KEYWORD)
            self._learn(place, thing.group.values(), GROUP)
            self._learn(place, thing.body.values(), BODY)
        self._synonyms: dict[str, dict[int, Sign]] = {}
        """By word: what all the words say that mean the same."""
        self._members: dict[str, frozenset[str]] = {}
        """By a word of a group of synonyms: whatever stands anywhere and means the same."""
        groups = [tuple(words_of(" ".join(group.words))) for group in taught.synonyms]
        for word in dict.fromkeys([*self._standing, *(w for group in groups for w in group)]):
            self._alphabet.setdefault(word[0], []).append(word)
        for group in groups:
            self._learn_same(tuple(dict.fromkeys(group)))
        self._meanings: dict[str, frozenset[str]] = {}
        self._known: dict[str, dict[int, Sign]] = {}
        """What each word of a question has turned out to say; bounded."""

    def find(self, question: str, most: int = 8) -> list[Found]:
        """What fits best first; nothing where that would be a guess."""
        best: list[Found] = []
        for number, spelling in enumerate(self._spellings(question[:LONGEST])):
            asked = self._telling(spelling)
            found = self._find(asked, OTHER_SPELLING if number else 1.0)
            if found and (not best or found[0].score > best[0].score):
                best = found
            if any(map(self._is_elsewhere, asked)):
                break  # understood: in another alphabet it would be taken for something else
        return [one for one in best[:most] if one.score >= BESIDE * best[0].score]

    def _spellings(self, question: str) -> Iterator[str]:
        """As it stands; otherwise without the words that say nothing: "for" is no "фор"."""
        yield question
        telling = [one for one in question.split() if not self._idle.issuperset(words_of(one))]
        for spelling in dict.fromkeys(spellings(" ".join(telling) or question)):
            if spelling not in (question, " ".join(telling)):
                yield spelling

    def _telling(self, text: str) -> tuple[str, ...]:
        """The words that say something; all of them, where none does."""
        words = dict.fromkeys(words_of(text))
        return tuple(word for word in words if word not in self._idle) or tuple(words)

    def _learn(self, place: int, texts: Iterable[str], weight: float) -> None:
        for text in texts:
            for word in self._telling(text):
                at = self._standing.setdefault(word, {})
                if place not in at or at[place][0] < weight:
                    at[place] = weight, text

    def _learn_same(self, group: Sequence[str]) -> None:
        said: dict[int, Sign] = {}
        for word in group:
            _strengthen(said, self._near(word, SURE), SYNONYM)
        members = frozenset().union(*(self._forms(word) for word in group))
        for word in group:
            self._members[word] = self._members.get(word, frozenset()) | members
            _strengthen(self._synonyms.setdefault(word, {}), said, 1.0)

    def _find(self, asked: tuple[str, ...], factor: float) -> list[Found]:
        signs = [self._signs(word) for word in asked]
        worth = [self._worth(word, at) for word, at in zip(asked, signs, strict=True)]
        whole = sum(worth)
        sure = 2 * sum(map(_is_plain, signs)) > len(signs)
        places = set().union(*signs) if signs else set()
        meant = frozenset().union(*map(self._meant, asked))
        found = []
        for place in places:
            led = [n for n, at in enumerate(signs) if place in at]
            if all(_is_count(asked[n]) for n in led):
                continue  # "three years" is no "form 3"
            score = sum(worth[n] * signs[n][place][0] for n in led) / whole
            score = factor * (score + self._whole(place, asked, meant))
            if score >= FLOOR:
                thing = self._things[place]
                texts = tuple(dict.fromkeys(signs[n][place][1] for n in led))
                one = Found(thing.kind, thing.code, thing.title, texts, score, sure)
                found.append((place, one))
        return [one for _, one in sorted(found, key=lambda one: (-one[1].score, one[0]))]

    def _signs(self, word: str) -> dict[int, Sign]:
        if word not in self._known:
            if len(self._known) > 5000:
                self._known.clear()
                self._meanings.clear()
                self._alike.clear()
            self._known[word] = self._looked_up(word)
        return self._known[word]

    def _looked_up(self, word: str) -> dict[int, Sign]:
        if self._is_elsewhere(word):
            return {}
        signs = self._near(word)
        for other, alike in self._forms_of(word).items():
            if alike >= SURE and other in self._synonyms:
                _strengthen(signs, self._synonyms[other], alike)
        return signs

    def _near(self, word: str, at_least: float = 0.0) -> dict[int, Sign]:
        """What the words say of which this one is a form."""
        signs: dict[int, Sign] = {}
        for other, alike in self._forms_of(word).items():
            if alike > at_least and other in self._standing:
                _strengthen(signs, self._standing[other], alike)
        return signs

    def _forms_of(self, word: str) -> dict[str, float]:
        if word not in self._alike:
            known = self._alphabet.get(word[0], ())
            # What stands there as it is is no slip: "сусіди" is not "субсидія".
            how = same_stem if word in known else likeness
            self._alike[word] = {other: alike for other in known if (alike := how(word, other))}
        return self._alike[word]

    def _is_elsewhere(self, word: str) -> bool:
        """Whether it is rather what others give than any word that is known here."""
        named = self._elsewhere.get(word[0], ())
        if word in named:
            return True
        known = max(self._forms_of(word).values(), default=0.0)
        return known < 1.0 and any(inflects(word, other) for other in named)

    def _worth(self, word: str, signs: Mapping[int, Sign]) -> float:
        """The fewer things a word leads to, the more; what leads nowhere says little, but where it
        names what others give."""
        most = math.log(1 + len(self._things))
        if not signs and self._is_elsewhere(word):
            return ELSEWHERE * most
        strong = sum(1 for strength, _ in signs.values() if strength >= 0.5)
        return most - math.log(1 + strong) + 0.3 if signs else UNKNOWN * most

    def _whole(self, place: int, asked: Sequence[str], meant: frozenset[str]) -> float:
        """Whether a keyword stands whole in the question; the more of the question it is, the
        more that says. One word alone says nothing beside what others give, but a form's code."""
        best, least = 0.0, 2 if any(map(self._is_elsewhere, asked)) else 1
        for keyword in self._keywords[place]:
            few = len(keyword.words) < least and not any(map(_is_code, keyword.words))
            if few or len(keyword.words) > len(asked):
                continue
            if meant.issuperset(keyword.words) and self._spoken(keyword, asked):
                best = max(best, WHOLE * len(keyword.words) / len(asked))
        return best

    def _spoken(self, keyword: _Keyword, asked: Sequence[str]) -> bool:
        """Whether as many words of the question mean the keyword as it has: of "serve in the army"
        one that means either is half."""
        said = sum(1 for word in asked if not self._meant(word).isdisjoint(keyword.words))
        return said >= len(keyword.words)

    def _meant(self, word: str) -> frozenset[str]:
        """The words that stand anywhere and mean this one."""
        if self._is_elsewhere(word):
            return frozenset(one for one in self._forms_of(word) if inflects(word, one))
        if word not in self._meanings:
            groups = (
                self._members[other]
                for other, alike in self._forms_of(word).items()
                if alike >= SURE and other in self._members
            )
            self._meanings[word] = self._forms(word).union(*groups)
        return self._meanings[word]

    def _forms(self, word: str) -> frozenset[str]:
        return frozenset(
            other
            for other, alike in self._forms_of(word).items()
            if alike >= SURE and other in self._standing
        )


def _is_count(word: str) -> bool:
    """Whether it may count anything, and so says nothing by itself."""
    return word.isdigit() and len(word) < 3


def _is_code(word: str) -> bool:
    """Whether it has letters and digits, such as "ф2"."""
    return word.isalnum() and not word.isalpha() and not word.isdigit()


def _is_plain(signs: Mapping[int, Sign]) -> bool:
    """Whether a word says something by itself, not only by its likeness to another."""
    return any(strength >= PLAIN for strength, _ in signs.values())


def _strengthen(signs: dict[int, Sign], by: Mapping[int, Sign], factor: float) -> None:
    for place, (strength, text) in by.items():
        if place not in signs or signs[place][0] < strength * factor:
            signs[place] = strength * factor, text


def _flat(phrases: Phrases) -> Iterator[str]:
    for texts in phrases.values():
        yield from texts
