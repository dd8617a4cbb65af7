"""Who may stop the calls of a branch, and who may let them go on."""

import pytest

from queue_app.clock import FixedClock
from queue_app.domain.errors import NotAllowed
from queue_app.domain.people import OPERATOR, Role, Staff
from queue_app.flow import accounts, interrupting, staffing
from queue_app.flow.act import By
from tests.flow.alerts import alert
from tests.support.hall import Desk, open_desk
from tests.support.people import BRANCH, PASSWORD

pytestmark = pytest.mark.usefixtures("proven")


async def hired(clock: FixedClock, role: Role, login: str = "new") -> Staff:
    return await accounts.add_staff(By(OPERATOR, clock.now()), login, role, BRANCH, PASSWORD)


async def stopped(who: Staff, clock: FixedClock) -> int:
    begun = await interrupting.interrupt(By(who, clock.now()), BRANCH, "power", None, "")
    return begun.id


async def test_a_clerk_without_a_desk_neither_stops_nor_resumes_calls(
    desk: Desk, clock: FixedClock
) -> None:
    idle = await hired(clock, "clerk")
    with pytest.raises(NotAllowed, match="desk_needed"):
        await stopped(idle, clock)
    stop = await alert(desk, clock.now())
    with pytest.raises(NotAllowed, match="desk_needed"):
        await interrupting.resume(By(idle, clock.now()), stop)
    await staffing.close_desk(By(desk.clerk, clock.now()), desk.id)
    with pytest.raises(NotAllowed, match="desk_needed"):
        await interrupting.resume(By(desk.clerk, clock.now()), stop)


async def test_a_clerk_at_a_desk_ends_the_stop_of_another_clerk(
    desk: Desk, clock: FixedClock
) -> None:
    stop = await alert(desk, clock.now())
    other = await open_desk("2", clock.now())
    over = await interrupting.resume(By(other.clerk, clock.now()), stop, 0)
    assert over.resumes_at == clock.now()


@pytest.mark.parametrize("role", ["supervisor", "administrator"])
async def test_what_the_office_stopped_the_office_alone_resumes(
    desk: Desk, clock: FixedClock, role: Role
) -> None:
    stop = await stopped(await hired(clock, role), clock)
    with pytest.raises(NotAllowed, match="not_allowed"):
        await interrupting.resume(By(desk.clerk, clock.now()), stop)
    chief = await hired(clock, "supervisor", "chief")
    over = await interrupting.resume(By(chief, clock.now()), stop, 0)
    assert over.resumes_at == clock.now()
