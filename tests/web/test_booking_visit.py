"""The page of a booked visit: moved, cancelled, late, over, or at a branch that has closed."""

import re
from datetime import timedelta
from html import unescape
from pathlib import Path
from urllib.parse import quote

import httpx
import msgspec
import pytest
from icalendar import Calendar

from config.files import load_centre
from queue_app.clock import FixedClock
from queue_app.domain.errors import RuleBroken
from queue_app.domain.people import OPERATOR, RESIDENT
from queue_app.flow import arrival
from queue_app.flow.act import By
from queue_app.flow.configuring import apply
from queue_app.queries import reference
from tests.support.application import alive, build, speaking_to
from tests.support.database import CONFIG
from tests.support.hall import open_desk, take_ticket
from tests.support.jobs import sweep
from tests.support.people import KIOSK
from tests.web.resident import (
    CHOICE,
    HTML,
    PERSON,
    TUESDAY_TEN,
    booked,
    check_in,
    get,
    hold,
    post,
    words_of,
)


@pytest.mark.parametrize(
    "far", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "2026-11-24T10:00:00"]
)
async def test_a_time_that_no_clock_shows_leads_to_the_booking_or_to_other_times(
    client: httpx.AsyncClient, far: str
) -> None:
    link = await booked(client)
    said = quote(far)
    for path in (f"{link}/offer?starts_at={said}", f"{link}/taken?wanted={said}"):
        assert (await get(client, path)).status_code == 200
    assert (await post(client, f"{link}/time", {"starts_at": far})).url.path == link
    for path in (f"/at?{CHOICE}&starts_at={said}", f"/taken?{CHOICE}&wanted={said}"):
        assert (await get(client, path)).status_code == 200


async def test_a_visit_is_moved_through_its_link(client: httpx.AsyncClient) -> None:
    link = await booked(client)
    assert "Зараз: вівторок, 24 листопада, 10:00" in words_of(await get(client, f"{link}/day"))
    times = await get(client, f"{link}/time?day=2026-11-25")
    assert "Середа" in words_of(times).replace("середа", "Середа")
    for page in (await get(client, f"{link}/day"), times):
        assert f'<form action="{link}/offer" method="get"' in page.text, "a tap asks, no more"
    asked = await get(client, f"{link}/offer?starts_at=2026-11-25T11:00:00%2B02:00")
    assert "Перенести запис на цей час?" in words_of(asked) and f'href="{link}/day"' in asked.text
    assert "24 листопада, 10:00" in words_of(await get(client, link))
    moved = await post(client, f"{link}/time", {"starts_at": "2026-11-25T11:00:00+02:00"})
    assert moved.url.path == link
    assert "25 листопада, 11:00" in words_of(moved)
    assert "Запис перенесено" in words_of(moved)
    assert "Вас записано" in words_of(await get(client, link))


@pytest.mark.parametrize(
    ("ended", "said"), [("finish", "Візит відбувся"), ("no_show", "Вас викликали")]
)
async def test_a_visit_that_is_over_says_so_before_its_time_has_passed(
    client: httpx.AsyncClient, clock: FixedClock, ended: str, said: str
) -> None:
    link = await booked(client)
    now = TUESDAY_TEN - timedelta(minutes=5 if ended == "finish" else 0)
    clock.set(now)
    ticket = await check_in(link, now)
    desk = await open_desk("1", now, "podilskyi")
    await desk.call(ticket.id)
    if ended == "finish":
        await desk.start(ticket.id)
        await desk.finish(ticket.id)
    else:
        await desk.no_show(ticket.id)
    page = words_of(await get(client, link))
    assert said in page
    assert "Вас записано" not in page


async def test_a_visit_is_cancelled_after_a_question(client: httpx.AsyncClient) -> None:
    link = await booked(client)
    assert "Скасувати цей запис?" in words_of(await get(client, f"{link}/cancellation"))
    assert "Запис скасовано" in words_of(await post(client, f"{link}/cancellation"))
    again = await post(client, f"{link}/cancellation")
    assert "Запис скасовано" in words_of(again)
    assert (await get(client, f"{link}/day")).url.path == link


