"""The page of a booked phone call: nobody comes to the hall, and no sentence says that one did."""

from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from queue_app.clock import FixedClock
from queue_app.domain.people import RESIDENT
from queue_app.flow import arrival
from queue_app.flow.act import By
from queue_app.jobs import day_ends
from queue_app.queries import appointments, tickets
from tests.support.hall import Desk, open_desk
from tests.support.jobs import sweep
from tests.web.resident import HTML, PERSON, TUESDAY_TEN, get, post, words_of

BRANCH = "contact-centre"
OF_THE_HALL = (
    "зареєструвалися",
    "талоні",
    "живу чергу",
    "термінал",
    "вікна",
    "прийти",
    "завітали",
    "викликали",
    "не підійшли",
    "вийшли з черги",
    "Ваш код",
)


async def booked_call(client: httpx.AsyncClient) -> str:
    form = {"service": "tariffs", "channel": "phone", "branch": BRANCH}
    held = await post(client, "/visit", {**form, "starts_at": TUESDAY_TEN.isoformat()})
    await post(client, held.url.path, PERSON)
    return held.url.path


async def said(client: httpx.AsyncClient, link: str) -> str:
    """What the page says; whatever it is, it speaks of a call."""
    words = words_of(await get(client, link)).replace("Коли прийти без запису", "")  # every footer
    assert [one for one in OF_THE_HALL if one in words] == []
    return words


async def admitted(client: httpx.AsyncClient, clock: FixedClock, link: str) -> Desk:
    """The call has its ticket; the desk that will make it is open."""
    assert "Вас записано" in await said(client, link)
    clock.set(TUESDAY_TEN - timedelta(seconds=1))
    await sweep(FixedClock(clock.now()))
    assert (await appointments.by_token(link[7:])).ticket_token is None
    clock.set(TUESDAY_TEN)
    await sweep(FixedClock(clock.now()))
    return await open_desk("1", clock.now(), BRANCH)


async def ticket_of(link: str) -> int:
    token = (await appointments.by_token(link[7:])).ticket_token
    assert token
    return (await tickets.by_token(token)).id


async def test_a_call_says_when_we_call_and_how_it_goes(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    link = await booked_call(client)
    desk = await admitted(client, clock, link)
    clock.set(TUESDAY_TEN + timedelta(minutes=3))
    assert "Ваш час настав: скоро зателефонуємо" in await said(client, link)
    ticket = await ticket_of(link)
    await desk.call(ticket)
    assert "Ми вам телефонуємо" in await said(client, link)
    await desk.start(ticket)
    assert "Фахівець розмовляє" in (await said(client, link)).replace("Наш фахівець", "Фахівець")
    await desk.park(ticket)
    assert "Ваш дзвінок відкладено" in await said(client, link)
    await desk.call(ticket)
    await desk.start(ticket)
    await desk.finish(ticket)
    assert "Розмова відбулася" in await said(client, link)


async def test_a_call_that_nobody_answered_asks_nobody_to_a_desk(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    link = await booked_call(client)
    desk = await admitted(client, clock, link)
    ticket = await ticket_of(link)
    clock.set(TUESDAY_TEN)
    desk = replace(desk, now=clock.now())
    await desk.call(ticket)
    await desk.no_show(ticket)
    assert "Зателефонуємо ще раз о 10:15" in await said(client, link)
    clock.set(TUESDAY_TEN + timedelta(minutes=15))
    desk = await open_desk("2", clock.now(), BRANCH)
    await desk.call(ticket)
    await desk.no_show(ticket)
    assert "Ми телефонували, але не додзвонилися" in await said(client, link)
    clock.set(TUESDAY_TEN + timedelta(days=1))
    await day_ends.settle_appointments(clock)
    assert "Ми телефонували, але не додзвонилися" in await said(client, link)


@pytest.mark.parametrize("hours", [11, 24])
@pytest.mark.parametrize("ticketed", [True, False])
async def test_a_call_that_nobody_made_blames_nobody(
    client: httpx.AsyncClient, clock: FixedClock, hours: int, ticketed: bool
) -> None:
    link = await booked_call(client)
    if ticketed:
        await admitted(client, clock, link)
    clock.set(TUESDAY_TEN + timedelta(hours=hours))
    if hours == 24:
        await day_ends.end(clock)
        await day_ends.settle_appointments(clock)
    page = await said(client, link)
    assert "Ми вам не зателефонували" in page
    assert "Вибачте" in page


async def test_a_call_is_given_up_where_its_ticket_is(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    link = await booked_call(client)
    await admitted(client, clock, link)
    token = (await appointments.by_token(link[7:])).ticket_token
    assert token
    assert f'href="/t/{token}#leave"' in (await get(client, link)).text
    assert "Дзвінок мені вже не потрібен" in words_of(await get(client, f"/t/{token}"))
    await arrival.leave(By(RESIDENT, clock.now()), token)
    assert "Ви відмовилися від дзвінка" in await said(client, link)


async def test_a_call_without_a_number_is_asked_for_one(client: httpx.AsyncClient) -> None:
    form = {"service": "tariffs", "channel": "phone", "branch": BRANCH}
    held = await post(client, "/visit", {**form, "starts_at": TUESDAY_TEN.isoformat()})
    for contact in ({}, {"email": "olena@example.com"}, {"email": "olena@"}):
        page = words_of(await post(client, held.url.path, {"name": "Олена", **contact}))
        assert "Вкажіть телефон, на який вам зателефонувати" in page
        assert "Вкажіть телефон або електронну пошту" not in page


async def test_the_calendar_file_of_a_call_has_no_code(client: httpx.AsyncClient) -> None:
    link = await booked_call(client)
    answer = await client.get(f"{link}/calendar.ics", headers=HTML)
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert "Код" not in answer.text


async def test_by_whose_clock_we_call_is_said_before_anything_is_booked(
    client: httpx.AsyncClient,
) -> None:
    call = f"service=tariffs&channel=phone&branch={BRANCH}"
    visit = "service=tariffs&channel=visit&branch=podilskyi"
    steps = ("/day?{}", "/time?{}&day=2026-11-24", "/taken?{}")
    for step in steps:
        assert "час: Київ" in words_of(await get(client, step.format(call))), step
        assert "час: Київ" not in words_of(await get(client, step.format(visit))), step
    form = {"service": "tariffs", "channel": "phone", "branch": BRANCH}
    held = await post(client, "/visit", {**form, "starts_at": TUESDAY_TEN.isoformat()})
    assert "час: Київ" in words_of(held)
    refused = await post(client, held.url.path, {**PERSON, "phone": "416 555 0123"})
    assert "Номер іншої країни починається з +" in words_of(refused)
    booked = await post(client, held.url.path, {**PERSON, "phone": "+1 416 555 0123"})
    assert "Вас записано" in words_of(booked) and "час: Київ" in words_of(booked)
    assert "час: Київ" in words_of(await get(client, f"{held.url.path}/day"))
