"""What a supervisor does at the branch, alone and against others who do something else."""

import asyncio
from collections.abc import Callable
from contextvars import copy_context
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from msgspec.structs import replace

from config.files import load_centre
from queue_app.clock import FixedClock
from queue_app.domain.catalogue import Text
from queue_app.domain.errors import Conflict, NotAllowed, NotFound, RuleBroken
from queue_app.domain.hall import Hall
from queue_app.domain.people import OPERATOR, RESIDENT, Staff
from queue_app.flow import accounts, arrival, booking, configuring, desk_asks, staffing, supervising
from queue_app.flow.act import By
from queue_app.flow.arrival import IssuedTicket
from queue_app.queries import halls, reference, slots, unsettled
from queue_app.screens.board import board_view
from queue_app.store import db
from tests.flow.held_up import waiting
from tests.support.database import CONFIG
from tests.support.hall import SERVICE, Desk, open_desk, take_ticket
from tests.support.people import BRANCH, KIOSK, PASSWORD

pytestmark = pytest.mark.usefixtures("proven")

ELSEWHERE = "darnytskyi"
TEL = "0671234567"


@pytest.fixture
async def boss(database: str, clock: FixedClock) -> Staff:
    return await add(clock, "boss", "supervisor")


async def add(clock: FixedClock, login: str, role: str = "clerk", branch: str = BRANCH) -> Staff:
    return await accounts.add_staff(By(OPERATOR, clock.now()), login, role, branch, PASSWORD)


async def hall(clock: FixedClock) -> Hall:
    directory = await reference.directory()
    return await halls.load(directory, directory.branch(BRANCH), clock.now())


async def number(of: str) -> int:
    desks = (await reference.directory()).branch(BRANCH).desks
    return next(one.id for one in desks if one.number == of)


async def said(kind: str = "hall") -> list[tuple[str, str, str]]:
    rows = await db.fetch(
        "SELECT subject, verb, actor, after FROM office_event WHERE kind = $1 ORDER BY id", kind
    )
    return [(one["subject"], one["verb"], one["actor"]) for one in rows]


async def reasons() -> list[str | None]:
    rows = await db.fetch(
        "SELECT after->>'reason' AS reason FROM office_event WHERE kind = 'hall' ORDER BY id"
    )
    return [one["reason"] for one in rows]


async def only_service(desk: str, other: str) -> str:
    """A service that of these two desks only the first one gives."""
    desks = {one.number: one for one in (await reference.directory()).branch(BRANCH).desks}
    return min(desks[desk].services - desks[other].services)


# Desks


async def test_a_paused_desk_goes_on_with_its_clerk(
    boss: Staff, desk: Desk, clock: FixedClock
) -> None:
    await desk.pause()
    by = By(boss, clock.now())
    opened = await supervising.open_desk_for(by, desk.id, reason=" Черга \n росте ")
    assert (opened.state, opened.staff_id) == ("open", desk.clerk.id)
    assert await said() == [("desk 1", "open", boss.actor)]
    assert await reasons() == ["Черга росте"]
    again = await supervising.open_desk_for(by, desk.id)
    assert again == opened and len(await said()) == 1


async def test_a_closed_desk_is_opened_for_a_clerk_who_leaves_another_for_it(
    boss: Staff, desk: Desk, clock: FixedClock
) -> None:
    by, two = By(boss, clock.now()), await number("2")
    with pytest.raises(RuleBroken, match="clerk_needed"):
        await supervising.open_desk_for(by, two)
    opened = await supervising.open_desk_for(by, two, desk.clerk.login)
    assert (opened.state, opened.staff_id) == ("open", desk.clerk.id)
    assert (await hall(clock)).desk(desk.id).state == "closed"
    far = await add(clock, "far", branch=ELSEWHERE)
    with pytest.raises(RuleBroken, match="clerk_elsewhere"):
        await supervising.open_desk_for(by, desk.id, far.login)
    with pytest.raises(NotFound, match="unknown_login"):
        await supervising.open_desk_for(by, desk.id, "nobody")
    with pytest.raises(Conflict, match="desk_taken"):
        await supervising.open_desk_for(by, two, (await add(clock, "ann")).login)


