"""What falls due, done when a test wants it done."""

import logging
from collections.abc import Sequence

from queue_app.clock import Clock
from queue_app.jobs import upkeep
from queue_app.jobs.runner import Job

DUE = tuple(job for job in upkeep.JOBS if job.name != "foretell_waits")
"""All but the forecast of a week for each branch, which computes for seconds; who wants it asks
`queue_app.jobs.foretelling`."""

_log = logging.getLogger(__name__)


async def sweep(clock: Clock, jobs: Sequence[Job] = DUE) -> None:
    """Every job once and now, whatever its rhythm; one that fails keeps no other from its turn."""
    for job in jobs:
        try:
            await job.run(clock)
        except Exception:
            _log.exception("job %s failed", job.name)
