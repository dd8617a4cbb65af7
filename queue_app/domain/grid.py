"""A day of the calendar as a row of cells of `grid_minutes`, and sets of cells as integers.

Cells are counted in absolute time from local midnight, so a day has 276, 288 or 300 cells of five
minutes. Bit i of a set is cell i.
"""

from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import compress
from zoneinfo import ZoneInfo

from msgspec import Struct

from queue_app.domain import hours
from queue_app.domain.centre import Period

_DIGITS = bytes.maketrans(b"01", b"\x00\x01")


class GridDay(Struct, frozen=True):
    """One local day on the grid.

    `instants`: the start of each cell, in local time. `steps`: the cells at which a visit may
    start. `even`: the clocks do not change, nor at its midnight, so a wall-clock time tells its
    cell at once.
    """

    date: date
    zone: ZoneInfo
    grid_minutes: int
    opens: float
    closes: float
    instants: tuple[datetime, ...]
    steps: int
    even: bool


@lru_cache(maxsize=1024)
def grid_day(day: date, zone: ZoneInfo, grid_minutes: int, step_minutes: int) -> GridDay:
    """The grid of a local day; starts lie on multiples of `step_minutes` of wall-clock time."""
    opens, closes = hours.day_window(day, zone)
    grid = timedelta(minutes=grid_minutes)
    instants = tuple(
        (opens + cell * grid).astimezone(zone) for cell in range((closes - opens) // grid)
    )
    steps = sum(
        1 << cell
        for cell, at in enumerate(instants)
        if (at.hour * 60 + at.minute) % step_minutes == 0
    )
    return GridDay(
        date=day,
        zone=zone,
        grid_minutes=grid_minutes,
        opens=opens.timestamp(),
        closes=closes.timestamp(),
        instants=instants,
        steps=steps,
        even=closes - opens == timedelta(days=1)
        and all(at.utcoffset() == instants[0].utcoffset() for at in instants),
    )


def open_cells(periods: tuple[Period, ...], day: GridDay) -> int:
    """The cells that lie wholly inside the periods."""
    if day.even:
        return _open_evenly(periods, day.grid_minutes)
    grid = day.grid_minutes * 60
    cells = 0
    for opens, closes in hours.as_windows(periods, day.date, day.zone):
        first = -(-(opens.timestamp() - day.opens) // grid)
        cells |= _stretch(int(first), int((closes.timestamp() - day.opens) // grid))
    return cells


@lru_cache(maxsize=4096)
def _open_evenly(periods: tuple[Period, ...], grid_minutes: int) -> int:
    cells = 0
    for period in periods:
        opens, closes = hours.bounds(period)
        cells |= _stretch(-(-opens // grid_minutes), closes // grid_minutes)
    return cells


def _stretch(first: int, end: int) -> int:
    """The cells from `first` up to `end`, which is excluded."""
    return ((1 << (end - first)) - 1) << first if end > first else 0


def runs(free: int, cells: int) -> int:
    """The cells from which `cells` free ones follow one another, themselves included."""
    have = 1
    while have < cells and free:
        step = min(have, cells - have)
        free &= free >> step
        have += step
    return free


def gap(free: int, cell: int) -> int:
    """How many free cells follow one another around this free one."""
    taken_above = ~(free >> cell)
    taken_below = ~free & ((1 << cell) - 1)
    above = (taken_above & -taken_above).bit_length() - 1
    return above + cell - taken_below.bit_length()


def cells_from(day: GridDay, earliest: datetime) -> int:
    """Every cell that does not start before `earliest`."""
    return -1 << max(0, int(-(-(earliest.timestamp() - day.opens) // (day.grid_minutes * 60))))


def instants_of(day: GridDay, cells: int) -> list[datetime]:
    digits = f"{cells:b}".encode().translate(_DIGITS)
    return list(compress(day.instants, reversed(digits)))
