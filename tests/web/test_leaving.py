"""Signing out with somebody at the desk."""

import httpx
import pytest

from queue_app.clock import FixedClock
from queue_app.domain.people import Staff
from queue_app.flow import calling, staffing
from queue_app.flow.act import By
from queue_app.queries import reference
from queue_app.queries import staff as people
from queue_app.store import db
from queue_app.web.guards import SESSION_COOKIE
from tests.flow.desks import now_of
from tests.support.hall import take_ticket
from tests.support.people import BRANCH, hire


@pytest.fixture
async def by(client: httpx.AsyncClient, clock: FixedClock) -> By:
    """A clerk at the first desk, who has called somebody."""
    person = await hire(clock.now())
    branch = (await reference.directory()).branch(BRANCH)
    clerk = By(Staff(person.id, person.login, "clerk", branch.id), clock.now())
    await staffing.open_desk(clerk, branch.desks[0].id)
    await take_ticket(clock.now())
    await calling.call(clerk, branch.desks[0].id)
    client.cookies.set(SESSION_COOKIE, person.token)
    client.headers["Accept-Language"] = "en"
    return clerk


def to(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.headers.get("location", "")


async def desks_of(by: By) -> list[int]:
    assert isinstance(by.who, Staff)
    directory = await reference.directory()
    return await people.desks_of([directory.branch(BRANCH).id], by.who.id)


async def test_signing_out_asks_and_the_session_goes_on(client: httpx.AsyncClient, by: By) -> None:
    assert to(await client.post("/console/sign-out")) == (303, "/console/leaving")
    page = await client.get("/console/leaving")
    assert (page.status_code, "А1 is still at your desk" in page.text) == (200, True)
    assert 'value="finish"' not in page.text, "nobody has come yet"
    assert len(await desks_of(by)) == 1


@pytest.mark.parametrize(
    ("what", "state"),
    [("no_show", "no_show"), ("park", "parked"), ("back", "waiting"), ("finish", "finished")],
)
async def test_what_was_chosen_is_done_and_then_the_desk_is_left(
    what: str, state: str, client: httpx.AsyncClient, by: By
) -> None:
    if what == "finish":
        await calling.start(by, 1)
    answer = await client.post("/console/leaving", data={"what": what})
    assert to(answer) == (303, "/console/sign-in")
    assert (await now_of(1)).progress.state == state
    assert await desks_of(by) == []
    assert to(await client.get("/console")) == (303, "/console/sign-in")


async def test_who_came_along_is_said_when_the_desk_is_left(
    client: httpx.AsyncClient, by: By
) -> None:
    await db.fetch("UPDATE ticket SET people = 2, company = 'helped'")
    page = (await client.get("/console/leaving")).text
    assert "Group: 2 people; Somebody comes along to help" in page


async def test_what_cannot_be_is_said_and_nobody_is_signed_out(
    client: httpx.AsyncClient, by: By
) -> None:
    answer = await client.post("/console/leaving", data={"what": "finish"})
    assert (answer.status_code, len(await desks_of(by))) == (409, 1)


async def test_whoever_has_gone_meanwhile_needs_nothing(client: httpx.AsyncClient, by: By) -> None:
    await calling.no_show(by, 1)
    assert to(await client.get("/console/leaving")) == (303, "/console")
    answer = await client.post("/console/leaving", data={"what": "park"})
    assert to(answer) == (303, "/console/sign-in")
    assert (await now_of(1)).progress.state == "no_show"
