"""When a booking is recalled to whoever made it: on the day before, and once more shortly before.

Whoever stands booked when the moment has come is reminded. So the question of a moment is how far
ahead it reaches: up to which beginning every visit has had its moment by now.
"""

from datetime import UTC, datetime, time, timedelta
from typing import Literal, get_args

from msgspec import Struct

from queue_app.domain.hours import instant
from queue_app.domain.quiet import Quiet

Reminder = Literal["day_before", "shortly_before"]
REMINDERS: tuple[Reminder, ...] = get_args(Reminder)

FRESH = timedelta(hours=2)
"""Whoever has booked or moved within so long has the time in mind, and its letter at hand."""
BEFORE_NIGHT = timedelta(hours=1)
"""What would leave in the night, or so shortly before it that a second attempt would, leaves this
long before the night begins."""
COVERS = timedelta(hours=6)
"""Two reminders nearer to each other than that are one."""


class Reminders(Struct, frozen=True):
    """At a full `hour` of the day before, and `minutes` before the visit; of either 0: not then."""

    hour: int
    minutes: int
    quiet: Quiet

    def reach(self, which: Reminder, now: datetime) -> datetime | None:
        """The last beginning whose moment has come by `now`; None where there is no such moment."""
        if which == "day_before":
            return self._reach_of_day(now) if self.hour else None
        return self._reach_of_minutes(now) if self.minutes else None

    def _reach_of_day(self, now: datetime) -> datetime:
        today = now.astimezone(self.quiet.zone).date()
        come = now >= instant(today, time(self.hour), self.quiet.zone)
        return instant(today + timedelta(days=1 + come), time(), self.quiet.zone) - _LEAST

    def _reach_of_minutes(self, now: datetime) -> datetime:
        ahead = timedelta(minutes=self.minutes)
        if (night := self._night(now)) is None:
            return now + ahead
        return self.quiet.ends_after(night) + ahead - _LEAST

    def moments(self, starts_at: datetime) -> dict[Reminder, datetime]:
        """When a visit that begins then is recalled. Shortly before it only where the reminder of
        the day before is not just as near."""
        found: dict[Reminder, datetime] = {}
        if self.hour:
            day = starts_at.astimezone(self.quiet.zone).date() - timedelta(days=1)
            found["day_before"] = instant(day, time(self.hour), self.quiet.zone)
        if self.minutes:
            near = self._awake(starts_at - timedelta(minutes=self.minutes))
            if not found or abs(near - found["day_before"]) >= COVERS:
                found["shortly_before"] = near
        return found

    def to_come(self, starts_at: datetime, booked_at: datetime, now: datetime) -> list[datetime]:
        """When whoever booked at `booked_at` is still to be reminded of a visit that stays as it
        is, in order: what `is_due` lets go once its moment has come."""
        found = self.moments(starts_at).items()
        moments = {which: moment for which, moment in found if moment > now}
        return sorted(
            self.quiet.ends_after(moment)
            for which, moment in moments.items()
            if self.is_due(which, starts_at, booked_at, moment)
        )

    def _awake(self, moment: datetime) -> datetime:
        night = self._night(moment)
        return moment if night is None else self.quiet.began_before(night) - BEFORE_NIGHT

    def _night(self, moment: datetime) -> datetime | None:
        """A moment of the night in which, or just before which, this one lies."""
        for one in (moment, moment + BEFORE_NIGHT):
            if self.quiet.holds(one):
                return one
        return None

    def is_due(
        self, which: Reminder, starts_at: datetime, booked_at: datetime, now: datetime
    ) -> bool:
        """Whether this reminder of a visit leaves now that its moment has come, perhaps long ago as
        the server was away. `booked_at`: when the visit got its time.

        Not where the visit begins before anybody may be woken, nor where its other reminder is due
        by then or soon after.
        """
        moments = self.moments(starts_at)
        if which not in moments or booked_at > moments[which] - FRESH:
            return False
        leaves_at = self.quiet.ends_after(now)
        return leaves_at < starts_at and not self.is_overtaken(which, starts_at, leaves_at)

    def is_overtaken(self, which: Reminder, starts_at: datetime, now: datetime) -> bool:
        """Whether the visit's other reminder says the same by now or soon."""
        moments = self.moments(starts_at)
        return which in moments and any(
            moments[which] < one <= now + FRESH for one in moments.values()
        )


_LEAST = datetime.resolution


def event_of(which: Reminder, appointment_id: int, starts_at: datetime) -> str:
    """What a reminder tells of: the same for the same booking at the same time."""
    return f"reminder {appointment_id} {which} {starts_at.astimezone(UTC).isoformat()}"


def told_by(event: str) -> tuple[Reminder, datetime]:
    """Which reminder that is, and the time of which it tells."""
    _, _, which, starts_at = event.split(" ")
    return next(one for one in REMINDERS if one == which), datetime.fromisoformat(starts_at)
