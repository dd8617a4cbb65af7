"""Ranges that correct themselves: minutes are added to their ends, so that four calls in five fall
between them.

What no forecast knows of a branch (errands that are sent on, breaks that no roster tells of, a
clerk's way of calling) makes its ranges miss on the same side again and again. By how many minutes
the last calls missed each end says where it should have been, whatever the reason: conformal
prediction, made adaptive by forgetting (Romano et al., "Conformalized Quantile Regression", 2019;
Barber et al., "Conformal Prediction Beyond Exchangeability", 2023). Minutes are added, not ranges
stretched, so a range of nearly no width and one whose middle is wrong are mended as well. Of how
far a call was off depends on how many were before it, so each class of people ahead has minutes of
its own, as far as its calls speak, and beyond that those of all. What is then still wrong with a
service (clerks have it on paper, and do not give it today) is added for whoever wants it alone; and
what is then still wrong at this time of the day (shifts change, breaks are short) for everybody.

What a branch was like fades by days, so that one that changes is right again; but the last calls of
each class count in full, however old, so that what is rare is not forgotten where nothing changes.

Before that each end is moved along a line that was learned of the last calls by quantile regression
(`ends_of`): by some minutes, by a part of the range's width and of its low end, and by the queue's
own pace: whether the calls of the last hour came early or late in their ranges, in parts of them,
and how much of that goes on. Where nothing of the kind shows, the line moves nothing.
"""

import heapq
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Sequence

from msgspec import Struct
from msgspec.structs import replace

from queue_app.domain.quantile_line import fitted

AHEAD = (0, 1, 2, 3, 6, 11)
"""From so many people ahead on, a class of its own."""
RECENT = 300
"""So many calls of each class speak, the last ones: what a branch was like before them is over."""
HALF_LIFE = 14.0
"""Days after which a call says half as much."""
IN_FULL = 50
"""So many calls of each class, the last ones, count in full, however old."""
NEAR = 30.0
"""Minutes; what was told so long before or after this time of a day speaks for it."""
OF_ALL = 50.0
"""What all classes say together is worth so many calls of one."""
FORECAST = 30.0
"""What the forecast says by itself is worth so many calls."""
STRETCH = 0.3
"""So much of the range is added to each end while no call has spoken."""
FARTHEST = 120.0
"""Minutes; a call that missed by more counts as this: it is a ticket that was forgotten."""
LOW, HIGH = 0.1, 0.9
FITTED_FROM, FITTED_ON = 50, 1800
"""Calls, the last ones, on which the lines are fitted; with fewer than the first there are none."""
PULL = 1.0
"""How strongly what the lines add is drawn to nothing, as its square in minutes."""
MOST_OF_LOW = 0.5
"""The part of the low end by which a line may move an end."""
_ROUNDS = 15
_DAY = 24 * 60.0
PACE_HALF = 60.0
"""Minutes after which a call says half as much of the queue's pace."""
PACE_WORTH = 2.0
"""So many calls in the middle of their ranges stand beside those that were heard."""
PACE_MOST = 3.0
"""Of its range; a call that came farther from the middle counts as this."""
_NARROW = 0.2
"""Minutes added to the width of a range that is the measure."""


class Miss(Struct, frozen=True):
    """A call beside the range that was forecast for it: people ahead then, and by how many minutes
    it came after the low and the high end, below zero if before. `service`: theirs, if one. `low`:
    the low end; `told`: the minute in which it was, from any origin; `late`: the pace then."""

    ahead: int
    after_low: float
    after_high: float
    service: str | None = None
    low: float = 0.0
    told: float = 0.0
    late: float = 0.0
    day: int = 0
    clock: float = 0.0

    @property
    def width(self) -> float:
        return self.after_low - self.after_high

    @property
    def called(self) -> float:
        """The minute of the call."""
        return self.told + self.low + self.after_low

    @property
    def parts(self) -> float:
        """How late in its range the call came: 0 is the middle, 1 a width after it."""
        middle = (self.after_low + self.after_high) / 2
        return min(max(middle / (self.width + _NARROW), -PACE_MOST), PACE_MOST)


