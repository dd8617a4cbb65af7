"""Whether the promised waits came true: each range that was shown, against the call after it."""

from collections.abc import Collection
from datetime import datetime

from msgspec import Struct

from queue_app.domain.correction import AHEAD
from queue_app.domain.directory import Directory
from queue_app.queries import reference
from queue_app.store import db


class Accuracy(Struct, frozen=True):
    """Promises of one branch since some moment, `shown` with the "ticket" or "later".

    `promises`: those whose people were called since; of these, `covered`: the share whose wait
    lay in the range, 0 to 1, where 0.8 is promised; `wait_minutes`, `range_minutes`: mean wait
    and width; `error_minutes`: the mean distance of the wait from the middle of the range. All
    four None where nobody was called. `cut`: of those promises, the ones in whose wait an
    interruption began, which nobody foresees; `covered_else`: the share of the others that held.

    Never called: who `left`, and who still waited when the day was `closed`; `overdue`: how many
    of both did so after their range had passed, so that it cannot have held. `waiting`: not
    known yet.
    """

    branch: str
    shown: str
    promises: int
    covered: float | None
    wait_minutes: float | None
    range_minutes: float | None
    error_minutes: float | None
    left: int
    closed: int
    overdue: int
    waiting: int
    cut: int
    covered_else: float | None

    @property
    def percent(self) -> float:
        """`covered` of a hundred; 0 where nobody was called."""
        return 100 * (self.covered or 0.0)

    @property
    def percent_else(self) -> float:
        """`covered_else` of a hundred; 0 where there are no others."""
        return 100 * (self.covered_else or 0.0)


_ACCURACY = """
SELECT branch.slug AS branch, shown,
    count(*) FILTER (WHERE outcome = 'called') AS promises,
    avg(CASE WHEN waited_minutes BETWEEN low_minutes AND high_minutes THEN 1.0::float8 ELSE 0 END)
        FILTER (WHERE outcome = 'called') AS covered,
    avg(waited_minutes) FILTER (WHERE outcome = 'called') AS wait_minutes,
    avg((high_minutes - low_minutes)::float8) FILTER (WHERE outcome = 'called') AS range_minutes,
    avg(abs(waited_minutes - (low_minutes + high_minutes) * 0.5::float8))
        FILTER (WHERE outcome = 'called') AS error_minutes,
    count(*) FILTER (WHERE outcome = 'left') AS left,
    count(*) FILTER (WHERE outcome = 'closed') AS closed,
    count(*) FILTER (WHERE outcome <> 'called' AND waited_minutes > high_minutes) AS overdue,
    count(*) FILTER (WHERE outcome IS NULL) AS waiting,
    count(*) FILTER (WHERE outcome = 'called' AND cut) AS cut,
    avg(CASE WHEN waited_minutes BETWEEN low_minutes AND high_minutes THEN 1.0::float8 ELSE 0 END)
        FILTER (WHERE outcome = 'called' AND NOT cut) AS covered_else
FROM branch JOIN promise ON promise.branch_id = branch.id AND promised_at >= $1
LEFT JOIN (
    SELECT branch_id, array_agg(started_at ORDER BY started_at) AS starts
    FROM interruption WHERE branch_id IN (SELECT id FROM branch) AND started_at > $1
        AND coalesce(resumes_at, 'infinity'::timestamptz) > $1
    GROUP BY branch_id
) AS stops ON stops.branch_id = branch.id
CROSS JOIN LATERAL (SELECT coalesce(
    starts[width_bucket(promised_at, starts) + 1]
        < promised_at + make_interval(secs => 60 * waited_minutes), false) AS cut
) AS fate
GROUP BY branch.slug, shown ORDER BY branch.slug, shown DESC
"""


async def accuracy(since: datetime) -> list[Accuracy]:
    """By branch and by when it was shown; branches without any promise are left out."""
    async with db.planned_anew():
        return [Accuracy(*row) for row in await db.fetch(_ACCURACY, since)]


class AccuracyAhead(Struct, frozen=True):
    """Promises given with tickets to people of one class of people ahead, which begins with
    `ahead`: shares of a hundred, minutes. `sooner`, `later`: called before and after the range."""

    branch: str
    ahead: int
    promises: int
    wait_minutes: float
    percent: float
    range_minutes: float
    sooner: float
    later: float


_BY_AHEAD = """
SELECT branch.slug, ($2::integer[])[width_bucket(people_ahead, $2::integer[])], count(*)::integer,
    avg(waited_minutes),
    100 * avg((waited_minutes BETWEEN low_minutes AND high_minutes)::integer)::float8,
    avg(high_minutes - low_minutes)::float8,
    100 * avg((waited_minutes < low_minutes)::integer)::float8,
    100 * avg((waited_minutes > high_minutes)::integer)::float8
FROM branch JOIN promise ON promise.branch_id = branch.id AND promised_at >= $1
WHERE shown = 'ticket' AND outcome = 'called' AND people_ahead IS NOT NULL
GROUP BY 1, 2 ORDER BY 1, 2
"""


async def by_people_ahead(since: datetime) -> list[AccuracyAhead]:
    """By branch and class; those in whose wait an interruption began are among them."""
    async with db.planned_anew():
        rows = await db.fetch(_BY_AHEAD, since, list(AHEAD))
        return [AccuracyAhead(*row) for row in rows]


async def accuracy_of(
    slugs: Collection[str], since: datetime
) -> tuple[Directory, list[Accuracy], list[AccuracyAhead]]:
    """The centre in force, and the same of these branches, of every one where none is named.

    NotFound `unknown_branch`.
    """
    directory = await reference.directory()
    wanted = {directory.branch(slug).slug for slug in slugs} or directory.branches.keys()
    return (
        directory,
        [one for one in await accuracy(since) if one.branch in wanted],
        [one for one in await by_people_ahead(since) if one.branch in wanted],
    )
