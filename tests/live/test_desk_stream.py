"""The stream of a desk: contacts for its own clerk alone, and no longer than the session."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from queue_app.domain.people import OPERATOR, RESIDENT, Staff
from queue_app.flow import accounts, arrival, booking, staffing
from queue_app.flow.act import By
from queue_app.web.sockets import ASK_AGAIN_SECONDS, REFUSED
from tests.conftest import MONDAY
from tests.live.test_screens import close_code, snapshot
from tests.support.hall import SERVICE, open_desk
from tests.support.people import BRANCH, KIOSK, PASSWORD
from tests.support.server import Server, start_servers, stop_servers

AT_ONCE = ASK_AGAIN_SECONDS / 2
"""Long before it would have been asked anyway, on however busy a machine."""

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


async def closed_within(socket: ClientConnection, seconds: float) -> int | None:
    """The code with which a screen that is told nothing new was ended."""
    with contextlib.suppress(ConnectionClosed):
        async with asyncio.timeout(seconds):
            while True:
                await socket.recv()
    return socket.close_code


async def test_the_sockets_of_a_session_end_with_it_at_once_in_another_process_too(
    server: Server,
) -> None:
    desk = await open_desk("5", MONDAY)
    address = f"{server.ws}/ws/desks/{desk.id}"
    signed = [await staffing.sign_in(By(RESIDENT, MONDAY), "clerk-5", PASSWORD) for _ in range(3)]
    heads = [{"Authorization": f"Bearer {one.token}"} for one in signed]
    async with (
        connect(address, additional_headers=heads[0]) as first,
        connect(address, additional_headers=heads[1]) as second,
        connect(address, additional_headers=heads[2]) as third,
    ):
        await asyncio.gather(snapshot(first), snapshot(second), snapshot(third))
        await staffing.end_session(By(RESIDENT, MONDAY), signed[0].token)
        assert await closed_within(first, AT_ONCE) == REFUSED
        await staffing.end_session(By(RESIDENT, MONDAY), signed[1].token)
        assert await closed_within(second, AT_ONCE) == REFUSED
        await accounts.change_password(By(OPERATOR, MONDAY), "clerk-5", "quite another long one")
        assert await closed_within(third, AT_ONCE) == REFUSED
