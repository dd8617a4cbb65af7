"""A provider that hangs and a database that is away: neither stops what else is to leave."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from queue_app.clock import FixedClock
from queue_app.delivery.adapter import Letter
from queue_app.domain.messages import ATTEMPTS
from queue_app.jobs import sending
from queue_app.jobs.runner import Job, run_if_due
from queue_app.jobs.sending import Sender
from queue_app.store import db
from tests.flow.letters import Desk, book, waiting

pytestmark = pytest.mark.usefixtures("proven")


class Hanging(Desk):
    """Answers nobody whose address begins so."""

    def __init__(self, prefix: str = "") -> None:
        super().__init__()
        self.prefix: str | None = prefix
        self.asked: list[str] = []

    async def deliver(self, letter: Letter) -> None:
        self.asked.append(letter.recipient)
        if self.prefix is not None and letter.recipient.startswith(self.prefix):
            await asyncio.Event().wait()
        await super().deliver(letter)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "DELIVER_SECONDS", 0.05)


def to(desk: Desk) -> list[str]:
    return [letter.recipient for letter in desk.letters]


async def attempts() -> list[int]:
    return [row["attempts"] for row in await db.fetch("SELECT attempts FROM message ORDER BY id")]


@pytest.mark.usefixtures("impatient")
async def test_an_adapter_that_hangs_lets_the_other_messages_go_and_is_tried_again(
    clock: FixedClock,
) -> None:
    for address in ("hangs@example.com", "next@example.com"):
        await book(clock, address)
    await book(clock, None, "067 123 45 67")
    mail, sms = Hanging("hangs"), Desk()
    job = Job("deliver", 1, Sender({"mail": mail, "sms": sms}).deliver)
    assert await run_if_due(clock, job) is True
    assert (mail.asked, to(sms)) == (["hangs@example.com"], ["+380671234567"])
    clock.advance(seconds=1)
    assert await run_if_due(clock, job) is True
    assert to(mail) == ["next@example.com"], "the next turn is for whoever waited behind it"
    assert await db.fetch_value("SELECT failures FROM job") == 0
    assert await db.fetch_value("SELECT error FROM message WHERE state = 'waiting'") == (
        "TimeoutError"
    )
    mail.prefix = None
    clock.advance(seconds=28)
    await run_if_due(clock, job)
    assert len(mail.asked) == 2, "its pause is not over"
    clock.advance(minutes=1)
    await run_if_due(clock, job)
    assert [state for *_, state in await waiting()] == ["sent"] * 3


@pytest.mark.usefixtures("impatient")
async def test_an_adapter_that_always_hangs_is_given_up(clock: FixedClock) -> None:
    await book(clock)
    mail = Hanging()
    for _ in range(ATTEMPTS):
        await Sender({"mail": mail}).deliver(clock)
        clock.advance(days=3)
    assert len(mail.asked) == ATTEMPTS
    assert [state for *_, state in await waiting()] == ["failed"]


async def test_nobody_else_sends_what_one_process_is_still_at(clock: FixedClock) -> None:
    """Each may take the longest that it can; the last has its whole lease before it even so."""
    longest = sending.READ_SECONDS + sending.DELIVER_SECONDS
    addresses = [f"n{number}@example.com" for number in range(4)]
    for address in addresses:
        await book(clock, address)
    other = Desk()

    class Slow(Desk):
        async def deliver(self, letter: Letter) -> None:
            clock.advance(seconds=longest)
            if letter.recipient == addresses[-1]:
                await Sender({"mail": other}).deliver(clock)
            await super().deliver(letter)

    slow = Slow()
    assert await Sender({"mail": slow}).deliver(clock) == len(addresses)
    assert (to(slow), to(other)) == (addresses, [])


async def test_a_turn_ends_and_leaves_the_rest_to_the_next(
    clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "TURN_SECONDS", 0.0)
    await book(clock)
    assert await Sender({"mail": Desk()}).deliver(clock) == 0
    monkeypatch.undo()
    assert await Sender({"mail": Desk()}).deliver(clock) == 1


def away(*_: Any) -> Any:
    raise ConnectionError


async def hangs(*_: Any) -> Any:
    await asyncio.Event().wait()


@pytest.mark.parametrize("instead", [away, hangs])
async def test_a_database_that_is_away_is_no_failure_of_the_message(
    clock: FixedClock, monkeypatch: pytest.MonkeyPatch, instead: Callable[..., Any]
) -> None:
    await book(clock)
    sender = Sender({"mail": Desk()})
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(sending, "READ_SECONDS", 0.05)
        meanwhile.setattr(sending, "letter_of", instead)
        for _ in range(ATTEMPTS):
            with pytest.raises(db.OUTAGES):
                await sender.deliver(clock)
            clock.advance(minutes=1)
    assert await attempts() == [0]
    assert await sender.deliver(clock) == 1
    assert await attempts() == [1]


async def test_what_the_database_could_not_tell_lets_others_go_first(
    clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    for address in ("a@example.com", "b@example.com"):
        await book(clock, address)
    desk = Desk()
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(sending, "letter_of", away)
        with pytest.raises(ConnectionError):
            await Sender({"mail": desk}).deliver(clock)
    await Sender({"mail": desk}).deliver(clock)
    assert to(desk) == ["b@example.com"]
    clock.advance(minutes=1)
    await Sender({"mail": desk}).deliver(clock)
    assert to(desk) == ["b@example.com", "a@example.com"]


async def test_a_timeout_of_the_adapters_own_counts_as_its_failure(clock: FixedClock) -> None:
    await book(clock)
    assert await Sender({"mail": Desk(TimeoutError())}).deliver(clock) == 0
    assert await attempts() == [1]
    row = await db.fetch_row("SELECT error, due_at FROM message")
    assert row and row["error"] == "TimeoutError"
    assert row["due_at"] >= clock.now() + timedelta(seconds=30)