class Pace:
    """Whether the calls of the last hour came early or late in their ranges."""

    def __init__(self) -> None:
        self._parts = self._weight = self._at = 0.0

    def hear(self, one: Miss) -> None:
        """The next call."""
        left = 0.5 ** (max(0.0, one.called - self._at) / PACE_HALF)
        self._parts = left * self._parts + one.parts
        self._weight = left * self._weight + 1
        self._at = one.called

    def at(self, minute: float) -> float:
        """In parts of a range: 0 as foretold, above it later."""
        left = float(0.5 ** (max(0.0, minute - self._at) / PACE_HALF))
        return round(left * self._parts / (left * self._weight + PACE_WORTH), 3)


def paced(misses: Sequence[Miss], now: float) -> tuple[list[Miss], float]:
    """These, in the order in which they were told, each with the pace of that minute; and the pace
    of now."""
    pace, found = Pace(), []
    waiting: list[tuple[float, int, Miss]] = []
    for number, one in enumerate(misses):
        while waiting and waiting[0][0] <= one.told:
            pace.hear(heapq.heappop(waiting)[2])
        found.append(replace(one, late=pace.at(one.told)))
        heapq.heappush(waiting, (one.called, number, one))
    while waiting and waiting[0][0] <= now:
        pace.hear(heapq.heappop(waiting)[2])
    return found, pace.at(now)


class AddedMinutes(Struct, frozen=True):
    """Minutes to add to the ends, after parts of the range are added to both."""

    low: float = 0.0
    high: float = 0.0
    stretch: float = 0.0


NOTHING = AddedMinutes()


class EndLine(Struct, frozen=True):
    """What is added to an end: minutes, and parts of the range's width, of its low end, and of the
    width for each width by which the last calls were late."""

    minutes: float = 0.0
    of_width: float = 0.0
    of_low: float = 0.0
    of_late: float = 0.0

    def added(self, low: float, width: float, late: float) -> float:
        return (
            self.minutes + self.of_width * width + self.of_low * low + self.of_late * late * width
        )


class Correction(Struct, frozen=True):
    """The minutes of each class of `AHEAD`, none: ranges are told as they are forecast; and those
    of each service and of this time of the day. `ends`: the lines of both ends, along which they
    are moved before; `late`: the pace of now."""

    shifts: tuple[AddedMinutes, ...] = ()
    services: dict[str, AddedMinutes] = {}
    by_clock: AddedMinutes = NOTHING
    ends: tuple[EndLine, ...] = ()
    late: float = 0.0

    def applied(
        self, low: float, high: float, ahead: int, services: Collection[str] = ()
    ) -> tuple[float, float]:
        """The range to tell instead of this one, in minutes; never before now, nor turned round."""
        if not self.shifts:
            return low, high
        shift = self.shifts[class_of(ahead)]
        own, now = NOTHING, self.by_clock
        if len(services) == 1:
            own = self.services.get(next(iter(services)), NOTHING)
        low, high = _along(self.ends, low, high, self.late)
        wider = shift.stretch * (high - low)
        first = max(0.0, low - wider + shift.low + own.low + now.low)
        return first, max(first, high + wider + shift.high + own.high + now.high)


def class_of(ahead: int) -> int:
    return bisect_right(AHEAD, ahead) - 1


def people_named(first: int) -> str:
    """The class that begins with so many ahead, as figures name it."""
    place = class_of(first)
    if place + 1 == len(AHEAD):
        return f"{first} or more"
    last = AHEAD[place + 1] - 1
    return str(first) if first == last else f"{first} to {last}"


def ends_of(misses: Sequence[Miss]) -> tuple[EndLine, ...]:
    """The lines of the low and the high end by these calls, the last one last; none: too few."""
    seen = misses[-FITTED_ON:]
    if len(seen) < FITTED_FROM:
        return ()
    features = [(1.0, one.width, one.low, one.late * one.width) for one in seen]
    counts = _counts(seen, seen[-1].day, RECENT)
    found = []
    for share, off in (
        (LOW, [_near(one.after_low) for one in seen]),
        (HIGH, [_near(one.after_high) for one in seen]),
    ):
        rows = list(zip(features, off, strict=True))
        minutes, of_width, of_low, of_late = fitted(rows, share, PULL, _ROUNDS, counts)
        of_low = min(max(of_low, -MOST_OF_LOW), MOST_OF_LOW)
        found.append(EndLine(minutes, of_width, of_low, of_late))
    return tuple(found)


