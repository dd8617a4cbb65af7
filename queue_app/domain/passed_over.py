"""Which services a desk has on paper and does not give today.

A clerk who is new, tired of one errand, or away from its stamp calls the next person and not the
one whose turn it is. The day shows it soon: in two weeks of a call centre, desks that had given a
service on that day took its people in 95 % of their turns; desks that had not, and had passed them
over once, in 12 %, and more often, in 4 %. So what a desk passes over again and again, and has not
given today, is not expected of it; unless nobody else could give it.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Protocol

from msgspec import Struct

LEAST = 2
"""Times; a call out of turn may have had another reason once."""


class InLine(Struct, frozen=True):
    """Somebody who waits or is called: for these services, since which minute, and whether with
    priority. `due`: whether they have a booked time, before which they may pass others."""

    services: frozenset[str]
    since: float
    priority: bool = False
    due: bool = False


class _Desk(Protocol):
    @property
    def id(self) -> int: ...

    @property
    def services(self) -> frozenset[str]: ...


class PassedOver:
    """One day of a branch, call by call. `skills`: what each desk gives on paper; `head_start`:
    the minutes by which priority goes before those who came earlier."""

    def __init__(self, skills: Mapping[int, frozenset[str]], head_start: float) -> None:
        self._skills = skills
        self._head_start = head_start
        self._gave = defaultdict[int, set[str]](set)
        self._passed = Counter[tuple[int, str]]()

    def call(self, desk: int, one: InLine, waiting: Iterable[InLine]) -> None:
        """A desk calls somebody while these others wait. Only who wants one service says anything
        of it, and nobody with a booked time: theirs is another order."""
        skills, gave = self._skills.get(desk, frozenset()), self._gave[desk]
        gave |= one.services
        if one.due:
            return
        rank = self._rank(one)
        passed = {
            next(iter(other.services))
            for other in waiting
            if len(other.services) == 1
            and not other.due
            and other.services <= skills
            and not other.services <= gave
            and self._rank(other) < rank
        }
        self._passed.update((desk, service) for service in passed)

    def _rank(self, one: InLine) -> float:
        return one.since - self._head_start * one.priority

    def found(self) -> dict[int, frozenset[str]]:
        """By desk, what it passed over at least `LEAST` times and never gave."""
        services = defaultdict[int, set[str]](set)
        for (desk, service), times in self._passed.items():
            if times >= LEAST and service not in self._gave[desk]:
                services[desk].add(service)
        return {desk: frozenset(found) for desk, found in services.items()}


def given_today(
    desks: Iterable[_Desk],
    passed: Mapping[int, frozenset[str]],
    wanted: Iterable[frozenset[str]],
) -> dict[int, frozenset[str]]:
    """What each desk gives without what it `passed` over; but a service, and what somebody waits
    for, for which no desk would be left, stays with those that have it on paper."""
    paper = {desk.id: desk.services for desk in desks}
    given = {desk: services - passed.get(desk, frozenset()) for desk, services in paper.items()}
    alone = {frozenset([one]) for services in paper.values() for one in services}
    for services in alone | set(wanted):
        if not any(services <= one for one in given.values()):
            given = {
                desk: one | services if services <= paper[desk] else one
                for desk, one in given.items()
            }
    return given
