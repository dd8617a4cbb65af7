"""The waiting list by browser without scripts and by the API: joining, answering, leaving."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from queue_app.clock import FixedClock
from queue_app.flow import booking
from queue_app.queries import doctor, reference, waiting_list
from queue_app.store import db
from tests.conftest import MONDAY
from tests.flow.bookings import ONE, SERVICE
from tests.flow.wishing_hall import at, book_all, by, hall, turn, wish
from tests.support.application import alive, build, speaking_to
from tests.web.resident import get, post, words_of

FORM = {
    "service": SERVICE,
    "channel": "visit",
    "branch": ONE,
    "first_day": "2026-11-23",
    "last_day": "2026-12-10",
    "from_hour": "9",
    "until_hour": "18",
    "name": "Олена Ковальчук",
    "phone": "067 123 45 67",
    "email": "",
}
ADDRESS = f"/wish?service={SERVICE}&channel=visit&branch={ONE}"


@pytest.fixture
async def small(
    small_dsn: str, clock: FixedClock, tmp_path: Path
) -> AsyncIterator[httpx.AsyncClient]:
    async with hall(small_dsn):
        app = build(small_dsn, tmp_path, clock)
        async with alive(app), speaking_to(app) as client:
            yield client
            assert await doctor.check(clock.now()) == []


async def joined(client: httpx.AsyncClient, **other: Any) -> str:
    """The path of one's place on the list."""
    page = await post(client, "/wish", FORM | other)
    assert "Ви у списку очікування" in words_of(page), words_of(page)
    return page.url.path


async def free(slot: int = 1) -> None:
    token = await db.fetch_value(
        "SELECT token FROM appointment WHERE lower(period) = $1 AND state = 'booked'", at(slot)
    )
    await booking.cancel(by(), token)


async def test_whom_no_time_suits_is_led_to_the_list_from_every_step(
    small: httpx.AsyncClient,
) -> None:
    chosen = f"service={SERVICE}&channel=visit&branch={ONE}"
    told = "Скажіть, який підійшов би"
    assert told in words_of(await get(small, f"/day?{chosen}"))
    assert told in words_of(await get(small, f"/time?{chosen}&day=2026-11-24"))
    await book_all()
    page = await get(small, f"/day?{chosen}")
    assert "вільного часу тут немає" in words_of(page) and told in words_of(page)
    assert f'href="{ADDRESS.replace("&", "&amp;")}"' in page.text


async def test_the_way_from_no_time_to_a_booking_without_scripts(
    small: httpx.AsyncClient, clock: FixedClock
) -> None:
    await book_all()
    form = await get(small, ADDRESS)
    assert "Коли вам було б зручно?" in words_of(form)
    assert 'value="podilskyi" checked' in form.text
    mine = await joined(small)
    page = await get(small, mine)
    assert "+380 •• ••• 45 67" in words_of(page).replace("\u00a0", " ")
    assert "ніхто не чекає" in words_of(page)
    await free(1)
    page = await get(small, mine)
    said = words_of(page)
    assert (
        "Для вас є вільний час" in said
        and "до 10:30. Щоб завершити запис, лишилося 30 хвилин" in said
    )
    for way in ("acceptance", "refusal"):
        looked = await get(small, f"{mine}/{way}")
        assert looked.status_code == 405, "a scanner opens links and changes nothing"
    assert "Для вас є вільний час" in words_of(await get(small, mine))
    page = await post(small, f"{mine}/acceptance")
    assert page.url.path.startswith("/visit/") and "Вас записано" in words_of(page)
    assert (await get(small, mine)).url.path == page.url.path
    assert (await post(small, f"{mine}/acceptance")).url.path == page.url.path


async def test_who_declines_stays_on_the_list_and_the_next_is_offered_it(
    small: httpx.AsyncClient,
) -> None:
    await book_all()
    first, second = await joined(small), await joined(small, phone="050 111 22 33")
    assert "чекає 1 людина" in words_of(await get(small, second))
    await free(1)
    page = await post(small, f"{first}/refusal")
    assert "Ви у списку очікування" in words_of(page)
    assert "Для вас є вільний час" in words_of(await get(small, second))


