"""The stream of a desk: contacts for its own clerk alone, and no longer than the session."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio
from websockets.asyncio.client import connect

from queue_app.domain.people import OPERATOR, RESIDENT, Staff
from queue_app.flow import accounts, arrival, booking, staffing
from queue_app.flow.act import By
from queue_app.web.sockets import REFUSED
from tests.conftest import MONDAY
from tests.live.test_screens import close_code, snapshot
from tests.support.hall import SERVICE, open_desk
from tests.support.people import BRANCH, KIOSK, PASSWORD
from tests.support.server import Server, start_servers, stop_servers

pytestmark = [pytest.mark.server, pytest.mark.usefixtures("own_hall")]


@pytest_asyncio.fixture(scope="module")
async def server(dsn: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    started = start_servers(1, dsn, tmp_path_factory.mktemp("server"), clock=MONDAY)
    yield started[0]
    stop_servers(started)


async def booked_person_at(desk_number: str) -> int:
    """Somebody with a booking, called to that desk; the desk's id."""
    held = await booking.hold(
        By(RESIDENT, MONDAY), BRANCH, [SERVICE], MONDAY + timedelta(hours=1), "visit"
    )
    await booking.confirm(By(RESIDENT, MONDAY), held.token, "Олена", "0671234567", None, "uk")
    await arrival.check_in(By(KIOSK, MONDAY), BRANCH, held.code)
    desk = await open_desk(desk_number, MONDAY)
    await desk.call()
    return desk.id


async def bearer(staff: Staff) -> dict[str, str]:
    signed = await staffing.sign_in(By(RESIDENT, MONDAY), staff.login, PASSWORD)
    return {"Authorization": f"Bearer {signed.token}"}


async def test_a_colleague_sees_the_desk_without_the_persons_name(server: Server) -> None:
    desk_id = await booked_person_at("5")
    own = await staffing.sign_in(By(RESIDENT, MONDAY), "clerk-5", PASSWORD)
    colleague = await accounts.add_staff(
        By(OPERATOR, MONDAY), "colleague", "clerk", BRANCH, PASSWORD
    )
    chief = await accounts.add_staff(By(OPERATOR, MONDAY), "chief", "supervisor", BRANCH, PASSWORD)
    for headers, name in (
        ({"Authorization": f"Bearer {own.token}"}, "Олена"),
        (await bearer(colleague), None),
        (await bearer(chief), "Олена"),
    ):
        address = f"{server.ws}/ws/desks/{desk_id}"
        async with connect(address, additional_headers=headers) as socket:
            current = (await snapshot(socket))["current"]
        assert current["name"] == name
        assert (current["phone"] is None) == (name is None)


async def test_nobody_sees_a_desk_without_a_session_or_from_another_branch(server: Server) -> None:
    desk = await open_desk("5", MONDAY)
    address = f"{server.ws}/ws/desks/{desk.id}"
    assert await close_code(address) == REFUSED
    stranger = await accounts.add_staff(
        By(OPERATOR, MONDAY), "stranger", "clerk", "podilskyi", PASSWORD
    )
    assert await close_code(address, additional_headers=await bearer(stranger)) in (4403, 4404)