async def test_nobody_is_taken_away_from_a_person_at_the_desk(
    boss: Staff, desk: Desk, clock: FixedClock
) -> None:
    await take_ticket(clock.now())
    await desk.call()
    with pytest.raises(Conflict, match="desk_busy"):
        await supervising.open_desk_for(By(boss, clock.now()), await number("2"), desk.clerk.login)
    assert (await hall(clock)).desk(desk.id).state == "open"


async def test_a_desk_is_closed_with_a_reason(boss: Staff, desk: Desk, clock: FixedClock) -> None:
    await staffing.close_desk(By(boss, clock.now()), desk.id, "Зламався сканер")
    [event] = await db.fetch("SELECT verb, reason, actor FROM desk_event WHERE verb = 'close'")
    assert tuple(event) == ("close", "Зламався сканер", boss.actor)
    assert (await hall(clock)).desk(desk.id).pause_reason is None


async def test_a_clerk_and_a_supervisor_who_open_one_desk_at_once_open_it_once(
    boss: Staff, clock: FixedClock
) -> None:
    ann, ben, one = await add(clock, "ann"), await add(clock, "ben"), await number("1")
    done = await asyncio.gather(
        supervising.open_desk_for(By(boss, clock.now()), one, ann.login),
        staffing.open_desk(By(ben, clock.now()), one),
        return_exceptions=True,
    )
    assert [error.code for error in done if isinstance(error, Conflict)] == ["desk_taken"]


async def test_a_clerk_given_two_desks_at_once_has_one(boss: Staff, clock: FixedClock) -> None:
    ann, both = await add(clock, "ann"), [await number("1"), await number("2")]
    await asyncio.gather(
        *(supervising.open_desk_for(By(boss, clock.now()), one, ann.login) for one in both),
        return_exceptions=True,
    )
    assert sorted(one.state for one in (await hall(clock)).desks).count("open") == 1


# Skills for today


async def test_a_desk_gives_other_skills_until_the_day_ends(
    boss: Staff, desk: Desk, clock: FixedClock
) -> None:
    by, before = By(boss, clock.now()), (await hall(clock)).branch.desks[0]
    missing = await only_service("3", "1")
    three = next(one for one in (await hall(clock)).branch.desks if one.number == "3")
    await take_ticket(clock.now(), service=missing)
    assert (await hall(clock)).queue(desk.id) == []
    await supervising.set_skills_today(by, desk.id, three.skills, "Багато людей")
    seen = await hall(clock)
    assert set(seen.branch.desks[0].skills) == set(three.skills)
    assert len(seen.queue(desk.id)) == 1 and await reasons() == ["Багато людей"]
    assert (await reference.directory()).branch(BRANCH).desks[0] == before, "the plan stays"
    clock.advance(hours=24)
    assert set((await hall(clock)).branch.desks[0].skills) == set(before.skills)
    clock.advance(hours=-24)
    await supervising.set_skills_today(by, desk.id, None)
    assert set((await hall(clock)).branch.desks[0].skills) == set(before.skills)
    assert await db.fetch_value("SELECT count(*) FROM desk_skills") == 0


