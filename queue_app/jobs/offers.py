"""Times that are free are offered to who waits for such, and wishes end with their last day."""

from functools import partial

from queue_app.clock import Clock
from queue_app.domain.people import SYSTEM
from queue_app.domain.wish import ends_at, gives_up
from queue_app.flow.act import By
from queue_app.flow.offering import offer_times
from queue_app.flow.wishing import end_wish
from queue_app.jobs.each import each
from queue_app.queries import reference, waiting_list


async def offer(clock: Clock) -> int:
    """Whatever opened since: by a new day, changed plans, or a slot that is shown again. Branch by
    branch, so that no transaction gives times of two."""
    now = clock.now()
    directory = await reference.directory()
    if directory.quiet.holds(now) or not directory.rules.offer_minutes:
        return 0
    by_name = {f"branch {one}": one for one in await waiting_list.branches_waited_for()}
    return sum(await each(by_name, partial(offer_times, By(SYSTEM, now))))


async def end(clock: Clock) -> int:
    """Those for which nothing can come free any more, and those that nobody answers for."""
    now = clock.now()
    directory = await reference.directory()
    waiting = await waiting_list.still_open()
    unanswered = await waiting_list.unanswered([one.id for one in waiting])
    over = {
        f"wish {one.id}": one.id
        for one in waiting
        if now >= ends_at(one.wanted, directory.rules, directory.zone)
        or gives_up(unanswered.get(one.id, 0))
    }
    return sum(await each(over, partial(end_wish, By(SYSTEM, now))))
