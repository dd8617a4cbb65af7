"""What one desk more or less would do at this branch, until it closes.

It is worked out in a thread, as it takes a good part of a second, and kept for a moment: several
people may ask of one branch, and each page asks again and again.
"""

import asyncio
import logging
from datetime import date, datetime, timedelta
from functools import partial

from litestar import Router, get
from litestar.di import NamedDependency
from msgspec import Struct

from queue_app.domain.directory import Branch, Directory
from queue_app.domain.errors import NotSignedIn, QueueError
from queue_app.domain.half_hours import Past
from queue_app.domain.hall import Hall
from queue_app.domain.people import Staff
from queue_app.domain.rights import require
from queue_app.domain.what_if import StaffingAnswer, staffing_answer
from queue_app.flow.act import By
from queue_app.jobs.learning import MEMORY_DAYS
from queue_app.office.office_frame import START
from queue_app.queries import halls, reference
from queue_app.queries.demand import past_days
from queue_app.scribe import Scribe
from queue_app.seldom import Seldom
from queue_app.store import db
from queue_app.web.guards import right
from queue_app.web.staff_pages import Asked, Page, number_at_own_desk, to_sign_in
from queue_app.web.templating import render

_log = logging.getLogger(__name__)
_said = Seldom()

KEPT = timedelta(seconds=20)
"""Of the hall's time: so long an answer is given again. That there is none takes no time to find
out, and ends at once when calls go on."""
MOST_KEPT = 100


class _Kept(Struct, frozen=True):
    made_at: datetime
    answer: StaffingAnswer


class StaffingAnswers:
    """The answers of a process, and the past that each branch's are made of, which a day adds to.

    One is worked out at a time: whoever asks meanwhile waits for it.
    """

    def __init__(self) -> None:
        self._pasts: dict[int, tuple[date, int, Past]] = {}
        self._kept: dict[tuple[int, int | None, int | None], _Kept] = {}
        self._turn = asyncio.Lock()
        self._scribe = Scribe("staffing")

    async def of(self, seen: Hall, more: int | None, less: int | None) -> StaffingAnswer | None:
        """`more`, `less`: the desks to be opened and taken away, where somebody chose any."""
        key = (seen.branch.id, more, less)
        async with self._turn:
            kept = self._kept.get(key)
            if kept and timedelta() <= seen.at - kept.made_at < KEPT:
                return kept.answer
            past = await self._past(seen.directory, seen.branch, seen.at)
            ended = [code for code, left in seen.orders.remaining.items() if left == 0]
            work = partial(staffing_answer, seen.snapshot, past, ended, more, less)
            answer = await self._scribe.do(work)
            if answer:
                if len(self._kept) >= MOST_KEPT:
                    self._kept.clear()
                self._kept[key] = _Kept(seen.at, answer)
            return answer

    async def _past(self, directory: Directory, branch: Branch, now: datetime) -> Past:
        """Who came on the days before this one."""
        last = directory.today(branch, now).oldest.date
        known = self._pasts.get(branch.id)
        if known and known[:2] == (last, directory.version):
            return known[2]
        days = await past_days(directory, branch, last - timedelta(days=MEMORY_DAYS), last)
        self._pasts[branch.id] = (last, directory.version, Past(days, {}))
        return self._pasts[branch.id][2]


@get(
    "/branches/{branch:str}/staffing",
    include_in_schema=False,
    opt=right("see_supervision"),
)
async def desk_more_or_less(
    request: Asked,
    branch: str,
    by: By,
    staff: Staff,
    staffing_answers: NamedDependency[StaffingAnswers],
    more: int | None = None,
    less: int | None = None,
) -> Page:
    directory = await reference.directory()
    place = directory.branch(branch)
    require("see_supervision", staff, place.id)
    seen = await halls.load(directory, place, by.now, by.forecasts)
    answer, failed = await _answer(staffing_answers, seen, more, less)
    return render(
        request,
        "office/staffing.html",
        staff=staff,
        at_own_desk=await number_at_own_desk(staff),
        branch=place,
        answer=answer,
        failed=failed,
        closed=[one for one in seen.desks if one.state == "closed"],
        opened=[one for one in seen.desks if one.state == "open"],
        numbers={one.id: one.number for one in seen.desks},
        closes_at=seen.day.shuts(seen.at),
        target=directory.rules.wait_target_minutes,
    )


async def _answer(
    answers: StaffingAnswers, seen: Hall, more: int | None, less: int | None
) -> tuple[StaffingAnswer | None, bool]:
    """What is answered, if anything; whether that failed, by a fault of ours."""
    try:
        return await answers.of(seen, more, less), False
    except QueueError:
        raise
    except db.OUTAGES:
        raise
    except Exception:
        if _said.count(seen.branch.slug) is not None:
            _log.exception("one desk more or less at %s cannot be foretold", seen.branch.slug)
        return None, True


router = Router(
    START, route_handlers=[desk_more_or_less], exception_handlers={NotSignedIn: to_sign_in}
)
