"""Time that stops: an alert, a power cut, a registry that is down.

An interruption stops new calls for all services of a branch or for named ones, from when it
was said until `resumes_at`. That moment is unknown until somebody says that it is over; then
it follows a stated delay. The order of the queue never changes by it, and a booking whose time
fell into it keeps its right to come first. Practice: in Ukraine work resumes within 10 minutes
of the all-clear, and an alert from before opening moves the start to 30 minutes after its end.
"""

import math
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from queue_app.domain.branch_day import BranchDay
from queue_app.domain.centre import Rules
from queue_app.domain.dispatch import Waiting
from queue_app.domain.forward import Stop

Kind = Literal["alert", "power", "registry", "other"]
KINDS: tuple[Kind, ...] = ("alert", "power", "registry", "other")

NEVER = datetime.max.replace(tzinfo=UTC)
"""Later than any moment: while nobody knows when calls resume, nobody is late."""

_MINUTE = timedelta(minutes=1)

COME_WITHIN = timedelta(minutes=2)
"""How long whoever was called before a stop has to come once it is over."""

MAX_DELAY_MINUTES = 12 * 60
"""A stated delay is shorter than a working day."""


class Interruption(Struct, frozen=True):
    """One time without calls. `services`: None for all; `ended_at`: when it was said to be over.

    `resumes_at` is set with `ended_at` and never before it.
    """

    id: int
    kind: Kind
    services: tuple[str, ...] | None
    note: str | None
    started_at: datetime
    ended_at: datetime | None = None
    resumes_at: datetime | None = None

    def lasts_at(self, now: datetime) -> bool:
        return self.started_at <= now and (self.resumes_at is None or now < self.resumes_at)

    def concerns(self, services: Iterable[str]) -> bool:
        """A visit is stopped when any of its services is: it could not be brought to an end."""
        return self.services is None or not frozenset(services).isdisjoint(self.services)

    def is_covered_by(self, services: Iterable[str] | None) -> bool:
        """Whether another one for `services`, None for all, stops all that this one stops.

        One for all services is no more covered by one for some than the other way round: each
        has its own end.
        """
        if services is None or self.services is None:
            return services is None and self.services is None
        return frozenset(self.services) <= frozenset(services)


def begun(interruptions: Iterable[Interruption], now: datetime) -> tuple[Interruption, ...]:
    """As somebody whose clock shows `now` must take them: what is said, and not over, has begun,
    though the clock of whoever said it was ahead."""
    return tuple(
        replace(one, started_at=now) if one.ended_at is None and now < one.started_at else one
        for one in interruptions
    )


def current(interruptions: Iterable[Interruption], now: datetime) -> list[Interruption]:
    """Those that last at `now`: of all services first, then whichever lasts longest."""
    lasting = [one for one in interruptions if one.lasts_at(now)]
    return sorted(
        lasting,
        key=lambda one: (one.services is not None, _reversed(one.resumes_at), one.started_at),
    )


def _reversed(resumes_at: datetime | None) -> float:
    return -(resumes_at or NEVER).timestamp()


def stop_of_all(interruptions: Iterable[Interruption], now: datetime) -> Interruption | None:
    """The interruption for which nobody at all is called at `now`."""
    lasting = current(interruptions, now)
    return lasting[0] if lasting and lasting[0].services is None else None


def stop_of(
    services: Iterable[str], interruptions: Iterable[Interruption], now: datetime
) -> Interruption | None:
    """Why a visit for these services waits at `now`: whichever stops it longest."""
    asked = frozenset(services)
    stopping = [one for one in current(interruptions, now) if one.concerns(asked)]
    return max(stopping, key=lambda one: one.resumes_at or NEVER, default=None)


def awaited_since(
    called_at: datetime, interruptions: Iterable[Interruption], now: datetime
) -> datetime:
    """From when on a called person should be on their way: not while everything was stopped."""
    over = [
        one.resumes_at
        for one in interruptions
        if one.services is None and one.resumes_at is not None and one.resumes_at <= now
    ]
    return max([called_at, *over])


def refusal(
    services: Iterable[str], interruptions: Iterable[Interruption], now: datetime
) -> Interruption | None:
    """Why no ticket is given for these services at `now`: nobody knows yet when they go on.

    From the all-clear on tickets are given, so that people stand in the queue and not before it.
    """
    return stop_of(services, [one for one in interruptions if one.ended_at is None], now)


def refusal_of_all(interruptions: Iterable[Interruption], now: datetime) -> Interruption | None:
    """The same for any service at all."""
    return stop_of_all([one for one in interruptions if one.ended_at is None], now)


def usual_delay(
    kind: Kind, started_at: datetime, first_opening: datetime | None, rules: Rules
) -> int:
    """Whole minutes from the all-clear to the first call, unless somebody states others.

    `first_opening`: of the day on which it ends; None on a day without opening hours, and where
    the branch was open already when the day began.
    """
    if kind != "alert":
        return 0
    if first_opening is not None and started_at < first_opening:
        return rules.alert_late_start_minutes
    return rules.alert_resume_minutes


def resume_minutes(one: Interruption, day: BranchDay) -> int:
    """Whole minutes from the all-clear to the first call, were it said on this day."""
    return usual_delay(one.kind, one.started_at, None if day.came_on else day.opens, day.rules)


def end(interruption: Interruption, now: datetime, after_minutes: int) -> Interruption:
    """Said to be over at `now`; calls resume so many minutes after that.

    Said again before calls have resumed, it only states another delay, counted from the first
    time. What has resumed stays as it was. What was said by a clock that has been set back since
    counts as said now, so that no such clock keeps a hall waiting.
    """
    if interruption.resumes_at is not None and interruption.resumes_at <= now:
        return interruption
    started_at = min(interruption.started_at, now)
    ended_at = min(interruption.ended_at or now, now)
    resumes_at = max(ended_at + timedelta(minutes=after_minutes), now)
    return replace(interruption, started_at=started_at, ended_at=ended_at, resumes_at=resumes_at)


def late_after(
    due_at: datetime,
    services: Iterable[str],
    interruptions: Iterable[Interruption],
    rules: Rules,
) -> datetime:
    """The moment after which a booking that has not checked in is late.

    It is `late_minutes` after its time. Where any of that stretch fell into an interruption of
    its services, it is `late_minutes` after calls resumed; the same again where the next
    interruption begins before then. `NEVER` while nobody knows when calls resume.
    """
    grace = timedelta(minutes=rules.late_minutes)
    asked = frozenset(services)
    limit = due_at + grace
    for one in sorted(interruptions, key=lambda one: one.started_at):
        if one.started_at > limit or not one.concerns(asked):
            continue
        if one.resumes_at is None:
            return NEVER
        if one.resumes_at > due_at:
            limit = max(limit, one.resumes_at + grace)
    return limit


def keep_right(person: Waiting, interruptions: Sequence[Interruption], rules: Rules) -> Waiting:
    """The person with the moment from which their booking counts as late."""
    if person.due_at is None or not interruptions:
        return person
    limit = late_after(person.due_at, person.services, interruptions, rules)
    return replace(person, late_after=limit)


def stops(interruptions: Iterable[Interruption], now: datetime) -> list[Stop]:
    """As the engine wants them: by their beginning, in minutes from now.

    Who does not know the end has infinity for it.
    """
    return [
        Stop(
            (one.started_at - now) / _MINUTE,
            math.inf if one.resumes_at is None else (one.resumes_at - now) / _MINUTE,
            None if one.services is None else frozenset(one.services),
        )
        for one in sorted(interruptions, key=lambda one: one.started_at)
    ]
