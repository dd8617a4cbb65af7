"""A log played through the product's own functions as if it were live.

Whoever joins the queue is told a range with what was known at that moment. Days that are over teach
as they teach a branch, visits of the day do every hour, and what came true of the ranges told
corrects the next ones. Whom a desk takes in the second in which they come is told nothing.
"""

import heapq
import math
from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from statistics import median

from msgspec import Struct
from msgspec.structs import replace

from queue_app.domain import waits
from queue_app.domain.chance import Draws
from queue_app.domain.correction import (
    FITTED_ON,
    Correction,
    EndLine,
    Miss,
    Pace,
    corrected,
    ends_of,
)
from queue_app.domain.dispatch import POLICIES, Policy
from queue_app.domain.habits import Seen
from queue_app.domain.service_times import SPREAD_OPEN, ServiceTime
from queue_app.domain.told_range import quantile, shown
from queue_app.domain.waits import RUNS, forecast
from queue_app.simulation.live_log import LiveHall, TimesOf
from queue_app.simulation.log_learning import habits_after, head_start, seen, times_after
from queue_app.simulation.logged_day import LoggedDay, LoggedPerson
from queue_app.simulation.rivals import RIVALS, QuantileLine, Ranges, RivalName, Witness

LEARN_EVERY = 60.0
"""Minutes between two looks at how long visits take."""
CORRECT_EVERY = 1.0
"""Minutes between two looks at what came true."""
_PUBLISHED_WORTH = 10.0
_MINUTE = timedelta(minutes=1)

Range = tuple[float, float, float]
"""The low end, the middle and the high end, in minutes."""


class LoggedTold(Struct, frozen=True):
    """What somebody was told who joined the queue, and what came true; minutes.

    `ours`: as corrected, before it is made whole minutes; `raw`: as forecast; `rivals`: theirs.
    `at`: `minute` from the first day on; `late`: the pace of the queue then. `desks`, `free`,
    `paused`: of the desks that give what they want, on paper.
    """

    day: date
    minute: float
    at: float
    late: float
    service: str
    priority: bool
    ahead: int
    desks: int
    free: int
    paused: int
    came_true: float
    raw: Range
    ours: Range
    rivals: dict[RivalName, Range]

    @property
    def shown(self) -> Range:
        low, high = shown(self.ours[0], self.ours[2])
        return float(low), self.ours[1], float(high)


class Assumed(Struct, frozen=True):
    """What the log does not say, and what was taken for it."""

    published: float
    head_start: float
    pauses: int
    pause_median: float
    pause_assumed: float


class Replayed(Struct, frozen=True):
    """`told`: of the days after the first ones, which only teach; `first_day`: of the first day of
    all, on which nothing was known. `silent`: how many were told nothing, as no desk would call
    them; `at_once`: whom a desk took in the same second; `left`: who left before a call."""

    told: Sequence[LoggedTold]
    first_day: Sequence[LoggedTold]
    silent: int
    at_once: int
    left: int
    assumed: Assumed


class Replay:
    """One branch through the days of its log."""

    def __init__(
        self,
        days: Sequence[LoggedDay],
        scale: float,
        rivals: Sequence[RivalName] = RIVALS,
        runs: int = RUNS,
        corrects: bool = True,
    ) -> None:
        self._days = days
        self._scale = scale
        self._runs = runs
        self._corrects = corrects
        self._published = _published(days)
        self._head_start = head_start(days, scale)
        self._policy: Policy = replace(POLICIES["promise"], priority_head_start=self._head_start)
        self._past: list[Seen] = []
        self._lengths = defaultdict[str, list[float]](list)
        self._misses: list[Miss] = []
        self._ends: tuple[EndLine, ...] = ()
        self._pace = Pace()
        self._wanted = rivals
        self._ranges = {name: Ranges() for name in rivals if name != "linear"}
        self._line = QuantileLine()
        self._witness = Witness()
        self._draws = Draws()
        self.silent = 0

    def run(self, learn_days: int) -> Replayed:
        """Told from the day after `learn_days` on."""
        by_day = [self._play(day) for day in self._days]
        tested = self._days[learn_days:]
        pauses = [gap.until - gap.since for day in self._days for gap in day.gaps if gap.paused]
        return Replayed(
            told=[one for told in by_day[learn_days:] for one in told],
            first_day=by_day[0] if by_day else [],
            silent=self.silent,
            at_once=sum(not one.waited for day in tested for one in day.people),
            left=sum(one.waited and one.turn is None for day in tested for one in day.people),
            assumed=Assumed(
                published=math.exp(self._published.mu),
                head_start=self._head_start,
                pauses=len(pauses),
                pause_median=median(pauses) if pauses else 0.0,
                pause_assumed=math.exp(habits_after(self._past).pause.mu),
            ),
        )

    def _play(self, day: LoggedDay) -> list[LoggedTold]:
        live = _LiveDay(self, day)
        LiveHall(day, head_start=self._head_start).run(live.on_arrival)
        live.close()
        self._past.append(seen(day))
        self._line.fit()
        return live.told

    def hear(self, one: LoggedTold) -> None:
        """What came true of one range."""
        true, ahead = one.came_true, one.ahead
        low, high = one.raw[0], one.raw[2]
        miss = Miss(
            ahead,
            true - low,
            true - high,
            one.service,
            low,
            one.at,
            one.late,
            one.day.toordinal(),
            one.minute / self._scale,
        )
        self._misses.append(miss)
        self._pace.hear(miss)
        for name, ranges in self._ranges.items():
            ranges.heard(one.rivals[name][1], ahead, true)
        self._line.heard(_features(one), true)
        self._witness.last_ten.append(true)

    def learn_ends(self) -> None:
        """The lines along which the ends are moved, anew."""
        self._ends = ends_of(self._misses)

    def correction(self, at: float, minute: float) -> Correction:
        """`at`, which is so many minutes after midnight."""
        if not self._corrects:
            return Correction()
        late, clock = self._pace.at(at), minute / self._scale
        return corrected(self._misses[-FITTED_ON:], self._ends, late, clock)

    def correct_rivals(self) -> None:
        for ranges in self._ranges.values():
            ranges.correct()


