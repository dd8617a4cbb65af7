"""Who asks the same at once shares the answer: never one that was begun before the question."""

import asyncio
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queue_app.tasks import Shared
from tests.support.waiting import until

Answer = int
moments = st.integers(0, 6)


class Source:
    """Gives a new answer each time, some moments later; it knows when each was begun."""

    def __init__(self, lasts: Iterator[int], fails: Iterator[bool]) -> None:
        self._lasts, self._fails = lasts, fails
        self.now = 0
        self.begun: list[int] = []
        self.under_way = 0

    async def fetch(self) -> Answer:
        assert self.under_way == 0, "one at a time"
        self.begun.append(self.now)
        number = len(self.begun) - 1
        self.under_way += 1
        try:
            for _ in range(next(self._lasts)):
                await asyncio.sleep(0)
        finally:
            self.under_way -= 1
        if next(self._fails):
            raise LookupError(number)
        return number


async def asked(source: Source, shared: Shared[str, Answer], at: int, patience: int) -> None:
    """At this moment; whoever loses patience is cancelled."""
    for _ in range(at):
        await asyncio.sleep(0)
    own = asyncio.ensure_future(shared.ask("hall", source.fetch))
    asked_at = source.now
    for _ in range(patience):
        await asyncio.sleep(0)
        if own.done():
            break
    own.cancel()
    try:
        answer = await own
    except asyncio.CancelledError:
        return
    except LookupError as error:
        answer = error.args[0]
    assert source.begun[answer] >= asked_at


@given(
    st.lists(st.tuples(moments, st.sampled_from([1, 2, 5, 500, 500])), min_size=1, max_size=12),
    st.lists(moments, min_size=60, max_size=60),
    st.lists(st.sampled_from([False, False, False, True]), min_size=60, max_size=60),
)
def test_an_answer_is_never_older_than_its_question(
    people: list[tuple[int, int]], lasts: list[int], fails: list[bool]
) -> None:
    """Whoever is cancelled, and whatever fails, meanwhile; and everybody gets one."""

    async def day() -> None:
        source, shared = Source(iter(lasts), iter(fails)), Shared[str, Answer]()

        async def clock() -> None:
            while True:
                source.now += 1
                await asyncio.sleep(0)

        ticking = asyncio.create_task(clock())
        async with asyncio.timeout(20):
            await asyncio.gather(*(asked(source, shared, *one) for one in people))
        ticking.cancel()
        assert not shared._fetched

    asyncio.run(day())


async def test_who_asks_while_an_answer_is_fetched_shares_the_next_one() -> None:
    shared, gates = Shared[str, Answer](), [asyncio.Event(), asyncio.Event()]
    begun: list[int] = []

    async def fetch() -> Answer:
        begun.append(len(begun))
        number = begun[-1]
        await gates[number].wait()
        return number

    first = asyncio.create_task(shared.ask("hall", fetch))
    await asyncio.sleep(0)
    others = [asyncio.create_task(shared.ask("hall", fetch)) for _ in range(5)]
    await asyncio.sleep(0)
    assert begun == [0]
    gates[0].set()
    assert await first == 0
    await until(lambda: begun == [0, 1])
    gates[1].set()
    assert await asyncio.gather(*others) == [1] * 5
    assert begun == [0, 1]


async def test_an_answer_that_was_begun_before_is_given_to_whom_it_suffices() -> None:
    shared, gates = Shared[str, Answer](), [asyncio.Event(), asyncio.Event()]
    begun: list[int] = []

    async def fetch() -> Answer:
        begun.append(len(begun))
        number = begun[-1]
        await gates[number].wait()
        return number

    first = asyncio.create_task(shared.ask("hall", fetch, lambda _: False))
    await asyncio.sleep(0)
    content = [asyncio.create_task(shared.ask("hall", fetch, lambda _: True)) for _ in range(3)]
    others = [asyncio.create_task(shared.ask("hall", fetch, lambda n: n > 0)) for _ in range(3)]
    await asyncio.sleep(0)
    gates[0].set()
    assert await asyncio.gather(first, *content) == [0] * 4
    await until(lambda: begun == [0, 1])
    gates[1].set()
    assert await asyncio.gather(*others) == [1] * 3
    assert begun == [0, 1]


async def test_a_failure_that_was_begun_before_is_nobody_elses() -> None:
    shared, gate = Shared[str, Answer](), asyncio.Event()

    async def fails() -> Answer:
        await gate.wait()
        raise LookupError

    async def works() -> Answer:
        return 7

    first = asyncio.create_task(shared.ask("hall", fails))
    await asyncio.sleep(0)
    other = asyncio.create_task(shared.ask("hall", works, lambda _: True))
    await asyncio.sleep(0)
    gate.set()
    assert await other == 7
    with pytest.raises(LookupError):
        await first


async def test_questions_of_another_kind_wait_for_nothing() -> None:
    shared = Shared[str, Answer]()
    never = asyncio.create_task(shared.ask("hall", asyncio.Event().wait))
    await asyncio.sleep(0)

    async def fetch() -> Answer:
        return 7

    assert await shared.ask("another", fetch) == 7
    never.cancel()
    with pytest.raises(asyncio.CancelledError):
        await never
