"""In a language that nobody has translated nothing of another one is left, on any page or letter.

The first language of the centre is made up, word for word, in Arabic letters.
"""

import re
from collections.abc import AsyncIterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from queue_app.clock import FixedClock
from queue_app.delivery.letters import KINDS
from queue_app.delivery.samples import sample_letter
from queue_app.queries import doctor, reference
from tests.support.application import alive, build, speaking_to
from tests.support.every_page import live, pages, stop
from tests.support.made_up import made_up_centre
from tests.web.test_second_centre import MORNING, Point, put_in_force

pytestmark = pytest.mark.slow
ADDRESS = re.compile(r"https?://\S+|\S+@\S+")
LATIN = re.compile(r"[A-Za-z]{2,}")
VOID = {"br", "circle", "hr", "img", "input", "link", "meta", "path", "rect", "use", "wbr"}
NAMES = {
    *("Ann", "Borg", "Anchor", "Compass", "quay"),
    *("clerk", "supervisor", "kiosk", "of", "pages"),
    *("English", "Ctrl", "DELETE", "GET", "POST"),
}
"""Of people, places, a language, a key, and what a program is told."""
OF_BOTH = {"ABC", "The", "rest", "of", "this", "screen", "Language"}
"""At the kiosk, what is for whoever reads either language."""


class Seen(HTMLParser):
    """What of a page is read or shown, but for what says that it is in English."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.language: str | None = None
        self.words: set[str] = set()
        self._open: list[tuple[str, bool]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        if tag == "html":
            self.language = known.get("lang")
        for name in ("alt", "aria-label", "placeholder", "title"):
            self._take(known.get(name) or "")
        if tag not in VOID:
            silent = tag in ("script", "style", "code") or known.get("lang") == "en"
            self._open.append((tag, silent))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        self._take(data)

    def _take(self, text: str) -> None:
        if not any(silent for _, silent in self._open):
            self.words |= set(LATIN.findall(ADDRESS.sub(" ", text)))


@pytest.fixture
async def point(spare_database: str, tmp_path: Path) -> AsyncIterator[Point]:
    folder = made_up_centre(tmp_path / "centre", "ar", "EG", "Africa/Cairo")
    clock = FixedClock(MORNING)
    kiosk, clerk = await put_in_force(spare_database, folder)
    app = build(spare_database, tmp_path, clock, config=folder)
    async with alive(app), speaking_to(app) as client:
        reference.forget()
        yield Point(client, clock, kiosk, clerk)
        assert await doctor.check(clock.now()) == []


async def test_nothing_on_any_page_is_left_in_english(point: Point) -> None:
    lived = await live(point.clock)
    await stop(lived, point.clock)
    read = 0
    async for address, answer in pages(point.client, lived, "ar"):
        if not answer.headers["content-type"].startswith("text/html"):
            continue
        seen = Seen(answer.text)
        if seen.language == "en":  # a ticket whose holder speaks it
            continue
        known = NAMES | OF_BOTH if address.startswith("/kiosk") else NAMES
        assert seen.words <= known, (address, seen.words - known)
        read += 1
    assert read > 40


async def test_the_halves_of_a_code_keep_their_order_in_letters_written_from_the_right(
    point: Point,
) -> None:
    directory = await reference.directory()
    letters = {
        (language, medium): sample_letter(directory, "booked", language, medium=medium).text
        for language in ("ar", "en")
        for medium in ("mail", "sms")
    }
    whole, broken = "123\u00a0456", "123 456"
    assert whole in letters["ar", "mail"] and whole in letters["ar", "sms"]
    assert broken in letters["en", "sms"], "which costs fewer segments"


async def test_no_letter_is_in_two_languages(point: Point) -> None:
    directory = await reference.directory()
    for kind in KINDS:
        for channel in ("visit", "phone"):
            letter = sample_letter(directory, kind, "ar", channel=channel)
            assert letter.html
            said = (letter.subject, letter.text)
            words = {word for text in said for word in LATIN.findall(ADDRESS.sub(" ", text))}
            assert words | Seen(letter.html).words <= NAMES, (kind, channel)
