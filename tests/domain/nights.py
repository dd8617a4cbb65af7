"""Hours that run past midnight, for laws about days: any week that the files could say."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from queue_app.domain.branch_day import BranchDay
from queue_app.domain.centre import WEEKDAYS, Period, Rules, Weekly
from queue_app.domain.hours import DAY_MINUTES, bounds, period_of

NOON = 12 * 60
KYIV = ZoneInfo("Europe/Kyiv")
ZONES = st.sampled_from([KYIV, ZoneInfo("America/Havana"), ZoneInfo("Australia/Lord_Howe")])
"""Havana repeats and skips its midnights, Lord Howe half an hour."""
DATES = st.one_of(
    st.dates(date(2026, 3, 25), date(2026, 4, 8)),
    st.dates(date(2026, 10, 1), date(2026, 11, 5)),
)


def night(opens: str, closes: str) -> Period:
    """ "22:00" to "30:00", counted on past midnight."""
    return period_of(*(int(hour) * 60 + int(minute) for hour, minute in
                       (at.split(":") for at in (opens, closes))))  # fmt: skip


@st.composite
def periods(draw: st.DrawFn, step: int = 5) -> tuple[Period, ...]:
    """Of one date, to noon of the next at the latest."""
    last = (DAY_MINUTES + NOON) // step
    edges = sorted(one * step for one in draw(st.sets(st.integers(0, last), max_size=6)))
    pairs = zip(edges[::2], edges[1::2], strict=False)
    return tuple(period_of(*one) for one in pairs if one[1] - one[0] <= DAY_MINUTES)


ROUND = [
    {day: (night("0:00", "24:00"),) for day in WEEKDAYS},
    {day: (night("4:00", "28:00"),) for day in WEEKDAYS},
    {day: (night("22:00", "30:00"),) for day in WEEKDAYS},
    {day: (night("9:00", "18:00"),) for day in WEEKDAYS},
]


@st.composite
def weeks(draw: st.DrawFn, step: int = 5) -> Weekly:
    """No day reaches past the first hours of the next, of Sunday's into Monday's neither."""
    if draw(st.booleans()):
        return draw(st.sampled_from(ROUND))
    week = {day: draw(periods(step)) for day in WEEKDAYS}
    for place, day in enumerate(WEEKDAYS):
        after = week[WEEKDAYS[(place + 1) % 7]]
        if week[day] and after and bounds(week[day][-1])[1] - DAY_MINUTES > bounds(after[0])[0]:
            week[day] = ()
    return week


@st.composite
def days(draw: st.DrawFn) -> BranchDay:
    rules = Rules(
        kiosk_early_minutes=draw(st.sampled_from([0, 5, 15, 90])),
        last_ticket_minutes=draw(st.sampled_from([0, 30, 90])),
        horizon_days=3,
    )
    return BranchDay(draw(DATES), draw(ZONES), rules, draw(weeks()))


@st.composite
def moments(draw: st.DrawFn, day: BranchDay) -> datetime:
    """Around this day."""
    minutes = draw(st.integers(-36 * 60, 60 * 60))
    return day.begins + timedelta(minutes=minutes)
