"""Who asks for a change."""

from datetime import datetime
from uuid import UUID

from queue_app.domain.people import Actor
from queue_app.domain.ranges import Forecasts


class By:
    """Who asks for something, when, and the key under which they may ask for it again.

    `forecasts`: what the process keeps of its forecasts, where it keeps any. `address`: where from,
    where that counts; `browser`: which one, where it holds times. A plain class, as the web
    framework would make structs anew from what it is given.
    """

    __slots__ = ("address", "browser", "forecasts", "key", "now", "who")

    def __init__(
        self,
        who: Actor,
        now: datetime,
        key: UUID | None = None,
        forecasts: Forecasts | None = None,
        address: str | None = None,
        browser: str | None = None,
    ) -> None:
        self.who = who
        self.now = now
        self.key = key
        self.forecasts = forecasts
        self.address = address
        self.browser = browser

    def under(self, key: UUID) -> "By":
        """The same, under a key of its own."""
        return By(self.who, self.now, key, self.forecasts, self.address, self.browser)

    def through(self, browser: str) -> "By":
        """The same, in this browser."""
        return By(self.who, self.now, self.key, self.forecasts, self.address, browser)