async def test_skills_are_not_taken_from_under_somebody_who_waits(
    boss: Staff, clock: FixedClock
) -> None:
    directory, by = await reference.directory(), By(boss, clock.now())
    skills = {one.code: one.services for one in directory.centre.skills}
    *others, last = [one for one in directory.branch(BRANCH).desks if SERVICE in one.services]
    other = next(code for code, services in skills.items() if SERVICE not in services)
    for one in others:
        await supervising.set_skills_today(by, one.id, [other])
    waiting = await take_ticket(clock.now())
    with pytest.raises(RuleBroken, match="leaves_people") as refused:
        await supervising.set_skills_today(by, last.id, [other])
    assert refused.value.details == {"numbers": [waiting.number], "bookings": 0}
    with pytest.raises(RuleBroken, match="unknown_skill"):
        await supervising.set_skills_today(by, last.id, ["flying"])
    with pytest.raises(RuleBroken, match="no_skill"):
        await supervising.set_skills_today(by, last.id, [])


# People


async def test_a_person_is_called_past_the_others_and_the_reason_is_kept(
    boss: Staff, desk: Desk, clock: FixedClock
) -> None:
    await take_ticket(clock.now())
    second = await take_ticket(clock.now())
    by = By(boss, clock.now())
    called = await supervising.summon(by, desk.id, second.id, "З немовлям")
    assert (called.progress.state, called.progress.desk_id) == ("called", desk.id)
    assert await said() == [(f"ticket {second.number}", "summon", boss.actor)]
    with pytest.raises(Conflict, match="desk_busy"):
        await supervising.summon(by, desk.id, second.id)


async def test_two_supervisors_who_call_one_person_at_once_call_them_once(
    boss: Staff, desk: Desk, clock: FixedClock
) -> None:
    other, two = await add(clock, "other", "supervisor"), await open_desk("2", clock.now())
    one = await take_ticket(clock.now())
    done = await asyncio.gather(
        supervising.summon(By(boss, clock.now()), desk.id, one.id),
        supervising.summon(By(other, clock.now()), two.id, one.id),
        return_exceptions=True,
    )
    assert len([error for error in done if isinstance(error, Conflict)]) == 1
    assert len((await hall(clock)).at_desks) == 1


async def test_a_clerk_and_a_supervisor_who_call_to_one_desk_at_once_call_one_person(
    boss: Staff, desk: Desk, clock: FixedClock
) -> None:
    await take_ticket(clock.now())
    second = await take_ticket(clock.now())
    done = await asyncio.gather(
        desk.call(),
        supervising.summon(By(boss, clock.now()), desk.id, second.id, "З немовлям"),
        return_exceptions=True,
    )
    refused = [error for error in done if isinstance(error, BaseException)]
    assert len(refused) == 1 and isinstance(refused[0], Conflict)
    assert len((await hall(clock)).at_desks) == 1
    assert len(await said()) == (1 if refused[0] is done[0] else 0), "what was not done leaves none"


async def test_a_clerk_takes_back_a_call_of_the_supervisor_and_the_person_waits_where_they_did(
    boss: Staff, desk: Desk, clock: FixedClock
) -> None:
    first, second = await take_ticket(clock.now()), await take_ticket(clock.now())
    await supervising.summon(By(boss, clock.now()), desk.id, second.id, "Помилково")
    await desk.undo(second.id)
    seen = await hall(clock)
    assert [one.id for one in seen.tickets if one.state == "waiting"] == [first.id, second.id]
    assert await reasons() == ["Помилково"], "what was done stays in the book"
    assert (await desk.call()).id == first.id


async def test_a_break_granted_and_taken_back_at_once_begins_or_does_not(
    boss: Staff, desk: Desk, clock: FixedClock
) -> None:
    await desk_asks.ask_break(By(desk.clerk, clock.now()), desk.id, "Обід")
    done = await asyncio.gather(
        desk_asks.grant_break(By(boss, clock.now()), desk.id),
        desk_asks.end_break_ask(By(desk.clerk, clock.now()), desk.id),
        return_exceptions=True,
    )
    granted = not isinstance(done[0], BaseException)
    assert granted or (isinstance(done[0], Conflict) and done[0].code == "no_break_asked")
    now = (await hall(clock)).desk(desk.id)
    assert now.break_asked_at is None
    assert (now.state == "paused") is granted


