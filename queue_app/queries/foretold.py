"""A hall with everybody's wait, which a large one has made beside the loop.

Ranges are hundreds of runs of the whole hall: with 300 people half a second of a core, with 1,000
one and a half, in which the process would answer nobody. So they run in a thread, which gives way
to the loop every millisecond; in a hall of a few dozen people it costs less to compute them on the
spot.

Nor does a call wait on its way to the screens for ranges that take long: what is known already is
moved to where everybody stands now, and told until the new ones are made. A wait that cannot be
foretold at all, by a fault of ours, takes no call and no place in the queue from a screen.
"""

import asyncio
import logging
from concurrent.futures import Future
from contextvars import Context
from datetime import datetime
from functools import partial
from weakref import WeakKeyDictionary

from queue_app.domain.directory import Branch, Directory
from queue_app.domain.dispatch import Waiting
from queue_app.domain.forecast import Now
from queue_app.domain.hall import Hall
from queue_app.domain.ranges import Forecasts
from queue_app.domain.told_range import Wait
from queue_app.queries import halls
from queue_app.scribe import Scribe
from queue_app.seldom import Seldom
from queue_app.store.db import OUTAGES

LARGE = 20
"""So many people, and bookings to come, take some 20 ms, and three times that the first time."""
WITHIN_SECONDS = 1.0
"""So long is waited for the first ranges of a hall, and for those that somebody is told with their
ticket."""
BRIEFLY_SECONDS = 0.1
"""So long for newer ones than those that are known."""

_log = logging.getLogger(__name__)


async def load(
    directory: Directory, branch: Branch, now: datetime, forecasts: Forecasts | None = None
) -> Hall:
    """As `halls.load`, for whoever shows what people's waits are."""
    hall = await halls.load(directory, branch, now, forecasts)
    halls.remember(hall)
    hall.know(await estimate(hall))
    return hall


async def estimate(hall: Hall, *newcomers: Waiting) -> dict[int, Wait]:
    """`Hall.estimate`, that of a large hall in a thread. Where that takes long or fails, the ranges
    made last, moved, or rough ones; where these fail as well, nobody's."""
    try:
        return await _waits(hall.forecasts, hall.with_newcomers(newcomers), bool(newcomers))
    except Exception:  # the rest of the hall is as true as ever
        _say(hall.branch.slug)
        return {}


async def at_the_end(
    directory: Directory, branch: Branch, me: Waiting, now: datetime, forecasts: Forecasts | None
) -> Wait | None:
    """The wait of somebody who joins now, where the end of the line is known and says it. None
    where the hall must be asked, as after a fault of ours in this."""
    if forecasts is None:
        return None
    tail = await halls.end_of_line(directory, branch, now, forecasts)
    if tail is None:
        return None
    try:
        return forecasts.at_the_end(tail, me, now)
    except Exception:  # a ticket is given all the same
        forecasts.lose_end(branch.id)
        _say(branch.slug)
        return None


def freshen(
    directory: Directory, branch: Branch, now: datetime, forecasts: Forecasts | None
) -> None:
    """Have the branch's ranges made anew where its line has outgrown them, beside what goes on:
    whoever joins is told by those that there are, and does not wait for it."""
    if forecasts is None or not forecasts.is_outgrown(branch.id):
        return
    under_way = _under_way.setdefault(forecasts, {})
    before = under_way.get(branch.id)
    if before is None or before.done():
        # A context of its own: not the transaction of whoever joins.
        making = _made_anew(directory, branch, now, forecasts)
        under_way[branch.id] = asyncio.create_task(making, context=Context())


async def _made_anew(
    directory: Directory, branch: Branch, now: datetime, forecasts: Forecasts
) -> None:
    """However long it takes: nobody waits for it, and while it lasts nobody begins another."""
    try:
        hall = await halls.load(directory, branch, now, forecasts)
        await _maker.make(forecasts, hall.with_newcomers(()))
    except OUTAGES as error:
        _log.debug("no ranges of branch %s: %s", branch.id, error)
    except Exception:  # it was said
        return


async def _waits(forecasts: Forecasts, now: Now, someone_comes: bool) -> dict[int, Wait]:
    within = BRIEFLY_SECONDS if forecasts.knows(now) and not someone_comes else WITHIN_SECONDS
    try:
        if not _is_large(now):
            return _made(forecasts, now)
        async with asyncio.timeout(within):
            return await _maker.make(forecasts, now)
    except Exception:  # late, or at fault: then it was said
        return forecasts.meanwhile(now)


def _is_large(now: Now) -> bool:
    return len(now.waiting) + len(now.appointed) > LARGE


def _made(forecasts: Forecasts, now: Now) -> dict[int, Wait]:
    """A fault is said here, as whoever asked may have given up since."""
    try:
        return forecasts.waits_of(now)
    except Exception:
        _say(now.branch.slug)
        raise


class _Maker:
    """The thread in which ranges are made, of one hall after the other.

    Whoever gives up waiting leaves it at work: what it makes is kept for the next who ask. Nobody
    stands in a line for it, so however many ask of a hall that takes long, it is made once.
    """

    def __init__(self) -> None:
        self._scribe = Scribe("waits")
        self._at_work: Future[dict[int, Wait]] | None = None

    async def make(self, forecasts: Forecasts, now: Now) -> dict[int, Wait]:
        while self._at_work and not self._at_work.done():
            await asyncio.wait({asyncio.wrap_future(self._at_work)})
        self._at_work = self._scribe.order(partial(_made, forecasts, now))
        return await asyncio.wrap_future(self._at_work)


def _say(branch: str) -> None:
    """What is wrong with the forecast is a line and a traceback, but not for each screen."""
    if _said.count("fault") is not None:
        _log.exception("the waits of %s cannot be foretold; screens show none", branch)


_maker = _Maker()
_under_way: WeakKeyDictionary[Forecasts, dict[int, asyncio.Task[None]]] = WeakKeyDictionary()
"""By branch, whose ranges are made anew."""
_said = Seldom()
