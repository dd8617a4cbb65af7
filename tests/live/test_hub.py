"""The hub and its screens: a new one is told to it, and one that breaks leaves the others alone."""

import asyncio
import json
import logging
from collections.abc import Mapping

import asyncpg
import pytest
from litestar import Litestar
from litestar.di import Provide
from msgspec import Struct

from queue_app.api import docs, routes, sockets
from queue_app.clock import FixedClock
from queue_app.domain.errors import NotAllowed
from queue_app.domain.hall import Hall
from queue_app.domain.people import Actor
from queue_app.live.hub import QUIET_SECONDS, Hub
from queue_app.live.topics import Screen, Topic, nothing_more
from queue_app.queries import reference
from queue_app.store import db, served
from queue_app.web.guards import Connection
from queue_app.web.sockets import REFUSED, Channel
from tests.support.application import listening
from tests.support.frames import Shown
from tests.support.hall import take_ticket
from tests.support.people import BRANCH
from tests.support.waiting import until

pytestmark = pytest.mark.usefixtures("database")


class Headcount(Struct, frozen=True):
    """A screen that the product does not have. `frames`: how many were made for this topic."""

    version: int
    title: str
    waiting: int
    frames: int


def headcount(hall: Hall, topic: Topic, frames: int) -> Headcount:
    return Headcount(hall.version, topic.key, len(hall.waiting), frames)


async def counted(_hall: Hall, topics: Mapping[Topic, int | None]) -> Mapping[Topic, int]:
    return {topic: (last or 0) + 1 for topic, last in topics.items()}


HEADCOUNT = Screen("headcount", Headcount, headcount, counted)


async def watching(kind: str, key: str = "") -> Topic:
    directory = await reference.directory()
    return Topic(directory.branch(BRANCH).id, kind, directory.epoch, key)


async def test_a_new_screen_is_registered_and_gets_its_frames(clock: FixedClock) -> None:
    hub = Hub(clock, [sockets.board().screen, HEADCOUNT])
    topic = await watching("headcount", "Lobby")
    shown = Shown()
    async with hub.running(), hub.subscribe(topic, shown.push):
        before = await shown.waiting(0)
        await take_ticket(clock.now())
        after = await shown.waiting(1)
    assert before["title"] == after["title"] == "Lobby"
    assert before["version"] < after["version"]


async def test_a_hub_ends_though_it_hears_of_a_change_at_the_same_moment(clock: FixedClock) -> None:
    hub, shown = Hub(clock, [HEADCOUNT]), Shown()
    async with asyncio.timeout(10):
        async with hub.running(), hub.subscribe(await watching("headcount"), shown.push):
            await shown.waiting(0)
            await asyncio.sleep(2 * QUIET_SECONDS)  # what pushes waits for the next change by now
            hub._mark_all()
            await asyncio.sleep(0)


async def test_a_screen_is_handed_what_it_loaded_last_while_somebody_watches(
    clock: FixedClock,
) -> None:
    hub = Hub(clock, [HEADCOUNT])
    topic = await watching("headcount")
    first, second = Shown(), Shown()
    async with hub.running():
        async with hub.subscribe(topic, first.push):
            assert (await first.waiting(0))["frames"] == 1
            await take_ticket(clock.now())
            assert (await first.waiting(1))["frames"] > 1
        async with hub.subscribe(topic, second.push):
            assert (await second.waiting(1))["frames"] == 1


async def test_a_screen_that_breaks_leaves_the_others_their_frames(
    clock: FixedClock, caplog: pytest.LogCaptureFixture
) -> None:
    broken = False

    def render(hall: Hall, topic: Topic, _facts: None) -> Headcount:
        if broken:
            raise KeyError(7)
        return headcount(hall, topic, 1)

    fragile = Screen("fragile", Headcount, render, nothing_more)
    hub = Hub(clock, [sockets.board().screen, fragile])
    topics = await watching("fragile"), await watching("board")
    fragile_one, board = Shown(), Shown()
    async with (
        hub.running(),
        hub.subscribe(topics[0], fragile_one.push),
        hub.subscribe(topics[1], board.push),
    ):
        await board.waiting(0)
        broken = True
        await take_ticket(clock.now())
        await board.waiting(1)
    assert "no frame for a fragile screen" in caplog.text


async def test_a_listener_that_is_cut_off_before_it_hears_is_an_outage_and_hears_later(
    clock: FixedClock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    marked, cut = served.mark, list[int]()

    async def cut_off(connection: asyncpg.Connection, seconds: float) -> None:
        await marked(connection, seconds)
        if not cut:
            cut.append(connection.get_server_pid())
            await db.fetch("SELECT pg_terminate_backend($1, 5000)", cut[0])

    monkeypatch.setattr(served, "mark", cut_off)
    caplog.set_level(logging.DEBUG, "queue_app")
    hub, shown = Hub(clock, [HEADCOUNT]), Shown()
    async with hub.running(), hub.subscribe(await watching("headcount"), shown.push):
        await until(lambda: hub._listening)
        await take_ticket(clock.now())
        await shown.waiting(1)
    assert cut
    assert "the listener tries again" in caplog.text
    assert [one.getMessage() for one in caplog.records if one.levelno >= logging.ERROR] == []


async def lobby(asked: Connection, _who: Actor) -> Topic:
    if asked.path_params["title"] == "Staff":
        raise NotAllowed("not_allowed")
    return await watching("headcount", asked.path_params["title"])


async def test_a_channel_brings_its_route_its_admission_and_its_description(
    clock: FixedClock,
) -> None:
    channel = Channel(
        "/ws/{branch:str}/{title:str}",
        HEADCOUNT,
        "see_board",
        "How many wait in it; anyone.",
        lobby,
    )
    hub = Hub(clock, [channel.screen])
    app = Litestar(
        routes.live([channel]),
        dependencies={"hub": Provide(lambda: hub, sync_to_thread=False)},
        openapi_config=None,
    )
    async with hub.running():
        async with listening(app, f"/ws/{BRANCH}/Lobby") as next_message:
            frame = json.loads((await next_message())["text"])
        assert (frame["title"], frame["waiting"]) == ("Lobby", 0)
        async with listening(app, f"/ws/{BRANCH}/Staff") as next_message:
            closed = await next_message()
        assert (closed["type"], closed["code"]) == ("websocket.close", REFUSED)
    described = docs.document([channel])
    assert described["channels"]["headcount"]["address"] == "/ws/{branch}/{title}"
    assert set(described["channels"]["headcount"]["parameters"]) == {"branch", "title"}
    assert set(described["components"]["schemas"]) == {"Headcount"}