async def test_two_supervisors_who_end_the_day_and_open_a_desk_at_once_leave_one_hall(
    boss: Staff, desk: Desk, clock: FixedClock
) -> None:
    """Whoever was second did it to what the first had left."""
    other, ann = await add(clock, "other", "supervisor"), await add(clock, "ann")
    waits, two = await take_ticket(clock.now()), await number("2")
    done = await asyncio.gather(
        supervising.end_day(By(boss, clock.now()), BRANCH, True, "Вода"),
        supervising.open_desk_for(By(other, clock.now()), two, ann.login, "Черга"),
        return_exceptions=True,
    )
    assert not [one for one in done if isinstance(one, BaseException)]
    seen = await hall(clock)
    assert waits.id not in [one.id for one in seen.tickets]
    assert seen.desk(desk.id).state == "closed"
    assert set(await reasons()) == {"Вода", "Черга"}


async def test_a_person_is_moved_to_a_desk_and_keeps_their_place(
    boss: Staff, desk: Desk, clock: FixedClock
) -> None:
    one = await take_ticket(clock.now())
    clock.advance(minutes=7)
    two, by = (await open_desk("2", clock.now())).id, By(boss, clock.now())
    moved = await supervising.redirect(by, one.id, None, two, "Просить іншого")
    assert (moved.progress.for_desk_id, moved.progress.state) == (two, "waiting")
    assert moved.progress.queued_at == clock.now() - timedelta(minutes=7)
    assert (await hall(clock)).queue(desk.id) == [], "whoever was sent to 2 is not called to 1"
    assert (await supervising.redirect(by, one.id, None, two)).progress == moved.progress
    assert len(await said()) == 1
    with pytest.raises(RuleBroken, match="transfer_nowhere"):
        await supervising.redirect(by, one.id)
    with pytest.raises(NotFound, match="unknown_desk"):
        await supervising.redirect(by, one.id, None, 99_999)
    other = await only_service("3", "1")
    services = (await supervising.redirect(by, one.id, [other])).progress
    assert (services.services, services.for_desk_id) == ((other,), None)


async def test_whoever_is_called_meanwhile_is_not_moved(
    boss: Staff, desk: Desk, clock: FixedClock
) -> None:
    one = await take_ticket(clock.now())
    await desk.call()
    with pytest.raises(Conflict, match="ticket_state"):
        await supervising.redirect(By(boss, clock.now()), one.id, None, await number("2"))
    two = await take_ticket(clock.now())
    await desk.start(one.id)
    await desk.finish(one.id)
    done = await asyncio.gather(
        desk.call(),
        supervising.redirect(By(boss, clock.now()), two.id, None, await number("2")),
        return_exceptions=True,
    )
    assert any(not isinstance(error, BaseException) for error in done)


# Tickets


async def test_so_many_tickets_are_given_as_the_limit_says_however_many_ask_at_once(
    boss: Staff, clock: FixedClock
) -> None:
    await supervising.limit_tickets(By(boss, clock.now()), BRANCH, SERVICE, 3, "Немає бланків")
    done = await asyncio.gather(
        *(take_ticket(clock.now()) for _ in range(8)), return_exceptions=True
    )
    assert [error.code for error in done if isinstance(error, RuleBroken)] == ["tickets_ended"] * 5
    assert len((await hall(clock)).tickets) == 3
    assert (await hall(clock)).orders.ended([SERVICE])
    with pytest.raises(RuleBroken, match="tickets_ended"):
        await arrival.prospect(BRANCH, [SERVICE], None, clock.now())
    await take_ticket(clock.now(), service=await only_service("4", "1"))
    await supervising.limit_tickets(By(boss, clock.now()), BRANCH, SERVICE, None)
    await take_ticket(clock.now())


