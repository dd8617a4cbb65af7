"""How each job stands: the last run, the last failure, and how long the last one took."""

from datetime import datetime

import msgspec
from msgspec import Struct

from queue_app.store import db


class JobFigures(Struct, frozen=True):
    """One job, whichever process ran it last; instants by the hall's clock."""

    name: str
    finished_at: datetime | None
    failed_at: datetime | None
    error: str | None
    seconds: float | None
    runs: int
    failures: int


async def job_figures() -> list[JobFigures]:
    rows = await db.fetch(
        "SELECT name, finished_at, failed_at, error, seconds, runs, failures FROM job ORDER BY name"
    )
    return [msgspec.convert(dict(row), type=JobFigures) for row in rows]
