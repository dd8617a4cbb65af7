"""The hall's clock: the one place that asks the machine for the time."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol, runtime_checkable


@runtime_checkable
class Clock(Protocol):
    """What every verb and every page takes `now` from."""

    def now(self) -> datetime:
        """The hall's time, aware, in UTC."""
        ...

    def real_seconds(self, hall_seconds: float) -> float:
        """How long a timer must really sleep for that many of the hall's seconds to pass."""
        ...

    def hall_seconds(self, real_seconds: float) -> float:
        """How many of the hall's seconds pass in so many of the machine's."""
        ...


class SystemClock:
    """The hall runs on the machine's own time."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def real_seconds(self, hall_seconds: float) -> float:
        return max(0.0, hall_seconds)

    def hall_seconds(self, real_seconds: float) -> float:
        return real_seconds


@dataclass(frozen=True)
class ShiftedClock:
    """A hall whose clock showed `start` at the real instant `origin` and runs `rate` times as fast.

    Processes that are given the same three values agree on the time.
    """

    start: datetime
    rate: float
    origin: datetime

    def __post_init__(self) -> None:
        if self.start.tzinfo is None or self.origin.tzinfo is None:
            raise ValueError("a clock starts at an instant with its offset from UTC")
        if self.rate <= 0:
            raise ValueError("a clock's rate is above zero")

    def now(self) -> datetime:
        passed = (datetime.now(UTC) - self.origin) * self.rate
        return self.start.astimezone(UTC) + passed

    def real_seconds(self, hall_seconds: float) -> float:
        return max(0.0, hall_seconds) / self.rate

    def hall_seconds(self, real_seconds: float) -> float:
        return real_seconds * self.rate


def hall_clock(start: datetime | None, rate: float, origin: datetime | None) -> Clock:
    """The machine's own time, or a clock that showed `start` at `origin` (None: now)."""
    if start is None and rate == 1:
        return SystemClock()
    origin = origin or datetime.now(UTC)
    return ShiftedClock(start or origin, rate, origin)


@dataclass
class FixedClock:
    """A clock that stands still until it is moved, for tests."""

    instant: datetime = field(default_factory=lambda: datetime(2026, 11, 23, 8, 0, tzinfo=UTC))

    def now(self) -> datetime:
        return self.instant.astimezone(UTC)

    def real_seconds(self, hall_seconds: float) -> float:
        return max(0.0, hall_seconds)

    def hall_seconds(self, real_seconds: float) -> float:
        return real_seconds

    def set(self, instant: datetime) -> None:
        if instant.tzinfo is None:
            raise ValueError("an instant needs its offset from UTC")
        self.instant = instant

    def advance(self, **duration: float) -> datetime:
        """Move on by `timedelta(**duration)` and return the new time."""
        self.instant += timedelta(**duration)
        return self.now()