async def test_a_ticket_that_waits_for_a_limit_that_changes_keeps_nobody_from_the_branch(
    boss: Staff, clock: FixedClock, database: str
) -> None:
    """Else it waits for who changes the limit, who waits for it."""
    await supervising.limit_tickets(By(boss, clock.now()), BRANCH, SERVICE, 3)
    other = await asyncpg.connect(database, server_settings={"application_name": "other"})
    try:
        await other.execute("BEGIN")
        await other.execute("UPDATE ticket_limit SET remaining = 2")
        asked = asyncio.create_task(take_ticket(clock.now()))
        await waiting(database)
        await other.fetch("SELECT FROM branch_version FOR UPDATE NOWAIT")
        await other.fetch("SELECT FROM counter FOR UPDATE NOWAIT")
        await other.execute("COMMIT")
        assert (await asked).number == "А1"
    finally:
        await other.close()


async def test_a_stop_of_tickets_ends_with_the_day_and_spares_whoever_booked(
    boss: Staff, clock: FixedClock
) -> None:
    at = clock.now() + timedelta(hours=1)
    held = await booking.hold(By(RESIDENT, clock.now()), BRANCH, [SERVICE], at, "visit")
    await booking.confirm(By(RESIDENT, clock.now()), held.token, "Ann", "0671234567", None, "uk")
    await supervising.limit_tickets(By(boss, clock.now()), BRANCH, SERVICE, 0)
    with pytest.raises(RuleBroken, match="tickets_ended"):
        await take_ticket(clock.now())
    assert (await arrival.check_in(By(KIOSK, clock.now()), BRANCH, held.code)).state == "waiting"
    with pytest.raises(RuleBroken, match="bad_limit"):
        await supervising.limit_tickets(By(boss, clock.now()), BRANCH, SERVICE, -1)
    clock.advance(hours=24)
    await take_ticket(clock.now())


async def test_a_request_that_is_repeated_is_done_once(boss: Staff, clock: FixedClock) -> None:
    by = By(boss, clock.now(), uuid4())
    for _ in range(2):
        assert await supervising.limit_tickets(by, BRANCH, SERVICE, 5, "раз") == 5
    assert len(await said()) == 1


# The end of the day


async def test_a_day_that_ends_gives_no_tickets_and_serves_who_is_there(
    boss: Staff, desk: Desk, clock: FixedClock
) -> None:
    one = await take_ticket(clock.now())
    by = By(boss, clock.now())
    assert await supervising.end_day(by, BRANCH, reason="Немає води") == supervising.DayEnded()
    with pytest.raises(RuleBroken, match="tickets_ended"):
        await take_ticket(clock.now())
    seen = await hall(clock)
    assert not board_view(seen).tickets_given
    assert (await desk.call()).id == one.id
    await supervising.end_day(by, BRANCH)
    assert await said() == [("day", "end", boss.actor)], "a second time changes nothing"


async def test_a_day_may_end_for_everybody(boss: Staff, desk: Desk, clock: FixedClock) -> None:
    at = clock.now() + timedelta(hours=1)
    held = await booking.hold(By(RESIDENT, clock.now()), BRANCH, [SERVICE], at, "visit")
    await booking.confirm(By(RESIDENT, clock.now()), held.token, "Ann", "0671234567", None, "uk")
    busy, waits = await take_ticket(clock.now()), await take_ticket(clock.now())
    two = await open_desk("2", clock.now())
    await desk.call()
    by = By(boss, clock.now())
    ended = await supervising.end_day(by, BRANCH, True, "Прорвало трубу")
    assert ended == supervising.DayEnded((waits.number,), 1, (two.number,))
    seen = await hall(clock)
    assert [one.id for one in seen.tickets] == [busy.id], "the visit at hand is finished"
    assert {one.number: one.state for one in seen.desks if one.state != "closed"} == {"1": "paused"}
    branch = (await reference.directory()).branch(BRANCH)
    assert [one.why for one in await unsettled.still_open([branch.id])] == ["closed"]
    again = await supervising.end_day(by, BRANCH, True)
    assert again == supervising.DayEnded()


