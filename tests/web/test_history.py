"""The console's history of whoever is at a desk: for their clerk alone."""

import httpx

from queue_app.clock import FixedClock
from queue_app.domain.people import Staff
from queue_app.flow import calling, staffing
from queue_app.flow.act import By
from queue_app.queries import reference
from queue_app.web.guards import SESSION_COOKIE
from tests.support.hall import open_desk, take_ticket
from tests.support.people import BRANCH, hire


async def test_the_clerk_of_the_desk_reads_it_and_nobody_else(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    person = await hire(clock.now())
    branch = (await reference.directory()).branch(BRANCH)
    by = By(Staff(person.id, person.login, "clerk", branch.id), clock.now())
    desk = branch.desks[0].id
    await staffing.open_desk(by, desk)
    ticket = await take_ticket(clock.now())
    other = await open_desk("2", clock.now())
    await calling.call(By(other.clerk, clock.now()), other.id, ticket.id, "unwell")
    await calling.transfer(By(other.clerk, clock.now()), ticket.id, None, desk, "Бачив паспорт")
    client.cookies.set(SESSION_COOKIE, person.token)
    client.headers["Accept-Language"] = "en"
    nobody = await client.get(f"/console/desks/{desk}/history")
    assert nobody.status_code == 404
    await calling.call(by, desk)
    page = (await client.get(f"/console/desks/{desk}/history")).text
    for said in ("Got the ticket", "Called: Feels unwell", "Was transferred", "Бачив паспорт"):
        assert said in page
    assert "nobody knows of other visits" in page
    screen = (await client.get(f"/console/desks/{desk}/screen")).json()
    assert [one["text"] for one in screen["current"]["notes"]] == ["Бачив паспорт"]
    colleague = await hire(clock.now(), "colleague")
    client.cookies.set(SESSION_COOKIE, colleague.token)
    refused = await client.get(f"/console/desks/{desk}/history")
    assert refused.status_code == 403
    supervisor = await hire(clock.now(), "boss", "supervisor")
    client.cookies.set(SESSION_COOKIE, supervisor.token)
    assert (await client.get(f"/console/desks/{desk}/history")).status_code == 200
