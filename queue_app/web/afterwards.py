"""Work that begins once the answer has been given, so that the answer tells nothing of it."""

import logging
from collections.abc import Awaitable, Callable

from litestar.background_tasks import BackgroundTask

from queue_app.store.outages import Outage

_log = logging.getLogger(__name__)


def afterwards(work: Callable[[], Awaitable[object]]) -> BackgroundTask:
    """Whoever asked hears of no failure; the log does, without anybody's data. What the database
    cannot do now is in it already."""
    return BackgroundTask(_done, work)


async def _done(work: Callable[[], Awaitable[object]]) -> None:
    try:
        await work()
    except Outage:
        return
    except Exception as error:
        _log.warning("what was to follow an answer failed: %s", type(error).__name__)
