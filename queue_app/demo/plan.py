"""The working day that a demo shows, as the centre's files have it, and the alert in it."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from queue_app.domain.branch_day import BranchDay
from queue_app.domain.catalogue import Channel, Language, Service, planned_minutes
from queue_app.domain.directory import Branch, Directory
from queue_app.domain.hours import Window, at

MINUTE = timedelta(minutes=1)
EVENING_HOUR = 21
ALERT_MINUTES = 20
ALL_CLEAR = 5
"""Minutes of them from the all-clear to the first call."""


class Errand(Struct, frozen=True):
    """A service as visitors know it. `mean` and `planned` in minutes."""

    code: str
    mean: float
    planned: int
    channels: tuple[Channel, ...]


class DeskShift(Struct, frozen=True):
    """When a desk is staffed that day."""

    number: str
    services: frozenset[str]
    windows: tuple[Window, ...]


class DemoPlan(Struct, frozen=True):
    """One working day of one branch. `evening`: when its residents book. Instants in UTC."""

    branch: str
    zone: ZoneInfo
    day: date
    evening: datetime
    opens: datetime
    closes: datetime
    kiosk_from: datetime
    kiosk_until: datetime
    desks: tuple[DeskShift, ...]
    errands: tuple[Errand, ...]
    priorities: tuple[str, ...]
    languages: tuple[Language, ...]
    country: str | None


def plan_of(directory: Directory, branch: Branch, day: date) -> DemoPlan | None:
    """The day as the centre's files have it; None when the branch is closed."""
    open_day = directory.day(branch, day)
    if not open_day.windows:
        return None
    rules = directory.rules
    served = frozenset[str]().union(*(desk.services for desk in branch.desks))
    return DemoPlan(
        branch=branch.slug,
        zone=directory.zone,
        day=day,
        evening=_evening(open_day),
        opens=open_day.windows[0].opens,
        closes=open_day.windows[-1].closes,
        kiosk_from=open_day.kiosk[0].opens,
        kiosk_until=open_day.kiosk[-1].closes,
        desks=tuple(
            DeskShift(desk.number, desk.services, open_day.rostered(desk.roster))
            for desk in branch.desks
        ),
        errands=tuple(
            _errand(one, rules.open_service_minutes)
            for one in directory.centre.services
            if one.code in served
        ),
        priorities=tuple(one.code for one in directory.centre.priorities),
        languages=directory.languages,
        country=directory.centre.country,
    )


def _evening(day: BranchDay) -> datetime:
    """Of the date before; where a night goes on at that hour, once it is over."""
    evening = at(day.date - timedelta(days=1), EVENING_HOUR * 60, day.zone)
    closed = day.former.closes
    return day.begins if closed and evening < closed < day.begins else evening


def _errand(service: Service, open_minutes: int) -> Errand:
    """An exact time is its own mean, a range has it in the middle, an open one is as planned."""
    planned = planned_minutes(service, open_minutes)
    published = service.duration
    mean = planned if published.max_minutes is None else _middle(published.min_minutes, planned)
    return Errand(service.code, mean, planned, service.channels)


def _middle(low: int, high: int) -> float:
    return (low + high) / 2


def alert_of(plan: DemoPlan) -> Window:
    """At noon; in the middle of a day that has no noon, or ends soon after it."""
    noon = datetime(plan.day.year, plan.day.month, plan.day.day, 12, tzinfo=plan.zone)
    begins = noon.astimezone(UTC)
    if not plan.opens <= begins <= plan.closes - 2 * ALERT_MINUTES * MINUTE:
        begins = plan.opens + (plan.closes - plan.opens) / 2
    return Window(begins, begins + ALERT_MINUTES * MINUTE)
