"""What a resident has chosen so far. It stands in the address, so that Back always works."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, Protocol
from urllib.parse import urlencode

from msgspec import Struct, structs

from booking.part_of_day import PARTS, Part, suiting
from queue_app.domain.catalogue import (
    SLOT_CHANNELS,
    Channel,
    Service,
    common_channels,
    planned_minutes,
    visit_minutes,
)
from queue_app.domain.centre import Checklist
from queue_app.domain.directory import Branch, Directory
from queue_app.domain.pairs import parts_of
from queue_app.queries import slots

ANY = "*"
"""Instead of a branch: whichever has the time. No branch can be called so."""


class Parameters(Protocol):
    """A query string or a form."""

    def get(self, key: str) -> Any: ...
    def getall(self, key: str, default: list[Any]) -> list[Any]: ...


class Choice(Struct, frozen=True):
    """Codes as in the centre's files; what is not chosen yet is empty or None.

    `branch` may be `ANY`. `hours`: times of this part of the day alone."""

    services: tuple[str, ...] = ()
    channel: Channel | None = None
    branch: str | None = None
    day: date | None = None
    hours: Part | None = None

    def url(self, path: str, **changes: Any) -> str:
        """The address of a step with this choice, or with some of it changed."""
        pairs = structs.replace(self, **changes).pairs()
        return f"{path}?{urlencode(pairs)}" if pairs else path

    def pairs(self) -> list[tuple[str, str]]:
        """As the fields of a form or of an address."""
        pairs = [("service", code) for code in self.services]
        pairs += [("channel", self.channel)] if self.channel else []
        pairs += [("branch", self.branch)] if self.branch else []
        pairs += [("hours", self.hours)] if self.hours else []
        return pairs + ([("day", self.day.isoformat())] if self.day else [])


def read_choice(parameters: Parameters, directory: Directory) -> Choice:
    """What of the parameters the centre knows; the rest is as if it were not chosen."""
    known = directory.services
    asked = dict.fromkeys(map(str, parameters.getall("service", [])))
    channel, branch = parameters.get("channel"), parameters.get("branch")
    return Choice(
        services=tuple(code for code in asked if code in known),
        channel=next((one for one in SLOT_CHANNELS if one == channel), None),
        branch=branch if branch == ANY or branch in directory.branches else None,
        day=_day(parameters.get("day")),
        hours=next((one for one in PARTS if one == parameters.get("hours")), None),
    )


def _day(text: Any) -> date | None:
    try:
        return date.fromisoformat(text)
    except (TypeError, ValueError):
        return None


def services_problem(directory: Directory, services: tuple[str, ...]) -> str | None:
    """Why these cannot be booked together: `no_service`, `too_many_services`, `nobody_serves`."""
    if not services:
        return "no_service"
    if len(services) > directory.rules.max_services:
        return "too_many_services"
    return None if channels_of(directory, services) else "nobody_serves"


def channels_of(directory: Directory, services: tuple[str, ...]) -> tuple[Channel, ...]:
    """The channels through which some branch can give all of them at once."""
    return tuple(
        channel
        for channel in common_channels(directory.services[code] for code in services)
        if branches_of(directory, services, channel)
    )


def pair_channels(directory: Directory, services: tuple[str, ...]) -> tuple[Channel, ...]:
    """The channels through which no branch can give all of them at once, but one can in two visits
    (or calls), one after another."""
    return tuple(
        channel
        for channel in common_channels(directory.services[code] for code in services)
        if not branches_of(directory, services, channel)
        and any(parts_of(branch, services, channel) for branch in directory.branches.values())
    )


def ways_of(directory: Directory, services: tuple[str, ...]) -> dict[Channel, str]:
    """The channels through which they are given, each with the path on which it goes on."""
    at_once = channels_of(directory, services)
    in_two = pair_channels(directory, services)
    return {one: "/branch" if one in at_once else "/two" for one in (*at_once, *in_two)}


def sent_instead(directory: Directory, services: tuple[str, ...]) -> list[Checklist]:
    """What is sent so that no visit is needed; nothing where one of them needs a visit anyway."""
    if not all(directory.services[code].documents for code in services):
        return []
    return directory.to_send(services)


def is_asked_how(directory: Directory, services: tuple[str, ...]) -> bool:
    """Whether there is another way than the one, so that the question is asked."""
    return len(ways_of(directory, services)) > 1 or bool(sent_instead(directory, services))


def places_of(directory: Directory, choice: Choice) -> list[Branch]:
    """The branch that is chosen, or all that can give it where any will do."""
    if choice.branch != ANY:
        return [directory.branch(choice.branch or "")]
    return branches_of(directory, choice.services, choice.channel or "visit")


def branches_of(directory: Directory, services: tuple[str, ...], channel: Channel) -> list[Branch]:
    return [branch for branch in directory.branches.values() if branch.gives(services, channel)]


def missing_step(directory: Directory, choice: Choice) -> str | None:
    """The address of the first step that is not taken yet, up to the branch."""
    if problem := services_problem(directory, choice.services):
        # Whatever cannot be one visit may be two, and there it is said.
        return choice.url("/way" if problem == "nobody_serves" else "/")
    if choice.channel not in channels_of(directory, choice.services):
        return choice.url("/way", channel=None, branch=None, day=None)
    branches = branches_of(directory, choice.services, choice.channel)
    if choice.branch != ANY and all(branch.slug != choice.branch for branch in branches):
        return choice.url("/branch", branch=None, day=None)
    return None


def longest(directory: Directory, services: Iterable[Service]) -> int:
    """Minutes that these services take at most, as every page says them of several; of one it says
    what the catalogue has published."""
    return sum(planned_minutes(one, directory.rules.open_service_minutes) for one in services)


def planned(directory: Directory, services: list[Service]) -> int:
    """Minutes that are kept free for these services."""
    rules = directory.rules
    return visit_minutes(services, rules.open_service_minutes, rules.grid_minutes)


async def free_days(
    directory: Directory,
    branch: Branch,
    services: tuple[str, ...],
    channel: Channel,
    now: datetime,
    leaving_out: int | None = None,
    part: Part | None = None,
) -> dict[date, list[datetime]]:
    """The days of the horizon that have free starts of that part of the day, each with its starts
    in local time."""
    found = await slots.free_days(
        directory,
        branch,
        list(services),
        channel,
        directory.local(now).date(),
        directory.rules.horizon_days + 1,
        now,
        leaving_out,
    )
    suit = {day.date: suiting(part, day.starts) for day in found}
    return {day: starts for day, starts in suit.items() if starts}
