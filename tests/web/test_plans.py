"""A branch closes for a day: what whoever is booked then sees and does, and what staff see."""

import re
from datetime import timedelta
from html import unescape
from pathlib import Path
from uuid import uuid4

import httpx
import msgspec
import pytest

from config.files import load_centre
from queue_app.clock import FixedClock
from queue_app.domain.centre import Centre, Closure
from queue_app.domain.people import OPERATOR, SYSTEM
from queue_app.flow import accounts, offering, supervising
from queue_app.flow.act import By
from queue_app.flow.configuring import apply
from queue_app.queries import doctor, reference, unsettled
from queue_app.store import db
from tests.support.application import alive, build, speaking_to
from tests.support.database import CONFIG
from tests.support.people import PASSWORD, hire
from tests.web.resident import HTML, TUESDAY_TEN, booked, get, hold, post, words_of

replace = msgspec.structs.replace
OTHER = {"name": "Ян Коваль", "phone": "", "email": "jan@example.com"}


def closed_on_tuesday() -> Centre:
    centre = load_centre(CONFIG)
    closure = Closure(TUESDAY_TEN.date(), centre.title)
    return replace(
        centre,
        branches=tuple(
            replace(one, closures=(closure,)) if one.slug == "podilskyi" else one
            for one in centre.branches
        ),
    )


def first_offer(page: httpx.Response) -> str:
    found = re.search(r'name="starts_at" value="([^"]+)"', page.text)
    assert found
    return unescape(found[1])


async def test_whom_a_closure_hits_chooses_one_of_the_nearest_times_and_staff_see_it(
    spare_database: str, data: Path, clock: FixedClock
) -> None:
    reference.forget()
    app = build(spare_database, data, clock)
    async with alive(app), speaking_to(app) as client:
        link = await booked(client)
        other = await booked(client, TUESDAY_TEN + timedelta(hours=1))
        waiting = await hold(client, TUESDAY_TEN + timedelta(hours=2))
        now = clock.now()
        await apply(By(OPERATOR, now), closed_on_tuesday(), accept=True)

        page = await get(client, link)
        text = words_of(page)
        assert "У цей час ми зачинені" in text and "Вас записано" not in text
        assert "ваш запис і код дійсні" in text
        assert "У цей час ми зачинені" in words_of(await get(client, waiting.url.path))
        asked = await client.get(
            f"{link}/offer", params={"starts_at": first_offer(page)}, headers=HTML
        )
        assert "Перенести запис на цей час?" in words_of(asked)
        assert len(await unsettled.still_open()) == 2

        staff = await hire(now, "boss", "supervisor", branch="podilskyi")
        listed = await client.get("/console/unsettled", headers=HTML | staff.bearer)
        assert words_of(listed).count("Олена Ковальчук") >= 2
        desks = await client.get("/console", headers=HTML | staff.bearer)
        assert "2 записи втратили своє місце" in words_of(desks)
        clerk = await hire(now, "hand", "clerk", branch="podilskyi")
        assert "втратили" not in words_of(await client.get("/console", headers=HTML | clerk.bearer))

        moved = await post(client, f"{link}/time", {"starts_at": first_offer(asked)})
        assert "Запис перенесено" in words_of(moved)
        assert len(await unsettled.still_open()) == 1

        [left] = await unsettled.still_open()
        assert left.appointment.token == other.rpartition("/")[2]
        settled = await client.post(
            f"/console/unsettled/podilskyi/{left.appointment.id}",
            headers=HTML | staff.bearer,
            follow_redirects=True,
        )
        assert settled.status_code == 200
        assert await db.fetch_value("SELECT how FROM unsettled WHERE how <> 'moved'") == "staff"
        assert await doctor.check(now) == []
    reference.forget()


@pytest.mark.usefixtures("database")
async def test_a_list_of_nobody_says_so(client: httpx.AsyncClient, clock: FixedClock) -> None:
    staff = await hire(clock.now(), "boss", "supervisor")
    page = await client.get("/console/unsettled", headers=HTML | staff.bearer)
    assert "Ніхто не чекає на інший час" in words_of(page)


@pytest.mark.slow
async def test_whom_no_other_time_suits_waits_and_what_is_taken_then_settles_it(
    spare_database: str, data: Path, clock: FixedClock
) -> None:
    reference.forget()
    app = build(spare_database, data, clock)
    async with alive(app), speaking_to(app) as client:
        link, kept = await booked(client), await booked(client, TUESDAY_TEN + timedelta(days=2))
        await apply(By(OPERATOR, clock.now()), closed_on_tuesday(), accept=True)
        way = re.search(r'href="(/wish\?[^"]+)"', (await get(client, link)).text)
        assert way and way[1].endswith(f"instead={link.removeprefix('/visit/')}")
        form = await get(client, unescape(way[1]))
        hidden = re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form.text)
        wish = await post(client, "/wish", dict(hidden) | OTHER | {"branch": "podilskyi"})
        assert wish.url.path.startswith("/wish/"), words_of(wish)
        branch = (await reference.directory()).branch("podilskyi").id
        await offering.offer_times(By(SYSTEM, clock.now()), branch)
        done = await post(client, f"{wish.url.path}/acceptance")
        assert "Вас записано" in words_of(done)
        assert "Запис скасовано" in words_of(await get(client, link))
        assert await unsettled.still_open() == []
        assert await db.fetch_value("SELECT how FROM unsettled") == "cancelled"
        assert "Вас записано" in words_of(await get(client, kept))
        assert await doctor.check(clock.now()) == []
    reference.forget()


@pytest.mark.slow
async def test_a_wish_gives_up_nothing_that_has_its_place(
    spare_database: str, data: Path, clock: FixedClock
) -> None:
    reference.forget()
    app = build(spare_database, data, clock)
    async with alive(app), speaking_to(app) as client:
        link = await booked(client)
        token = link.removeprefix("/visit/")
        for instead in (token, "7-nobody", "x" * 200):
            form = OTHER | {"service": "debt-amount", "branch": "podilskyi", "instead": instead}
            wish = await post(client, "/wish", form | {"key": str(uuid4())})
            branch = (await reference.directory()).branch("podilskyi").id
            await offering.offer_times(By(SYSTEM, clock.now()), branch)
            await post(client, f"{wish.url.path}/acceptance")
        assert "Вас записано" in words_of(await get(client, link))
    reference.forget()


async def test_whom_the_end_of_the_day_hits_reads_that_and_not_that_they_are_booked(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    link = await booked(client, clock.now() + timedelta(hours=2))
    boss = await accounts.add_staff(
        By(OPERATOR, clock.now()), "boss", "supervisor", "podilskyi", PASSWORD
    )
    await supervising.end_day(By(boss, clock.now()), "podilskyi", True, "Прорвало трубу")
    text = words_of(await get(client, link))
    assert "У цей час ми зачинені" in text and "Вас записано" not in text
