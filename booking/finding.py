"""Free days and times as a page shows them, for a new visit and for one that moves."""

from collections.abc import Callable, Mapping
from datetime import MAXYEAR, MINYEAR, date, datetime
from typing import Any, NamedTuple
from urllib.parse import urlencode
from uuid import UUID, uuid4

from litestar import Request

from queue_app.domain.catalogue import Channel
from queue_app.domain.directory import Directory
from queue_app.domain.errors import QueueError
from queue_app.domain.slots import around
from queue_app.texts.formats import NIGHT_ENDS
from queue_app.texts.words import N_
from queue_app.web.i18n import language_of
from queue_app.web.sentences import sentences
from queue_app.web.tongues import marking_words

NOON, EVENING = 12, 18
"""The hours with which the afternoon and the evening begin."""
NEAREST = 6
"""How many other times are offered when the chosen one is gone."""


class DayRow(NamedTuple):
    """A day with free starts, in local time."""

    day: date
    starts: list[datetime]
    url: str


class Part(NamedTuple):
    """The free starts of a part of the day: `night`, `morning`, `afternoon` or `evening`."""

    name: str
    starts: list[datetime]


def day_rows(days: dict[date, list[datetime]], url: Callable[[date], str]) -> list[DayRow]:
    return [DayRow(day, starts, url(day)) for day, starts in days.items()]


def parts_of(rows: list[DayRow], day: date) -> dict[str, Any]:
    """The chosen day in parts, and the nearest days with free starts before and after it."""
    starts = next((row.starts for row in rows if row.day == day), [])
    parts = [
        Part("night", [start for start in starts if start.hour < NIGHT_ENDS]),
        Part("morning", [start for start in starts if NIGHT_ENDS <= start.hour < NOON]),
        Part("afternoon", [start for start in starts if NOON <= start.hour < EVENING]),
        Part("evening", [start for start in starts if start.hour >= EVENING]),
    ]
    before = [row for row in rows if row.day < day]
    after = [row for row in rows if row.day > day]
    return {
        "day": day,
        "parts_of_day": [part for part in parts if part.starts],
        "before": before[-1] if before else None,
        "after": after[0] if after else None,
    }


OF_CALLS: Mapping[str, tuple[str, str]] = {
    "too_near": (
        N_("This time is too near to be booked"),
        N_("Choose a later one. Or call us yourself: the number is below."),
    ),
    "closed_day": (
        N_("We call nobody on this day"),
        N_("Choose another day: here are times before it and after it."),
    ),
    "closed_then": (
        N_("We call nobody at this time"),
        N_("Choose another time: here are some before it and after it."),
    ),
    "off_grid": (
        N_("No call begins at this minute"),
        N_("Choose another time: here are some before it and after it."),
    ),
}
"""Why a start is none, where it is the contact centre that would have called."""

GONE = ("slot_taken", "no_such_time", "does_not_fit")
"""What a chosen start may turn out to be; another start solves each."""


def gone_url(path: str, error: QueueError, starts_at: datetime) -> str:
    """Where other starts are offered; a page of its own, so that Back and reload never ask
    whether to send a form again. What no other start solves is raised again."""
    if error.code not in GONE:
        raise error
    told = {"why": error.code, "reason": error.details.get("reason", "")}
    wanted = urlencode({**told, "wanted": starts_at.isoformat()})
    return f"{path}{'&' if '?' in path else '?'}{wanted}"


def gone(
    request: Request[Any, Any, Any],
    directory: Directory,
    branch: str | None,
    channel: Channel | None,
    days: dict[date, list[datetime]],
    now: datetime,
) -> dict[str, Any]:
    """What stopped the booking, in words, and free starts on both sides of the wanted one."""
    why, reason = (request.query_params.get(one) for one in ("why", "reason"))
    wanted = directory.local(moment(request.query_params.get("wanted")) or now)
    title, detail = sentences(request, why if why in GONE else GONE[0], {"reason": reason})
    of_call = OF_CALLS.get(reason or "") if why == "no_such_time" else None
    if channel == "phone" and of_call:
        title, detail = map(marking_words(language_of(request)).gettext, of_call)
    closures = directory.branches[branch].closures if branch in directory.branches else ()
    return {
        "title": title,
        "detail": detail,
        "closure": next((one for one in closures if one.day == wanted.date()), None),
        "near": _by_day(
            around([one for starts in days.values() for one in starts], wanted, NEAREST)
        ),
    }


def around_by_day(
    days: dict[date, list[datetime]], wanted: datetime
) -> dict[tuple[date, bool], list[datetime]]:
    """As many of the nearest free starts before the wanted one as after it, by day."""
    starts = [start for starts in days.values() for start in starts]
    return _by_day(around(starts, wanted, NEAREST))


def _by_day(starts: list[datetime]) -> dict[tuple[date, bool], list[datetime]]:
    """By the day, and whether they are of its night."""
    by_day: dict[tuple[date, bool], list[datetime]] = {}
    for start in starts:
        by_day.setdefault((start.date(), start.hour < NIGHT_ENDS), []).append(start)
    return by_day


def moment(text: Any) -> datetime | None:
    """An aware instant from a form or an address; None for what is not one, or is so early or late
    that no zone's clock shows it."""
    try:
        found = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return found if found.tzinfo and MINYEAR < found.year < MAXYEAR else None


def form_key(text: Any) -> UUID:
    """The key of a form, or a new one."""
    try:
        return UUID(text)
    except (AttributeError, TypeError, ValueError):
        return uuid4()
