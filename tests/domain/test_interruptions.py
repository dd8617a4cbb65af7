"""Time that stops: nobody loses a place by it, and no wait ends before calls resume."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from queue_app.domain import interruptions
from queue_app.domain.centre import Rules
from queue_app.domain.dispatch import POLICIES, CallingDesk, Waiting, as_person
from queue_app.domain.habits import Habits
from queue_app.domain.interruptions import (
    NEVER,
    Interruption,
    current,
    end,
    keep_right,
    late_after,
    stop_of,
    stop_of_all,
    stops,
    usual_delay,
)
from queue_app.domain.scene import ForeseenDesk, Scene
from queue_app.domain.service_times import ServiceTime
from queue_app.domain.waits import estimate, forecast
from tests.domain.ranking import rank

TEN = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
RULES = Rules(early_minutes=10, late_minutes=10)
SERVICES = ("bill", "meter", "debt")
POLICY = POLICIES["promise"]
LENGTH = ServiceTime(mu=2.0, sigma=0.3, visits=10)
EVERY_DESK = [ForeseenDesk(CallingDesk(one, frozenset(SERVICES))) for one in (1, 2)]


def at(minutes: float) -> datetime:
    return TEN + timedelta(minutes=minutes)


def stopped(
    begins: float = 0,
    ends: float | None = None,
    resumes: float | None = None,
    services: tuple[str, ...] | None = None,
    id_: int = 1,
) -> Interruption:
    ended_at = None if ends is None else at(ends)
    resumes_at = ended_at if resumes is None else at(resumes)
    return Interruption(id_, "alert", services, None, at(begins), ended_at, resumes_at)


def waiting(
    id_: int, queued: float, due: float | None = None, services: tuple[str, ...] = ("bill",)
) -> Waiting:
    return Waiting(id_, f"А{id_}", services, at(queued), None if due is None else at(due))


named = st.none() | st.lists(st.sampled_from(SERVICES), min_size=1, unique=True).map(tuple)
some_interruptions = st.lists(
    st.builds(
        lambda begins, lasts, delay, services, known: stopped(
            begins,
            begins + lasts if known else None,
            begins + lasts + delay if known else None,
            services,
        ),
        st.integers(-120, 120),
        st.integers(0, 90),
        st.integers(0, 30),
        named,
        st.booleans(),
    ),
    max_size=4,
)
people = st.lists(
    st.builds(
        waiting,
        st.integers(1, 10_000),
        st.integers(-120, 120),
        st.none() | st.integers(-120, 120),
        st.lists(st.sampled_from(SERVICES), min_size=1, unique=True).map(tuple),
    ),
    unique_by=lambda one: one.id,
    max_size=15,
)


def in_order(
    line: Sequence[Waiting], interruptions: Sequence[Interruption], now: datetime
) -> list[int]:
    kept = [keep_right(one, interruptions, RULES) for one in line]
    desk = CallingDesk(1, frozenset(SERVICES))
    return [one.waiting.id for one in rank(kept, desk, now, POLICY)]


@given(people, some_interruptions, st.integers(0, 90), named, st.integers(0, 240))
def test_after_any_interruption_everybody_who_waited_stands_as_before(
    line: list[Waiting],
    earlier: list[Interruption],
    lasts: int,
    services: tuple[str, ...] | None,
    later: int,
) -> None:
    """At any later moment the order is the one that there would be without it."""
    begins = max([0, *((one.started_at - TEN) // timedelta(minutes=1) for one in earlier)])
    waited = [one for one in line if one.queued_at <= at(begins)]
    one = stopped(begins, begins + lasts, services=services, id_=99)
    now = at(begins + later)
    assert in_order(waited, [*earlier, one], now) == in_order(waited, earlier, now)


@given(
    st.integers(0, 60),
    st.integers(0, 60),
    st.integers(0, 30),
    st.integers(-10, 59),
    st.floats(0, 1, exclude_max=True),
)
def test_a_booking_whose_time_fell_into_it_is_on_time_until_the_grace_after_resumption(
    begins: int, lasts: int, delay: int, due: int, share: float
) -> None:
    resumes = begins + lasts + delay
    one = stopped(begins, begins + lasts, resumes)
    if not (due <= resumes - 1 and due + RULES.late_minutes >= begins):
        return
    limit = late_after(at(due), ["bill"], [one], RULES)
    assert limit == max(at(resumes + 10), at(due + 10))
    came = waiting(1, due + (resumes + 10 - due) * share, due)
    walk_in = waiting(2, due - 100)
    assert in_order([walk_in, came], [one], at(200)) == [1, 2]


@given(some_interruptions, st.integers(-120, 120))
def test_an_interruption_never_makes_anybody_late_sooner(
    several: list[Interruption], due: int
) -> None:
    limits = [late_after(at(due), ["bill"], several[:n], RULES) for n in range(len(several) + 1)]
    assert limits[0] == at(due + 10)
    assert all(limit >= limits[0] for limit in limits)


def test_whose_time_had_passed_before_it_began_stays_late() -> None:
    one = stopped(11, 60)
    assert late_after(at(0), ["bill"], [one], RULES) == at(10)
    assert late_after(at(1), ["bill"], [one], RULES) == at(70), "the limit fell into it"


def test_nobody_is_late_while_nobody_knows_when_calls_resume() -> None:
    assert late_after(at(5), ["bill"], [stopped(0)], RULES) == NEVER
    assert late_after(at(5), ["bill"], [stopped(0, services=("meter",))], RULES) == at(15)


def test_alerts_one_after_another_move_the_limit_on() -> None:
    two = [stopped(0, 20), stopped(25, 40, id_=2)]
    assert late_after(at(5), ["bill"], two, RULES) == at(50)
    far = [stopped(0, 20), stopped(31, 40, id_=2)]
    assert late_after(at(5), ["bill"], far, RULES) == at(30)


def test_it_lasts_until_calls_resume_and_the_one_of_everything_is_named_first() -> None:
    some = stopped(0, services=("meter",), id_=1)
    every = stopped(5, 20, 30, id_=2)
    assert current([some, every], at(4)) == [some]
    assert current([some, every], at(29)) == [every, some]
    assert current([some, every], at(30)) == [some]
    assert stop_of_all([some, every], at(10)) == every
    assert stop_of_all([some, every], at(30)) is None
    assert stop_of(["meter", "bill"], [some, every], at(10)) == some, "it lasts longer"
    assert stop_of(["bill"], [some, every], at(10)) == every
    assert stop_of(["bill"], [some, every], at(30)) is None


@pytest.mark.parametrize(
    ("kind", "began", "minutes"),
    [("alert", 61, 10), ("alert", 60, 10), ("alert", 59, 30), ("power", 0, 0), ("registry", 61, 0)],
)
def test_an_alert_from_before_opening_moves_the_start_to_half_an_hour_after_it(
    kind: interruptions.Kind, began: int, minutes: int
) -> None:
    assert usual_delay(kind, at(began), at(60), RULES) == minutes
    assert usual_delay(kind, at(began), None, RULES) == (10 if kind == "alert" else 0)


def test_the_delay_counts_from_the_first_time_that_the_end_was_said() -> None:
    ended = end(stopped(0), at(20), 10)
    assert (ended.ended_at, ended.resumes_at) == (at(20), at(30))
    assert end(ended, at(25), 10) == ended, "said twice is said once"
    assert end(ended, at(25), 15).resumes_at == at(35)
    assert end(ended, at(25), 0).resumes_at == at(25), "at once, but not in the past"
    assert end(ended, at(30), 60) == ended, "what has resumed stays"


@given(people, some_interruptions, st.integers(0, 60))
def test_no_wait_ends_before_calls_resume_and_none_is_told_while_nobody_knows(
    line: list[Waiting], several: list[Interruption], later: int
) -> None:
    now = at(later)
    hall = scene(line, several, now)
    found, called = estimate(hall, runs=6), forecast(hall, runs=6)
    for one in line:
        stop = stop_of(one.services, several, now)
        unknown = [each for each in current(several, now) if each.resumes_at is None]
        if stop is None:
            assert one.id in found
        elif any(each.concerns(one.services) for each in unknown):
            assert one.id not in found
        elif one.id in found and stop.resumes_at is not None:
            left = (stop.resumes_at - now) / timedelta(minutes=1)
            assert min(called[one.id]) >= left - 1e-6
    assert all(wait.low_minutes <= wait.high_minutes for wait in found.values())


@given(people, st.integers(0, 60), st.integers(1, 90))
def test_a_stop_of_all_with_a_known_end_moves_every_wait_of_the_live_queue_by_it(
    line: list[Waiting], begun: int, left: int
) -> None:
    walk_ins = [replace(one, due_at=None) for one in line]
    free = forecast(scene(walk_ins, [], TEN), runs=6)
    found = forecast(scene(walk_ins, [stopped(-begun, left)], TEN), runs=6)
    assert found.keys() == free.keys()
    for number, minutes in free.items():
        assert found[number] == pytest.approx([one + left for one in minutes])


def scene(line: Sequence[Waiting], several: Sequence[Interruption], now: datetime) -> Scene:
    return Scene(
        waiting=[as_person(one, now) for one in line],
        desks=EVERY_DESK,
        booked=[],
        expected=[],
        time_of=lambda _: LENGTH,
        planned=lambda _: LENGTH.mean_minutes,
        policy=POLICY,
        habits=Habits(gone_by=()),
        stops=stops([one for one in several if one.started_at <= now], now),
    )
