"""How others foretell a wait, at the same moments and with the same records.

Each gives one number; it becomes a range by its own past errors, by the rule by which ours are
corrected, so that what is compared is what the number knows. The last one is a range by itself:
linear quantile regression on all of them (Koenker and Bassett, 1978), fitted each night.
"""

from collections import deque
from collections.abc import Sequence
from statistics import fmean
from typing import Literal, get_args

from queue_app.domain.correction import Miss, corrected
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
_ROUNDS = 30
_CLOSE = 0.05
"""Minutes; errors smaller than this weigh as if they were so large."""


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
        self._correction = corrected(self._misses)


class QuantileLine:
    """Linear quantile regression of three ends at once, by reweighted least squares."""

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
            self._ends = [_regressed(rows, share) for share in (0.1, 0.5, 0.9)]


def _regressed(rows: Sequence[tuple[Sequence[float], float]], share: float) -> list[float]:
    width = len(rows[0][0])
    found = [0.0] * width
    weights = [1.0] * len(rows)
    for _ in range(_ROUNDS):
        square = [[0.0] * width for _ in range(width)]
        right = [0.0] * width
        for (row, true), weight in zip(rows, weights, strict=True):
            for i, value in enumerate(row):
                by = weight * value
                right[i] += by * true
                line = square[i]
                for j in range(i + 1):
                    line[j] += by * row[j]
        found = _solved(square, right)
        weights = [_weight(row, true, found, share) for row, true in rows]
    return found


def _weight(row: Sequence[float], true: float, found: Sequence[float], share: float) -> float:
    error = true - sum(map(float.__mul__, found, row))
    return (share if error > 0 else 1 - share) / max(_CLOSE, abs(error))


def _solved(lower: list[list[float]], right: list[float]) -> list[float]:
    """By Cholesky; a little is added to the diagonal, as features may say the same."""
    size = len(right)
    root = [[0.0] * size for _ in range(size)]
    for i in range(size):
        for j in range(i + 1):
            rest = lower[i][j] - sum(root[i][k] * root[j][k] for k in range(j))
            if i == j:
                root[i][i] = max(rest + 1e-6 * (1 + lower[i][i]), 1e-12) ** 0.5
            else:
                root[i][j] = rest / root[j][j]
    forward = [0.0] * size
    for i in range(size):
        forward[i] = (right[i] - sum(root[i][k] * forward[k] for k in range(i))) / root[i][i]
    found = [0.0] * size
    for i in reversed(range(size)):
        rest = forward[i] - sum(root[k][i] * found[k] for k in range(i + 1, size))
        found[i] = rest / root[i][i]
    return found
