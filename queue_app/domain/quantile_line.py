"""Linear quantile regression: the line below which a share of what was seen lies.

Koenker and Bassett, "Regression Quantiles" (1978), by least squares that are reweighted until they
weigh every error by its size alone.
"""

from collections.abc import Sequence

ROUNDS = 30
_CLOSE = 0.05
"""Errors smaller than this weigh as if they were so large."""


def fitted(
    rows: Sequence[tuple[Sequence[float], float]],
    share: float,
    pull: float = 0.0,
    rounds: int = ROUNDS,
    counts: Sequence[float] | None = None,
) -> list[float]:
    """The weight of each feature, so that `share` of the rows lie below. `pull`: how strongly what
    a feature adds is drawn to nothing, as the square of its usual size times its weight.
    `counts`: as how much of a row each counts, of one unless given."""
    counts = counts or [1.0] * len(rows)
    width = len(rows[0][0])
    sizes = [sum(row[i] ** 2 for row, _ in rows) / len(rows) for i in range(width)]
    found = [0.0] * width
    weights = list(counts)
    for _ in range(rounds):
        square = [[0.0] * width for _ in range(width)]
        right = [0.0] * width
        for (row, true), weight in zip(rows, weights, strict=True):
            for i, value in enumerate(row):
                by = weight * value
                right[i] += by * true
                line = square[i]
                for j in range(i + 1):
                    line[j] += by * row[j]
        for i in range(width):
            square[i][i] += pull * sizes[i]
        found = _solved(square, right)
        weights = [
            count * _weight(row, true, found, share)
            for (row, true), count in zip(rows, counts, strict=True)
        ]
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