class _LiveDay:
    """One day of it."""

    def __init__(self, replay: Replay, day: LoggedDay) -> None:
        self.told: list[LoggedTold] = []
        self._replay = replay
        self._day = day
        self._habits = habits_after(replay._past)
        self._times = TimesOf({}, replay._published)
        self._origin = (day.date - replay._days[0].date) / _MINUTE * replay._scale
        self._correction = Correction()
        self._learned_at = self._corrected_at = -math.inf
        self._pending: list[tuple[float, int, LoggedTold]] = []
        self._ends = [
            (one.ends, number, one)
            for number, one in enumerate(day.people)
            if one.ends is not None and one.started is not None
        ]
        heapq.heapify(self._ends)

    def on_arrival(self, hall: LiveHall, one: LoggedPerson) -> None:
        self._hear_until(hall.minute)
        if hall.minute >= self._learned_at + LEARN_EVERY:
            self._learned_at = hall.minute
            times = times_after(self._replay._lengths, self._replay._published)
            self._times = TimesOf(times, self._replay._published)
            self._replay.learn_ends()
        if hall.minute >= self._corrected_at + CORRECT_EVERY:
            self._corrected_at = hall.minute
            self._correction = self._replay.correction(self._origin + hall.minute, hall.minute)
            self._replay.correct_rivals()
        if one.turn is not None:
            self._tell(hall, one, one.turn - one.arrives)

    def _hear_until(self, minute: float) -> None:
        while self._pending and self._pending[0][0] <= minute:
            self._replay.hear(heapq.heappop(self._pending)[2])
        while self._ends and self._ends[0][0] <= minute:
            _, _, one = heapq.heappop(self._ends)
            length = (one.ends or 0.0) - (one.started or 0.0)
            self._replay._lengths[min(one.services)].append(length)
            self._replay._witness.lengths.append(length)

    def close(self) -> None:
        self._hear_until(math.inf)

    def _tell(self, hall: LiveHall, one: LoggedPerson, came_true: float) -> None:
        replay = self._replay
        scene = hall.scene(replay._policy, self._habits, self._times)
        minutes = forecast(scene, replay._runs, {one.id}, replay._draws).get(one.id)
        places = list(waits.point(scene))
        if minutes is None or one.id not in places:
            replay.silent += 1
            return
        ahead = places.index(one.id)
        raw = quantile(minutes, 0.1), quantile(minutes, 0.5), quantile(minutes, 0.9)
        low, high = self._correction.applied(raw[0], raw[2], ahead, one.services)
        callers = list(hall.callers(one.services))
        told = LoggedTold(
            day=self._day.date,
            minute=hall.minute,
            at=self._origin + hall.minute,
            late=self._correction.late,
            service=min(one.services),
            priority=one.priority,
            ahead=ahead,
            desks=len(callers),
            free=sum(desk.person is None and not desk.paused for desk in callers),
            paused=sum(desk.paused for desk in callers),
            came_true=came_true,
            raw=raw,
            ours=(low, raw[1], high),
            rivals={},
        )
        told = replace(told, rivals=self._rivals(hall, one, told))
        self.told.append(told)
        heapq.heappush(self._pending, (hall.minute + came_true, one.id, told))

    def _rivals(
        self, hall: LiveHall, one: LoggedPerson, told: LoggedTold
    ) -> dict[RivalName, Range]:
        replay = self._replay
        numbers = replay._witness.of(hall, one, told.ahead)
        found: dict[RivalName, Range] = {}
        for name, ranges in replay._ranges.items():
            low, high = ranges.told(numbers[name], told.ahead)
            found[name] = low, numbers[name], high
        if "linear" in replay._wanted:
            line = replay._line.told(_features(replace(told, rivals=found)))
            found["linear"] = line or (0.0, *2 * (numbers["formula"],))
        return found


def _features(one: LoggedTold) -> tuple[float, ...]:
    numbers = [one.rivals[name][1] for name in one.rivals if name != "linear"]
    return (*numbers, float(one.ahead), float(one.desks), float(one.free), float(one.paused))


def _published(days: Sequence[LoggedDay]) -> ServiceTime:
    """A centre publishes how long its visits take: here all of them their median."""
    lengths = [
        one.ends - one.started
        for day in days
        for one in day.people
        if one.started is not None and one.ends is not None and one.ends > one.started
    ]
    return ServiceTime(math.log(median(lengths)), SPREAD_OPEN, _PUBLISHED_WORTH)
