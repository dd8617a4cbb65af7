"""What a screen watches, how its frames are made, and one screen that watches.

A frame is a whole snapshot. The hub makes it once for all who watch the same topic.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Generic, TypeVar

from msgspec import Struct
from websockets.frames import Frame, Opcode

from queue_app.domain.hall import Hall


class Topic(Struct, frozen=True):
    """What one subscriber watches. `kind`: the name of the screen. `key`: which one of that kind,
    such as a ticket's token or a desk's id; "" where a branch has only one.

    `epoch`: that in which the ids were looked up. `viewer`: the id of a member of staff who may
    see less than others; None for anybody else.
    """

    branch_id: int
    kind: str
    epoch: str
    key: str = ""
    viewer: int | None = None


Facts = TypeVar("Facts")


class Screen(Struct, Generic[Facts], frozen=True):
    """How the frames of one kind of topic are made.

    `view`: the struct that goes over the wire. `render` makes it from a hall and from what `load`
    found beyond the hall. `load` runs before every frame, for all topics of that kind that one is
    made for; it is given its own result for the previous frame of each, None for the first, and
    may return that again. What it leaves out is not there any more.
    """

    kind: str
    view: type[Struct]
    render: Callable[[Hall, Topic, Facts], Struct]
    load: Callable[[Hall, Mapping[Topic, Facts | None]], Awaitable[Mapping[Topic, Facts]]]


async def nothing_more(_hall: Hall, topics: Mapping[Topic, None]) -> Mapping[Topic, None]:
    """The `load` of a screen that needs nothing beyond the hall."""
    return topics


Push = Callable[[bytes], None]
"""Writes a frame, as it goes over the wire, to one screen's connection. It never waits."""


class Subscription:
    """One screen that watches a topic. `over` is done once the topic is no more, or of an epoch
    that is over: whoever watches is to be admitted anew. `doubted` is set whenever whoever watches
    may have lost their right to."""

    def __init__(self, push: Push, actor: str = "") -> None:
        self.over = asyncio.get_running_loop().create_future()
        self.doubted = asyncio.Event()
        self.actor = actor
        self._push = push
        self._begun = False

    def offer(self, frame: bytes) -> None:
        self._begun = True
        self._push(frame)

    def begin(self, frame: bytes) -> None:
        """The first frame, unless a change that came while it was made is there already."""
        if not self._begun:
            self.offer(frame)

    def outdate(self) -> None:
        if not self.over.done():
            self.over.set_result(None)


def text_frame(text: bytes) -> bytes:
    """A whole websocket message, as a server sends it."""
    return Frame(Opcode.TEXT, text).serialize(mask=False)


class Glance(Struct, frozen=True):
    """What a topic's frame says at this moment. `text`: None where whoever asks has it already."""

    version: int
    epoch: str
    text: bytes | None
