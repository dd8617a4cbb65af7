"""What is entered is kept, or it is said at its field why not: nothing is dropped with success."""

import re
from datetime import timedelta
from html import unescape

import httpx
import pytest

from queue_app.clock import FixedClock
from queue_app.queries import appointments
from tests.web.resident import PERSON, TUESDAY_TEN, booked, check_in, get, hold, post, words_of

HIDDEN = "+380 •• ••• 45 67"
OTHER = {"name": "Олена Ковальчук", "phone": "067 222 22 22", "email": ""}


def error_at(page: httpx.Response, field: str) -> str:
    """What the field itself says, which a screen reader reads with it."""
    found = re.search(rf'id="{field}-error">(.*?)</p>', page.text)
    assert found, words_of(page)
    described = re.search(rf'<input[^>]* id="{field}"[^>]*>', page.text)
    assert described and f"{field}-error" in described[0] and "aria-invalid" in described[0]
    return unescape(found[1])


async def kept_of(link: str) -> tuple[str | None, str | None, str | None]:
    found = await appointments.by_token(link.removeprefix("/visit/"))
    return found.name, found.phone, found.email


async def test_two_windows_with_two_numbers_do_not_both_succeed(client: httpx.AsyncClient) -> None:
    link = await booked(client)
    second = await post(client, link, OTHER)
    said = words_of(second)
    assert second.url.path == f"{link}/contact"
    assert "Вас записано" not in said
    assert "не збережено" in said and HIDDEN in said
    assert 'value="067 222 22 22"' in second.text
    saved = await post(client, f"{link}/contact", OTHER)
    assert saved.url.path == link and "+380 •• ••• 22 22" in words_of(saved)
    assert await kept_of(link) == (PERSON["name"], "+380672222222", None)


async def test_the_same_data_twice_are_booked_once(client: httpx.AsyncClient) -> None:
    link = await booked(client)
    again = await post(client, link, PERSON | {"phone": "8 067 123 45 67"})
    assert again.url.path == link and "Вас записано" in words_of(again)


async def test_the_booking_shows_whose_it_is_in_part(client: httpx.AsyncClient) -> None:
    held = await hold(client)
    page = await post(client, held.url.path, PERSON | {"email": "mailto:olena@gmail.com."})
    said = words_of(page)
    assert "Олена Ковальчук" in said and HIDDEN in said and "o•••@gmail.com" in said
    assert "067" not in page.text and "olena@" not in page.text


async def test_a_contact_is_changed_and_an_empty_field_keeps_what_is_there(
    client: httpx.AsyncClient,
) -> None:
    link = await booked(client)
    form = await get(client, f"{link}/contact")
    assert f"Зараз: {HIDDEN}" in words_of(form)
    await post(client, f"{link}/contact", {"name": "", "phone": "", "email": "o@example.com"})
    assert await kept_of(link) == (PERSON["name"], "+380671234567", "o@example.com")


