"""The hub beside the screens: one that breaks leaves the others their frames."""

import asyncio
import json
from typing import Any

import pytest

from queue_app import live
from queue_app.clock import FixedClock
from queue_app.flow.promising import Promises
from queue_app.live import Hub, Subscription, Topic
from queue_app.queries import reference
from tests.support.hall import take_ticket
from tests.support.people import BRANCH

pytestmark = pytest.mark.usefixtures("database")


async def waiting(subscription: Subscription, wanted: int) -> None:
    """Until a frame says that so many wait."""
    async with asyncio.timeout(10):
        while json.loads(await subscription.next() or "{}").get("waiting") != wanted:
            pass


async def test_a_screen_that_breaks_leaves_the_others_their_frames(
    clock: FixedClock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    mine = await take_ticket(clock.now())
    branch = (await reference.directory()).branch(BRANCH)
    hub = Hub(clock, Promises())
    phone, board = Topic(branch.id, "ticket", mine.token), Topic(branch.id, "board")
    async with hub.running(), hub.subscribe(phone), hub.subscribe(board) as shown:
        await waiting(shown, 1)

        def broken(*_: Any) -> None:
            raise KeyError(7)

        monkeypatch.setattr(live, "ticket_view", broken)
        await take_ticket(clock.now())
        await waiting(shown, 2)
    assert "no frame for a ticket screen" in caplog.text
