"""What no single desk gives: which two visits it is, and when one follows the other."""

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from queue_app.domain.catalogue import Text
from queue_app.domain.directory import Branch, Desk, Lane
from queue_app.domain.pairs import LONGEST_BETWEEN, Pair, pairs, parts_of
from tests.domain.lanes import TUESDAY, at


def branch(desks: list[str], lanes: list[str]) -> Branch:
    """Each desk and lane with the services of its letters."""
    return Branch(
        id=1,
        slug="one",
        title=Text(uk="Тут"),
        address=None,
        hours={},
        closures=(),
        desks=tuple(Desk(n, str(n), (), frozenset(of), {}) for n, of in enumerate(desks)),
        lanes=tuple(Lane(n, str(n), "visit", (), frozenset(of), {}) for n, of in enumerate(lanes)),
    )


def test_a_lane_for_everything_makes_no_desk_that_gives_it() -> None:
    hall = branch(desks=["ab", "c"], lanes=["abc"])
    assert hall.gives("ab", "visit")
    assert not hall.gives("ac", "visit")
    assert not hall.gives("a", "phone")


def test_as_much_as_possible_is_done_in_one_of_the_two_visits() -> None:
    hall = branch(desks=["abc", "cd"], lanes=["abcd"])
    assert parts_of(hall, tuple("abcd"), "visit") == (("a", "b", "c"), ("d",))
    assert parts_of(hall, tuple("abc"), "visit") is None
    assert parts_of(hall, tuple("az"), "visit") is None
    assert parts_of(branch(["a", "b", "c"], ["abc"]), tuple("abc"), "visit") is None


def test_either_of_the_two_may_be_the_first() -> None:
    ten, later = at(TUESDAY, 10), at(TUESDAY, 10, 20)
    assert pairs([ten], 15, [later], 5) == [Pair(ten, later)]
    assert pairs([later], 5, [ten], 15) == [Pair(later, ten)]
    assert pairs([ten], 25, [later], 5) == []
    assert pairs([ten], 15, [at(TUESDAY, 11)], 5) == []


_STARTS = st.lists(st.integers(0, 50), unique=True, max_size=20).map(
    lambda steps: [at(TUESDAY, 9) + timedelta(minutes=10 * step) for step in sorted(steps)]
)


@given(ones=_STARTS, others=_STARTS, one=st.integers(1, 40), other=st.integers(1, 40))
def test_law_two_visits_are_free_follow_one_another_and_wait_no_longer_than_people_would(
    ones: list[datetime], others: list[datetime], one: int, other: int
) -> None:
    found = pairs(ones, one, others, other)
    firsts = [pair.first for pair in found]
    assert firsts == sorted(set(firsts))
    for pair in found:
        assert pair.one in ones and pair.other in others
        length = one if pair.one < pair.other else other
        between = max(pair) - min(pair) - timedelta(minutes=length)
        assert timedelta(0) <= between <= LONGEST_BETWEEN