def _near(minutes: float) -> float:
    return min(max(minutes, -FARTHEST), FARTHEST)


def _along(ends: Sequence[EndLine], low: float, high: float, late: float) -> tuple[float, float]:
    """The range with its ends moved along these lines; never before now, nor turned round."""
    if not ends:
        return low, high
    first, last = (one.added(low, high - low, late) for one in ends)
    begins = max(0.0, low + first)
    return begins, max(begins, high + last)


def _moved(one: Miss, ends: Sequence[EndLine]) -> Miss:
    """The same call beside the range moved along these lines."""
    came = one.low + one.after_low
    low, high = _along(ends, one.low, came - one.after_high, one.late)
    return replace(one, after_low=came - low, after_high=came - high)


def corrected(
    misses: Sequence[Miss],
    ends: tuple[EndLine, ...] = (),
    late: float = 0.0,
    clock: float | None = None,
) -> Correction:
    """By these calls, the last one last, beside their ranges moved along `ends`. `clock`: the
    minute of the day for which it is; None: no time of a day has minutes of its own."""
    if ends:
        misses = [_moved(one, ends) for one in misses]
    by_class = defaultdict[int, list[Miss]](list)
    for one in misses:
        by_class[class_of(one.ahead)].append(one)
    today = misses[-1].day if misses else 0
    every = _shift(misses, today, AddedMinutes(stretch=STRETCH), FORECAST)
    shifts = tuple(_shift(by_class[place], today, every, OF_ALL) for place in range(len(AHEAD)))
    misses = [_after(one, shifts[class_of(one.ahead)]) for one in misses]
    by_service = defaultdict[str, list[Miss]](list)
    for one in misses:
        if one.service is not None:
            by_service[one.service].append(one)
    services = {
        service: _shift(found, today, NOTHING, OF_ALL) for service, found in by_service.items()
    }
    by_clock = NOTHING
    if clock is not None:
        near = [
            _after(one, services.get(one.service or "", NOTHING))
            for one in misses
            if _apart(one.clock, clock) <= NEAR
        ]
        by_clock = _shift(near, today, NOTHING, OF_ALL)
    return Correction(shifts, services, by_clock, ends, late)


def _after(one: Miss, shift: AddedMinutes) -> Miss:
    """The same call beside the range with these minutes added."""
    wider = shift.stretch * one.width
    return replace(
        one,
        after_low=one.after_low + wider - shift.low,
        after_high=one.after_high - wider - shift.high,
    )


def _apart(one: float, other: float) -> float:
    """Minutes between two times of a day, also over midnight."""
    apart = abs(one - other) % _DAY
    return min(apart, _DAY - apart)


def _shift(misses: Sequence[Miss], today: int, before: AddedMinutes, worth: float) -> AddedMinutes:
    """What the last of these say, where `before` counts as so many."""
    if not misses:
        return before
    seen = misses[-RECENT:]
    counts = _counts(seen, today, IN_FULL)
    every = sum(counts)
    share = every / (every + worth)
    low = _percentile([one.after_low for one in seen], counts, LOW)
    high = _percentile([one.after_high for one in seen], counts, HIGH)
    return AddedMinutes(
        before.low + share * (low - before.low),
        before.high + share * (high - before.high),
        before.stretch * (1 - share),
    )


def _counts(misses: Sequence[Miss], today: int, in_full: int) -> list[float]:
    """As how much of a call each of them counts, the last ones `in_full`."""
    old = len(misses) - in_full
    return [
        0.5 ** (max(0, today - one.day) / HALF_LIFE) if place < old else 1.0
        for place, one in enumerate(misses)
    ]


def _percentile(values: Sequence[float], counts: Sequence[float], share: float) -> float:
    """As far out as one more of its like lies beyond it with the chance that is promised; each
    value stands in the middle of what it counts as."""
    ordered = sorted(zip(map(_near, values), counts, strict=True))
    wanted = share * (sum(counts) + 1) - 1
    before, place, value = 0.0, 0.0, ordered[0][0]
    for number, (above, count) in enumerate(ordered):
        at = before + (count - 1) / 2
        if at >= wanted:
            part = (wanted - place) / (at - place) if number and at > place else 1.0
            return value + part * (above - value)
        before, place, value = before + count, at, above
    return value
