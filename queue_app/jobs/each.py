"""A job takes its things one by one: what is wrong with one keeps none of the others waiting."""

import logging
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
    else goes wrong is logged with its name, and raised as one ExceptionGroup when all others are
    done, so that the run counts as failed. While the database is away nothing more is tried:
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
            _log.exception("%s is left for the next turn", name)
            wrong.append(error)
    if wrong:
        raise ExceptionGroup(f"{len(wrong)} of {len(wrong) + len(done)} went wrong", wrong)
    return done
