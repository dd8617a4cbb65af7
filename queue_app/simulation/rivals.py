"""How others foretell a wait, at the same moments and with the same records.

Each gives one number; it becomes a range by its own past errors and people ahead, by the rule by
which ours are corrected (without lines, services and the time of the day). The last one is a range
by itself: linear quantile regression on all of them (Koenker and Bassett, 1978), fitted each night.
"""

from collections import deque
from collections.abc import Sequence
from statistics import fmean
from typing import Literal, get_args

from queue_app.domain.correction import FITTED_ON, Miss, corrected
from queue_app.domain.quantile_line import fitted
from queue_app.simulation.live_log import LiveHall
from queue_app.simulation.logged_day import LoggedPerson

RivalName = Literal["formula", "les", "hol", "last_ten", "linear"]
RIVALS: tuple[RivalName, ...] = get_args(RivalName)
TITLES: dict[RivalName, str] = {
    "formula": "position × average",
    "les": "last one who was called",
    "hol": "head of the line",
    "last_ten": "last ten who were called",
    "linear": "linear quantile regression",
}
_FITTED_ON = 2000
"""Waits, the last ones, on which the regression is fitted."""


class Witness:
    """What the hall has shown of waits: who was called last, and after how long."""

    def __init__(self) -> None:
        self.last_ten = deque[float](maxlen=10)
        self.lengths = deque[float](maxlen=1000)

    def of(self, hall: LiveHall, one: LoggedPerson, ahead: int) -> dict[RivalName, float]:
        """Each rival's number for somebody who has just joined."""
        open_desks = sum(not desk.paused for desk in hall.callers(one.services))
        average = fmean(self.lengths) if self.lengths else 1.0
        others = [other for other in hall.waiting.values() if other.id != one.id]
        oldest = min((other.arrives for other in others), default=hall.minute)
        return {
            "formula": (ahead + 1) * average / max(1, open_desks),
            "les": self.last_ten[-1] if self.last_ten else 0.0,
            "hol": hall.minute - oldest,
            "last_ten": fmean(self.last_ten) if self.last_ten else 0.0,
        }


class Ranges:
    """A number made a range by what came true of it before."""

    def __init__(self) -> None:
        self._misses: list[Miss] = []
        self._correction = corrected(())

    def told(self, number: float, ahead: int) -> tuple[float, float]:
        return self._correction.applied(number, number, ahead)

    def heard(self, number: float, ahead: int, came_true: float) -> None:
        self._misses.append(Miss(ahead, came_true - number, came_true - number))

    def correct(self) -> None:
        self._correction = corrected(self._misses[-FITTED_ON:])


class QuantileLine:
    """Linear quantile regression of three ends at once,"""

    def __init__(self) -> None:
        self._seen: list[tuple[Sequence[float], float]] = []
        self._ends: list[list[float]] = []

    def told(self, features: Sequence[float]) -> tuple[float, float, float] | None:
        if not self._ends:
            return None
        low, middle, high = (
            max(0.0, sum(map(float.__mul__, end, (1.0, *features)))) for end in self._ends
        )
        return low, max(low, middle), max(low, high)

    def heard(self, features: Sequence[float], came_true: float) -> None:
        self._seen.append((features, came_true))

    def fit(self) -> None:
        rows = [((1.0, *features), true) for features, true in self._seen[-_FITTED_ON:]]
        if len(rows) > 20:
            self._ends = [fitted(rows, share) for share in (0.1, 0.5, 0.9)]
