"""A day with other hours says so, and why: on the pages, in the API, to whoever wants it."""

from collections.abc import AsyncIterator
from datetime import date, datetime, time

import httpx
import pytest
from msgspec.structs import replace

from config.files import load_centre
from queue_app.clock import FixedClock
from queue_app.domain.catalogue import Text
from queue_app.domain.centre import Closure, Period
from queue_app.domain.people import OPERATOR
from queue_app.flow.act import By
from queue_app.flow.configuring import apply
from queue_app.queries import reference
from tests.conftest import KYIV
from tests.support.database import CONFIG
from tests.web.resident import CHOICE, get, post, words_of

CLOSED = Closure(date(2026, 11, 25), Text(uk="Навчання працівників", en="Staff training"))
SHORT = Closure(
    date(2026, 11, 27), Text(uk="Напередодні свята", en="An eve"), (Period(time(9), time(12)),)
)


@pytest.fixture
async def closing(client: httpx.AsyncClient, clock: FixedClock) -> AsyncIterator[httpx.AsyncClient]:
    centre = load_centre(CONFIG)
    branches = tuple(
        replace(one, closures=(CLOSED, SHORT)) if one.slug == "podilskyi" else one
        for one in centre.branches
    )
    await apply(By(OPERATOR, clock.now()), replace(centre, branches=branches))
    while not (await reference.directory()).branch("podilskyi").closures:
        reference.forget()
    yield client
    await apply(By(OPERATOR, clock.now()), centre)
    reference.forget()


async def test_the_calendar_names_closed_and_shortened_days(closing: httpx.AsyncClient) -> None:
    said = words_of(await get(closing, f"/day?{CHOICE}"))
    assert "середа, 25 листопада: зачинено. Навчання працівників" in said.replace("\xa0", " ")
    assert "відчинено 09:00–12:00. Напередодні свята" in said


async def test_a_start_on_a_closed_day_is_refused_with_its_reason(
    closing: httpx.AsyncClient,
) -> None:
    form = dict(one.split("=") for one in CHOICE.split("&"))
    wanted = datetime(2026, 11, 25, 10, tzinfo=KYIV).isoformat()
    page = await post(closing, "/visit", form | {"starts_at": wanted})
    said = words_of(page)
    assert "Цього дня відділення зачинене" in said and "Навчання працівників" in said
    assert "2026-11-24T" in page.text and "2026-11-26T" in page.text


async def test_the_api_tells_closures_with_their_reasons(closing: httpx.AsyncClient) -> None:
    every = (await closing.get("/api/v1/branches")).json()
    here = next(one for one in every if one["slug"] == "podilskyi")
    assert [one["date"] for one in here["closures"]] == ["2026-11-25", "2026-11-27"]
    assert here["closures"][0]["hours"] == []
    assert here["closures"][1]["hours"] == [{"opens": "09:00", "closes": "12:00"}]
    assert here["closures"][1]["reason"]["en"] == "An eve"
