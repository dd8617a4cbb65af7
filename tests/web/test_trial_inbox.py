"""What a trial would have sent can be read on its machine, and nowhere else."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from litestar import Litestar

from queue_app.clock import FixedClock
from queue_app.delivery.adapter import CalendarPart, Letter
from queue_app.delivery.folder import MessageFolder
from queue_app.domain import rights
from queue_app.queries import outbox
from queue_app.trial import inbox
from tests.conftest import MONDAY
from tests.flow.letters import book
from tests.support import application
from tests.support.application import alive, speaking_to
from tests.web.test_rights import ways

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
async def app(dsn: str, tmp_path: Path, clock: FixedClock) -> AsyncIterator[Litestar]:
    async with alive(application.build(dsn, tmp_path, clock, trial=True, works=True)) as running:
        yield running


@pytest.fixture
async def client(app: Litestar) -> AsyncIterator[httpx.AsyncClient]:
    async with speaking_to(app) as asking:
        asking.headers["Accept"] = "text/html"
        yield asking


@pytest.mark.slow
async def test_what_residents_are_told_is_listed_and_can_be_read(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    assert "Повідомлень ще немає" in (await client.get("/trial/inbox")).text
    await book(clock)
    clock.advance(minutes=5)
    await book(clock, None, "067 123 45 67")
    page = ""
    for _ in range(200):  # a job of the application sends them
        page = (await client.get("/trial/inbox")).text
        if page.count('href="/trial/inbox/') == 2:
            break
        await asyncio.sleep(0.1)
    assert page.index("+380671234567") < page.index("olena@example.com"), "the newest first"
    links = re.findall(r'href="(/trial/inbox/[0-9a-f-]+)"', page)
    sms, mail = [(await client.get(link)).text for link in links]
    assert ("SMS" in sms and "E-mail" in mail) or "Електронна" in mail
    assert "Код:" in sms and "Код:" in mail
    assert 'href="http://127.0.0.1:8000/visit/' in mail, "links lead to this machine"


async def test_a_letter_is_shown_as_it_looks_and_can_do_nothing(
    client: httpx.AsyncClient, tmp_path: Path
) -> None:
    identity = "0f6c3b1e-0000-4000-8000-000000000000"
    letter = Letter(
        identity=identity,
        outbox=str(await outbox.identity()),
        channel="mail",
        recipient="<b>olena</b>@example.com",
        language="uk",
        subject="<script>alert(1)</script>",
        text="Слова",
        created_at=MONDAY,
        html="<p style='color:red'>Лист</p><script>alert(2)</script>",
        calendar=CalendarPart("REQUEST", b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"),
    )
    await MessageFolder(tmp_path / "messages").deliver(letter)
    page = (await client.get(f"/trial/inbox/{identity}")).text
    assert "<script>alert" not in page and "<iframe" in page
    looks = await client.get(f"/trial/inbox/{identity}/looks")
    assert "color:red" in looks.text
    assert "sandbox" in looks.headers["content-security-policy"]
    assert "script-src" not in looks.headers["content-security-policy"]
    invite = await client.get(f"/trial/inbox/{identity}/invite.ics")
    assert invite.headers["content-type"].startswith("text/calendar")
    assert invite.text.startswith("BEGIN:VCALENDAR")
    other = "0f6c3b1e-0000-4000-8000-000000000001"
    for path in ("", "/looks", "/invite.ics"):
        assert (await client.get(f"/trial/inbox/{other}{path}")).status_code == 404


async def test_nobody_from_elsewhere_reads_it(app: Litestar) -> None:
    away = httpx.ASGITransport(app, client=("192.168.1.7", 5000))  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=away, base_url="http://test") as phone:
        assert (await phone.get("/")).status_code == 200
        assert (await phone.get("/trial/inbox")).status_code == 404


async def test_it_is_nowhere_but_in_a_trial(dsn: str, tmp_path: Path, clock: FixedClock) -> None:
    usual = application.build(dsn, tmp_path, clock)
    assert [way for way in ways(usual) if way.path.startswith("/trial")] == []
    usual.register(inbox.router)
    nameless = [way for way in ways(usual) if way.right not in rights.RIGHTS]
    assert nameless == []
