"""What a hall hears: calls one after another, whole, in order, each once; old ones are shown."""

import asyncio
import base64
import dataclasses
import io
import time
import wave
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pytest_asyncio
from msgspec.structs import replace
from numpy.typing import NDArray
from playwright.async_api import Browser, Page, expect

from config.files import load_centre, write_centre
from queue_app.delivery.voice.voice import Voice
from queue_app.domain.people import OPERATOR
from queue_app.flow import configuring
from queue_app.flow.act import By
from tests.conftest import MONDAY
from tests.flow.stage import pool_on
from tests.support.database import CONFIG
from tests.support.hall import Desk, open_desk, take_ticket
from tests.support.people import BRANCH
from tests.support.server import Server, start_servers, stop_servers

pytestmark = [pytest.mark.browser, pytest.mark.slow]

BOARD = f"/display/{BRANCH}"
DESKS = 10
HERTZ = 8000
"""At which sounds are compared."""

RECORD = """
window.heard = { spoken: 0, chimes: 0 };
window.played = [];
const connect = AudioNode.prototype.connect;
AudioNode.prototype.connect = function (to, ...more) {
  if (to instanceof AudioDestinationNode && !window.recorder) {
    const tape = this.context.createMediaStreamDestination();
    connect.call(this, tape);
    window.recorder = new MediaRecorder(tape.stream);
    window.tape = [];
    window.recorder.ondataavailable = ({ data }) => window.tape.push(data);
    window.recorder.start();
  }
  return connect.call(this, to, ...more);
};
const play = AudioBufferSourceNode.prototype.start;
AudioBufferSourceNode.prototype.start = function (...when) {
  window.heard.spoken += 1;
  const one = { whole: this.buffer.duration, began: performance.now(), took: null };
  window.played.push(one);
  this.addEventListener("ended", () => { one.took = (performance.now() - one.began) / 1000; });
  return play.apply(this, when);
};
const sound = OscillatorNode.prototype.start;
OscillatorNode.prototype.start = function (...when) {
  if (this.frequency.value > 600 && this.frequency.value < 700) window.heard.chimes += 1;
  return sound.apply(this, when);
};
"""
PLAY_BACK = """
async (hertz) => {
  await new Promise((resolve) => { window.recorder.onstop = resolve; window.recorder.stop(); });
  const content = await new Blob(window.tape).arrayBuffer();
  const decoded = await new OfflineAudioContext(1, 1, hertz).decodeAudioData(content);
  const samples = Int16Array.from(decoded.getChannelData(0), (one) => one * 32767);
  const bytes = new Uint8Array(samples.buffer);
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) {
    text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  }
  return btoa(text);
}
"""

Samples = NDArray[np.float64]


@dataclass(frozen=True)
class Place:
    """A branch of ten desks that give everything, and when its server's clock showed MONDAY."""

    server: Server
    began: float

    @property
    def now(self) -> datetime:
        return MONDAY + timedelta(seconds=time.monotonic() - self.began)

    async def call(self, desk: Desk, ticket: int) -> None:
        """As its clerk does, at this moment of the hall."""
        await dataclasses.replace(desk, now=self.now).call(ticket)


@pytest_asyncio.fixture(scope="module")
async def centre(tmp_path_factory: pytest.TempPathFactory) -> Path:
    first = load_centre(CONFIG)
    branch = first.branches[0]
    assert branch.slug == BRANCH
    skills = tuple(skill.code for skill in first.skills)
    desks = tuple(
        replace(branch.desks[0], number=str(number), skills=skills)
        for number in range(1, DESKS + 1)
    )
    folder = tmp_path_factory.mktemp("centre")
    branches = (replace(branch, desks=desks), *first.branches[1:])
    write_centre(replace(first, branches=branches), folder)
    return folder


