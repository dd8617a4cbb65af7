"""What a board is told to say, and its sound: of a call that stands, in the languages it needs."""

import io
import wave

import httpx
import pytest

from display.loudness import Loudness, loudness_of
from queue_app.clock import FixedClock
from queue_app.domain.centre import Rules
from tests.support.hall import open_desk, take_ticket
from tests.support.people import BRANCH

WORDS = f"/display/{BRANCH}/call-outs"
SOUND = f"/display/{BRANCH}/call-outs.wav"
UK = "Талон а один. Пройдіть, будь ласка, до вікна п’ять."
EN = "Ticket A one. Please go to desk five."


async def called(clock: FixedClock, language: str = "uk") -> int:
    """А1, called to desk 5."""
    mine = await take_ticket(clock.now(), language)
    await (await open_desk("5", clock.now())).call(mine.id)
    return mine.id


async def said_of(client: httpx.AsyncClient, which: dict[str, str]) -> list[str]:
    answer = await client.get(WORDS, params=which)
    assert answer.status_code == 200
    return [one["text"] for one in answer.json()["said"]]


async def test_a_call_is_said_in_the_first_language_alone_where_the_ticket_is_in_it(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    await called(clock)
    said = (await client.get(WORDS, params={"ticket": "А1", "desk": "5"})).json()["said"]
    assert [(one["language"], one["text"]) for one in said] == [("uk", UK)]


async def test_a_ticket_in_another_language_is_called_in_it_after_the_first_one(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    await called(clock, "en")
    said = (await client.get(WORDS, params={"ticket": "А1", "desk": "5"})).json()["said"]
    assert [(one["language"], one["text"]) for one in said] == [("uk", UK), ("en", EN)]
    for one in said:
        answer = await client.get(one["audio"])
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "audio/wav"
        assert "content-encoding" not in answer.headers
        with wave.open(io.BytesIO(answer.content)) as file:
            assert file.getnframes() / file.getframerate() > 1


@pytest.mark.parametrize(
    ("ticket", "desk"), [("А2", "5"), ("А1", "1"), ("А1", "99"), ("", ""), ("а1", "5")]
)
async def test_nobody_makes_a_board_say_what_was_not_called(
    client: httpx.AsyncClient, clock: FixedClock, ticket: str, desk: str
) -> None:
    await called(clock)
    which = {"ticket": ticket, "desk": desk}
    assert await said_of(client, which) == []
    assert (await client.get(SOUND, params=which | {"language": "uk"})).status_code == 204


async def test_a_sound_in_a_language_in_which_the_call_is_not_said_is_not_there(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    await called(clock)
    which = {"ticket": "А1", "desk": "5", "language": "en"}
    assert (await client.get(SOUND, params=which)).status_code == 204
    assert (await client.get(SOUND)).status_code == 400
    assert (await client.get(WORDS)).status_code == 400
    assert (await client.get(SOUND.replace(BRANCH, "nowhere"), params=which)).status_code == 404


async def test_whoever_waits_or_was_served_is_not_spoken_of(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    mine = await take_ticket(clock.now())
    which = {"ticket": "А1", "desk": "5"}
    assert await said_of(client, which) == []
    desk = await open_desk("5", clock.now())
    await desk.call(mine.id)
    await desk.start(mine.id)
    assert await said_of(client, which) == [UK], "said to its end"
    await desk.finish(mine.id)
    assert await said_of(client, which) == []


@pytest.mark.parametrize(
    ("address", "loudness"),
    [
        ({}, Loudness(0.8, (22, 7))),
        ({"volume": "40", "quiet": "13-14"}, Loudness(0.4, (13, 14))),
        ({"volume": "0"}, Loudness(0.0, (22, 7))),
        ({"volume": "900", "quiet": "0-0"}, Loudness(1.0, (0, 0))),
        ({"volume": "loud", "quiet": "25-3"}, Loudness(0.8, (22, 7))),
        ({"volume": "-1", "quiet": "at night"}, Loudness(0.8, (22, 7))),
    ],
)
def test_a_board_is_as_loud_as_its_address_says_else_as_the_centre_does(
    address: dict[str, str], loudness: Loudness
) -> None:
    rules = Rules(voice_volume=80, voice_quiet_from_hour=22, voice_quiet_until_hour=7)
    assert loudness_of(rules, address) == loudness


async def test_the_page_of_a_board_knows_how_loud_it_is(
    client: httpx.AsyncClient, database: str
) -> None:
    html = (await client.get(f"/display/{BRANCH}?volume=30&quiet=13-14")).text
    assert '"volume":0.3,"quiet":[13,14]' in html.replace(", ", ",").replace(": ", ":")
