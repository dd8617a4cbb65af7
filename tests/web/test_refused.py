"""Where our messages did not arrive: what the resident sees and corrects, and what staff see."""

from pathlib import Path

import httpx

from queue_app.clock import FixedClock
from queue_app.domain.people import OPERATOR, SYSTEM
from queue_app.flow import refusing
from queue_app.flow.act import By
from queue_app.flow.configuring import apply
from queue_app.queries import reference
from queue_app.store import db
from tests.support.application import alive, build, speaking_to
from tests.support.people import hire
from tests.test_cli import Terminal
from tests.web.resident import HTML, PERSON, booked, get, hold, post, words_of
from tests.web.test_plans import closed_on_tuesday

MAIL = "olena@gmail.com"


async def refused(clock: FixedClock) -> None:
    """The last message is refused as its recipient is."""
    identity = await db.fetch_value("SELECT identity::text FROM message ORDER BY id DESC LIMIT 1")
    assert await refusing.refuse(By(SYSTEM, clock.now()), identity, "it came back: 5.1.1")


async def with_mail(client: httpx.AsyncClient) -> str:
    held = await hold(client)
    await post(client, held.url.path, PERSON | {"email": MAIL})
    return held.url.path


async def test_a_resident_is_told_that_a_message_did_not_arrive_and_corrects_the_address(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    link = await with_mail(client)
    assert "не дійшло" not in words_of(await get(client, link))
    await refused(clock)
    page = await get(client, link)
    said = words_of(page)
    assert "Наше повідомлення не дійшло" in said and "на адресу o•••@gmail.com" in said
    assert "Виправити адресу" in said and MAIL not in page.text
    form = words_of(await get(client, f"{link}/contact"))
    assert "туди не доходять. Якщо тут усе правильно, введіть ще раз" in form
    assert "Щоб залишити його, нічого не вводьте" in form or "+380 •• ••• 45 67" in form
    again = await post(client, f"{link}/contact", PERSON | {"phone": "", "email": ""})
    assert "не дійшло" in words_of(again), "what was left empty was not confirmed"
    mended = await post(client, f"{link}/contact", PERSON | {"phone": "", "email": "o@gmail.com"})
    assert mended.url.path == link and "не дійшло" not in words_of(mended)
    assert await db.fetch_value("SELECT count(*) FROM refused_contact") == 0


async def test_the_same_address_once_more_is_tried_once_more(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    link = await with_mail(client)
    await refused(clock)
    mended = await post(client, f"{link}/contact", PERSON | {"phone": "", "email": MAIL})
    assert "не дійшло" not in words_of(mended)
    waits = "SELECT recipient FROM message WHERE state = 'waiting'"
    assert await db.fetch_value(waits) == MAIL


async def test_a_number_that_takes_no_sms_is_said_as_one(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    link = await booked(client)
    await refused(clock)
    said = words_of(await get(client, link))
    assert "SMS на номер +380 •• ••• 45 67 не дійшло" in said and "Виправити номер" in said
    english = words_of(await client.get(f"{link}?lang=en", headers=HTML))
    assert "We could not send an SMS to +380" in english


async def test_who_calls_those_whom_plans_hit_sees_who_has_heard_nothing(
    spare_database: str, data: Path, clock: FixedClock
) -> None:
    reference.forget()
    app = build(spare_database, data, clock)
    async with alive(app), speaking_to(app) as client:
        link = await with_mail(client)
        await apply(By(OPERATOR, clock.now()), closed_on_tuesday(), accept=True)
        staff = await hire(clock.now(), "boss", "supervisor", branch="podilskyi")
        before = await client.get("/console/unsettled", headers=HTML | staff.bearer)
        assert "Пошту не прийнято" not in words_of(before)
        await refused(clock)
        listed = await client.get("/console/unsettled", headers=HTML | staff.bearer)
        assert "Пошту не прийнято: наші листи не доходять" in words_of(listed)
        assert "Номер не прийнято" not in words_of(listed)
        assert "Виправити адресу" in words_of(await get(client, link))
        terminal = Terminal(data, spare_database)
        assert "; mail refused" in terminal.succeeds("unsettled")
        shown = terminal.succeeds("person", "show", MAIL)
        assert "mail refused: since 2026-11-23 10:00 no message arrives there" in shown
        path = "/console/unsettled/podilskyi/1/contact"
        doubted = await client.post(path, data={"email": "a@b"}, headers=HTML | staff.bearer)
        assert doubted.status_code == 422
        assert 'value="a@b"' in doubted.text and "field-error" in doubted.text
        given = {"email": "olena@example.net"}
        mended = await client.post(path, data=given, headers=HTML | staff.bearer)
        assert mended.headers["location"] == "/console/unsettled?done=corrected"
        said = words_of(await client.get("/console/unsettled", headers=HTML | staff.bearer))
        assert "olena@example.net" in said and "Пошту не прийнято" not in said
        waits = (
            "SELECT DISTINCT recipient FROM message WHERE state = 'waiting' AND channel = 'mail'"
        )
        assert await db.fetch_value(waits) == "olena@example.net"
