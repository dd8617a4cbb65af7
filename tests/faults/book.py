"""What the people of a trial were told, and whether the database kept every word of it.

An acknowledgement is an answer of 200 or 201. What was asked and never answered may have been
done or not: neither is wrong. What was acknowledged and is not there is lost; what is there twice,
or was never asked for, is done twice.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

TOO_LONG = 10.0
"""Seconds after which nobody waits for an answer."""
COLUMNS = ("2xx", "4xx", "503", "500", "broken", "timeout")


@dataclass(frozen=True)
class Reply:
    """One answer, or none. `what` was asked for: "ticket", "verb", "hold", "booking", "page".

    `status` 0: the connection broke, or nothing came in time.
    """

    what: str
    sent: float
    seconds: float
    status: int = 0
    late: bool = False
    json: Any = None

    @property
    def column(self) -> str:
        if not self.status:
            return "timeout" if self.late else "broken"
        if self.status >= 500:
            return "503" if self.status == 503 else "500"
        return f"{self.status // 100}xx"

    @property
    def done(self) -> bool:
        return 200 <= self.status < 300


@dataclass(frozen=True)
class Promised:
    """What one key was told: the token or link of what was made, and when it was asked for."""

    thing: str
    asked: float


@dataclass
class Book:
    """Everything that was asked in a trial. Times are of `time.monotonic`."""

    replies: list[Reply] = field(default_factory=list)
    tickets: dict[str, Promised] = field(default_factory=dict)
    """By the key under which each was asked for."""
    bookings: dict[str, Promised] = field(default_factory=dict)
    """By the name under which each was confirmed."""
    verbs: dict[str, Promised] = field(default_factory=dict)
    """By key; the thing is such as "17 call"."""
    unanswered: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """Keys that were asked under and have no answer yet, by what for."""
    issued: list[float] = field(default_factory=list)
    """When tickets were acknowledged."""
    changed: list[str] = field(default_factory=list)
    """Keys that were told one thing and then another."""

    def tell(self, kind: str, key: str, thing: str, asked: float) -> None:
        """`key` was told that `thing` is done."""
        book = self._of(kind)
        before = book.get(key)
        if before and before.thing != thing:
            self.changed.append(f"{kind} {before.thing}, then {thing}")
        book[key] = Promised(thing, before.asked if before else asked)

    def _of(self, kind: str) -> dict[str, Promised]:
        return {"ticket": self.tickets, "booking": self.bookings, "verb": self.verbs}[kind]

    def counted(self) -> Counter[str]:
        return Counter(reply.column for reply in self.replies)

    def within(self, start: float, end: float, what: str = "") -> list[Reply]:
        """What was asked for in that time."""
        return [one for one in self.replies if start <= one.sent <= end and what in ("", one.what)]

    def longest_answer(self) -> float:
        """Of those that came at all."""
        return max((one.seconds for one in self.replies if one.status), default=0.0)

    def longest_without(self, start: float, end: float) -> float:
        """The longest stretch of that time in which no ticket was acknowledged."""
        return longest_gap(self.issued, start, end)

    def refusals(self) -> list[str]:
        """The codes of the refusals, each with how often it came, the commonest first."""
        codes = Counter(
            str(reply.json.get("code")) if isinstance(reply.json, dict) else str(reply.status)
            for reply in self.replies
            if reply.column == "4xx"
        )
        return [f"{code} {times} times" for code, times in codes.most_common()]


def longest_gap(moments: Iterable[float], start: float, end: float) -> float:
    """The longest stretch between `start` and `end` without any of these moments."""
    marks = [start, *(at for at in sorted(moments) if start < at < end), end]
    return max(after - before for before, after in pairwise(marks))


@dataclass(frozen=True)
class Kept:
    """What the database holds afterwards: tokens of tickets, links and names of bookings, how
    often each ticket had each verb, and the numbers that were given."""

    tickets: frozenset[str]
    bookings: tuple[tuple[str, str], ...]
    verbs: Mapping[str, int]
    numbers: tuple[str, ...]


@dataclass
class Verdict:
    lost: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    numbers: list[str] = field(default_factory=list)


def judge(book: Book, kept: Kept, since: float = 0.0) -> Verdict:
    """What is lost and what is done twice.

    `since`: what was asked for before then may be gone, as a backup was put back.
    """
    verdict = Verdict(twice=list(book.changed), numbers=wrong_numbers(kept.numbers))
    _judge_tickets(verdict, book, kept, since)
    _judge_bookings(verdict, book, kept, since)
    _judge_verbs(verdict, book, kept, since)
    return verdict


def _judge_tickets(verdict: Verdict, book: Book, kept: Kept, since: float) -> None:
    promised = _after(book.tickets, since)
    verdict.lost += [f"ticket {one}" for one in promised if one not in kept.tickets]
    verdict.twice += [f"ticket {one} under two keys" for one in _repeated(promised)]
    told = {one.thing for one in book.tickets.values()}
    verdict.twice += _beyond(kept.tickets - told, book.unanswered["ticket"], "ticket")


def _judge_bookings(verdict: Verdict, book: Book, kept: Kept, since: float) -> None:
    promised = {name: one.thing for name, one in book.bookings.items() if one.asked >= since}
    there = set(kept.bookings)
    verdict.lost += [
        f"booking {link}" for name, link in promised.items() if (link, name) not in there
    ]
    verdict.twice += [f"booking of {name}" for name in _repeated(name for _, name in there)]
    told = {one.thing for one in book.bookings.values()}
    unknown = {link for link, _ in there} - told
    verdict.twice += _beyond(unknown, book.unanswered["booking"], "booking")


def _judge_verbs(verdict: Verdict, book: Book, kept: Kept, since: float) -> None:
    promised = _after(book.verbs, since)
    verdict.lost += [f"verb {one}" for one in promised if not kept.verbs.get(one)]
    verdict.twice += [f"verb {one} {times} times" for one, times in kept.verbs.items() if times > 1]


def _after(promised: Mapping[str, Promised], since: float) -> list[str]:
    return [one.thing for one in promised.values() if one.asked >= since]


def _repeated(things: Iterable[str]) -> list[str]:
    return [one for one, times in Counter(things).items() if times > 1]


def _beyond(unknown: Iterable[str], unanswered: Iterable[str], what: str) -> list[str]:
    """Each key without an answer may have made one; nothing else made any."""
    extra = sorted(unknown)[len(set(unanswered)) :]
    return [f"{what} {one}, which nobody was told of" for one in extra]


def wrong_numbers(numbers: Iterable[str]) -> list[str]:
    """Numbers given twice, and those left out below the highest of their series."""
    times = Counter(numbers)
    wrong = [f"{number} {count} times" for number, count in times.items() if count > 1]
    series: dict[str, set[int]] = {}
    for number in times:
        if found := re.fullmatch(r"(\D*)(\d+)", number):
            series.setdefault(found[1], set()).add(int(found[2]))
    for prefix, counts in series.items():
        wrong += [f"no {prefix}{n}" for n in range(1, max(counts)) if n not in counts]
    return wrong
