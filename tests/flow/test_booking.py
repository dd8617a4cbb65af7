"""Laws of booking, on a real database: what is free can be had, by one person only."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from queue_app.clock import FixedClock
from queue_app.domain.appointments import Appointment
from queue_app.domain.errors import Conflict, QueueError, RuleBroken
from queue_app.domain.people import OPERATOR, RESIDENT
from queue_app.domain.slots import Capacity, free_starts
from queue_app.flow import booking
from queue_app.flow.act import By
from queue_app.flow.configuring import apply
from queue_app.jobs import holds
from queue_app.queries import appointments, doctor, reference
from queue_app.queries.slots import visit_of
from queue_app.store import db
from tests.conftest import KYIV, MONDAY
from tests.flow.bookings import (
    NIGHT,
    ONE,
    TUESDAY,
    Resident,
    centre_with_a_night,
    confirm,
    hold,
    refused,
    starts,
)
from tests.flow.stage import own
from tests.support.database import empty
from tests.support.people import BRANCH

by_examples = settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture(scope="module")
async def dsn_of_laws(database_server: str, worker: str) -> AsyncIterator[str]:
    async with own(database_server, f"{worker}-bookings") as dsn:
        await apply(By(OPERATOR, MONDAY), centre_with_a_night())
        yield dsn


@pytest.fixture(autouse=True)
async def nothing_booked(dsn_of_laws: str) -> AsyncIterator[None]:
    await empty(dsn_of_laws)
    yield
    assert await doctor.check(MONDAY) == []


VISITS = st.lists(
    st.sampled_from(["debt-amount", "tariffs", "owner-change", "bill-duplicate", "quality-check"]),
    min_size=1,
    max_size=3,
    unique=True,
)
WALL_TIMES = st.builds(time, st.integers(8, 18), st.sampled_from([0, 5, 10, 20, 30, 40, 50]))


@pytest.mark.slow
@by_examples
@given(
    branch=st.sampled_from([ONE, BRANCH]),
    wishes=st.lists(st.tuples(VISITS, WALL_TIMES), min_size=1, max_size=12),
)
@example(branch=ONE, wishes=[(["tariffs"], time(9))] * 2)
async def test_a_start_can_be_had_exactly_if_it_is_shown_as_free(
    dsn_of_laws: str, branch: str, wishes: list[tuple[list[str], time]]
) -> None:
    await empty(dsn_of_laws)
    for services, wall in wishes:
        start = datetime.combine(TUESDAY, wall, KYIV)
        shown = await starts(branch, TUESDAY, MONDAY, services)
        if start in shown:
            held = await hold(branch, start, MONDAY, services)
            assert (held.state, held.starts_at) == ("held", start)
            assert held.ends_at - held.starts_at >= timedelta(minutes=5)
        else:
            with pytest.raises(QueueError) as error:
                await hold(branch, start, MONDAY, services)
            if not (await reference.directory()).branch(branch).gives(services, "visit"):
                assert error.value.code == "nobody_serves"
                continue
            assert error.value.code in ("slot_taken", "no_such_time")
            taken = await slot_is_taken(branch, start, services)
            assert taken == (error.value.code == "slot_taken")
            near = error.value.details["alternatives"]
            assert near and set(near) <= set(await starts(branch, date(2026, 11, 21), MONDAY,
                                                          services, days=14))  # fmt: skip
    assert await doctor.check(MONDAY) == []


async def slot_is_taken(branch: str, start: datetime, services: list[str]) -> bool:
    """Whether it would be free if nothing were held or booked."""
    directory = await reference.directory()
    where = directory.branch(branch)
    rules, zone = directory.rules, directory.zone
    empty_hall = Capacity(where.lanes, where.hours, where.closures, (), rules, zone)
    visit = visit_of(directory, services, "visit")
    return start in free_starts(empty_hall, visit, TUESDAY, 1, MONDAY)[TUESDAY]


async def test_what_was_never_a_start_is_refused_with_the_reason() -> None:
    today, saturday = date(2026, 11, 23), date(2026, 11, 28)
    for day, wall, reason in (
        (today, time(9), "past"),
        (today, time(10, 20), "too_near"),
        (saturday, time(10), "closed_day"),
        (TUESDAY, time(19), "closed_then"),
        (TUESDAY, time(10, 3), "off_grid"),
        (TUESDAY, time(17, 55), "off_grid"),
        (TUESDAY, time(17, 50), "nobody_then"),
        (date(2027, 3, 1), time(10), "beyond_horizon"),
    ):
        with pytest.raises(RuleBroken, match="no_such_time") as error:
            await hold(ONE, datetime.combine(day, wall, KYIV), MONDAY, ["tariffs", "owner-change"])
        assert error.value.details["reason"] == reason, (day, wall)
        assert error.value.details["alternatives"], (day, wall)


async def test_what_no_single_desk_gives_is_no_visit_though_a_lane_has_room_for_it() -> None:
    both = ["debt-amount", "owner-change"]
    assert await starts(BRANCH, TUESDAY, MONDAY, both, days=14) == []
    ten = datetime.combine(TUESDAY, time(10), KYIV)
    assert await refused(hold, BRANCH, ten, MONDAY, both) == "nobody_serves"
    mine = await confirm(await hold(BRANCH, ten, MONDAY, both[:1]), MONDAY)
    change = booking.change_services
    assert await refused(change, By(RESIDENT, MONDAY), mine.token, both) == "nobody_serves"


async def test_beside_a_closed_day_times_of_both_sides_are_offered() -> None:
    with pytest.raises(RuleBroken) as error:
        await hold(ONE, datetime.combine(date(2026, 11, 28), time(10), KYIV), MONDAY)
    days = {one.astimezone(KYIV).date() for one in error.value.details["alternatives"]}
    assert days == {date(2026, 11, 27), date(2026, 11, 30)}


async def test_a_booked_start_is_free_for_nobody_and_free_again_once_cancelled() -> None:
    before = await starts(ONE, TUESDAY, MONDAY)
    assert len(before) > 40
    booked = await confirm(await hold(ONE, before[3], MONDAY), MONDAY)
    assert await starts(ONE, TUESDAY, MONDAY) == [*before[:3], *before[4:]]
    assert await refused(hold, ONE, before[3], MONDAY) == "slot_taken"
    await booking.cancel(By(RESIDENT, MONDAY), booked.token)
    assert await starts(ONE, TUESDAY, MONDAY) == before
    again = await hold(ONE, before[3], MONDAY)
    assert again.id != booked.id


async def test_every_seat_of_a_start_is_given_before_it_is_full() -> None:
    """Two lanes give this service in the sample."""
    start = datetime.combine(TUESDAY, time(10), KYIV)
    lanes = [(await hold(BRANCH, start, MONDAY)).lane_id for _ in range(2)]
    assert len(set(lanes)) == 2
    assert start not in await starts(BRANCH, TUESDAY, MONDAY)
    assert await refused(hold, BRANCH, start, MONDAY) == "slot_taken"


async def test_services_add_up_to_one_stretch_of_one_lane() -> None:
    start = datetime.combine(TUESDAY, time(10), KYIV)
    held = await hold(ONE, start, MONDAY, ["tariffs", "owner-change", "tariffs"])
    assert held.ends_at - held.starts_at == timedelta(minutes=15)
    free = await starts(ONE, TUESDAY, MONDAY)
    assert not {start, start + timedelta(minutes=10)} & set(free)
    assert start - timedelta(minutes=10) in free and start + timedelta(minutes=20) in free


async def test_a_hold_lasts_ten_minutes_to_the_instant(clock: FixedClock) -> None:
    start = datetime.combine(TUESDAY, time(10), KYIV)
    held = await hold(ONE, start, clock.now())
    assert held.held_until == clock.now() + timedelta(minutes=10)
    clock.advance(minutes=10, microseconds=-1)
    assert start not in await starts(ONE, TUESDAY, clock.now())
    assert await refused(hold, ONE, start, clock.now()) == "slot_taken"
    clock.advance(microseconds=1)
    assert start in await starts(ONE, TUESDAY, clock.now())
    assert await refused(confirm, held, clock.now()) == "hold_expired"
    assert (await hold(ONE, start, clock.now())).state == "held"
    assert (await appointments.by_token(held.token)).state == "expired"


async def test_a_hold_is_confirmed_in_its_last_instant(clock: FixedClock) -> None:
    held = await hold(ONE, datetime.combine(TUESDAY, time(10), KYIV), clock.now())
    clock.advance(minutes=10, microseconds=-1)
    assert (await confirm(held, clock.now())).state == "booked"
    clock.advance(hours=1)
    await holds.expire(clock)
    assert (await appointments.by_token(held.token)).state == "booked"


async def test_the_lead_time_and_the_horizon_are_kept_to_the_minute(clock: FixedClock) -> None:
    today = clock.now().astimezone(KYIV).date()
    first = datetime.combine(today, time(10, 30), KYIV)
    assert (await starts(ONE, today, clock.now()))[0] == first
    clock.advance(seconds=1)
    assert await refused(hold, ONE, first, clock.now()) == "no_such_time"
    last = today + timedelta(days=21)
    clock.set(datetime.combine(today, time(5, 59, 59), KYIV))
    assert await starts(ONE, last, clock.now()) == []
    with pytest.raises(RuleBroken) as error:
        await hold(ONE, datetime.combine(last, time(10), KYIV), clock.now())
    assert error.value.details["reason"] == "not_yet_open"
    clock.advance(seconds=1)
    assert len(await starts(ONE, last, clock.now())) > 40
    assert await starts(ONE, last + timedelta(days=1), clock.now()) == []
    beyond = datetime.combine(last + timedelta(days=1), time(10), KYIV)
    assert await refused(hold, ONE, beyond, clock.now()) == "no_such_time"


async def test_a_move_keeps_the_old_time_until_the_new_one_is_sure() -> None:
    ten, eleven, noon = (datetime.combine(TUESDAY, time(hour), KYIV) for hour in (10, 11, 12))
    mine = await confirm(await hold(ONE, ten, MONDAY), MONDAY)
    await hold(ONE, eleven, MONDAY)
    assert await refused(booking.move, By(RESIDENT, MONDAY), mine.token, eleven) == "slot_taken"
    assert ten not in await starts(ONE, TUESDAY, MONDAY)
    moved = await booking.move(By(RESIDENT, MONDAY), mine.token, noon)
    assert (moved.id, moved.starts_at, moved.code) == (mine.id, noon, mine.code)
    free = await starts(ONE, TUESDAY, MONDAY)
    assert ten in free and noon not in free
    into_itself = noon + timedelta(minutes=10)
    longer = await hold(ONE, ten, MONDAY, ["tariffs", "owner-change"])
    assert (await booking.move(By(RESIDENT, MONDAY), longer.token, ten + timedelta(minutes=10))).id
    assert (
        await booking.move(By(RESIDENT, MONDAY), mine.token, into_itself)
    ).starts_at == into_itself


async def test_what_two_windows_do_to_one_booking_happens_one_after_the_other() -> None:
    ten, noon = (datetime.combine(TUESDAY, time(hour), KYIV) for hour in (10, 12))
    for _ in range(6):
        held = await hold(ONE, ten, MONDAY)
        done = await asyncio.gather(
            confirm(held, MONDAY),
            booking.cancel(By(RESIDENT, MONDAY), held.token),
            booking.move(By(RESIDENT, MONDAY), held.token, noon),
            confirm(held, MONDAY),
            return_exceptions=True,
        )
        assert all(isinstance(one, Appointment | Conflict) for one in done), done
        assert (await appointments.by_token(held.token)).state == "cancelled"
        assert {ten, noon} <= set(await starts(ONE, TUESDAY, MONDAY))


async def test_a_hold_is_confirmed_or_runs_out_and_its_time_is_never_of_two() -> None:
    """Its last second for one process is the first one after it for another."""
    ten = datetime.combine(TUESDAY, time(10), KYIV)
    over = MONDAY + timedelta(minutes=10)
    for _ in range(8):
        held = await hold(ONE, ten, MONDAY)
        confirmed, _, next_one = await asyncio.gather(
            confirm(held, over - timedelta(seconds=1)),
            holds.expire(FixedClock(over)),
            hold(ONE, ten, over),
            return_exceptions=True,
        )
        found = await appointments.by_token(held.token)
        if isinstance(confirmed, Appointment):
            assert found.state == "booked" and isinstance(next_one, Conflict), next_one
        else:
            assert isinstance(confirmed, Conflict) and confirmed.code == "hold_expired", confirmed
            assert found.state == "expired"
        assert ten not in await starts(ONE, TUESDAY, over) or isinstance(next_one, Conflict)
        for one in (found, next_one):
            if isinstance(one, Appointment) and one.state in ("held", "booked"):
                await booking.cancel(By(RESIDENT, over), one.token)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["hold", "hold", "confirm", "cancel", "move", "wait", "sweep"]),
        st.integers(0, 5),
        st.integers(0, 5),
    ),
    min_size=3,
    max_size=14,
)


@pytest.mark.slow
@by_examples
@given(steps=STEPS)
async def test_no_sequence_of_verbs_breaks_a_lane_or_surprises_its_resident(
    dsn_of_laws: str, steps: list[tuple[str, int, int]]
) -> None:
    await empty(dsn_of_laws)
    resident = Resident(FixedClock(MONDAY))
    for verb, which, slot in steps:
        await getattr(resident, verb)(which, slot)
        await resident.check()
    assert await doctor.check(resident.clock.now()) == []


def local(found: list[datetime]) -> list[str]:
    return [f"{one.astimezone(KYIV):%H:%M%z}" for one in found]


async def test_the_hour_that_spring_skips_cannot_be_booked_and_what_spans_it_keeps_its_length() -> (
    None
):
    now = datetime(2027, 3, 15, 10, tzinfo=KYIV)
    sunday = date(2027, 3, 28)
    free = await starts(NIGHT, sunday, now)
    shown = local(free)
    assert shown[0] == "01:00+0200" and shown[-1] == "05:50+0300"
    assert len(free) == 4 * 6  # five hours on the wall, four in truth
    assert not [one for one in shown if one.startswith("03")]
    assert shown[shown.index("02:50+0200") + 1] == "04:00+0300"
    long_visit = ["owner-change", "debt-amount", "account-opening"]
    across = datetime(2027, 3, 28, 2, 50, tzinfo=KYIV)
    assert across in await starts(NIGHT, sunday, now, long_visit)
    held = await hold(NIGHT, across, now, long_visit)
    assert held.ends_at - held.starts_at == timedelta(minutes=35)
    assert local([held.ends_at]) == ["04:25+0300"]
    assert not {"02:50+0200", "04:00+0300", "04:10+0300", "04:20+0300"} & set(
        local(await starts(NIGHT, sunday, now))
    )
    await confirm(held, now)


async def test_the_hour_that_autumn_repeats_can_be_booked_twice() -> None:
    now = datetime(2026, 10, 12, 10, tzinfo=KYIV)
    sunday = date(2026, 10, 25)
    free = await starts(NIGHT, sunday, now)
    shown = local(free)
    assert len(free) == len(set(shown)) == 6 * 6
    assert [one for one in shown if one.startswith("03:00")] == ["03:00+0300", "03:00+0200"]
    summer, winter = (one for one in free if f"{one.astimezone(KYIV):%H:%M}" == "03:00")
    first = await hold(NIGHT, summer, now)
    second = await hold(NIGHT, winter, now)
    assert second.starts_at - first.starts_at == timedelta(hours=1)
    assert await refused(hold, NIGHT, summer, now) == "slot_taken"
    moved = await booking.move(
        By(RESIDENT, now), second.token, datetime.fromisoformat("2026-10-25T03:30:00+02:00")
    )
    assert moved.starts_at == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    left = local(await starts(NIGHT, sunday, now))
    assert "03:00+0200" in left and "03:30+0300" in left
    assert not {"03:00+0300", "03:30+0200"} & set(left)


@pytest.mark.parametrize("sunday", [date(2027, 3, 28), date(2026, 10, 25)])
async def test_every_start_of_a_night_with_a_change_of_clocks_can_be_booked(sunday: date) -> None:
    now = datetime.combine(sunday - timedelta(days=10), time(10), KYIV)
    free = await starts(NIGHT, sunday, now)
    for start in free:
        await confirm(await hold(NIGHT, start, now), now)
    assert await starts(NIGHT, sunday, now) == []
    taken = await db.fetch("SELECT lower(period), upper(period) FROM appointment ORDER BY 1")
    opens, closes = (datetime.combine(sunday, time(hour), KYIV) for hour in (1, 6))
    assert sum((ends - begins for begins, ends in taken), timedelta()) == (
        closes.astimezone(UTC) - opens.astimezone(UTC)
    )
