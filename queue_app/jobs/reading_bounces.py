"""Mail that came back is read, and the contacts at which nothing arrives are marked."""

import logging
from collections.abc import Collection

from queue_app.clock import Clock
from queue_app.delivery.bounces import read_bounce
from queue_app.delivery.mailbox import Mailbox
from queue_app.domain.messages import Medium
from queue_app.domain.people import SYSTEM
from queue_app.flow import refusing
from queue_app.flow.act import By
from queue_app.jobs.runner import Job

AT_ONCE = 50
"""So many mails are read in one turn; the next is a minute away."""

_log = logging.getLogger(__name__)


async def take(by: By, content: bytes, bounces: str, ways: Collection[Medium]) -> bool:
    """What came to a return path made of `bounces`: whether a letter was marked for it."""
    bounce = read_bounce(content, bounces)
    if bounce is None:
        return False
    return await refusing.refuse(by, bounce.identity, bounce.reason, ways, bounce.of_recipient)


class BounceReader:
    """Reads a mailbox. Each mail is marked as read once it is dealt with: met again after a crash,
    it changes nothing more."""

    def __init__(self, mailbox: Mailbox, bounces: str, ways: Collection[Medium]) -> None:
        self._mailbox = mailbox
        self._bounces = bounces
        self._ways = ways

    async def read(self, clock: Clock) -> int:
        """How many letters were marked. MailboxAway."""
        if self._mailbox.hangs:
            _log.warning("the mailbox of what came back hangs, and is left alone until that ends")
            return 0
        try:
            return await self._read(clock)
        finally:
            if not self._mailbox.hangs:
                await self._mailbox.rest()

    async def _read(self, clock: Clock) -> int:
        marked = 0
        for one in await self._mailbox.unread(AT_ONCE):
            by = By(SYSTEM, clock.now())
            marked += await take(by, one.content, self._bounces, self._ways)
            await self._mailbox.mark_read(one)
        return marked


def job(mailbox: Mailbox, bounces: str, ways: Collection[Medium]) -> Job:
    return Job("read_bounces", 60, BounceReader(mailbox, bounces, ways).read)
