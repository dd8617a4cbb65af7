"""At the desks: people sent to another desk or for other services."""

from datetime import timedelta

import pytest

from queue_app.clock import FixedClock
from queue_app.domain.errors import NotFound, RuleBroken
from queue_app.domain.people import RESIDENT, SYSTEM
from queue_app.flow import arrival, booking, calling, staffing
from queue_app.flow.act import By
from tests.flow.desks import ACCOUNTS, issue, screen_of
from tests.support.hall import open_desk
from tests.support.people import CALLS

pytestmark = pytest.mark.usefixtures("proven")


async def test_a_transfer_for_other_services_waits_where_they_are_given(clock: FixedClock) -> None:
    ticket = await issue(clock)
    later = await issue(clock, ACCOUNTS)
    one, four = await open_desk("1", clock.now()), await open_desk("4", clock.now())
    await one.call()
    await one.start(ticket)
    moved = await calling.transfer(By(one.clerk, clock.now()), ticket, [ACCOUNTS])
    assert (moved.number, moved.progress.services) == ("А1", (ACCOUNTS,))
    assert [one.ticket for one in (await screen_of(four, clock)).queue] == [ticket, later]
    assert (await screen_of(one, clock)).queue == ()


async def test_who_is_sent_to_a_desk_goes_first_there_and_nowhere_else(clock: FixedClock) -> None:
    ticket = await issue(clock)
    other = await issue(clock, ACCOUNTS)
    one, four = await open_desk("1", clock.now()), await open_desk("4", clock.now())
    await one.call()
    await calling.transfer(By(one.clerk, clock.now()), ticket, to_desk=four.id)
    assert (await screen_of(one, clock)).queue == ()
    queue = (await screen_of(four, clock)).queue
    assert [(one.ticket, one.reason_code) for one in queue] == [
        (ticket, "sent_to_desk"), (other, "waiting_longest"),
    ]  # fmt: skip
    assert (await four.call(ticket)).id == ticket, "though the desk lacks the skill"


async def test_a_desk_that_closes_gives_back_whoever_was_sent_to_it(clock: FixedClock) -> None:
    ticket = await issue(clock)
    one, two = await open_desk("1", clock.now()), await open_desk("2", clock.now())
    await one.call()
    await calling.transfer(By(one.clerk, clock.now()), ticket, to_desk=two.id)
    await staffing.close_desk(By(two.clerk, clock.now()), two.id)
    assert (await one.call()).id == ticket


async def test_who_is_on_the_phone_is_sent_on_for_what_is_given_by_phone(
    clock: FixedClock,
) -> None:
    resident = By(RESIDENT, clock.now())
    at_eleven = clock.now() + timedelta(hours=1)
    held = await booking.hold(resident, CALLS, ["debt-amount"], at_eleven, "phone")
    await booking.confirm(resident, held.token, "Ян", "0671234567", None, "uk")
    admitted = await arrival.admit_call(By(SYSTEM, clock.now()), held.token, at_eleven)
    assert admitted
    desk = await open_desk("1", clock.now(), CALLS)
    await desk.call(admitted.id)
    by = By(desk.clerk, clock.now())
    with pytest.raises(RuleBroken, match="not_by_phone"):
        await calling.transfer(by, admitted.id, [ACCOUNTS])
    assert (await calling.transfer(by, admitted.id, ["payment-search"])).channel == "phone"


async def test_a_transfer_says_where_it_leads(clock: FixedClock) -> None:
    ticket = await issue(clock)
    desk = await open_desk("1", clock.now())
    await desk.call()

    async def refused(code: str, **where: object) -> None:
        with pytest.raises((RuleBroken, NotFound), match=code):
            await calling.transfer(By(desk.clerk, clock.now()), ticket, **where)  # type: ignore[arg-type]

    await refused("transfer_nowhere")
    await refused("unknown_service", services=["no-such-service"])
    await refused("nobody_serves", services=[ACCOUNTS, "debt-restructuring"])
    await refused("unknown_desk", to_desk=99_999)