async def test_after_check_in_nobody_is_told_that_another_contact_was_kept(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    link = await booked(client)
    clock.set(TUESDAY_TEN)
    await check_in(link, clock.now())
    assert (await get(client, f"{link}/contact")).url.path == link
    second = await post(client, link, OTHER)
    assert "не збережено" in words_of(second) and HIDDEN in words_of(second)
    await post(client, f"{link}/contact", OTHER)
    assert (await kept_of(link))[1] == "+380671234567"


@pytest.mark.parametrize(
    ("field", "entered", "said"),
    [
        ("phone", "067 123 45 67, 050 123 45 67", "Вкажіть один номер телефону"),
        ("phone", "067 123 45 67 Олена", "без слів"),
        ("phone", "044 247 40 41 дод. 5", "додатковий номер"),
        ("phone", "067 123", "Перевірте номер телефону"),
        ("email", "olena@gmail", "Перевірте електронну пошту"),
        ("email", "a@example.com b@example.com", "Вкажіть одну електронну адресу"),
        ("email", "Олена <olena@gmail.com>", "без слів"),
    ],
)
async def test_what_would_not_be_kept_is_said_at_its_field(
    client: httpx.AsyncClient, field: str, entered: str, said: str
) -> None:
    held = await hold(client)
    form = {"name": "Олена", "phone": "", "email": "", field: entered}
    page = await post(client, held.url.path, form)
    assert said in error_at(page, field)
    assert f'value="{entered}"'.replace("<", "&lt;").replace(">", "&gt;") in page.text


async def test_a_mistyped_address_is_asked_back_once_and_accepted_as_it_is(
    client: httpx.AsyncClient,
) -> None:
    held = await hold(client)
    form = {"name": "Олена", "phone": "", "email": "olena@gmail.con"}
    page = await post(client, held.url.path, form)
    assert "olena@gmail.com" in error_at(page, "email")
    asked = re.search(r'name="asked_email" value="([^"]+)"', page.text)
    assert asked
    other = form | {"asked_email": asked[1], "email": "olena@gmai.com"}
    assert "olena@gmail.com" in error_at(await post(client, held.url.path, other), "email")
    page = await post(client, held.url.path, form | {"asked_email": asked[1]})
    assert "Вас записано" in words_of(page)
    assert (await kept_of(held.url.path))[2] == "olena@gmail.con"


async def test_the_suggested_address_is_taken_with_one_press(client: httpx.AsyncClient) -> None:
    held = await hold(client)
    form = {"name": "Олена", "phone": "", "email": "оlena@gmаil.com"}
    page = await post(client, held.url.path, form)
    meant = re.search(r'name="suggested" value="([^"]+)"', page.text)
    assert meant
    await post(client, held.url.path, form | {"suggested": meant[1]})
    assert (await kept_of(held.url.path))[2] == "olena@gmail.com"


async def test_a_second_booking_at_the_same_time_is_asked_back_once(
    client: httpx.AsyncClient,
) -> None:
    await booked(client)
    held = await hold(client)
    page = await post(client, held.url.path, PERSON)
    assert "інший запис" in error_at(page, "phone")
    page = await post(client, held.url.path, PERSON | {"asked_overlap": "1"})
    assert "Вас записано" in words_of(page)


async def test_too_many_bookings_are_said_at_the_contact_that_has_them(
    client: httpx.AsyncClient,
) -> None:
    for step in range(4):
        held = await hold(client, TUESDAY_TEN + timedelta(minutes=30 * step))
        form = {"name": "Олена", "phone": "", "email": "Olena@Example.com"}
        await post(client, held.url.path, form)
    held = await hold(client, TUESDAY_TEN + timedelta(hours=5))
    page = await post(client, held.url.path, form | {"email": "olena@example.com"})
    assert "стільки записів" in error_at(page, "email")


@pytest.mark.parametrize("entered", ["0800 500 123", "(044) 247-40-40", "103"])
async def test_nobody_can_be_called_back_at_a_free_short_or_our_own_number(
    client: httpx.AsyncClient, entered: str
) -> None:
    form = {"service": "tariffs", "channel": "phone", "branch": "contact-centre"}
    held = await post(client, "/visit", {**form, "starts_at": TUESDAY_TEN.isoformat()})
    page = await post(client, held.url.path, {"name": "Олена", "phone": entered})
    assert error_at(page, "phone")


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("name", "Я" * 121, "коротше ім’я"),
        ("name", "Я" * 5000, "коротше ім’я"),
        ("phone", "067 123 45 67" + " " * 320 + "0", "задовго для номера"),
        ("phone", "0" * 9000, "задовго для номера"),
        ("email", "a" * 300 + "@example.com", "електронн"),
        ("email", "a" * 9000 + "@example.com", "задовго для електронної"),
    ],
)
async def test_a_long_field_is_not_cut_and_says_so_itself(
    client: httpx.AsyncClient, field: str, value: str, said: str
) -> None:
    held = await hold(client)
    link = held.url.path
    page = await post(client, link, PERSON | {field: value})
    assert said in error_at(page, field)
    assert f'value="{value}"' in unescape(page.text)
    assert "Вас записано" not in words_of(page)
    await post(client, link, PERSON)
    page = await post(client, f"{link}/contact", PERSON | {field: value})
    assert said in error_at(page, field)
    assert f'value="{value}"' in unescape(page.text)
    assert (await kept_of(link))[0] == PERSON["name"]
