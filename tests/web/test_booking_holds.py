"""A time that is held: once, for a while, and by whoever comes first."""

import re
from datetime import timedelta
from uuid import uuid4

import httpx
import pytest
from litestar import Litestar

from queue_app.clock import FixedClock
from tests.support.application import speaking_to
from tests.web.resident import CHOICE, HTML, PERSON, TUESDAY_TEN, booked, get, hold, post, words_of


async def test_a_double_tap_holds_once(client: httpx.AsyncClient) -> None:
    key = str(uuid4())
    first, second = await hold(client, key=key), await hold(client, key=key)
    assert first.url.path == second.url.path


async def test_choosing_again_in_the_same_tab_gives_back_what_it_held(
    client: httpx.AsyncClient,
) -> None:
    first = await hold(client)
    back = await get(client, f"/time?{CHOICE}&day=2026-11-24")
    assert "Ми ще тримаємо для вас час" in words_of(back)
    await hold(client, TUESDAY_TEN + timedelta(minutes=30), instead=first.url.path[7:])
    assert "Ви обрали інший час" in words_of(await get(client, first.url.path))


async def test_the_same_choice_once_more_is_the_same_hold(client: httpx.AsyncClient) -> None:
    first = await hold(client)
    again = await hold(client, instead=first.url.path[7:])
    assert again.url.path == first.url.path
    assert "Хто прийде?" in words_of(again)


async def test_two_tabs_hold_and_book_without_touching_each_other(
    client: httpx.AsyncClient,
) -> None:
    first = await hold(client)
    second = await hold(client, TUESDAY_TEN + timedelta(hours=2))
    typed = {**PERSON, "name": "Олена", "phone": "12"}
    refused = await post(client, first.url.path, typed)
    assert 'value="Олена"' in refused.text
    booked_now = await post(client, second.url.path, PERSON)
    assert "Вас записано" in words_of(booked_now)
    still = await get(client, first.url.path)
    assert "Хто прийде?" in words_of(still) and 'value="Олена"' in still.text
    assert "Вас записано" in words_of(await post(client, first.url.path, PERSON))


async def test_giving_back_in_one_tab_leaves_the_other_its_time(
    client: httpx.AsyncClient,
) -> None:
    first = await hold(client)
    second = await hold(client, TUESDAY_TEN + timedelta(hours=2))
    await post(client, f"{first.url.path}/cancellation")
    assert "Хто прийде?" in words_of(await get(client, second.url.path))


async def test_one_browser_holds_three_times_and_then_says_which(
    client: httpx.AsyncClient,
) -> None:
    pages = [await hold(client, TUESDAY_TEN + timedelta(hours=step)) for step in range(4)]
    assert pages[3].url.path == "/held"
    assert "Ми тримаємо для вас час для 3 записів" in words_of(pages[3])
    for page in pages[:3]:
        assert f'href="{page.url.path}"' in pages[3].text
    form = {"token": pages[0].url.path[7:], "service": "no-debt-certificate", "channel": "visit"}
    onward = await post(client, "/held", {**form, "branch": "podilskyi", "day": "2026-11-24"})
    assert onward.url.path == "/time"
    assert "Хто прийде?" in words_of(await hold(client, TUESDAY_TEN + timedelta(hours=4)))
    assert "Ви звільнили цей час" in words_of(await get(client, pages[0].url.path))
    for page in pages[1:3]:
        assert "Хто прийде?" in words_of(await get(client, page.url.path))


async def test_a_tab_at_the_limit_may_still_choose_another_time(
    client: httpx.AsyncClient,
) -> None:
    pages = [await hold(client, TUESDAY_TEN + timedelta(hours=step)) for step in range(3)]
    again = await hold(client, TUESDAY_TEN + timedelta(hours=5), instead=pages[1].url.path[7:])
    assert "Хто прийде?" in words_of(again)
    assert "Ви обрали інший час" in words_of(await get(client, pages[1].url.path))


async def test_a_browser_frees_only_what_it_holds_itself(app: Litestar) -> None:
    async with speaking_to(app) as somebody, speaking_to(app) as stranger:
        theirs = await hold(somebody)
        await hold(stranger, TUESDAY_TEN + timedelta(hours=1), instead=theirs.url.path[7:])
        await post(stranger, "/held", {"token": theirs.url.path[7:]})
        assert "Хто прийде?" in words_of(await get(somebody, theirs.url.path))