async def free_on(clock: FixedClock, days: int) -> list[datetime]:
    """The starts of today, or of a day to come."""
    directory = await reference.directory()
    day = directory.local(clock.now()).date() + timedelta(days=days)
    branch, now = directory.branch(BRANCH), clock.now()
    found = await slots.free_days(directory, branch, [SERVICE], "visit", day, 1, now)
    return found[0].starts


async def test_a_day_that_ended_for_everybody_is_not_booked_any_more(
    boss: Staff, clock: FixedClock
) -> None:
    """Nor is what was held before; the days to come are as they were."""
    tomorrow = await free_on(clock, 1)
    first, second, *_ = await free_on(clock, 0)
    held = await booking.hold(By(RESIDENT, clock.now()), BRANCH, [SERVICE], first, "visit")
    later = await booking.hold(By(RESIDENT, clock.now()), BRANCH, [SERVICE], tomorrow[0], "visit")
    await supervising.end_day(By(boss, clock.now()), BRANCH, True)
    assert await free_on(clock, 0) == []
    assert set(await free_on(clock, 1)) >= set(tomorrow) - {tomorrow[0]}
    with pytest.raises(RuleBroken, match="no_such_time") as refused:
        await booking.hold(By(RESIDENT, clock.now()), BRANCH, [SERVICE], second, "visit")
    assert refused.value.details["reason"] == "closed_then"
    near = refused.value.details["alternatives"]
    assert near and not {one.date() for one in near} & {second.date()}
    with pytest.raises(Conflict, match="plans_changed"):
        await booking.confirm(By(RESIDENT, clock.now()), held.token, "Ann", TEL, None, "uk")
    sure = await booking.confirm(By(RESIDENT, clock.now()), later.token, "Ann", TEL, None, "uk")
    with pytest.raises(RuleBroken, match="no_such_time"):
        await booking.move(By(RESIDENT, clock.now()), sure.token, second)
    clock.advance(days=1)
    assert await free_on(clock, 0), "it was the one day"


async def test_bookings_stand_where_only_the_tickets_of_the_day_have_ended(
    boss: Staff, clock: FixedClock
) -> None:
    before = await free_on(clock, 0)
    await supervising.end_day(By(boss, clock.now()), BRANCH)
    assert await free_on(clock, 0) == before
    await supervising.end_day(By(boss, clock.now()), BRANCH, True)
    assert await free_on(clock, 0) == [], "and then nobody is received at all"
    await supervising.end_day(By(boss, clock.now()), BRANCH)
    assert await free_on(clock, 0) == [], "to end it less ends it no less"
    assert await said() == 2 * [("day", "end", boss.actor)]


async def test_a_service_that_gets_tickets_again_is_booked_again(
    boss: Staff, clock: FixedClock
) -> None:
    before = await free_on(clock, 0)
    await supervising.end_day(By(boss, clock.now()), BRANCH, True)
    await supervising.limit_tickets(By(boss, clock.now()), BRANCH, SERVICE, 0)
    assert await free_on(clock, 0) == []
    await supervising.limit_tickets(By(boss, clock.now()), BRANCH, SERVICE, 5)
    assert await free_on(clock, 0) == before


async def test_new_plans_do_not_give_back_a_place_that_the_end_of_the_day_took(
    boss: Staff, clock: FixedClock
) -> None:
    first, *_ = await free_on(clock, 0)
    held = await booking.hold(By(RESIDENT, clock.now()), BRANCH, [SERVICE], first, "visit")
    await booking.confirm(By(RESIDENT, clock.now()), held.token, "Ann", TEL, None, "uk")
    await supervising.end_day(By(boss, clock.now()), BRANCH, True)
    centre, by = load_centre(CONFIG), By(OPERATOR, clock.now())
    try:
        await configuring.apply(by, replace(centre, title=Text({"uk": "Інша"})))
        branch = (await reference.directory()).branch(BRANCH)
        assert [one.appointment.id for one in await unsettled.still_open([branch.id])] == [held.id]
    finally:
        await configuring.apply(by, centre)


