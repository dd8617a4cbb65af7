"""A branch's day: its hours, its closures, the kiosk's door, when it begins and when it is over.

The one place that knows. Whoever asks whether a branch is open, until when, when its kiosk gives
tickets, or which day it is there, asks the day; `Directory.today` and `Directory.day` make one of a
centre in force, and `branch_day` of a centre's files. All instants are in UTC unless a docstring
says otherwise.

The service day of a date has the hours that open on that date, to their end on the next one where
they run past midnight. It turns into the next day at local midnight, but not within `REST` of open
hours: then that long after they close, or before they open, and in the middle of a gap that has not
room for both. Where the branch does not close at all, the days meet at the end of the hours that
are written for the former: at midnight for "0:00-24:00", at four for "4:00-28:00".
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from functools import cached_property
from itertools import islice
from typing import Literal, Protocol
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from queue_app.domain.centre import WEEKDAYS, Centre, Closure, Period, Rules, Weekly
from queue_app.domain.hours import DAY_MINUTES, Window, as_windows, bounds, instant

REST = timedelta(hours=2)
"""How far from open hours a day turns: people are served after closing, and come before opening.
Where the branch does not close, the same on both sides of the turn concerns the same hall."""
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

    `closes_at`: the end of the day's last period, while one runs, as `BranchDay.shuts` has it;
    `opens_at`: when the branch opens next, if the horizon has such a time; `tickets_at`: from when
    the kiosk gives tickets for those hours, while it gives none.
    """

    state: Literal["open", "past_last_ticket", "closed"]
    closes_at: datetime | None
    opens_at: datetime | None
    tickets_at: datetime | None = None