async def test_who_does_not_answer_reads_that_it_went_on(
    small: httpx.AsyncClient, clock: FixedClock
) -> None:
    await book_all()
    mine = await joined(small)
    await free(1)
    clock.advance(minutes=30)
    said = words_of(await get(small, mine))
    assert "Відповіді не було" in said and "Ви й далі у списку" in said
    page = await post(small, f"{mine}/acceptance")
    assert page.url.path == mine and "Відповіді не було" in words_of(page)
    await turn(clock.now())


async def test_what_is_missing_is_said_at_its_field_and_what_was_entered_stays(
    small: httpx.AsyncClient,
) -> None:
    page = await post(small, "/wish", FORM | {"branch": ""})
    assert page.status_code == 422 and 'href="#branches"' in page.text
    page = await post(small, "/wish", FORM | {"phone": "12"})
    assert page.status_code == 422
    assert 'id="phone-error"' in page.text and 'value="Олена Ковальчук"' in page.text
    page = await post(small, "/wish", FORM | {"from_hour": "12", "until_hour": "11"})
    assert page.status_code == 422 and 'id="from_hour-error"' in page.text
    page = await post(small, "/wish", FORM | {"last_day": "2026-11-20"})
    assert page.status_code == 422 and 'id="last_day-error"' in page.text
    assert await db.fetch_value("SELECT count(*) FROM wish") == 0


async def test_a_double_tap_is_one_place_and_another_wish_another(
    small: httpx.AsyncClient,
) -> None:
    key = "0b5b6a2e-3a39-4f0c-8e55-0c6e1b1f2f10"
    first = await joined(small, key=key)
    assert await joined(small, key=key) == first
    assert await joined(small, key=key, from_hour="12") != first


async def test_a_wish_is_changed_and_left_with_one_question(small: httpx.AsyncClient) -> None:
    mine = await joined(small)
    page = await get(small, f"{mine}/change")
    assert 'value="Олена Ковальчук"' in page.text and "671234567" not in page.text
    changed = FORM | {"weekday": "1", "phone": "", "from_hour": "10"}
    page = await post(small, f"{mine}/change", changed)
    assert page.url.path == mine and "вівторок" in words_of(page)
    kept = await waiting_list.by_token(mine.removeprefix("/wish/"))
    assert (kept.phone, kept.wanted.weekdays, kept.wanted.from_hour) == ("+380671234567", (1,), 10)
    assert "Вийти зі списку очікування?" in words_of(await get(small, f"{mine}/withdrawal"))
    page = await post(small, f"{mine}/withdrawal")
    assert "Ви вже не у списку очікування" in words_of(page)
    assert (await get(small, f"{mine}/change")).url.path == mine


async def test_by_the_link_one_sees_downloads_and_deletes_what_is_known(
    small: httpx.AsyncClient,
) -> None:
    await book_all()
    mine = await joined(small)
    await free(1)
    page = await get(small, f"{mine}/data")
    assert "1 повідомлення" in words_of(page) and "671234567" not in page.text
    kept = (await small.get(f"{mine}/data.json")).json()
    assert kept["name"] == "Олена Ковальчук" and "671234567" not in str(kept)
    assert [one["kind"] for one in kept["messages"]] == ["offer"]
    page = await post(small, f"{mine}/data")
    assert "Нічого: з цим місцем" in words_of(page)
    assert await db.fetch_value("SELECT count(*) FROM message WHERE kind = 'offer'") == 0


async def test_all_with_a_contact_has_its_places_on_the_list(
    small: httpx.AsyncClient, clock: FixedClock
) -> None:
    mine = await joined(small)
    page = await post(small, "/my/all", {"contact": "067 123 45 67"})
    await db.fetch("UPDATE proof SET proven_at = $1", clock.now())
    page = await get(small, page.url.path)
    assert "У списку очікування" in words_of(page) and f'href="{mine}"' in page.text
    whole = (await small.get(f"{page.url.path}/data.json")).json()
    assert [one["phone"] for one in whole["wishes"]] == ["+380671234567"]