@pytest.mark.parametrize("let_go", [False, True])
async def test_a_ticket_and_the_end_of_the_day_at_once_leave_nobody_behind(
    boss: Staff, clock: FixedClock, let_go: bool
) -> None:
    done = await asyncio.gather(
        *(take_ticket(clock.now()) for _ in range(4)),
        supervising.end_day(By(boss, clock.now()), BRANCH, let_go),
        return_exceptions=True,
    )
    assert not [
        one for one in done if isinstance(one, BaseException) and not isinstance(one, RuleBroken)
    ]
    with pytest.raises(RuleBroken, match="tickets_ended"):
        await take_ticket(clock.now())


@pytest.fixture
def held_before(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], tuple[asyncio.Event, ...]]:
    """The end of the day stops before this step of it: it is there, and may go on."""

    def held(step: str) -> tuple[asyncio.Event, ...]:
        do, there, go_on = getattr(supervising, step), asyncio.Event(), asyncio.Event()

        async def later(*args: Any) -> Any:
            there.set()
            await go_on.wait()
            return await do(*args)

        monkeypatch.setattr(supervising, step, later)
        return there, go_on

    return held


async def test_who_leaves_while_everybody_is_let_go_keeps_nobody_from_ending_the_day(
    boss: Staff,
    desk: Desk,
    clock: FixedClock,
    held_before: Callable[[str], tuple[asyncio.Event, ...]],
) -> None:
    leaves, waits = await take_ticket(clock.now()), await take_ticket(clock.now())
    there, go_on = held_before("_let_go")
    ending = asyncio.create_task(supervising.end_day(By(boss, clock.now()), BRANCH, True))
    await there.wait()
    await arrival.leave(By(RESIDENT, clock.now()), leaves.token)
    go_on.set()
    assert (await ending).let_go == (waits.number,)
    assert (await hall(clock)).tickets == ()


async def test_who_takes_a_ticket_while_everybody_is_let_go_is_let_go_as_well(
    boss: Staff,
    desk: Desk,
    clock: FixedClock,
    held_before: Callable[[str], tuple[asyncio.Event, ...]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Else they would wait before closed desks, and nobody would have told them."""
    outside = copy_context()
    before = await take_ticket(clock.now())
    there, go_on = held_before("_strand")
    ending = asyncio.create_task(supervising.end_day(By(boss, clock.now()), BRANCH, True))
    await there.wait()
    late = await take_ticket(clock.now())
    last, let_go = list[IssuedTicket](), supervising._let_go

    async def one_more(*args: Any) -> list[str]:
        if not last:
            other = asyncio.create_task(take_ticket(clock.now()), context=outside)
            last.append(await other)
        return await let_go(*args)

    monkeypatch.setattr(supervising, "_let_go", one_more)
    go_on.set()
    assert (await ending).let_go == (before.number, late.number, last[0].number)
    assert (await hall(clock)).tickets == ()


async def test_it_is_the_office_s_and_of_its_branch_alone(
    boss: Staff, desk: Desk, clock: FixedClock
) -> None:
    one = await take_ticket(clock.now())
    far = await add(clock, "far", "supervisor", ELSEWHERE)
    for who, code in ((desk.clerk, "not_allowed"), (far, "other_branch")):
        by = By(who, clock.now())
        for refused in (
            supervising.open_desk_for(by, desk.id),
            supervising.set_skills_today(by, desk.id, None),
            supervising.summon(by, desk.id, one.id),
            supervising.redirect(by, one.id, None, desk.id),
            supervising.limit_tickets(by, BRANCH, SERVICE, 0),
            supervising.end_day(by, BRANCH),
        ):
            with pytest.raises(NotAllowed, match=code):
                await refused
