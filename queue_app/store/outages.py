"""When the database cannot do something now: one error for all that its driver says of that.

Killed, restarted, frozen, read-only, without connections or disk, restored at this moment: whoever
asks again will be answered. What a wrong statement or wrong data raises is no outage.
"""

import logging
import os
import time
from collections.abc import Callable

import asyncpg

from queue_app.seldom import Seldom

RETRY_SECONDS = 3.0
"""How long an outage may last and still be waited for: a planned switchover takes half of it."""
REFUSED_SECONDS = 10.0
"""How long a write that was refused speaks against the next ones."""

_log = logging.getLogger(__name__)

_LOST_STATES = ("08", "57P01", "57P02", "57P03", "53300", "25006", "42P01", "3D000", "3F000")
"""SQLSTATEs, or their classes, of what may be over in a moment: a connection that is gone, a
server that starts or stops, no connection free, a primary that is no more, and, while a backup is
restored, tables that are not there."""
_REFUSED_STATES = ("53", "57", "58", "25P03", "55P03")
"""No disk or memory, a time limit, an error of the operating system, a lock that is not to be had:
to be asked again later, not at once."""
_NO_WRITES = ("25006", "53", "58")
"""After these, reading may still work."""
_LOST_ERRORS = (asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, EOFError,
                asyncpg.InvalidCachedStatementError)  # fmt: skip
_NO_OUTAGES = (asyncpg.UnsupportedClientFeatureError, asyncpg.exceptions.ProtocolError)


class Outage(Exception):
    """The database cannot do it now: ask again in a moment.

    `reason`: the driver's name for it. `passing`: it may well be over at once. `unsure`: the
    answer to a commit is lost, so it may have been done all the same. `no_writes`: reading may
    still work.
    """

    def __init__(self, reason: str, passing: bool, unsure: bool, no_writes: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.passing = passing
        self.unsure = unsure
        self.no_writes = no_writes


def outage_of(error: BaseException, committing: bool = False) -> Outage | None:
    """The outage that this error of the driver means, or None where it means something else.

    `committing`: it came while a commit was under way.
    """
    if isinstance(error, (Outage, *_NO_OUTAGES)):
        return None
    name = type(error).__name__
    if isinstance(error, TimeoutError):
        return Outage(name, passing=False, unsure=committing)
    if isinstance(error, _LOST_ERRORS):
        return Outage(name, passing=True, unsure=committing)
    state = getattr(error, "sqlstate", None) or ""
    if state.startswith(_LOST_STATES):
        lost = state.startswith(("08", "57"))
        no_writes = state.startswith(_NO_WRITES)
        return Outage(name, passing=True, unsure=committing and lost, no_writes=no_writes)
    if state.startswith(_REFUSED_STATES):
        return Outage(name, passing=False, unsure=False, no_writes=state.startswith(_NO_WRITES))
    return None


class Trouble:
    """What this process knows of its database: since when it is away, and what was said of it."""

    def __init__(self, stopwatch: Callable[[], float] = time.monotonic) -> None:
        self._stopwatch = stopwatch
        self._since: dict[bool, float] = {}
        """Since when it answers nothing (False), or writes nothing (True)."""
        self._refused_at: float | None = None
        self._seldom = Seldom(stopwatch)

    def noticed(self, outage: Outage) -> None:
        """Remember it, and say it where it was not said of late, whatever else the driver calls it
        since: a server that is killed is gone, refuses, and starts, all in a second. Without a
        traceback: it is nothing that the code could do better."""
        now = self._stopwatch()
        self._since.setdefault(outage.no_writes, now)
        if outage.no_writes:
            self._refused_at = now
        more = self._seldom.count(outage.no_writes)
        if more is None:
            return
        what = "takes no changes" if outage.no_writes else "cannot answer"
        before = f", and {more} times since it was last said" if more else ""
        _log.warning(
            "the database %s now: %s, process %d%s", what, outage.reason, os.getpid(), before
        )

    def answered(self) -> None:
        """It has answered something."""
        self._since.pop(False, None)

    def wrote(self) -> None:
        """It has written something: whatever was, is over."""
        self._since.clear()
        self._refused_at = None

    def refuses_writes(self) -> bool:
        """Whether it has refused a write of late and done none since."""
        at = self._refused_at
        return at is not None and self._stopwatch() - at < REFUSED_SECONDS

    def is_worth_a_wait(self, outage: Outage) -> bool:
        """Whether it may be over within the time that somebody waits for an answer."""
        now = self._stopwatch()
        since = self._since.get(outage.no_writes, now)
        return outage.passing and now - since < RETRY_SECONDS