async def test_the_cookie_names_a_browser_and_no_link(client: httpx.AsyncClient) -> None:
    held = await hold(client)
    assert client.cookies["hold"] not in held.url.path
    assert (await get(client, "/held")).url.path == "/held"
    client.cookies.clear()
    assert (await get(client, "/held")).url.path == "/"
    client.cookies.set("hold", "x" * 5000)
    assert (await get(client, f"/time?{CHOICE}&day=2026-11-24")).status_code == 200


async def test_the_same_time_can_be_chosen_again_after_it_was_given_back(
    client: httpx.AsyncClient,
) -> None:
    key = str(uuid4())
    first = await hold(client, key=key)
    later = TUESDAY_TEN + timedelta(minutes=30)
    await hold(client, later, key=key, instead=first.url.path[7:])
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
    page = await get(client, held.url.path)
    assert "Цей час знову вільний" in words_of(page)
    others = await get(client, f"{held.url.path}/day")
    assert "Довідка про відсутність заборгованості" in words_of(others)


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


async def test_a_given_back_time_says_so_keeps_what_was_typed_and_is_taken_again(
    client: httpx.AsyncClient,
) -> None:
    first = (await hold(client)).url.path
    second = (await hold(client, TUESDAY_TEN + timedelta(hours=2), instead=first[7:])).url.path
    page = await post(client, first, {**PERSON, "name": "Оксана"})
    assert "Ви обрали інший час замість цього" in words_of(page)
    assert "Дякуємо" not in words_of(page)
    assert f'href="{second}"' in page.text
    again = await post(client, f"{first}/again")
    assert again.url.path not in (first, second)
    assert "Ми знову тримаємо цей час для вас" in words_of(again)
    assert 'value="Оксана"' in again.text
    assert "Вас записано" in words_of(await post(client, again.url.path, PERSON))


async def test_a_late_confirmation_takes_the_same_time_again_and_says_so(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    link = (await hold(client)).url.path
    clock.advance(minutes=11)
    page = await post(client, link, PERSON)
    assert page.url.path != link
    assert "Вас записано" in words_of(page)
    assert "ми знову взяли його для вас" in words_of(page)
    twice = await post(client, link, PERSON)
    assert twice.url.path == page.url.path


async def test_a_late_confirmation_of_a_time_that_is_gone_offers_what_is_near(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    choice = {"service": "debt-restructuring", "channel": "visit", "branch": "podilskyi"}
    link = (await post(client, "/visit", {**choice, "starts_at": TUESDAY_TEN.isoformat()})).url.path
    clock.advance(minutes=11)
    for _ in range(2):
        other = {**choice, "starts_at": TUESDAY_TEN.isoformat(), "key": str(uuid4())}
        await post(client, "/visit", other)
    page = await post(client, link, {**PERSON, "name": "Оксана"})
    assert page.url.path == f"{link}/taken"
    assert "Цей час щойно зайняли" in words_of(page)
    near = re.search(r'name="starts_at" value="([^"]+)"', page.text)
    assert near
    taken = await post(client, f"{link}/again", {"starts_at": near[1].replace("&#43;", "+")})
    assert 'value="Оксана"' in taken.text


async def test_who_ended_a_hold_and_when_stands_on_its_page(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    freed, late = [(await hold(client)).url.path for _ in range(2)]
    await post(client, f"{freed}/cancellation")
    assert "Ви звільнили цей час" in words_of(await get(client, freed))
    clock.advance(minutes=11)
    assert "Ми тримали його до 10:10" in words_of(await get(client, late))


async def test_a_hold_is_longer_three_times_and_what_was_typed_stays(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    link = (await hold(client)).url.path
    for minutes, left in ((20, "ще 2 рази"), (30, "ще 1 раз"), (40, "")):
        typed = {**PERSON, "name": f"Оксана {minutes}"}
        page = await post(client, f"{link}/extension", typed)
        assert f"до 10:{minutes}" in words_of(page)
        assert f'value="Оксана {minutes}"' in page.text
        assert left in words_of(page)
        clock.advance(minutes=9)
    assert f"{link}/extension" not in page.text
    await post(client, f"{link}/extension", PERSON)
    assert "до 10:40" in words_of(await get(client, link))
    clock.advance(minutes=14)
    gone = await post(client, f"{link}/extension", {**PERSON, "name": "Оксана"})
    assert "Ми тримали його до 10:40" in words_of(gone)
    again = await post(client, f"{link}/again")
    assert 'value="Оксана"' in again.text
