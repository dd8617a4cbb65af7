"""Whose turn it is: laws for any order of coming, going first and leaving."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queue_app.web.turns import CrowdedError, Terms, Turn, Turns

ADDRESSES = ("a", "b", "c")
FIRST = None
EVERY_TERM = st.builds(
    Terms,
    at_once=st.integers(1, 4),
    beside_first=st.integers(0, 1),
    waiting=st.integers(0, 8),
    waiting_of_one=st.integers(0, 5),
)
STEPS = st.lists(st.sampled_from([*ADDRESSES, FIRST]) | st.integers(0, 20), max_size=60)
"""An address asks, somebody goes first, or one of the turns ends: waited for, at work or over."""


class Watched:
    """Turns, everybody who was given one, and what may never be after any step."""

    def __init__(self, terms: Terms) -> None:
        self.turns = Turns(terms)
        self.given: list[Turn] = []
        self.over: set[Turn] = set()

    def step(self, step: str | int | None) -> None:
        working = set(self.at_work)
        if isinstance(step, int):
            if self.given:
                turn = self.given[step % len(self.given)]
                turn.end()
                self.over.add(turn)
        else:
            self.come(step)
        self.check(len(set(self.at_work) - working))

    def come(self, address: str | None) -> None:
        try:
            turn = self.turns.ask(address) if address else self.turns.go_first()
        except CrowdedError as error:
            assert not self.has_room()
            terms, standing = self.turns.terms, [one.address for one in self.waiting]
            if error.of_one:
                assert standing.count(address) == terms.waiting_of_one
            else:
                assert len(standing) == terms.waiting
        else:
            self.given.append(turn)

    def check(self, begun: int) -> None:
        assert (self.turns.at_work, self.turns.waiting) == (len(self.at_work), len(self.waiting))
        assert len(self.at_work) <= self.turns.terms.at_once
        assert not begun or len(self.at_work) <= self.most(), "more began than may"
        assert not (self.waiting and self.has_room()), "somebody waits while there is room"
        assert all(one.begun.is_set() for one in self.given if one.address is FIRST)

    @property
    def at_work(self) -> list[Turn]:
        return [one for one in self.present() if one.address and one.begun.is_set()]

    @property
    def waiting(self) -> list[Turn]:
        return [one for one in self.present() if not one.begun.is_set()]

    def present(self) -> list[Turn]:
        return [one for one in self.given if one not in self.over]

    def most(self) -> int:
        terms = self.turns.terms
        first = any(one.address is FIRST for one in self.present())
        return terms.beside_first if first else terms.at_once

    def has_room(self) -> bool:
        return len(self.at_work) < self.most()


@given(EVERY_TERM, STEPS)
def test_never_are_more_at_work_than_may_be_and_nobody_waits_while_there_is_room(
    terms: Terms, steps: list[str | int | None]
) -> None:
    watched = Watched(terms)
    for step in steps:
        watched.step(step)


@given(EVERY_TERM, STEPS, st.randoms(use_true_random=False))
def test_every_place_comes_back_in_whatever_order_they_go(
    terms: Terms, steps: list[str | int | None], order: object
) -> None:
    watched = Watched(terms)
    for step in steps:
        watched.step(step)
    leaving = list(watched.given)
    order.shuffle(leaving)  # type: ignore[attr-defined]
    for turn in leaving * 2:
        turn.end()
    turns = watched.turns
    assert (turns.at_work, turns.waiting, turns._lines, turns._going_first) == (0, 0, {}, 0)


@given(st.lists(st.sampled_from(ADDRESSES), max_size=40))
def test_an_address_that_waits_is_passed_by_another_only_once(comers: list[str]) -> None:
    turns = Turns(Terms(at_once=1))
    working = turns.ask("before them")
    waiting = [turns.ask(address) for address in comers]
    passed = dict.fromkeys(ADDRESSES, 0)
    while waiting:
        working.end()
        (working,) = [one for one in waiting if one.begun.is_set()]
        own = [one for one in waiting if one.address == working.address]
        assert working is own[0], "of one address whoever came first is first"
        waiting.remove(working)
        for other in {one.address for one in waiting} - {working.address}:
            passed[str(other)] += 1
            assert passed[str(other)] < len(ADDRESSES)
        passed[str(working.address)] = 0


def test_one_address_alone_has_all_that_there_is() -> None:
    turns = Turns(Terms(at_once=4))
    assert all(turns.ask("the proxy").begun.is_set() for _ in range(4))


@pytest.mark.parametrize("left", [1, 2])
def test_whoever_leaves_the_line_is_not_waited_for(left: int) -> None:
    turns = Turns(Terms(at_once=1))
    working, *waiting = [turns.ask("a") for _ in range(3)]
    waiting[left - 1].end()
    working.end()
    assert waiting[2 - left].begun.is_set() and turns.waiting == 0