async def test_a_visit_that_has_passed_says_so(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    link = await booked(client)
    clock.set(TUESDAY_TEN + timedelta(hours=8))
    assert "Час цього запису минув" in words_of(await get(client, link))
    assert (await get(client, f"{link}/cancellation")).url.path == link
    with pytest.raises(RuleBroken, match="branch_closed"):
        await check_in(link, clock.now())


@pytest.mark.parametrize(
    ("after", "late"),
    [
        (timedelta(minutes=10), False),
        (timedelta(minutes=10, seconds=1), True),
        (timedelta(hours=7, minutes=59), True),
    ],
)
async def test_whoever_is_late_keeps_the_code_and_is_told_what_the_kiosk_will_do(
    client: httpx.AsyncClient, clock: FixedClock, after: timedelta, late: bool
) -> None:
    link = await booked(client)
    clock.set(TUESDAY_TEN + after)
    page = await get(client, link)
    text = words_of(page)
    assert re.search(r"Ваш код \d{3} \d{3}", text)
    assert 'class="qr"' in page.text
    assert ("Ще можна прийти сьогодні" in text) is late
    assert ("Прийдіть сьогодні до 18:00" in text) is late
    assert "живу чергу" in text
    assert f"{link}/cancellation" not in page.text
    assert (await check_in(link, clock.now())).late is late


async def test_whoever_waits_past_the_end_of_the_slot_keeps_the_link_of_the_ticket(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    link = await booked(client)
    ticket = await check_in(link, TUESDAY_TEN)
    clock.set(TUESDAY_TEN + timedelta(hours=1))
    page = await get(client, link)
    assert "Ви зареєструвалися" in words_of(page)
    assert f'href="/t/{ticket.token}"' in page.text
    assert "живу чергу" not in words_of(page)
    await arrival.leave(By(RESIDENT, clock.now()), ticket.token)
    assert "Ви вийшли з черги" in words_of(await get(client, link))


async def test_a_call_whose_time_has_passed_is_over_and_one_in_the_queue_is_not(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    form = {"service": "tariffs", "channel": "phone", "branch": "contact-centre"}
    links = []
    for start in (TUESDAY_TEN, TUESDAY_TEN + timedelta(hours=1)):
        held = await post(client, "/visit", {**form, "starts_at": start.isoformat()})
        await post(client, held.url.path, PERSON)
        links.append(held.url.path)
    clock.set(TUESDAY_TEN + timedelta(hours=1))
    await sweep(FixedClock(clock.now()))
    clock.set(TUESDAY_TEN + timedelta(hours=2))
    assert "Ми вам не зателефонували" in words_of(await get(client, links[0]))
    assert 'href="/t/' in (await get(client, links[1])).text


async def test_the_calendar_file_holds_the_visit(client: httpx.AsyncClient) -> None:
    link = await booked(client)
    answer = await client.get(f"{link}/calendar.ics", headers=HTML)
    assert answer.headers["content-type"].startswith("text/calendar")
    event = Calendar.from_ical(answer.content).walk("VEVENT")[0]
    assert event.decoded("dtstart") == TUESDAY_TEN
    assert event.decoded("dtend") == TUESDAY_TEN + timedelta(minutes=10)
    assert "Подільський" in str(event["location"])
    assert link in str(event["description"])


async def test_what_is_only_held_or_ran_out_has_no_calendar_file(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    held = await hold(client)
    file = f"{held.url.path}/calendar.ics"
    for _ in range(2):
        answer = await client.get(file, headers=HTML)
        assert answer.status_code == 409
        assert "Тут немає запису для календаря" in words_of(answer)
        clock.advance(hours=1)


async def test_the_calendar_file_of_a_cancelled_visit_cancels_it_and_wakes_nobody(
    client: httpx.AsyncClient,
) -> None:
    link = await booked(client)
    first = (await client.get(f"{link}/calendar.ics", headers=HTML)).content
    await post(client, f"{link}/cancellation")
    second = (await client.get(f"{link}/calendar.ics", headers=HTML)).content
    was, event = (Calendar.from_ical(one).walk("VEVENT")[0] for one in (first, second))
    assert was["uid"] == event["uid"]
    assert (was["sequence"], event["sequence"]) == (0, 1)
    assert (str(was["status"]), str(event["status"])) == ("CONFIRMED", "CANCELLED")
    assert (len(was.walk("VALARM")), len(event.walk("VALARM"))) == (1, 0)


@pytest.mark.parametrize("token", ["1-short", "x", quote("1-" + "a" * 22), "9999999-" + "a" * 22])
async def test_a_link_that_leads_nowhere_says_what_to_do(
    client: httpx.AsyncClient, token: str
) -> None:
    page = await get(client, f"/visit/{token}")
    assert page.status_code == 404
    assert "Це посилання нікуди не веде" in words_of(page)


@pytest.mark.parametrize(
    "copied", ["{}.", "{},", "{})", "{}]", '{}"', "{}»", "{}’", "{}>", "{} ", "{}\u00a0", "{}.)\n",
               "{}; ", "{}…", " {}", "({})"],
)  # fmt: skip
async def test_a_link_leads_to_the_booking_whatever_was_copied_along(
    client: httpx.AsyncClient, clock: FixedClock, copied: str
) -> None:
    held = await hold(client)
    for link in (held.url.path, f"/t/{(await take_ticket(clock.now())).token}"):
        face, token = link.rsplit("/", 1)
        answer = await client.get(f"{face}/{quote(copied.format(token))}", headers=HTML)
        assert (answer.status_code, answer.headers["location"]) == (308, link)
        assert (await get(client, link)).status_code == 200


@pytest.mark.slow
async def test_a_booking_at_a_branch_that_has_closed_is_shown_cancelled_and_made_elsewhere(
    spare_database: str, data: Path, clock: FixedClock
) -> None:
    centre = load_centre(CONFIG)
    others = tuple(one for one in centre.branches if one.slug != "podilskyi")
    reference.forget()
    app = build(spare_database, data, clock)
    async with alive(app), speaking_to(app) as client:
        link = await booked(client)
        waiting = await hold(client, TUESDAY_TEN + timedelta(hours=1))
        ticket = await take_ticket(clock.now(), branch="podilskyi")
        without = msgspec.structs.replace(centre, branches=others)
        await apply(By(OPERATOR, clock.now()), without, accept=True)

        page = await get(client, link)
        assert "Це відділення зачинилося" in words_of(page)
        elsewhere = unescape(re.search(r'href="(/branch\?[^"]+)"', page.text)[1])  # type: ignore[index]
        assert "Голосіївський" in words_of(await get(client, elsewhere))
        assert (await get(client, f"{link}/day")).url.path == link
        assert (await get(client, f"{link}/calendar.ics")).status_code == 200
        assert "зачинилося" in words_of(await post(client, waiting.url.path, PERSON))
        api = link.replace("/visit/", "/api/v1/appointments/")
        shown = (await client.get(api)).json()
        assert shown["branch_retired"] is True
        with pytest.raises(RuleBroken, match="branch_retired"):
            await arrival.check_in(By(KIOSK, clock.now()), "holosiivskyi", shown["code"])
        moved = await client.post(
            f"{api}/reschedulings",
            json={"starts_at": (TUESDAY_TEN + timedelta(hours=2)).isoformat()},
        )
        assert (moved.status_code, moved.json()["code"]) == (422, "branch_retired")
        await post(client, f"{link}/cancellation")
        assert (await client.get(api)).json()["state"] == "cancelled"

        assert (await get(client, f"/t/{ticket.token}")).status_code == 200
        assert (await client.get(f"/api/v1/tickets/{ticket.token}")).status_code == 200
        assert (await client.post(f"/api/v1/tickets/{ticket.token}/leavings")).status_code == 200
    reference.forget()
