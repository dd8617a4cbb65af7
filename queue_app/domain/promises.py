"""Promised waits: what was shown to a person, and from when on it is another estimate."""

from datetime import datetime

from msgspec import Struct

MOVED_SECONDS = 60.0
"""A range whose ends, in the time of day, both moved by less than this is the same estimate."""


class Promise(Struct, frozen=True):
    """A range that was shown at `at`: the ticket's next call is `low_minutes` to `high_minutes`
    away. `revision`: of the ticket then, so the call that is meant is the first one after it.
    `people_ahead`, `low_forecast`, `high_forecast`: what it was made of, where that can teach."""

    branch_id: int
    ticket_id: int
    revision: int
    at: datetime
    low_minutes: int
    high_minutes: int
    people_ahead: int | None = None
    low_forecast: float | None = None
    high_forecast: float | None = None

    def repeats(self, earlier: "Promise") -> bool:
        """Whether it says again what `earlier` said of the same ticket.

        What counts is the time of day, as people reckon: "15-25 min" at 10:00 and "10-20 min" at
        10:05 are one promise, and "15-25 min" at both are two. Nor is it the same once the ticket
        has been called or moved in between.
        """
        if self.revision != earlier.revision:
            return False
        passed = (self.at - earlier.at).total_seconds()
        low = passed + 60 * (self.low_minutes - earlier.low_minutes)
        high = passed + 60 * (self.high_minutes - earlier.high_minutes)
        return abs(low) < MOVED_SECONDS and abs(high) < MOVED_SECONDS
