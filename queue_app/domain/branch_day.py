"""A branch's local day: its hours, its closures, the kiosk's door, and when it is over.

The one place that knows. Whoever asks whether a branch is open, until when, or when its kiosk gives
tickets, asks the day; `Directory.today` and `Directory.day` make one of a centre in force, and
`branch_day` of a centre's files. All instants are in UTC unless a docstring says otherwise.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import Literal, Protocol
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from queue_app.domain.centre import WEEKDAYS, Centre, Closure, Period, Rules, Weekly
from queue_app.domain.hours import Window, as_windows, day_window

_MINUTE = timedelta(minutes=1)
_Date = date


class Opened(Protocol):
    """What has hours: a branch in force, or one of the files."""

    @property
    def hours(self) -> Weekly: ...
    @property
    def closures(self) -> tuple[Closure, ...]: ...


class Door(Struct, frozen=True):
    """Whether the kiosk gives tickets at some moment. Local times.

    `closes_at`: the end of the day's last period, while one runs; `opens_at`: when the branch
    opens next, if the horizon has such a time.
    """

    state: Literal["open", "past_last_ticket", "closed"]
    closes_at: datetime | None
    opens_at: datetime | None


class BranchDay(Struct, frozen=True, dict=True):
    """One local day of one branch, of 23, 24 or 25 hours."""

    date: date
    zone: ZoneInfo
    rules: Rules
    weekly: Weekly
    closures: tuple[Closure, ...] = ()

    @cached_property
    def periods(self) -> tuple[Period, ...]:
        """The hours on the wall, in order; a closure replaces those of the week."""
        for closure in self.closures:
            if closure.day == self.date:
                return closure.periods
        return self.weekly.get(WEEKDAYS[self.date.weekday()], ())

    @cached_property
    def windows(self) -> tuple[Window, ...]:
        """When the branch is open, in order; empty: closed all day."""
        return as_windows(self.periods, self.date, self.zone)

    @property
    def opens(self) -> datetime | None:
        """The first opening; None: closed all day."""
        return self.windows[0].opens if self.windows else None

    @property
    def closes(self) -> datetime | None:
        """The end of the last hours; None: closed all day."""
        return self.windows[-1].closes if self.windows else None

    def is_over(self, now: datetime) -> bool:
        """Whether the branch has closed for the day, or does not open at all."""
        return self.closes is None or now >= self.closes

    def opening(self, now: datetime) -> Window | None:
        """The opening that runs at `now`, a moment of this day, else the next in the horizon."""
        for day in self._horizon():
            for window in day.windows:
                if now < window.closes:
                    return window
        return None

    @cached_property
    def kiosk(self) -> tuple[Window, ...]:
        """When the kiosk gives tickets: one window for each opening of the branch.

        From `kiosk_early_minutes` before the branch opens until it closes; for the last time of
        the day only until `last_ticket_minutes` before that. Where that is before it begins,
        there are no tickets.
        """
        early = self.rules.kiosk_early_minutes * _MINUTE
        last = self.rules.last_ticket_minutes * _MINUTE
        before = [datetime.min.replace(tzinfo=UTC), *(one.closes for one in self.windows)]
        return tuple(
            Window(
                max(window.opens - early, former),
                window.closes - last if window is self.windows[-1] else window.closes,
            )
            for window, former in zip(self.windows, before, strict=False)
        )

    def gives_tickets(self, now: datetime) -> bool:
        """By the hour alone: nobody is asked whether a desk works or an alert lasts."""
        return self.door(now).state == "open"

    def door(self, now: datetime) -> Door:
        """The kiosk's door at `now`, a moment of this day."""
        closes_at: datetime | None = None
        for day in self._horizon():
            for opening, kiosk in zip(day.windows, day.kiosk, strict=True):
                opens_at = self.local(opening.opens)
                if kiosk.opens <= now < kiosk.closes:
                    return Door("open", self.local(day.windows[-1].closes), opens_at)
                if kiosk.closes <= now < opening.closes:
                    closes_at = self.local(opening.closes)
                if now < kiosk.opens:
                    return _shut(closes_at, opens_at)
        return _shut(closes_at, None)

    def _horizon(self) -> Iterator["BranchDay"]:
        """This day and those that can be booked after it."""
        for ahead in range(self.rules.horizon_days + 1):
            yield self.on(self.date + timedelta(days=ahead)) if ahead else self

    def on(self, day: _Date) -> "BranchDay":
        """Another day of the same branch."""
        return replace(self, date=day)

    def rostered(self, roster: Weekly) -> tuple[Window, ...]:
        """A desk's or lane's hours on this day, in order, as far as the branch is open."""
        own = as_windows(roster.get(WEEKDAYS[self.date.weekday()], ()), self.date, self.zone)
        shared = (
            Window(max(mine.opens, whole.opens), min(mine.closes, whole.closes))
            for mine in own
            for whole in self.windows
        )
        return tuple(window for window in shared if window.opens < window.closes)

    @cached_property
    def span(self) -> Window:
        """From the local midnight with which the day begins to the next."""
        return day_window(self.date, self.zone)

    def local(self, instant: datetime) -> datetime:
        return instant.astimezone(self.zone)

    def minute(self, instant: datetime) -> float:
        """What the clock on the wall shows, in minutes since midnight; below zero before it."""
        wall = self.local(instant).replace(tzinfo=None)
        return (wall - datetime.combine(self.date, time())) / _MINUTE

    def minutes(self, window: Window) -> tuple[float, float]:
        return self.minute(window.opens), self.minute(window.closes)


def _shut(closes_at: datetime | None, opens_at: datetime | None) -> Door:
    return Door("past_last_ticket" if closes_at else "closed", closes_at, opens_at)


def branch_day(centre: Centre, branch: Opened, day: date) -> BranchDay:
    """The local day of a branch of this centre."""
    zone = ZoneInfo(centre.timezone)
    return BranchDay(day, zone, centre.rules, branch.hours, branch.closures)
