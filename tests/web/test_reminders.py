"""The page of a reminder: asks by GET, does by POST, and takes the one click of a mail program."""

from datetime import datetime

import httpx
import msgspec
import pytest

from queue_app.clock import FixedClock
from queue_app.delivery.adapter import Letter
from queue_app.delivery.letters import letter_of
from queue_app.delivery.mail import mail
from queue_app.domain.messages import Message
from queue_app.jobs import due_reminders
from queue_app.queries import reference
from queue_app.store import db
from tests.conftest import MONDAY
from tests.web.resident import HTML, PERSON, get, hold, post, words_of

SITE = "https://queue.example.org"
WEDNESDAY_TEN = datetime(2026, 11, 25, 10, 0, tzinfo=MONDAY.tzinfo)
EVENING = WEDNESDAY_TEN.replace(day=24, hour=18)
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


async def reminder(client: httpx.AsyncClient, clock: FixedClock, **contact: str) -> Letter:
    """What somebody who is booked is sent in the evening."""
    held = await hold(client, WEDNESDAY_TEN)
    await post(client, held.url.path, PERSON | contact)
    await due_reminders.send(clock)
    clock.set(EVENING)
    await due_reminders.send(clock)
    row = await db.fetch_row("SELECT * FROM message WHERE kind = 'reminder'")
    assert row, "whoever sends it, this process' application too"
    plain = {"identity": str(row["identity"]), "outbox": ""}
    message = msgspec.convert(dict(row) | plain, type=Message, strict=False)
    return await letter_of(await reference.directory(), message, clock.now(), SITE)


async def unwanted() -> list[str]:
    return [row["contact"] for row in await db.fetch("SELECT contact FROM unreminded")]


def path_in(letter: Letter) -> str:
    assert letter.unsubscribe
    assert letter.unsubscribe.startswith(f"{SITE}/reminders/")
    assert letter.unsubscribe in letter.text
    assert letter.html and f'href="{letter.unsubscribe}"' in letter.html
    return letter.unsubscribe.removeprefix(SITE)


@pytest.fixture
def address() -> dict[str, str]:
    return {"email": "Olena@example.com"}


async def test_a_look_changes_nothing_and_a_press_stops_reminders_and_brings_them_back(
    client: httpx.AsyncClient, clock: FixedClock, address: dict[str, str]
) -> None:
    path = path_in(await reminder(client, clock, **address))
    for copied in (path, f"{path}.", f"{path})"):
        page = await get(client, copied)
        assert "Нагадування про записи" in words_of(page)
        assert "o•••@example.com" in words_of(page) and "olena" not in page.text
        assert "no-store" in page.headers["cache-control"]
        assert page.headers["x-robots-tag"] == "noindex"
    assert await unwanted() == []
    page = await post(client, path, {"wish": "none"})
    assert "більше не отримуєте нагадувань" in words_of(page)
    assert await unwanted() == ["olena@example.com"]
    page = await post(client, path, {"wish": "reminders"})
    assert "Нагадування про записи" in words_of(page)
    assert await unwanted() == []


@pytest.mark.parametrize("as_files", [False, True])
async def test_the_one_click_of_a_mail_program_needs_nothing_but_the_address(
    client: httpx.AsyncClient, clock: FixedClock, address: dict[str, str], as_files: bool
) -> None:
    letter = await reminder(client, clock, **address)
    headers = mail(letter, "noreply@example.org").partition(b"\r\n\r\n")[0].decode()
    assert f"List-Unsubscribe: <{letter.unsubscribe}>" in headers
    assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click" in headers
    path = path_in(letter)
    elsewhere = {"Origin": "https://mail.example.com", "Sec-Fetch-Site": "cross-site"}
    body = (
        {"files": {name: (None, said) for name, said in ONE_CLICK.items()}}
        if as_files
        else {"data": ONE_CLICK}
    )
    for _ in range(2):
        answer = await client.post(path, headers=elsewhere, **body)
        assert answer.status_code == 200
        assert await unwanted() == ["olena@example.com"]


async def test_another_sites_page_presses_no_button(
    client: httpx.AsyncClient, clock: FixedClock, address: dict[str, str]
) -> None:
    path = path_in(await reminder(client, clock, **address))
    elsewhere = HTML | {"Origin": "https://evil.example.com"}
    answer = await client.post(path, headers=elsewhere, data={"wish": "none"})
    assert answer.status_code == 403
    assert await unwanted() == []


async def test_a_link_that_leads_to_no_reminder_says_so(client: httpx.AsyncClient) -> None:
    for identity in ("00000000-0000-4000-8000-000000000000", "nobody"):
        page = await get(client, f"/reminders/{identity}")
        assert page.status_code == 404 and "нікуди не веде" in words_of(page)
        answer = await client.post(f"/reminders/{identity}", headers=HTML, data=ONE_CLICK)
        assert answer.status_code == 404


async def test_who_gets_sms_says_it_with_the_proven_contact_and_sees_it_in_what_is_known(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    letter = await reminder(client, clock)
    assert letter.channel == "sms" and letter.unsubscribe is None
    page = await post(client, "/my/all", {"contact": PERSON["phone"]})
    proof = page.url.path
    await db.fetch("UPDATE proof SET proven_at = $1", clock.now())
    page = await get(client, proof)
    assert "Нагадування про записи" in words_of(page)
    page = await post(client, f"{proof}/reminders", {"wish": "none"})
    assert page.url.path == proof and "більше не отримуєте" in words_of(page)
    assert await unwanted() == ["+380671234567"]
    known = (await client.get(f"{proof}/data.json")).json()
    assert [one["reminders"] for one in known["bookings"]] == [False]
    link = await db.fetch_value("SELECT token FROM appointment")
    assert "Ви від них відмовилися" in words_of(await get(client, f"/visit/{link}/data"))
    page = await post(client, f"{proof}/reminders", {"wish": "reminders"})
    assert await unwanted() == []


async def test_the_confirmation_says_when_one_will_be_reminded_and_where_to(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    held = await hold(client, WEDNESDAY_TEN)
    by_sms = await post(client, held.url.path, PERSON)
    times = "вівторок, 24 листопада, 18:00; середа, 25 листопада, 08:00"
    assert f"Нагадаємо через SMS на +380 •• ••• 45 67: {times}." in words_of(by_sms)
    by_mail = await post(client, f"{held.url.path}/contact", {"email": "olena@example.com"})
    assert f"Нагадаємо листом на o•••@example.com: {times}." in words_of(by_mail)
    clock.set(EVENING)
    later = words_of(await get(client, held.url.path))
    assert "o•••@example.com: середа, 25 листопада, 08:00." in later
    clock.set(WEDNESDAY_TEN.replace(hour=9))
    assert "Нагадаємо" not in words_of(await get(client, held.url.path))


async def test_who_wished_for_no_reminders_reads_so_and_where_that_is_changed(
    client: httpx.AsyncClient, clock: FixedClock, address: dict[str, str]
) -> None:
    path = path_in(await reminder(client, clock, **address))
    await post(client, path, {"wish": "none"})
    link = await db.fetch_value("SELECT token FROM appointment")
    page = await get(client, f"/visit/{link}")
    assert "Нагадувань на O•••@example.com не буде" in words_of(page)
    assert 'href="/my/all"' in page.text
