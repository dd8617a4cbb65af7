"""The residents' face over HTTP, as a browser without scripts uses it."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from html import unescape
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4
from zoneinfo import ZoneInfo

import httpx
import msgspec
import pytest
from icalendar import Calendar
from litestar import Litestar

from config.files import load_centre
from queue_app import db
from queue_app.clock import FixedClock
from queue_app.domain.errors import RuleBroken
from queue_app.flow import arrival, interrupting, upkeep
from queue_app.flow.arrival import IssuedTicket
from queue_app.flow.configuring import apply
from queue_app.queries import reference
from tests.support.application import alive, build, speaking_to
from tests.support.database import CONFIG
from tests.support.hall import open_desk, take_ticket
from tests.support.weight import files_of

KYIV = ZoneInfo("Europe/Kyiv")
CHOICE = "service=no-debt-certificate&channel=visit&branch=podilskyi"
TUESDAY_TEN = datetime(2026, 11, 24, 10, 0, tzinfo=KYIV)
HTML = {"Accept": "text/html", "Accept-Language": "uk"}
SIX_SERVICES = [
    "tariffs",
    "area-change",
    "debt-advice",
    "meter-readings",
    "recalculations",
    "quality-check",
]
PERSON = {"name": "Олена Ковальчук", "phone": "067 123 45 67", "email": ""}


def words_of(page: httpx.Response) -> str:
    """The text of a page, without its markup."""
    text = re.sub(r"<(script|style).*?</\1>|<[^>]+>", " ", page.text, flags=re.S)
    return " ".join(unescape(text).split())


async def get(client: httpx.AsyncClient, url: str) -> httpx.Response:
    return await client.get(url, headers=HTML, follow_redirects=True)


async def post(
    client: httpx.AsyncClient, url: str, form: Mapping[str, str] | None = None
) -> httpx.Response:
    return await client.post(url, data=dict(form or {}), headers=HTML, follow_redirects=True)


async def hold(
    client: httpx.AsyncClient, starts_at: datetime = TUESDAY_TEN, key: str | None = None
) -> httpx.Response:
    form = {
        "service": "no-debt-certificate",
        "channel": "visit",
        "branch": "podilskyi",
        "starts_at": starts_at.isoformat(),
        "key": key or str(uuid4()),
    }
    return await post(client, "/visit", form)


async def booked(client: httpx.AsyncClient, starts_at: datetime = TUESDAY_TEN) -> str:
    """The path of a booked visit."""
    held = await hold(client, starts_at)
    page = await post(client, held.url.path, PERSON)
    assert "Вас записано" in words_of(page)
    return held.url.path


async def check_in(link: str, now: datetime) -> IssuedTicket:
    """What the kiosk does with the code of the visit at that path."""
    code = await db.fetch_value("SELECT code FROM appointment WHERE token = $1", link[7:])
    return await arrival.check_in("podilskyi", code, "kiosk:test", now)


async def test_every_service_of_the_catalogue_stands_on_the_first_page(
    client: httpx.AsyncClient,
) -> None:
    page = await get(client, "/")
    assert page.text.count('name="service"') == 34
    assert page.text.count("<details") == 8
    assert "від 10 хв" in words_of(page)


async def test_each_question_leads_to_the_next(client: httpx.AsyncClient) -> None:
    way = await get(client, "/way?service=tariffs")
    assert "Як вам зручно?" in words_of(way)
    only_visit = await get(client, "/way?service=no-debt-certificate")
    assert only_visit.url.path == "/branch"
    assert "Подільський район" in words_of(only_visit)
    day = await get(client, f"/day?{CHOICE}")
    assert "Завтра, 24 листопада" in words_of(day).replace("завтра", "Завтра")
    time = await get(client, f"/time?{CHOICE}&day=2026-11-24")
    assert 'value="2026-11-24T10:00:00+02:00"' in time.text


@pytest.mark.parametrize(
    ("url", "step"),
    [
        ("/time", "/"),
        ("/day?service=tariffs", "/way"),
        ("/day?service=tariffs&channel=visit&branch=nowhere", "/branch"),
        (f"/time?{CHOICE}", "/day"),
        (f"/time?{CHOICE}&day=soon", "/day"),
        ("/branch?service=no-debt-certificate", "/branch"),
    ],
)
async def test_a_step_that_comes_too_early_leads_to_the_missing_one(
    client: httpx.AsyncClient, url: str, step: str
) -> None:
    assert (await get(client, url)).url.path == step


@pytest.mark.parametrize(
    ("services", "sentence"),
    [
        ([], "Оберіть принаймні одну послугу"),
        (SIX_SERVICES, "не більше 5"),
    ],
)
async def test_services_that_cannot_be_booked_together_are_said_at_the_top(
    client: httpx.AsyncClient, services: list[str], sentence: str
) -> None:
    page = await get(client, "/way?" + "&".join(f"service={code}" for code in services))
    assert page.status_code == 422
    assert sentence in words_of(page)
    assert 'href="#service-list"' in page.text


async def test_a_resident_books_and_sees_code_time_and_place(client: httpx.AsyncClient) -> None:
    held = await hold(client)
    assert "Тримаємо цей час для вас до 10:10" in words_of(held)
    page = await post(client, held.url.path, PERSON)
    text = words_of(page)
    assert "Вівторок, 24 листопада, 10:00" in text.replace("вівторок", "Вівторок")
    assert "Подільський район" in text
    assert re.search(r"Ваш код \d{3} \d{3}", text)
    assert 'class="qr"' in page.text


async def test_what_is_missing_is_said_at_the_top_and_what_was_entered_is_kept(
    client: httpx.AsyncClient,
) -> None:
    held = await hold(client)
    page = await post(client, held.url.path, {"name": " ", "phone": "12", "email": "olena@"})
    text = words_of(page)
    assert page.history[0].status_code == 303, "so that Back and reload never send it again"
    assert "Вкажіть ваше ім’я" in text
    assert "Перевірте номер телефону" in text
    assert "Перевірте електронну пошту" in text
    assert 'href="#phone"' in page.text
    assert 'value="olena@"' in page.text
    mended = await post(client, held.url.path, PERSON)
    assert "Вас записано" in words_of(mended)
    assert "entered" not in client.cookies


async def test_a_double_tap_holds_once(client: httpx.AsyncClient) -> None:
    key = str(uuid4())
    first, second = await hold(client, key=key), await hold(client, key=key)
    assert first.url.path == second.url.path


async def test_choosing_again_gives_back_what_was_held(client: httpx.AsyncClient) -> None:
    first = await hold(client)
    back = await get(client, f"/time?{CHOICE}&day=2026-11-24")
    assert "Ми ще тримаємо для вас час" in words_of(back)
    await hold(client, TUESDAY_TEN + timedelta(minutes=30))
    assert "Запис скасовано" in words_of(await get(client, first.url.path))


async def test_the_same_time_can_be_chosen_again_after_it_was_given_back(
    client: httpx.AsyncClient,
) -> None:
    key = str(uuid4())
    first = await hold(client, key=key)
    await hold(client, TUESDAY_TEN + timedelta(minutes=30), key=key)
    again = await hold(client, key=key)
    assert again.url.path != first.url.path
    assert "Хто прийде?" in words_of(again)


async def test_whoever_loses_a_time_is_offered_the_nearest(app: Litestar) -> None:
    for _ in range(8):
        async with speaking_to(app) as somebody:
            page = await hold(somebody)
        if page.url.path == "/taken":
            break
    assert "Цей час щойно зайняли" in words_of(page)
    assert "10:10" in words_of(page)
    assert 'value="2026-11-24T10:10:00+02:00"' in page.text


async def test_a_hold_that_ran_out_keeps_what_was_chosen(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    held = await hold(client)
    clock.set(clock.now() + timedelta(minutes=11))
    page = await post(client, held.url.path, PERSON)
    assert "Цей час знову вільний" in words_of(page)
    assert f'href="/day?{CHOICE}"'.replace("&", "&amp;") in page.text


async def test_a_visit_is_moved_through_its_link(client: httpx.AsyncClient) -> None:
    link = await booked(client)
    assert "Зараз: вівторок, 24 листопада, 10:00" in words_of(await get(client, f"{link}/day"))
    times = await get(client, f"{link}/time?day=2026-11-25")
    assert "Середа" in words_of(times).replace("середа", "Середа")
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
    now = TUESDAY_TEN - timedelta(minutes=5)
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
    await arrival.leave(ticket.token, clock.now())
    assert "Ви вийшли з черги" in words_of(await get(client, link))


async def test_a_call_whose_time_has_passed_is_over_and_one_in_the_queue_is_not(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    form = {"service": "tariffs", "channel": "phone", "branch": "podilskyi"}
    links = []
    for start in (TUESDAY_TEN, TUESDAY_TEN + timedelta(hours=1)):
        held = await post(client, "/visit", {**form, "starts_at": start.isoformat()})
        await post(client, held.url.path, PERSON)
        links.append(held.url.path)
    clock.set(TUESDAY_TEN + timedelta(hours=1))
    await upkeep.sweep(clock.now())
    clock.set(TUESDAY_TEN + timedelta(hours=2))
    assert "Час цього запису минув" in words_of(await get(client, links[0]))
    assert 'href="/t/' in (await get(client, links[1])).text


async def test_a_booking_whose_time_fell_into_an_alert_is_kept(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    link = await booked(client)
    later = await booked(client, TUESDAY_TEN + timedelta(hours=6))
    tomorrow = await booked(client, TUESDAY_TEN + timedelta(days=1))
    desk = await open_desk("1", clock.now(), "podilskyi")
    clock.set(TUESDAY_TEN - timedelta(minutes=5))
    alert = await interrupting.interrupt("podilskyi", "alert", None, "", desk.clerk, clock.now())

    for minutes in (-5, 30):
        clock.set(TUESDAY_TEN + timedelta(minutes=minutes))
        for path in (link, later):
            page = await get(client, path)
            text = words_of(page)
            assert 'class="notice notice-warning' in page.text
            assert "Повітряна тривога Пройдіть, будь ласка, до найближчого укриття." in text
            assert "Відновимо виклики через 10 хв після відбою. Ваш запис не пропаде." in text
            assert "не пізніше ніж через 10 хвилин після відновлення" in text
            assert "Якщо запізнитеся" not in text
            assert 'class="qr"' in page.text
    assert "тривога" not in words_of(await get(client, tomorrow))
    english = words_of(await client.get(f"{link}?lang=en", headers=HTML))
    assert "Air-raid alert Please go to the nearest shelter." in english
    assert "Your booking keeps its place." in english
    client.cookies.clear()

    await interrupting.resume(alert.id, None, desk.clerk, clock.now())
    page = await get(client, link)
    assert 'class="notice notice-success' in page.text
    assert "Відбій тривоги" in words_of(page)
    assert "після 10:50, станете в живу чергу" in words_of(page)
    assert "Якщо запізнитеся більше ніж на 10 хвилин" in words_of(await get(client, later))

    clock.set(TUESDAY_TEN + timedelta(minutes=50))
    page = await get(client, link)
    assert "тривог" not in words_of(page)
    assert "Ваш запис збережено" in words_of(page)
    assert "до термінала до 10:50: запізненням це не вважатиметься" in words_of(page)
    assert 'class="qr"' in page.text
    clock.set(TUESDAY_TEN + timedelta(minutes=51))
    assert "Ще можна прийти сьогодні" in words_of(await get(client, link))
    assert not (await check_in(link, TUESDAY_TEN + timedelta(minutes=50))).late


async def test_an_alert_does_not_bring_back_what_was_late_before_it(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    link = await booked(client)
    desk = await open_desk("1", clock.now(), "podilskyi")
    clock.set(TUESDAY_TEN + timedelta(minutes=30))
    await interrupting.interrupt("podilskyi", "power", None, "", desk.clerk, clock.now())
    text = words_of(await get(client, link))
    assert "Знеструмлення" in text
    assert "Ще можна прийти сьогодні" in text
    assert "не пропаде" not in text
    ticket = await check_in(link, clock.now())
    assert ticket.late
    text = words_of(await get(client, link))
    assert "Знеструмлення" in text
    assert "Ваше місце в черзі збережено." in text


async def test_only_the_bookings_of_interrupted_services_hear_of_it(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    link = await booked(client)
    desk = await open_desk("1", clock.now(), "podilskyi")
    clock.set(TUESDAY_TEN - timedelta(hours=1))
    for service, heard in (("tariffs", False), ("no-debt-certificate", True)):
        await interrupting.interrupt(
            "podilskyi", "registry", [service], "", desk.clerk, clock.now()
        )
        assert ("Реєстри недоступні" in words_of(await get(client, link))) is heard
        time = await get(client, f"/time?{CHOICE}&day=2026-11-24")
        assert ("Якщо це триватиме, ваш запис не пропаде." in words_of(time)) is heard


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("alert", "Зараз у відділенні повітряна тривога: прийом зупинено. Якщо вона триватиме,"),
        ("power", "Зараз у відділенні немає світла: прийом зупинено. Якщо це триватиме,"),
        ("registry", "Зараз недоступні реєстри: прийом у відділенні зупинено. Якщо це триватиме,"),
        ("other", "Зараз прийом у відділенні зупинено. Якщо це триватиме,"),
    ],
)
async def test_whoever_books_for_today_hears_of_an_interruption_and_is_not_stopped(
    client: httpx.AsyncClient, clock: FixedClock, kind: str, said: str
) -> None:
    moving = await booked(client, TUESDAY_TEN + timedelta(hours=5))
    clock.set(TUESDAY_TEN)
    desk = await open_desk("1", clock.now(), "podilskyi")
    stop = await interrupting.interrupt("podilskyi", kind, None, "", desk.clerk, clock.now())
    whole = f"{said} ваш запис не пропаде."
    for path in (f"/time?{CHOICE}&day=", f"{moving}/time?day="):
        assert whole in words_of(await get(client, f"{path}2026-11-24"))
        assert "ваш запис не пропаде" not in words_of(await get(client, f"{path}2026-11-25"))
    elsewhere = CHOICE.replace("podilskyi", "holosiivskyi")
    assert said not in words_of(await get(client, f"/time?{elsewhere}&day=2026-11-24"))

    held = await hold(client, TUESDAY_TEN + timedelta(hours=6))
    assert whole in words_of(held)
    await interrupting.resume(stop.id, 20, desk.clerk, clock.now())
    page = await get(client, held.url.path)
    assert "Відновимо виклики о 10:20. Записи на раніший час не пропадуть." in words_of(page)
    assert said not in words_of(page)
    assert "Вас записано" in words_of(await post(client, held.url.path, PERSON))


async def test_the_calendar_file_holds_the_visit(client: httpx.AsyncClient) -> None:
    link = await booked(client)
    answer = await client.get(f"{link}/calendar.ics", headers=HTML)
    assert answer.headers["content-type"].startswith("text/calendar")
    event = Calendar.from_ical(answer.content).walk("VEVENT")[0]
    assert event.decoded("dtstart") == TUESDAY_TEN
    assert event.decoded("dtend") == TUESDAY_TEN + timedelta(minutes=10)
    assert "Подільський" in str(event["location"])
    assert link in str(event["description"])


async def test_a_call_needs_a_phone_and_shows_no_qr(client: httpx.AsyncClient) -> None:
    form = {
        "service": "tariffs",
        "channel": "phone",
        "branch": "podilskyi",
        "starts_at": TUESDAY_TEN.isoformat(),
    }
    held = await post(client, "/visit", form)
    assert "Кому зателефонувати?" in words_of(held)
    refused = await post(client, held.url.path, {"name": "Олена", "email": "olena@example.com"})
    assert "Вкажіть телефон, на який вам зателефонувати" in words_of(refused)
    page = await post(client, held.url.path, PERSON)
    assert "Зателефонуємо на +380 67 123 45 67" in words_of(page)
    assert 'class="qr"' not in page.text


async def test_a_contact_has_only_so_many_bookings_to_come(client: httpx.AsyncClient) -> None:
    for step in range(4):
        await booked(client, TUESDAY_TEN + timedelta(minutes=30 * step))
    held = await hold(client, TUESDAY_TEN + timedelta(hours=5))
    page = await post(client, held.url.path, PERSON)
    assert "стільки записів, скільки можливо" in words_of(page)


@pytest.mark.parametrize(
    "wanted", ["2026-11-24T10:00:00", "2026-11-24T10:03:00+02:00", "2031-01-01T10:00:00Z", "x"]
)
async def test_a_time_that_is_none_holds_nothing(client: httpx.AsyncClient, wanted: str) -> None:
    form = {"service": "tariffs", "channel": "visit", "branch": "podilskyi", "starts_at": wanted}
    page = await post(client, "/visit", form)
    assert page.status_code == 200
    assert page.url.path in ("/day", "/taken")


async def test_another_sites_form_holds_and_cancels_nothing(client: httpx.AsyncClient) -> None:
    link = await booked(client)
    answer = await client.post(
        f"{link}/cancellation", headers={**HTML, "Origin": "https://elsewhere.example"}
    )
    assert answer.status_code == 403
    assert "Вас записано" in words_of(await get(client, link))


@pytest.mark.parametrize("token", ["1-short", "x", quote("1-" + "a" * 22), "9999999-" + "a" * 22])
async def test_a_link_that_leads_nowhere_says_what_to_do(
    client: httpx.AsyncClient, token: str
) -> None:
    page = await get(client, f"/visit/{token}")
    assert page.status_code == 404
    assert "Це посилання нікуди не веде" in words_of(page)


async def test_what_was_kept_in_a_cookie_by_somebody_else_breaks_nothing(
    client: httpx.AsyncClient,
) -> None:
    held = await hold(client)
    for value in ("x", "e30=", "eyJjb2RlIjogImJhZF9jb250YWN0In0="):
        answer = await client.get(held.url.path, headers={**HTML, "Cookie": f"entered={value}"})
        assert answer.status_code == 200


async def test_the_same_pages_are_english_when_asked(client: httpx.AsyncClient) -> None:
    page = await get(client, "/?lang=en")
    assert "What is it about?" in words_of(page)
    assert "Certificates" in words_of(await get(client, "/"))


async def test_what_can_be_done_without_a_visit_is_told(client: httpx.AsyncClient) -> None:
    page = await get(client, "/about")
    assert "0 800 404 407" in words_of(page)
    assert "Лічильник має бути опломбований" in words_of(page)
    assert 'href="https://youtu.be/U-ZmUUA1Qv8"' in page.text


async def test_a_residents_page_weighs_less_than_60_kilobytes(client: httpx.AsyncClient) -> None:
    link = await booked(client)
    for url in ("/", f"/day?{CHOICE}", f"/time?{CHOICE}&day=2026-11-25", link, "/about"):
        page = await get(client, url)
        files = await files_of(client, page.text)
        assert len(page.content) + sum(files.values()) < 60_000, (url, files)


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
        await apply(msgspec.structs.replace(centre, branches=others), clock.now())

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
            await arrival.check_in("holosiivskyi", shown["code"], "device:1", clock.now())
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
