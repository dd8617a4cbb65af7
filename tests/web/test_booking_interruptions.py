"""What whoever has booked or books now hears of an alert or a registry that is down."""

from datetime import timedelta

import httpx
import pytest

from queue_app.clock import FixedClock
from queue_app.flow import interrupting
from queue_app.flow.act import By
from tests.support.hall import open_desk
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


async def test_a_booking_whose_time_fell_into_an_alert_is_kept(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    link = await booked(client)
    later = await booked(client, TUESDAY_TEN + timedelta(hours=6))
    tomorrow = await booked(client, TUESDAY_TEN + timedelta(days=1))
    desk = await open_desk("1", clock.now(), "podilskyi")
    clock.set(TUESDAY_TEN - timedelta(minutes=5))
    alert = await interrupting.interrupt(
        By(desk.clerk, clock.now()), "podilskyi", "alert", None, ""
    )

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

    await interrupting.resume(By(desk.clerk, clock.now()), alert.id, None)
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
    await interrupting.interrupt(By(desk.clerk, clock.now()), "podilskyi", "power", None, "")
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
            By(desk.clerk, clock.now()), "podilskyi", "registry", [service], ""
        )
        assert ("Реєстри недоступні" in words_of(await get(client, link))) is heard
        time = await get(client, f"/time?{CHOICE}&day=2026-11-24")
        assert ("Якщо це триватиме, ваш запис не пропаде." in words_of(time)) is heard


async def test_the_reason_of_a_stop_is_read_on_the_page_and_on_the_board(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    clock.set(TUESDAY_TEN)
    desk = await open_desk("1", clock.now(), "podilskyi")
    by = By(desk.clerk, clock.now())
    note = "Немає зв’язку з банком"
    pages = (f"/time?{CHOICE}&day=2026-11-24", "/display/podilskyi")
    part = await interrupting.interrupt(by, "podilskyi", "other", ["no-debt-certificate"], note)
    for page in pages:
        said = words_of(await get(client, page))
        assert f"{note}. Тимчасово не надаємо: " in said
        assert "зупинено" not in said
    await interrupting.resume(by, part.id, 0)
    await interrupting.interrupt(by, "podilskyi", "other", None, note)
    for page in pages:
        assert note in words_of(await get(client, page))


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("alert", "Повітряна тривога. Зараз прийом у відділенні зупинено. Якщо це триватиме,"),
        ("power", "Знеструмлення. Зараз прийом у відділенні зупинено. Якщо це триватиме,"),
        ("registry", "Реєстри недоступні. Зараз прийом у відділенні зупинено. Якщо це триватиме,"),
        ("other", "Зараз прийом у відділенні зупинено. Якщо це триватиме,"),
    ],
)
async def test_whoever_books_for_today_hears_of_an_interruption_and_is_not_stopped(
    client: httpx.AsyncClient, clock: FixedClock, kind: str, said: str
) -> None:
    moving = await booked(client, TUESDAY_TEN + timedelta(hours=5))
    clock.set(TUESDAY_TEN)
    desk = await open_desk("1", clock.now(), "podilskyi")
    stop = await interrupting.interrupt(By(desk.clerk, clock.now()), "podilskyi", kind, None, "")
    whole = f"{said} ваш запис не пропаде."
    for path in (f"/time?{CHOICE}&day=", f"{moving}/time?day="):
        assert whole in words_of(await get(client, f"{path}2026-11-24"))
        assert "ваш запис не пропаде" not in words_of(await get(client, f"{path}2026-11-25"))
    elsewhere = CHOICE.replace("podilskyi", "holosiivskyi")
    assert said not in words_of(await get(client, f"/time?{elsewhere}&day=2026-11-24"))

    held = await hold(client, TUESDAY_TEN + timedelta(hours=6))
    assert whole in words_of(held)
    await interrupting.resume(By(desk.clerk, clock.now()), stop.id, 20)
    page = await get(client, held.url.path)
    assert "Відновимо виклики о 10:20. Записи на раніший час не пропадуть." in words_of(page)
    assert said not in words_of(page)
    assert "Вас записано" in words_of(await post(client, held.url.path, PERSON))
