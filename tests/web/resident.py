"""A resident with a browser without scripts: pages, forms, and the usual booking."""

import re
from collections.abc import Mapping
from datetime import datetime
from html import unescape
from uuid import uuid4
from zoneinfo import ZoneInfo

import httpx

from queue_app.flow import arrival
from queue_app.flow.act import By
from queue_app.flow.arrival import IssuedTicket
from queue_app.store import db
from tests.support.people import KIOSK

KYIV = ZoneInfo("Europe/Kyiv")
CHOICE = "service=no-debt-certificate&channel=visit&branch=podilskyi"
TUESDAY_TEN = datetime(2026, 11, 24, 10, 0, tzinfo=KYIV)
HTML = {"Accept": "text/html", "Accept-Language": "uk"}
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
    client: httpx.AsyncClient,
    starts_at: datetime = TUESDAY_TEN,
    key: str | None = None,
    instead: str = "",
) -> httpx.Response:
    form = {
        "service": "no-debt-certificate",
        "channel": "visit",
        "branch": "podilskyi",
        "starts_at": starts_at.isoformat(),
        "key": key or str(uuid4()),
        "instead": instead,
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
    return await arrival.check_in(By(KIOSK, now), "podilskyi", code)
