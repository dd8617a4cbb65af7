"""Services that no single agent of the contact centre gives are booked as two calls in a row."""

import re
from collections.abc import AsyncIterator
from itertools import cycle
from pathlib import Path

import httpx
import pytest
from msgspec.structs import replace

from config.files import load_centre
from queue_app.clock import FixedClock
from queue_app.domain.centre import BranchKind, Centre
from queue_app.domain.people import OPERATOR, SYSTEM
from queue_app.flow import arrival
from queue_app.flow.act import By
from queue_app.flow.configuring import apply
from queue_app.queries import reference
from queue_app.store import db
from tests.flow.stage import pool_on
from tests.support.application import alive, build, speaking_to
from tests.support.database import CONFIG
from tests.support.people import CALLS
from tests.web.resident import HTML, PERSON, get, post, words_of
from tests.web.test_two_visits import fields_of

BOTH = "service=tariffs&service=meter-readings"


def with_specialists(centre: Centre, where: BranchKind = "contact_centre") -> Centre:
    """Of each two desks of such a branch the one knows payments and charges, the other meters."""
    own = cycle([("payments", "charges"), ("meters",)])
    plans = [
        replace(plan, desks=tuple(replace(one, skills=next(own)) for one in plan.desks))
        if plan.kind == where
        else plan
        for plan in centre.branches
    ]
    return replace(centre, branches=tuple(plans))


@pytest.fixture
async def calling(
    spare_database: str, data: Path, clock: FixedClock
) -> AsyncIterator[httpx.AsyncClient]:
    async with pool_on(spare_database):
        await apply(By(OPERATOR, clock.now()), with_specialists(load_centre(CONFIG)))
    app = build(spare_database, data, clock)
    async with alive(app), speaking_to(app) as client:
        yield client
    reference.forget()


@pytest.mark.slow
async def test_two_calls_stand_beside_the_visit(calling: httpx.AsyncClient) -> None:
    asked = await get(calling, f"/way?{BOTH}")
    assert "Два дзвінки один за одним" in words_of(asked)
    assert "Прийду" in words_of(asked) and "Два візити" not in words_of(asked)
    page = await get(calling, f"/two?{BOTH}&channel=phone")
    said = words_of(page)
    assert "зателефонуємо вам двічі" in said and "віз" not in said.replace(
        "Що можна зробити без візиту", ""
    )
    pairs = re.findall(r"(\d\d:\d\d), (\d\d:\d\d)", said)
    assert len(pairs) > 20 and all(first < then for first, then in pairs)
    assert f'href="/way?{BOTH.replace("&", "&amp;")}' in page.text


async def test_both_calls_are_booked_with_one_number_and_each_is_made(
    calling: httpx.AsyncClient,
) -> None:
    form = fields_of(await get(calling, f"/two?{BOTH}&channel=phone&branch={CALLS}"))
    first = await calling.post("/two", data=form, headers=HTML, follow_redirects=True)
    assert "Кому зателефонувати?" in words_of(first) and "І ще один дзвінок" in words_of(first)
    then = re.findall(r'name="then" value="([^"]+)"', first.text)[0]
    booked = await post(calling, first.url.path, {**PERSON, "then": then})
    said = words_of(booked)
    assert "Вас записано" in said and "код" not in said.split("Що робити далі")[0]
    rows = await db.fetch(
        "SELECT token, period, state, channel, services, phone FROM appointment"
        " ORDER BY lower(period)"
    )
    assert {(row["state"], row["channel"]) for row in rows} == {("booked", "phone")}
    assert sorted(row["services"] for row in rows) == [["meter-readings"], ["tariffs"]]
    assert len({row["phone"] for row in rows}) == 1
    assert rows[0]["period"].upper <= rows[1]["period"].lower
    for row in rows:
        due = row["period"].lower
        assert await arrival.admit_call(By(SYSTEM, due), row["token"], due)


@pytest.mark.slow
async def test_a_hold_that_is_given_back_leads_on_to_both(calling: httpx.AsyncClient) -> None:
    there = f"{BOTH}&channel=phone&branch={CALLS}"
    form = fields_of(await get(calling, f"/two?{there}"))
    await calling.post("/two", data=form, headers=HTML)
    held = re.findall(r'name="token" value="([^"]+)"', (await get(calling, f"/held?{there}")).text)
    assert len(held) == 2
    fields = {name: form[name] for name in ("service", "channel", "branch")}
    after = await calling.post(
        "/held", data=fields | {"token": held[0]}, headers=HTML, follow_redirects=True
    )
    assert after.url.path in ("/way", "/two") and "Два дзвінки" in words_of(after)


@pytest.mark.slow
async def test_two_visits_stand_beside_the_call_that_does_both(
    spare_database: str, data: Path, clock: FixedClock
) -> None:
    async with pool_on(spare_database):
        await apply(By(OPERATOR, clock.now()), with_specialists(load_centre(CONFIG), "office"))
    app = build(spare_database, data, clock)
    async with alive(app), speaking_to(app) as client:
        asked = await get(client, f"/way?{BOTH}")
        assert asked.url.path == "/way" and "Два візити один за одним" in words_of(asked)
        assert "Два дзвінки" not in words_of(asked)
        assert "два візити, один за одним" in words_of(await get(client, f"/two?{BOTH}"))
    reference.forget()
