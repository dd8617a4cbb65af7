"""A job takes its things one by one: what is wrong with one keeps none of the others waiting."""

import logging
import traceback
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

from queue_app.domain.errors import Conflict
from queue_app.store import db

T = TypeVar("T")
R = TypeVar("R")

_log = logging.getLogger(__name__)


async def each(things: Mapping[str, T], do: Callable[[T], Awaitable[R]]) -> list[R]:
    """What `do` gave for each of them, in their order; by the name under which the log may have it.

    A Conflict is somebody else's change a moment ago: the next turn sees what came of it. What
    else goes wrong is logged with its name, with a traceback where no other thing failed by the
    same before it, and raised as one ExceptionGroup when all others are done, so that the run
    counts as failed. While the database is away nothing more is tried:
    OUTAGES are raised at once.
    """
    done, wrong = list[R](), list[Exception]()
    for name, thing in things.items():
        try:
            done.append(await do(thing))
        except Conflict as conflict:
            _log.info("%s is left for the next turn: %s", name, conflict)
        except db.OUTAGES:
            raise
        except Exception as error:
            told = any(type(one) is type(error) and _place(one) == _place(error) for one in wrong)
            _log.error("%s is left for the next turn", name, exc_info=None if told else error)
            wrong.append(error)
    if wrong:
        raise ExceptionGroup(f"{len(wrong)} of {len(wrong) + len(done)} went wrong", wrong)
    return done


def _place(error: Exception) -> tuple[str, int]:
    """Where it was raised."""
    *_, last = traceback.extract_tb(error.__traceback__)
    return last.filename, last.lineno or 0
