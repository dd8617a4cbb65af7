"""Whether the promised waits came true: each range that was shown, against the call after it."""

from collections.abc import Collection
from datetime import date, datetime

from msgspec import Struct

from queue_app.domain.correction import AHEAD, people_named
from queue_app.domain.directory import Directory
from queue_app.domain.interval_score import MISSED
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


class KeptPart(Struct, frozen=True):
    """Promises given with tickets to people of one class, who were called.

    `day`: None, on all days. `title`: what is parted by, `place`: where among its like `name`
    stands. Sums of minutes and counts: `held`, `sooner`, `later`: in, before and after the range;
    `score`: of the interval score; `error`: from the middle of the range, `median_error`: in the
    middle of these.
    """

    branch: str
    day: date | None
    title: str
    place: int
    name: str
    count: int
    held: int
    width: float
    score: float
    error: float
    median_error: float
    sooner: int
    later: int


_PARTS = f"""
SELECT branch.slug, t.day, part.title, part.place, part.name, count(*)::integer,
    count(*) FILTER (WHERE waited BETWEEN low AND high)::integer,
    sum(high - low), sum(high - low + {MISSED} * (greatest(low - waited, 0)
        + greatest(waited - high, 0))), sum(error),
    percentile_cont(0.5) WITHIN GROUP (ORDER BY error),
    count(*) FILTER (WHERE waited < low)::integer, count(*) FILTER (WHERE waited > high)::integer
FROM branch JOIN promise p ON p.branch_id = branch.id AND promised_at >= $1
JOIN ticket t ON t.branch_id = p.branch_id AND t.id = p.ticket_id
CROSS JOIN LATERAL (VALUES
    ('', 0, 'as shown, whole minutes', low_minutes::float8, high_minutes::float8),
    ('', 1, 'before correction', low_forecast::float8, high_forecast::float8),
    ('people ahead', ($2::integer[])[width_bucket(people_ahead, $2::integer[])],
        ($3::text[])[width_bucket(people_ahead, $2::integer[])], low_minutes, high_minutes),
    ('hour', extract(hour FROM promised_at AT TIME ZONE $4)::integer,
        to_char(promised_at AT TIME ZONE $4, 'HH24'), low_minutes, high_minutes),
    ('service', cardinality(t.services), CASE WHEN cardinality(t.services) = 1
        THEN t.services[1] ELSE 'several' END, low_minutes, high_minutes),
    ('class', CASE WHEN t.priority IS NOT NULL THEN 2 ELSE (t.due_at IS NOT NULL)::integer END,
        CASE WHEN t.priority IS NOT NULL THEN 'priority'
            WHEN t.due_at IS NOT NULL THEN 'booked' ELSE 'walk-in' END, low_minutes, high_minutes)
) AS part (title, place, name, low, high)
CROSS JOIN LATERAL (SELECT waited_minutes AS waited,
    abs(waited_minutes - (low + high) / 2) AS error) AS came
WHERE p.shown = 'ticket' AND p.outcome = 'called' AND low IS NOT NULL AND part.name IS NOT NULL
GROUP BY GROUPING SETS ((1, 2, 3, 4, 5), (1, 3, 4, 5)) ORDER BY 1, 2, 3, 4, 5
"""


async def kept_parts(directory: Directory, since: datetime) -> list[KeptPart]:
    """By branch, day and class, and all days last; those in whose wait an interruption began are
    among them."""
    async with db.planned_anew():
        rows = await db.fetch(
            _PARTS, since, list(AHEAD), list(map(people_named, AHEAD)), directory.zone.key
        )
        return [KeptPart(*row) for row in rows]


async def accuracy_of(
    slugs: Collection[str], since: datetime
) -> tuple[Directory, list[Accuracy], list[KeptPart]]:
    """The centre in force, and the same of these branches, of every one where none is named.

    NotFound `unknown_branch`.
    """
    directory = await reference.directory()
    wanted = {directory.branch(slug).slug for slug in slugs} or directory.branches.keys()
    return (
        directory,
        [one for one in await accuracy(since) if one.branch in wanted],
        [one for one in await kept_parts(directory, since) if one.branch in wanted],
    )
