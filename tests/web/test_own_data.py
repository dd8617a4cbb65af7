"""What is known of a booking: seen, taken along and deleted by its link."""

from datetime import timedelta
from uuid import uuid4

import httpx

from queue_app.clock import FixedClock
from queue_app.jobs import day_ends
from queue_app.jobs.sending import Sender
from queue_app.queries import doctor
from queue_app.store import db
from tests.flow.letters import Desk
from tests.web.resident import PERSON, TUESDAY_TEN, booked, check_in, get, hold, post, words_of

NAMES = (
    "SELECT count(*) FROM appointment WHERE num_nonnulls(name, phone, email) > 0"
    " UNION ALL SELECT count(*) FROM message"
)


async def left() -> list[int]:
    """How many bookings and messages name somebody yet."""
    return [row["count"] for row in await db.fetch(NAMES)]


async def test_beside_the_fields_stands_until_when_they_are_kept(
    client: httpx.AsyncClient,
) -> None:
    held = await hold(client)
    assert "24 грудня ми їх видалимо" in words_of(held)
    page = words_of(await get(client, f"{held.url.path}/data"))
    assert "немає ні імені, ні контакту" in page


async def test_by_the_link_one_sees_and_takes_along_what_is_known(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    held = await hold(client)
    await post(client, held.url.path, PERSON | {"email": "olena@example.com"})
    link = held.url.path
    await Sender({"mail": Desk()}).deliver(clock)
    page = words_of(await get(client, f"{link}/data"))
    assert "Олена Ковальчук" in page and "+380 •• ••• 45 67" in page
    assert "1 повідомлення" in page and "24 грудня 2026" in page
    answer = await client.get(f"{link}/data.json")
    assert answer.headers["content-disposition"].startswith("attachment")
    assert "no-store" in answer.headers["cache-control"]
    known = answer.json()
    assert (known["name"], known["email"]) == ("Олена Ковальчук", "o•••@example.com")
    assert [one["verb"] for one in known["events"]] == ["hold", "confirm"]
    assert {one["by"] for one in known["events"]} == {"resident"}
    assert [(one["kind"], one["state"]) for one in known["messages"]] == [("booked", "sent")]
    assert "4567" not in answer.text.replace("+380•••••4567", "")


async def test_deleting_cancels_and_forgets_and_nothing_more_is_sent(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    link = await booked(client)
    api = link.replace("/visit/", "/api/v1/appointments/")
    body = {"name": PERSON["name"], "phone": PERSON["phone"]}
    key = {"Idempotency-Key": str(uuid4())}
    assert (await client.post(f"{api}/confirmation", json=body, headers=key)).status_code == 200
    assert "скасовано" in words_of(await get(client, f"{link}/data"))
    assert (await left())[0] == 1
    page = await post(client, f"{link}/data")
    assert "немає ні імені, ні контакту" in words_of(page)
    assert await left() == [0, 0]
    stored = await db.fetch("SELECT r::text AS all FROM request r")
    assert not [row for row in stored if "Олена" in row["all"] or "+38067" in row["all"]]
    assert "Запис скасовано" in words_of(await get(client, link))
    assert await doctor.check(clock.now()) == []


async def test_while_the_visit_is_its_name_stays_and_goes_after_it(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    link = await booked(client)
    clock.set(TUESDAY_TEN)
    await check_in(link, clock.now())
    page = await post(client, f"{link}/data")
    assert "Ваш візит триває" in words_of(page)
    assert (await left())[0] == 1
    clock.set(TUESDAY_TEN + timedelta(days=1))
    await day_ends.end(clock)
    await day_ends.settle_appointments(clock)
    page = await post(client, f"{link}/data")
    assert await left() == [0, 0]
    assert "немає ні імені, ні контакту" in words_of(page)
