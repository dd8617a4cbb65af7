"""The way to a visit: where it is, in which calendar it stands, and by whose clock."""

from collections.abc import AsyncIterator
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from msgspec.structs import replace

from config.files import load_centre
from queue_app.clock import FixedClock
from queue_app.domain.catalogue import Text
from queue_app.domain.people import OPERATOR
from queue_app.flow.act import By
from queue_app.flow.configuring import apply
from queue_app.queries import reference
from tests.support.database import CONFIG
from tests.web.resident import PERSON, TUESDAY_TEN, booked, get, post, words_of


@pytest.fixture
async def placed(client: httpx.AsyncClient, clock: FixedClock) -> AsyncIterator[httpx.AsyncClient]:
    centre = load_centre(CONFIG)
    branches = tuple(
        replace(
            one,
            address=Text(uk="вул. Перша, 1", en="1 First St"),
            entrance=Text(uk="з двору", en="from the yard"),
            access=Text(uk="пандус", en="a ramp"),
            map=(50.45, 30.52),
        )
        if one.slug == "podilskyi"
        else one
        for one in centre.branches
    )
    await apply(By(OPERATOR, clock.now()), replace(centre, branches=branches))
    while not (await reference.directory()).branch("podilskyi").address:
        reference.forget()
    yield client
    await apply(By(OPERATOR, clock.now()), centre)
    reference.forget()


async def test_a_booking_says_address_entrance_access_and_map(placed: httpx.AsyncClient) -> None:
    page = await get(placed, await booked(placed))
    words = words_of(page)
    assert "вул. Перша, 1" in words and "Вхід: з двору" in words and "Доступно: пандус" in words
    assert "50.45, 30.52" in words and "openstreetmap.org/?mlat=50.45" in page.text


async def test_where_no_address_is_known_the_page_says_whom_to_ask(
    client: httpx.AsyncClient,
) -> None:
    page = words_of(await get(client, await booked(client)))
    assert "Де саме, можна запитати: (044) 247-40-40" in page


async def test_web_calendars_get_time_and_place_and_neither_link_nor_code(
    placed: httpx.AsyncClient,
) -> None:
    link = await booked(placed)
    page = await get(placed, link)
    found = [one.split('"')[0] for one in page.text.replace("&amp;", "&").split('href="')]
    google = next(one for one in found if "calendar.google.com" in one)
    asked = {name: value[0] for name, value in parse_qs(urlsplit(google).query).items()}
    assert asked["dates"] == "20261124T080000Z/20261124T081000Z"
    assert "вул. Перша, 1" in asked["location"]
    assert link not in google and "Довідка" in asked["details"]
    assert any("outlook.live.com" in one for one in found)


@pytest.mark.parametrize(("phone", "said"), [("+48 512 345 678", True), ("067 123 45 67", False)])
async def test_whoever_is_called_abroad_is_told_by_whose_clock(
    client: httpx.AsyncClient, phone: str, said: bool
) -> None:
    form = {"service": "tariffs", "channel": "phone", "branch": "contact-centre"}
    held = await post(client, "/visit", {**form, "starts_at": TUESDAY_TEN.isoformat()})
    page = await post(client, held.url.path, {**PERSON, "phone": phone})
    assert "Вас записано" in words_of(page)
    assert ("час: Київ" in words_of(page)) is said