class BranchDay(Struct, frozen=True, dict=True):
    """One service day of one branch; `date` is that on which its hours open."""

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
        """When the branch is open, in order; empty: closed all day.

        They end where the next day opens: in the night in which an hour comes twice, hours that
        meet on the wall would overlap.
        """
        if self._last_minute < DAY_MINUTES or not self.next._written:
            return self._written
        edge = self.next._written[0].opens
        return tuple(
            Window(opens, min(closes, edge)) for opens, closes in self._written if opens < edge
        )

    @cached_property
    def _written(self) -> tuple[Window, ...]:
        return as_windows(self.periods, self.date, self.zone)

    @cached_property
    def _last_minute(self) -> int:
        """The minute of the last closing; 0: closed all day."""
        return bounds(self.periods[-1])[1] if self.periods else 0

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

    @cached_property
    def goes_on(self) -> bool:
        """Whether the branch stays open into the next day."""
        return self._last_minute >= DAY_MINUTES and self.closes == self.next.opens

    @property
    def came_on(self) -> bool:
        """Whether the branch was open already when this day began."""
        return self.former.goes_on

    def shuts(self, now: datetime) -> datetime | None:
        """`closes`, or where the branch goes on, the end of those hours.

        None: closed all day, or open for more than a day from `now`.
        """
        if not self.goes_on:
            return self.closes
        closes = self.next.windows[0].closes
        return closes if closes - now < timedelta(days=1) else None

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

        From `kiosk_early_minutes` before the branch opens, but not on the day before, until it
        closes; for the last time of the day only until `last_ticket_minutes` before that, unless
        the branch goes on. Where that is before it begins, there are no tickets.
        """
        early = self.rules.kiosk_early_minutes * _MINUTE
        last = timedelta() if self.goes_on else self.rules.last_ticket_minutes * _MINUTE
        before = [self.begins, *(one.closes for one in self.windows)]
        return tuple(
            Window(
                max(window.opens - early, former),
                window.closes - last if window is self.windows[-1] else window.closes,
            )
            for window, former in zip(self.windows, before, strict=False)
        )

    def gives_until(self, now: datetime) -> datetime | None:
        """Until when the kiosk gives tickets, None while it gives none; by the hour alone: nobody
        is asked whether a desk works or an alert lasts."""
        until = next((one.closes for one in self.kiosk if one.opens <= now < one.closes), None)
        if until and self.goes_on and until == self.closes:
            return self.next.kiosk[0].closes
        return until

    def door(self, now: datetime) -> Door:
        """The kiosk's door at `now`, a moment of this day."""
        closes_at: datetime | None = None
        for day in self._horizon():
            for opening, kiosk in zip(day.windows, day.kiosk, strict=True):
                opens_at = self.local(opening.opens)
                if kiosk.opens <= now < kiosk.closes:
                    shuts = day.shuts(now)
                    return Door("open", self.local(shuts) if shuts else None, opens_at)
                if kiosk.closes <= now < opening.closes:
                    closes_at = self.local(opening.closes)
                if now < kiosk.opens:
                    return _shut(closes_at, opens_at, self.local(kiosk.opens))
        return _shut(closes_at, None)

    def door_without_tickets(self, now: datetime) -> Door:
        """The kiosk's door at `now` of a day on which no more tickets are given, though its hours
        would: what opens next are those of another day."""
        door = self.door(now)
        opens_at: datetime | None = None
        tickets_at: datetime | None = None
        for day in islice(self._horizon(), 1, None):
            if day.windows:
                opens_at, tickets_at = map(self.local, (day.windows[0].opens, day.kiosk[0].opens))
                break
        state: Literal["past_last_ticket", "closed"]
        state = "closed" if door.state == "closed" else "past_last_ticket"
        return Door(state, door.closes_at, opens_at, tickets_at)

    def _horizon(self) -> Iterator["BranchDay"]:
        """This day and those that can be booked after it."""
        for ahead in range(self.rules.horizon_days + 1):
            yield self.on(self.date + timedelta(days=ahead)) if ahead else self

    def on(self, day: _Date) -> "BranchDay":
        """Another day of the same branch."""
        return replace(self, date=day)

    @cached_property
    def former(self) -> "BranchDay":
        """The day before."""
        return self.on(self.date - timedelta(days=1))

    @cached_property
    def next(self) -> "BranchDay":
        """The day after."""
        return self.on(self.date + timedelta(days=1))

    def at(self, moment: datetime) -> "BranchDay":
        """The day of the same branch in which this moment lies; each lies in exactly one."""
        day = self.on(self.local(moment).date())
        if moment < day.begins:
            return day.former
        return day.next if moment >= day.ends else day

    def rostered(self, roster: Weekly) -> tuple[Window, ...]:
        """A desk's or lane's hours on this day, in order, as far as the branch is open.

        Whoever comes at two in the night may be written under either date.
        """
        own = list(self._own(roster))
        return tuple(window for whole in self.windows for window in _within(whole, own))

    def _own(self, roster: Weekly) -> Iterator[Window]:
        """Of the dates around this one where its hours run past midnight, or theirs do."""
        for ahead in (-1, 0, 1):
            date = self.date + timedelta(days=ahead)
            periods = roster.get(WEEKDAYS[date.weekday()], ())
            if periods and (not ahead or self._meets(periods, ahead)):
                yield from as_windows(periods, date, self.zone)

    def _meets(self, periods: tuple[Period, ...], ahead: int) -> bool:
        return (
            self._last_minute > DAY_MINUTES if ahead > 0 else bounds(periods[-1])[1] > DAY_MINUTES
        )

    def working(self, roster: Weekly) -> tuple[Window, ...]:
        """The same, and on into the next day where the branch goes on."""
        today = self.rostered(roster)
        return _joined([*today, *self.next.rostered(roster)]) if self.goes_on else today

    @cached_property
    def begins(self) -> datetime:
        """When the day before turns into this one."""
        opens, closed = self._edges
        midnight = instant(self.date, time(), self.zone)
        if min(opens, -closed) >= REST / _MINUTE:
            return midnight
        return self._turn(midnight)

    @property
    def _edges(self) -> tuple[int, int]:
        """On the wall, the minute of the first opening and that of the last closing before it."""
        opens = bounds(self.periods[0])[0] if self.periods else DAY_MINUTES
        return opens, self.former._last_minute - DAY_MINUTES

    def _turn(self, midnight: datetime) -> datetime:
        closed, opens = self.former.closes, self.opens
        rest = min(REST, (opens - closed) / 2) if opens and closed else REST
        turn = max(midnight, closed + rest) if closed else midnight
        return min(turn, opens - rest) if opens else turn

    @cached_property
    def ends(self) -> datetime:
        """When this day turns into the next."""
        return self.next.begins

    @property
    def span(self) -> Window:
        """All of the day: 23 to 25 hours where it turns at midnight."""
        return Window(self.begins, self.ends)

    @cached_property
    def reach(self) -> Window:
        """The span, with `REST` beyond its ends where the branch does not close there.

        What is planned for this time concerns those who are in the house on this day.
        """
        before = REST if self.came_on else timedelta()
        after = REST if self.goes_on else timedelta()
        return Window(self.begins - before, self.ends + after)

    def concerns(self, planned: datetime, now: datetime) -> bool:
        """Whether what is planned for a moment belongs to the hall of `now`, of this day."""
        if self.begins <= planned < self.ends:
            return True
        return self.reach.opens <= planned < self.reach.closes and abs(planned - now) <= REST

    @property
    def oldest(self) -> "BranchDay":
        """The first day whose people may still be in the house: the one before where the branch
        did not close since."""
        return self.former if self.came_on else self

    def local(self, instant: datetime) -> datetime:
        return instant.astimezone(self.zone)

    def minute(self, instant: datetime) -> float:
        """What the clock on the wall shows, in minutes since the midnight of the date; below zero
        before it, 1440 and more on the next date."""
        wall = self.local(instant).replace(tzinfo=None)
        return (wall - datetime.combine(self.date, time())) / _MINUTE

    def minutes(self, window: Window) -> tuple[float, float]:
        return self.minute(window.opens), self.minute(window.closes)


def _within(whole: Window, own: Iterable[Window]) -> tuple[Window, ...]:
    shared = (Window(max(mine.opens, whole.opens), min(mine.closes, whole.closes)) for mine in own)
    return _joined(window for window in shared if window.opens < window.closes)


def _joined(windows: Iterable[Window]) -> tuple[Window, ...]:
    """In order, those that meet or overlap as one."""
    found: list[Window] = []
    for one in sorted(windows):
        if found and one.opens <= found[-1].closes:
            found[-1] = Window(found[-1].opens, max(found[-1].closes, one.closes))
        else:
            found.append(one)
    return tuple(found)


def _shut(
    closes_at: datetime | None, opens_at: datetime | None, tickets_at: datetime | None = None
) -> Door:
    state: Literal["past_last_ticket", "closed"] = "past_last_ticket" if closes_at else "closed"
    return Door(state, closes_at, opens_at, tickets_at)


def branch_day(centre: Centre, branch: Opened, day: date) -> BranchDay:
    """A day of a branch of this centre."""
    zone = ZoneInfo(centre.timezone)
    return BranchDay(day, zone, centre.rules, branch.hours, branch.closures)
