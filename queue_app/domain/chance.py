"""The chance of whoever is in a hall, run by run.

The draws of a person depend on their id alone: estimates move because the hall changed, not because
chance did.
"""

import random
from collections.abc import Iterable, Mapping
from statistics import NormalDist

from msgspec import Struct

_NORMAL = NormalDist()

STRANGER = -1_000_000
"""The first id of people whom a run invents."""
_MOST_STRANGERS = 100


class Chance(Struct, frozen=True):
    """A person's chance, run by run.

    `length` and `punctuality` are standard normal, `patience`, `comes` and `ready` uniform on 0
    to 1.
    """

    length: tuple[float, ...]
    punctuality: tuple[float, ...]
    patience: tuple[float, ...]
    comes: tuple[float, ...]
    ready: tuple[float, ...]


_Slices = tuple[tuple[float, ...], tuple[float, ...]]
"""The middle of each slice of a distribution: uniform on 0 to 1, and standard normal."""
Strangers = tuple[tuple[float, float, float], ...]
"""When, which services (0 to 1), how long (standard normal)."""


class Dice:
    """What is the same in every hall: a megabyte, kept once by whoever asks of many."""

    def __init__(self) -> None:
        self._slices: dict[int, _Slices] = {}
        self._strangers: dict[int, Strangers] = {}

    def slices(self, runs: int) -> _Slices:
        """Of so many runs. Everybody's chance is these very numbers in another order."""
        if runs not in self._slices:
            self._slices[runs] = _slices(runs)
        return self._slices[runs]

    def strangers(self, run: int) -> Strangers:
        """Who comes with priority in one run, counted from 0: arrivals at rate 1."""
        if run not in self._strangers:
            self._strangers[run] = _strangers(run)
        return self._strangers[run]


class Draws:
    """The chance of whoever is in a hall, for somebody who asks of this hall again and again.

    It depends on ids alone, so keeping it saves work and changes nothing. Two kilobytes a person.
    """

    def __init__(self, dice: Dice | None = None) -> None:
        self.dice = dice or Dice()
        self._kept: tuple[int, Mapping[int, Chance]] = (0, {})

    def of(self, people: Iterable[int], runs: int) -> Mapping[int, Chance]:
        """The chance of the people of these ids in so many runs; that of all others is dropped."""
        of_runs, drawn = self._kept
        kept = drawn if of_runs == runs else {}
        slices = self.dice.slices(runs)
        found = {one: kept.get(one) or _drawn(one, slices) for one in people}
        self._kept = runs, found  # at once, as another thread may ask of the same hall
        return found


def _drawn(number: int, slices: _Slices) -> Chance:
    """Stratified: each slice of every distribution is drawn once."""
    chance = random.Random(number)
    uniform, normal = slices
    length, punctuality, patience, comes, ready = (
        tuple(chance.sample(kind, len(kind)))
        for kind in (normal, normal, uniform, uniform, uniform)
    )
    return Chance(length, punctuality, patience, comes, ready)


def _slices(runs: int) -> _Slices:
    uniform = tuple((place + 0.5) / runs for place in range(runs))
    return uniform, tuple(map(_NORMAL.inv_cdf, uniform))


def _strangers(run: int) -> Strangers:
    chance = random.Random(STRANGER + run)
    at, found = 0.0, []
    for _ in range(_MOST_STRANGERS):
        at += chance.expovariate(1.0)
        found.append((at, chance.random(), chance.gauss(0, 1)))
    return tuple(found)
