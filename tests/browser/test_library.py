"""The browser library by itself: it says times as the server does, and keeps the hall's time."""

from datetime import UTC, datetime, timedelta
from gettext import NullTranslations, c2py
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import BrowserContext, Page

from queue_app.domain.catalogue import Language
from queue_app.texts.formats import Formats, offsets
from queue_app.texts.words import Words
from tests.support.people import BRANCH
from tests.support.server import Server

pytestmark = [pytest.mark.browser, pytest.mark.server]

KYIV = "Europe/Kyiv"


def table(zone: str) -> Any:
    """How a page is told of a zone in the year of these tests."""
    return offsets(ZoneInfo(zone), 2026)


MOMENTS = [
    datetime(2026, 11, 23, 23, 0, tzinfo=UTC),
    datetime(2026, 11, 27, 8, 5, tzinfo=UTC),
    datetime(2026, 7, 5, 20, 59, tzinfo=UTC),
]
WAITS = [(0, 5), (7, 7), (15, 25), (50, 75), (60, 60), (59, 120)]

SAY = """async ([language, moments, waits, zone]) => {
  document.documentElement.lang = language;
  const { day, minutes, time } = await import("/static/web/lib/formats.js");
  return {
    times: moments.map((moment) => time(moment, zone)),
    days: moments.map((moment) => day(moment, zone)),
    waits: waits.map(([low, high]) => minutes(low, high)),
  };
}"""

COUNT = """async ([heard, zone]) => {
  const { HallClock } = await import("/static/web/lib/clock.js");
  let passed = 0;
  performance.now = () => passed;
  const clock = new HallClock(zone, heard[0][1]);
  for (const [ms, iso] of heard) {
    passed = ms;
    clock.set(iso);
  }
  passed += 1000;
  return clock.now().toISOString();
}"""


@pytest.fixture
async def page(server: Server, context: BrowserContext) -> Page:
    """A page with the words of both languages."""
    board = await context.new_page()
    await board.goto(f"{server.url}/display/{BRANCH}")
    return board


@pytest.mark.slow
async def test_scripts_write_times_days_and_durations_as_the_server_does(page: Page) -> None:
    languages: tuple[Language, ...] = ("uk", "en")
    for language in languages:
        formats = Formats(language, ZoneInfo(KYIV), "UA")
        given: list[Any] = [language, [one.isoformat() for one in MOMENTS], WAITS, table(KYIV)]
        assert await page.evaluate(SAY, given) == {
            "times": [formats.time(one) for one in MOMENTS],
            "days": [formats.day(one) for one in MOMENTS],
            "waits": [formats.minutes(low, high) for low, high in WAITS],
        }


CHOOSE = """async ([language, rule, forms, numbers]) => {
  document.documentElement.lang = language;
  const { plural, texts } = await import("/static/web/lib/words.js");
  texts().plurals = rule;
  return numbers.map((n) => plural(forms, n));
}"""
COUNTS = [0, 1, 2, 5, 11, 12, 21, 22, 100, 101, 104, 111, 199, 200, 201, 212, 1_000_001]


@pytest.mark.slow
@pytest.mark.parametrize(
    "rule",
    [
        "n != 1",
        "n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2",
        "n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=11 ? 4 : 5",
    ],
    ids=["Portuguese", "Polish", "Arabic"],
)
async def test_scripts_choose_plurals_as_the_catalogue_does(page: Page, rule: str) -> None:
    translations = NullTranslations()
    form_of = translations.plural = c2py(rule)  # type: ignore[attr-defined]
    spoken = Words("pt", translations)
    forms = [f"%(n)s in form {form}" for form in range(6)]
    given = ["uk", spoken.plural_rule, forms, COUNTS]
    assert await page.evaluate(CHOOSE, given) == [f"{n} in form {form_of(n)}" for n in COUNTS]


CHANGES = {
    KYIV: datetime(2026, 10, 25, 1, 0, tzinfo=UTC),
    "America/St_Johns": datetime(2026, 11, 1, 4, 30, tzinfo=UTC),
    "Australia/Lord_Howe": datetime(2026, 4, 4, 15, 0, tzinfo=UTC),
    "Africa/Monrovia": datetime(2026, 10, 25, 1, 0, tzinfo=UTC),
}
"""When clocks go back, the last by half an hour; and where they never do."""


@pytest.mark.slow
async def test_a_time_that_comes_twice_is_told_apart_as_the_server_does(page: Page) -> None:
    for zone, change in CHANGES.items():
        moments = [change + timedelta(minutes=15 * step) for step in range(-8, 8)]
        moments += [change + timedelta(days=155), change - timedelta(days=1)]
        given: list[Any] = ["uk", [one.isoformat() for one in moments], [], table(zone)]
        said = (await page.evaluate(SAY, given))["times"]
        assert said == [Formats("uk", ZoneInfo(zone)).time(one) for one in moments], zone
        alike = [one for one in said if "UTC" in one]
        assert len(alike) == {"Australia/Lord_Howe": 4, "Africa/Monrovia": 0}.get(zone, 8)


@pytest.mark.slow
async def test_the_clock_runs_on_between_snapshots_and_follows_a_faster_hall(page: Page) -> None:
    begun = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
    for rate, expected in ((1, 1), (60, 60), (0, 1)):
        heard = [
            (second * 1000, (begun + timedelta(seconds=second * rate)).isoformat())
            for second in (0, 2, 4)
        ]
        shown = datetime.fromisoformat(await page.evaluate(COUNT, [heard, table(KYIV)]))
        assert shown - begun == timedelta(seconds=4 * rate + expected), rate
