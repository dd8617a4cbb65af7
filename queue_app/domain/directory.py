"""The centre in force: its branches, desks and lanes as they stand, with the ids of their rows."""

import hashlib
from collections.abc import Collection, Iterable
from datetime import date, datetime
from functools import cached_property
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from queue_app.domain.branch_day import BranchDay, branch_day
from queue_app.domain.catalogue import Channel, Language, Service, Text
from queue_app.domain.centre import BranchKind, Centre, Checklist, Closure, Rules, Weekly
from queue_app.domain.errors import NotFound
from queue_app.domain.paper import Printer
from queue_app.domain.quiet import Quiet
from queue_app.domain.reminders import Reminders


class Desk(Struct, frozen=True):
    id: int
    number: str
    skills: tuple[str, ...]
    services: frozenset[str]
    roster: Weekly


class Lane(Struct, frozen=True):
    id: int
    code: str
    channel: Channel
    skills: tuple[str, ...]
    services: frozenset[str]
    roster: Weekly
    pause_minutes: int = 0
    walk_in_percent: int = 0


class Branch(Struct, frozen=True):
    """A branch with what its files give it.

    `retired_desks`: taken away by the files, but a clerk may still be finishing at one.
    `retired`: the files no longer name the branch; it has neither desks nor lanes.
    """

    id: int
    slug: str
    title: Text
    address: Text | None
    hours: Weekly
    closures: tuple[Closure, ...]
    desks: tuple[Desk, ...]
    lanes: tuple[Lane, ...]
    shelter: Text | None = None
    kind: BranchKind = "office"
    entrance: Text | None = None
    access: Text | None = None
    map: tuple[float, float] | None = None
    hall_secret: bytes = bytes(16)
    """Out of which the code is made that its hall shows; nobody is told it."""
    retired_desks: tuple[Desk, ...] = ()
    retired: bool = False
    printers: tuple[Printer, ...] = ()

    def gives(self, services: Collection[str], channel: Channel) -> bool:
        """Whether all of them can be booked as one visit (or call): a lane has room for them, and a
        desk gives them, as lanes are not desks and nobody could call such a visitor else."""
        return any(one.services.issuperset(services) for one in self.desks) and any(
            one.channel == channel and one.services.issuperset(services) for one in self.lanes
        )


class Directory(Struct, frozen=True, dict=True):
    """Everything of the centre that changes only with its files.

    `version` rises with every change of them, in one `epoch` of the database; the ids are of
    that epoch, too. `centre` and `branches` hold what is in force; `services_ever` and
    `branches_ever`, by id, also the retired ones, which old appointments and tickets still name.
    """

    version: int
    epoch: str
    centre: Centre
    services_ever: dict[str, Service]
    branches: dict[str, Branch]
    branches_ever: dict[int, Branch]

    @cached_property
    def edition(self) -> str:
        """Another one where the files say something else, whatever `version` counts."""
        content = msgspec.json.encode(self.centre, order="deterministic")
        return hashlib.blake2b(content, digest_size=6).hexdigest()

    @property
    def rules(self) -> Rules:
        return self.centre.rules

    @property
    def languages(self) -> tuple[Language, ...]:
        return self.centre.languages

    def spoken(self, wish: Language | None) -> Language:
        """The language wished for, or the centre's first where it has not that one."""
        return wish if wish in self.languages else self.languages[0]

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.centre.timezone)

    @property
    def quiet(self) -> Quiet:
        """When nobody is to be woken by a message."""
        return Quiet(self.rules.quiet_from_hour, self.rules.quiet_until_hour, self.zone)

    @property
    def reminders(self) -> Reminders:
        """When people are reminded of their bookings."""
        return Reminders(self.rules.reminder_hour, self.rules.reminder_minutes, self.quiet)

    @property
    def services(self) -> dict[str, Service]:
        return {service.code: service for service in self.centre.services}

    def to_bring(self, services: Iterable[str]) -> list[Checklist]:
        """The checklists of what a visitor takes along for these services."""
        return self._checklists(code for one in self._ever(services) for code in one.bring)

    def to_send(self, services: Iterable[str]) -> list[Checklist]:
        """Those of what is sent for them, so that no visit is needed."""
        return self._checklists(code for one in self._ever(services) for code in one.documents)

    @property
    def sent(self) -> list[Checklist]:
        """All checklists but those of what is only ever brought to a visit."""
        brought = {code for one in self.centre.services for code in one.bring}
        sent = {code for one in self.centre.services for code in one.documents}
        return [one for one in self.centre.checklists if one.code not in brought - sent]

    def _ever(self, codes: Iterable[str]) -> list[Service]:
        return [self.services_ever[code] for code in codes if code in self.services_ever]

    def _checklists(self, codes: Iterable[str]) -> list[Checklist]:
        """In the centre's order."""
        wanted = set(codes)
        return [one for one in self.centre.checklists if one.code in wanted]

    def branch(self, slug: str) -> Branch:
        """The branch of that slug; NotFound `unknown_branch`."""
        if slug not in self.branches:
            raise NotFound("unknown_branch", branch=slug)
        return self.branches[slug]

    def branch_of(self, branch_id: int) -> Branch:
        """The branch of that id, a retired one too; NotFound `unknown_branch`."""
        if branch_id not in self.branches_ever:
            raise NotFound("unknown_branch", branch=branch_id)
        return self.branches_ever[branch_id]

    def ever(self, slug: str) -> Branch:
        """The branch of that slug, a retired one too; NotFound `unknown_branch`."""
        for branch in self.branches_ever.values():
            if branch.slug == slug:
                return branch
        raise NotFound("unknown_branch", branch=slug)

    def local(self, instant: datetime) -> datetime:
        return instant.astimezone(self.zone)

    def today(self, branch: Branch, now: datetime) -> BranchDay:
        """The service day of the branch in which `now` lies."""
        place, kept = self._days.get(branch.id, (None, None))
        if kept is not None and place is branch and kept.begins <= now < kept.ends:
            return kept
        found = self.day(branch, self.local(now).date()).at(now)
        self._days[branch.id] = branch, found
        return found

    @cached_property
    def _days(self) -> dict[int, tuple[Branch, BranchDay]]:
        """The day that was asked for last: the hours in it are worked out once."""
        return {}

    def day(self, branch: Branch, day: date) -> BranchDay:
        return branch_day(self.centre, branch, day)
