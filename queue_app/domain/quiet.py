"""When nobody is to be woken: a message that falls into the night leaves in the morning."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from queue_app.domain.hours import instant
from queue_app.domain.messages import Medium, MessageKind

AWAITED: frozenset[MessageKind] = frozenset({"link", "code", "call", "soon", "ticket", "reprint"})
"""Whoever gets one of these sits and waits for it."""
ANSWERS: frozenset[MessageKind] = frozenset({"booked", "moved", "cancelled"})
"""These answer what a person has just done: a mail wakes nobody, an SMS may."""
BEFORE_THE_VISIT: frozenset[MessageKind] = ANSWERS | {"plans"}
"""Of a visit in the night they come too late in the morning."""


class Quiet(Struct, frozen=True):
    """From one full hour of the wall's time to another, in the centre's zone; where they are the
    same, never."""

    from_hour: int
    until_hour: int
    zone: ZoneInfo

    def holds(self, moment: datetime) -> bool:
        return self.holds_hour(moment.astimezone(self.zone).hour)

    def holds_hour(self, hour: int) -> bool:
        """Whether it is night when the wall's clock shows that hour."""
        if self.from_hour <= self.until_hour:
            return self.from_hour <= hour < self.until_hour
        return hour >= self.from_hour or hour < self.until_hour

    def ends_after(self, moment: datetime) -> datetime:
        """The first moment from this one on at which a message may leave."""
        if not self.holds(moment):
            return moment
        local = moment.astimezone(self.zone)
        tomorrow = local.hour >= self.until_hour
        return instant(local.date() + timedelta(days=tomorrow), time(self.until_hour), self.zone)

    def began_before(self, moment: datetime) -> datetime:
        """When the night began in which `moment` lies."""
        local = moment.astimezone(self.zone)
        yesterday = local.hour < self.from_hour
        return instant(local.date() - timedelta(days=yesterday), time(self.from_hour), self.zone)


def leaves_at(
    kind: MessageKind, medium: Medium, moment: datetime, quiet: Quiet, begins_at: datetime | None
) -> datetime:
    """When a message that could leave at `moment` does. `begins_at`: the visit that it tells of,
    of which nothing is said too late."""
    if kind in AWAITED or (kind in ANSWERS and medium == "mail"):
        return moment
    morning = quiet.ends_after(moment)
    if kind in BEFORE_THE_VISIT and begins_at is not None and moment <= begins_at <= morning:
        return moment
    return morning
