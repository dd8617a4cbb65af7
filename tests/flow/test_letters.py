"""How messages look: text and HTML in each language, short as SMS, in the operator's own words."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest
from jinja2 import TemplateError

from queue_app.clock import FixedClock
from queue_app.delivery import looks
from queue_app.delivery.letters import FOR_THE_LINK, KINDS
from queue_app.delivery.samples import problems, sample_letter
from queue_app.domain.messages import MessageKind
from queue_app.domain.segments import segments
from queue_app.jobs import day_ends
from queue_app.jobs.sending import Sender
from queue_app.queries import reference
from queue_app.queries.outbox import figures
from queue_app.store import db
from tests.conftest import KYIV
from tests.flow.letters import Desk, book, waiting

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """The operator's own templates."""
    yield tmp_path
    looks.also_from(Path("nowhere"))


class Reader(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


@pytest.mark.parametrize("language", ["uk", "en"])
@pytest.mark.parametrize("kind", KINDS)
async def test_a_mail_is_whole_in_text_and_in_html(kind: MessageKind, language: str) -> None:
    directory = await reference.directory()
    for channel in ("visit", "phone"):
        letter = sample_letter(directory, kind, language, channel=channel)
        assert letter.html
        tags = Reader(letter.html).tags
        assert ("html", {"lang": language, "dir": "ltr"}) in tags
        assert not {"table", "img", "script", "form"} & {tag for tag, _ in tags}
        links = [attrs["href"] for tag, attrs in tags if tag == "a"]
        page = "wish" if kind in ("offer", "unmet") else "visit"
        own = [] if kind == "code" else [f"https://queue.example.org/{page}/1-{'a' * 22}"]
        offered = [
            f"{one}/offer?starts_at=2026-11-{day}T10%3A20%3A00%2B02%3A00"
            for one in own
            for day in (25, 26)
            if kind == "plans"
        ]
        assert links == offered + own + ([letter.unsubscribe] if kind == "reminder" else [])
        assert all(one and one in letter.text for one in links)
        assert letter.text.startswith(letter.subject)
        code = "123\u00a0456"
        nobody_comes = ("cancelled", "missed", "plans", "offer", "unmet")
        shown = (channel == "visit" and kind not in nobody_comes) or kind == "code"
        assert ((code in letter.text), (code in letter.html)) == (shown, shown)


@pytest.mark.parametrize("language", ["uk", "en"])
@pytest.mark.parametrize("kind", KINDS)
async def test_an_sms_is_one_segment_and_has_the_time(kind: MessageKind, language: str) -> None:
    directory = await reference.directory()
    for channel in ("visit", "phone"):
        letter = sample_letter(directory, kind, language, "sms", channel)
        for_link = kind in FOR_THE_LINK
        assert segments(letter.text) <= 1 + for_link + (kind == "offer"), letter.text
        assert ("http" in letter.text) or not for_link
        assert "\n" not in letter.text
        assert kind in ("code", "unmet") or "10:20" in letter.text


async def test_a_link_that_fits_no_segment_is_left_out_and_a_short_one_stays() -> None:
    directory = await reference.directory()
    long, short = (
        sample_letter(directory, "booked", language, "sms").text for language in ("uk", "en")
    )
    assert "http" not in long
    assert short.endswith(f"https://queue.example.org/visit/1-{'a' * 22}")


async def test_the_operators_template_goes_before_ours_for_its_kind_alone(folder: Path) -> None:
    (folder / "moved.txt").write_text("Новий час: {{ when }}\n\nЧекаємо на вас.\n")
    looks.also_from(folder)
    directory = await reference.directory()
    moved, booked = (sample_letter(directory, kind, "uk") for kind in ("moved", "booked"))
    assert moved.subject.startswith("Новий час: вівторок")
    assert moved.text.endswith("Чекаємо на вас.")
    assert booked.subject.startswith("Вас записано:")


async def test_a_template_that_cannot_be_filled_in_fails_its_message_plainly(
    clock: FixedClock, folder: Path
) -> None:
    (folder / "booked.html").write_text("{{ nobody_knows_this }}")
    looks.also_from(folder)
    with pytest.raises(TemplateError, match="nobody_knows_this"):
        sample_letter(await reference.directory(), "booked", "uk")
    await book(clock)
    assert await Sender({"mail": Desk()}).deliver(clock) == 0
    assert [state for *_, state in await waiting()] == ["failed"]


async def test_the_check_names_each_template_that_cannot_be_filled_in(folder: Path) -> None:
    centre = (await reference.directory()).centre
    assert list(problems(centre, folder)) == []
    (folder / "moved.html").write_text("{{ when }}\n{{ nobody_knows_this }}")
    (folder / "booked.txt").write_text("{{ when }}\n{% if %}")
    (folder / "bokked.txt").write_text("{{ when }}")
    found = list(problems(centre, folder))
    assert found[0] == "bokked.txt: no message has this name"
    assert sum("nobody_knows_this" in one for one in found) == len(centre.languages)
    assert any(one.startswith("booked, mail, uk: booked.txt, line 2: ") for one in found)
    assert not any(one.startswith("cancelled") for one in found)
    (folder / "code.sms.txt").write_text("{{ digits }} {{ where }}")
    (folder / "reminder.txt").write_text("{{ when }} {{ unsubscribe + '?from=mail' }}")
    found = list(problems(centre, folder))
    assert any(one.startswith("code, sms, en: ") and "where" in one for one in found)
    assert any(one.startswith("reminder, mail, uk: ") for one in found), "nowhere is the site"


async def test_who_missed_the_visit_is_told_so_in_the_morning_with_the_way_to_book_again(
    clock: FixedClock,
) -> None:
    desk = Desk()
    sender = Sender({"mail": desk}, "https://queue.example.org")
    booked = await book(clock)
    await sender.deliver(clock)
    clock.set(clock.now().replace(hour=22))
    await day_ends.settle_appointments(clock)
    if (await waiting())[-1][0] != "missed":
        clock.advance(hours=4)
        await day_ends.settle_appointments(clock)
    assert await sender.deliver(clock) == 0, "it is night"
    assert (await figures(clock.now())).waiting == 0
    clock.set((clock.now() + timedelta(days=1)).replace(hour=6))
    assert await sender.deliver(clock) == 1
    told = desk.letters[-1]
    assert told.subject.startswith("Ваш візит не відбувся: понеділок")
    link = f"https://queue.example.org/visit/{booked.token}"
    assert told.text.endswith(f"Записатися знову: {link}")
    assert booked.code[3:] not in told.text.split()
    assert told.calendar is None


async def test_an_sms_that_fails_in_the_evening_waits_for_the_morning(clock: FixedClock) -> None:
    evening = clock.now().astimezone(KYIV).replace(hour=20, minute=59, second=50)
    await book(clock, None, "067 123 45 67")
    await db.fetch("UPDATE appointment SET period = tstzrange($1, $2)", *tomorrow(evening))
    clock.set(evening)
    desk = Desk(ConnectionError())
    sender = Sender({"sms": desk})
    assert await sender.deliver(clock) == 0
    clock.advance(minutes=5)
    assert await sender.deliver(clock) == 0
    assert await db.fetch_value("SELECT attempts FROM message") == 1, "that was no attempt"
    clock.set((evening + timedelta(days=1)).replace(hour=8, minute=0, second=0))
    assert await sender.deliver(clock) == 1


def tomorrow(evening: datetime) -> tuple[datetime, datetime]:
    begins = (evening + timedelta(days=1)).replace(hour=11, minute=0, second=0)
    return begins, begins + timedelta(minutes=10)


@pytest.mark.parametrize(("phone", "told"), [("+48 512 345 678", True), ("067 123 45 67", False)])
async def test_whoever_is_phoned_abroad_reads_by_whose_clock(
    clock: FixedClock, phone: str, told: bool
) -> None:
    for address in (None, "olena@example.com"):
        await book(clock, address, phone, "phone")
    desk = Desk()
    await Sender({"sms": desk, "mail": desk}).deliver(clock)
    assert [one.channel for one in desk.letters] == ["sms", "mail"]
    assert [("час: Київ" in one.text) for one in desk.letters] == [told, told]
    assert ("час: Київ" in (desk.letters[1].html or "")) == told