async def test_a_link_that_was_copied_with_a_full_stop_leads_to_the_place(
    small: httpx.AsyncClient,
) -> None:
    mine = await joined(small)
    assert (await get(small, f"{mine}.")).url.path == mine
    assert (await get(small, "/wish/nobody")).status_code == 404


async def test_whoever_has_as_many_bookings_as_possible_is_told_so_and_keeps_the_offer(
    small: httpx.AsyncClient, clock: FixedClock
) -> None:
    await book_all()
    mine = await joined(small)
    await free(1)
    await db.fetch(
        "UPDATE appointment SET phone = '+380671234567'"
        " WHERE state = 'booked' AND channel = 'visit'"
    )
    await db.fetch("UPDATE centre SET document = jsonb_set(document, '{rules,max_bookings}', '2')")
    await db.fetch("UPDATE centre SET version = version + 1")
    reference.forget()
    page = await post(small, f"{mine}/acceptance")
    said = words_of(page)
    assert "уже стільки записів" in said or "вже стільки записів" in said
    assert "Для вас є вільний час" in said


async def test_where_contacts_are_proven_the_code_comes_before_the_place(
    small_dsn: str, clock: FixedClock, tmp_path: Path
) -> None:
    async with hall(small_dsn, prove_contact="always"):
        app = build(small_dsn, tmp_path, clock)
        async with alive(app), speaking_to(app) as client:
            page = await post(client, "/wish", FORM)
            assert "шість цифр" in words_of(page)
            hidden = dict(_hidden(page.text))
            wrong = await post(client, "/wish", hidden | {"code": "000000"})
            assert wrong.status_code == 422 and 'id="code-error"' in wrong.text
            await db.fetch("UPDATE proof SET proven_at = $1", clock.now())
            page = await post(client, "/wish", hidden | {"code": "123456"})
            assert "Ви у списку очікування" in words_of(page)


def _hidden(html: str) -> list[tuple[str, str]]:
    return re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', html)


async def test_the_api_joins_shows_answers_changes_and_leaves(small: httpx.AsyncClient) -> None:
    api = "/api/v1/wishes"
    await book_all()
    asked = {
        "services": [SERVICE],
        "branches": [ONE],
        "first_day": "2026-11-23",
        "last_day": "2026-12-10",
        "weekdays": ["tue"],
        "name": "Олена",
        "phone": "067 123 45 67",
    }
    made = (await small.post(api, json=asked)).json()
    assert (made["state"], made["before"], made["weekdays"]) == ("open", 0, ["tue"])
    assert "671234567" not in str(made) and "offer" in made
    token = made["token"]
    await free(1)
    shown = (await small.get(f"{api}/{token}")).json()
    assert shown["offer"]["branch"] == ONE and shown["offer"]["starts_at"] == at(1).isoformat()
    refused = await small.post(f"{api}/{token}/changes", json=asked)
    assert (refused.status_code, refused.json()["code"]) == (409, "offer_open")
    assert (await small.post(f"{api}/{token}/refusal")).json()["offer"] is None
    changed = await small.post(f"{api}/{token}/changes", json=asked | {"until_hour": 12})
    assert changed.json()["until_hour"] == 12
    await turn(MONDAY + timedelta(minutes=1))
    late = await small.post(f"{api}/{token}/acceptance")
    assert (late.status_code, late.json()["code"]) == (409, "offer_over")
    assert (await small.post(f"{api}/{token}/withdrawal")).json()["state"] == "withdrawn"
    unknown = await small.post(api, json=asked | {"branches": ["nowhere"]})
    assert unknown.status_code == 404


async def test_the_api_gives_the_booking_that_came_of_it(small: httpx.AsyncClient) -> None:
    await book_all()
    one = await wish(1)
    await free(1)
    taken = (await small.post(f"/api/v1/wishes/{one.token}/acceptance")).json()
    assert taken["state"] == "booked"
    booked = (await small.get(f"/api/v1/appointments/{taken['appointment']}")).json()
    assert booked["state"] == "booked" and booked["starts_at"] == at(1).isoformat()
