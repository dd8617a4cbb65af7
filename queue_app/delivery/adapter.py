"""The small protocol behind which every way out of the house stands."""

from datetime import datetime
from typing import Protocol

from msgspec import Struct

from queue_app.domain.catalogue import Language
from queue_app.domain.messages import Medium


class Letter(Struct, frozen=True):
    """A message as it is handed over. `identity` is the same however often it is sent, and no
    other's in any database; `outbox` is the same for all that this database sends."""

    identity: str
    outbox: str
    channel: Medium
    recipient: str
    language: Language
    subject: str
    text: str
    created_at: datetime


class Undeliverable(Exception):
    """It is useless to try again; `str()` says why, without anybody's data."""


class Needless(Exception):
    """Nobody is to be told any more; `str()` says why, without anybody's data."""


class Adapter(Protocol):
    @property
    def hangs(self) -> bool:
        """Whether it is at something yet that was given up: until that ends it is handed nothing
        more, and no message has failed for it."""
        ...

    async def deliver(self, letter: Letter) -> None:
        """Hand it over. Undeliverable: never; any other exception: not now."""
        ...