@pytest.fixture
async def place(spare_database: str, centre: Path, tmp_path: Path) -> AsyncIterator[Place]:
    async with pool_on(spare_database):
        await configuring.apply(By(OPERATOR, MONDAY), load_centre(centre))
        began = time.monotonic()
        servers = await asyncio.to_thread(
            start_servers,
            1,
            spare_database,
            tmp_path,
            MONDAY,
            environment={"QUEUE_APP_CONFIG": str(centre)},
        )
        yield Place(servers[0], began)
        stop_servers(servers)


async def opened(browser: Browser, place: Place, address: str = BOARD) -> Page:
    page = await browser.new_page(viewport={"width": 1920, "height": 1080})
    await page.add_init_script(RECORD)
    async with page.expect_websocket() as awaited:
        await page.goto(place.server.url + address)
    await (await awaited.value).wait_for_event("framereceived")
    return page


async def heard(page: Page) -> dict[str, int]:
    counted: dict[str, int] = await page.evaluate("window.heard")
    return counted


async def until_spoken(page: Page, times: int, seconds: float = 20) -> None:
    """Until so many sounds have begun."""
    async with asyncio.timeout(seconds):
        while (await heard(page))["spoken"] < times:
            await page.wait_for_timeout(50)


async def test_a_burst_of_ten_calls_is_heard_whole_in_order_and_none_over_another(
    browser: Browser, place: Place, centre: Path
) -> None:
    desks = [await open_desk(str(number), MONDAY) for number in range(1, DESKS + 1)]
    tickets = [await take_ticket(MONDAY) for _ in desks]
    page = await opened(browser, place)
    for desk, ticket in zip(desks, tickets, strict=True):
        await place.call(desk, ticket.id)
    await until_spoken(page, DESKS, 90)
    await asyncio.sleep(6)
    assert await heard(page) == {"spoken": DESKS, "chimes": DESKS}
    recorded = samples(base64.b64decode(await page.evaluate(PLAY_BACK, HERTZ)))
    await page.close()

    voice, before = Voice(centre / "voice", None), 0.0
    for desk, ticket in zip(desks, tickets, strict=True):
        sound = await voice.sound(*voice.say(["uk"], ticket.number, desk.number))
        clip = read_wave(sound or b"")
        begins, alike = found(clip, recorded)
        assert alike > 0.8, f"{ticket.number} is not in what was heard"
        assert begins > before, f"{ticket.number} is said over the one before, or out of order"
        tail = clip[-HERTZ // 2 :]
        there = int(begins * HERTZ) + len(clip) - len(tail)
        _, alike = found(tail, recorded[there - 200 : there + len(tail) + 200])
        assert alike > 0.8, f"{ticket.number} is cut off"
        before = begins + len(clip) / HERTZ


async def test_a_call_that_is_taken_back_is_said_no_further(browser: Browser, place: Place) -> None:
    here, there = await open_desk("1", MONDAY), await open_desk("2", MONDAY)
    tickets = [await take_ticket(MONDAY) for _ in range(2)]
    page = await opened(browser, place)
    await place.call(here, tickets[0].id)
    await place.call(there, tickets[1].id)
    await until_spoken(page, 1)
    await dataclasses.replace(here, now=place.now).undo(tickets[0].id)
    await until_spoken(page, 2)
    await expect(page.locator("#call-number")).to_have_text("А2")
    async with asyncio.timeout(15):
        while (played := await page.evaluate("window.played"))[1]["took"] is None:
            await page.wait_for_timeout(100)
    broken_off, whole = played
    assert broken_off["took"] < broken_off["whole"] - 0.5
    assert whole["took"] > whole["whole"] - 0.1
    await page.close()


async def test_a_call_older_than_a_minute_is_shown_and_not_said(
    browser: Browser, place: Place
) -> None:
    old, new = await open_desk("1", MONDAY - timedelta(minutes=2)), await open_desk("2", MONDAY)
    tickets = [await take_ticket(MONDAY - timedelta(minutes=3)) for _ in range(2)]
    page = await opened(browser, place)
    await old.call(tickets[0].id)
    await expect(page.locator("#call-number")).to_have_text("А1")
    await page.wait_for_timeout(500)
    assert await heard(page) == {"spoken": 0, "chimes": 0}

    await place.call(new, tickets[1].id)
    await expect(page.locator("#call-number")).to_have_text("А2")
    await until_spoken(page, 1)
    assert await heard(page) == {"spoken": 1, "chimes": 1}
    await old.recall(tickets[0].id)
    await until_spoken(page, 2)
    assert await heard(page) == {"spoken": 2, "chimes": 2}, "a recall is new, whenever the call was"

    await page.reload()
    await expect(page.locator("#call-number")).not_to_have_text("")
    await page.wait_for_timeout(500)
    assert await heard(page) == {"spoken": 0, "chimes": 0}, "a reload repeats nothing"
    await page.close()


@pytest.mark.parametrize("address", ["?volume=0", "?quiet=9-11"])
async def test_a_board_without_volume_or_in_its_quiet_hours_only_shows(
    browser: Browser, place: Place, address: str
) -> None:
    desk, ticket = await open_desk("1", MONDAY), await take_ticket(MONDAY)
    page = await opened(browser, place, BOARD + address)
    await place.call(desk, ticket.id)
    await expect(page.locator("#call-number")).to_have_text("А1")
    await page.wait_for_timeout(500)
    assert await heard(page) == {"spoken": 0, "chimes": 0}
    await page.close()


async def test_a_ticket_in_another_language_is_called_in_both_else_by_the_browsers_own_voice(
    browser: Browser, place: Place
) -> None:
    """The second time the server has no sound; the browser's voice here is a stand-in."""
    desk, ticket = await open_desk("1", MONDAY), await take_ticket(MONDAY, "en")
    page = await opened(browser, place)
    await place.call(desk, ticket.id)
    await until_spoken(page, 2, 20)
    await page.route("**/call-outs.wav*", lambda route: route.fulfill(status=204))
    await page.evaluate("""() => {
      window.browserSaid = [];
      const speak = (said) => {
        window.browserSaid.push([said.lang, said.text]);
        setTimeout(() => said.onend(), 20);
      };
      const getVoices = () => ["uk-UA", "en-US"].map((lang) => ({ lang }));
      window.SpeechSynthesisUtterance = class { constructor(text) { this.text = text; } };
      Object.defineProperty(window, "speechSynthesis", {
        value: { speak, getVoices, cancel() {} },
      });
    }""")
    await desk.recall(ticket.id)
    while len(await page.evaluate("window.browserSaid")) < 2:
        await page.wait_for_timeout(50)
    assert await page.evaluate("window.browserSaid") == [
        ["uk-UA", "Талон а один. Пройдіть, будь ласка, до вікна один."],
        ["en-US", "Ticket A one. Please go to desk one."],
    ]
    await page.close()


def read_wave(content: bytes) -> Samples:
    """Its samples at HERTZ."""
    with wave.open(io.BytesIO(content)) as file:
        rate, raw = file.getframerate(), file.readframes(file.getnframes())
    found_samples = samples(raw)
    at = np.arange(0, len(found_samples), rate / HERTZ)
    return np.interp(at, np.arange(len(found_samples)), found_samples)


def samples(raw: bytes) -> Samples:
    return np.frombuffer(raw, dtype=np.int16).astype(np.float64)


def found(clip: Samples, recorded: Samples) -> tuple[float, float]:
    """Where in the recording the clip begins, in seconds, and how much alike the two are there."""
    size = 1 << (len(recorded) + len(clip)).bit_length()
    product = np.fft.rfft(recorded, size) * np.conj(np.fft.rfft(clip, size))
    every: Any = np.fft.irfft(product, size)[: len(recorded)]
    begins = int(every.argmax())
    there = recorded[begins : begins + len(clip)]
    norm = float(np.linalg.norm(there) * np.linalg.norm(clip[: len(there)]))
    return begins / HERTZ, float(every[begins]) / norm if norm else 0.0
