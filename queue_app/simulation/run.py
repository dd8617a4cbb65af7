"""A synthetic day under a policy, and what came of it."""

from collections.abc import Callable
from typing import Literal

from msgspec import Struct

from queue_app.domain.dispatch import Person, Policy, is_late
from queue_app.domain.forward import ABSENT_MINUTES, Called, Coming, Forward, stood_still
from queue_app.domain.told_range import quantile
from queue_app.simulation.synthetic_day import SyntheticDay

Class = Literal["walk_in", "booked", "priority"]


class Outcome(Struct, frozen=True):
    """A day that was run: every person's call, and the figures of the day."""

    day: SyntheticDay
    called: dict[int, Called]
    figures: dict[str, float]


FIGURES: dict[str, str] = {
    "walk_in": "walk-ins wait, mean",
    "walk_in_90": "walk-ins wait, 90th percentile",
    "booked": "booked wait after their time, mean",
    "booked_90": "booked wait after their time, 90th percentile",
    "booked_kept": "booked called within 5 min of their time, %",
    "priority": "priority wait, mean",
    "longest": "longest wait",
    "overtaken": "walk-ins passed by somebody who came later, %",
    "passed_by": "most who passed one walk-in",
    "given_up": "gave up before their call, %",
    "use": "desks busy in opening hours, %",
    "overtime": "last visit ends after closing",
}
"""Every figure and its title; minutes where no % stands."""
KEPT_MINUTES = 5.0


def run_day(
    day: SyntheticDay, policy: Policy, on_arrival: Callable[[Forward, Coming], None] | None = None
) -> Outcome:
    return outcome(day, begin(day, policy, on_arrival))


def begin(
    day: SyntheticDay, policy: Policy, on_arrival: Callable[[Forward, Coming], None] | None = None
) -> Forward:
    return Forward(
        day.people,
        day.shifts,
        policy,
        expected=day.expected,
        minutes=day.branch.planned,
        stops=day.stops,
        on_arrival=on_arrival,
    )


def outcome(day: SyntheticDay, forward: Forward) -> Outcome:
    """The day run to its end."""
    called = forward.run()
    return Outcome(day, called, _figures(day, called, forward.policy))


def _figures(day: SyntheticDay, called: dict[int, Called], policy: Policy) -> dict[str, float]:
    """The figures of the day; a class without anybody has none.

    People who had given up are counted as such and not among the waits.
    """
    waits: dict[Class, list[float]] = {"walk_in": [], "booked": [], "priority": []}
    gone = 0
    for one in day.people:
        call = called[one.person.id]
        if call.absent:
            gone += 1
        else:
            waits[class_of(one.person, policy)].append(max(0.0, call.minute - since(one.person)))
    figures: dict[str, float] = {}
    for name, found in waits.items():
        if found:
            figures[name] = sum(found) / len(found)
            figures[f"{name}_90"] = quantile(sorted(found), 0.9)
    if waits["booked"]:
        kept = sum(wait <= KEPT_MINUTES for wait in waits["booked"])
        figures["booked_kept"] = 100 * kept / len(waits["booked"])
    passed = _passed_by(day, called)
    if passed:
        figures["overtaken"] = 100 * sum(count > 0 for count in passed) / len(passed)
        figures["passed_by"] = max(passed)
    figures["longest"] = max((max(found) for found in waits.values() if found), default=0.0)
    figures["given_up"] = 100 * gone / max(1, len(day.people))
    figures |= _desks(day, called)
    return {name: figures[name] for name in FIGURES if name in figures}


def class_of(person: Person, policy: Policy) -> Class:
    """A booking that came late is a walk-in, as under every policy that says when it is late."""
    if person.due is not None and not is_late(person, policy):
        return "booked"
    return "priority" if person.priority else "walk_in"


def since(person: Person) -> float:
    """From when a person's wait counts: they joined, or the time they booked if that is later."""
    return person.queued if person.due is None else max(person.queued, person.due)


def _passed_by(day: SyntheticDay, called: dict[int, Called]) -> list[int]:
    """For each walk-in, how many were called before them that came later and could have been
    served by the same desk: whom they saw pass."""
    services = {one.desk.id: one.desk.services for one in day.shifts}
    calls = sorted(
        ((called[one.person.id], one) for one in day.people), key=lambda pair: pair[0].minute
    )
    found = []
    for place, (_, one) in enumerate(calls):
        if one.person.due is None and not one.person.priority:
            passed = 0
            for call, other in reversed(calls[:place]):
                if call.minute < one.arrives:
                    break
                passed += (
                    other.arrives > one.arrives and one.person.services <= services[call.desk_id]
                )
            found.append(passed)
    return found


def _desks(day: SyntheticDay, called: dict[int, Called]) -> dict[str, float]:
    ends, busy = day.closes, 0.0
    for number, call in called.items():
        over = call.minute + (ABSENT_MINUTES if call.absent else day.lengths[number])
        for stop in day.stops:
            if stop.services is None and call.minute < stop.begins < over:
                over += stop.ends - stop.begins
        ends = max(ends, over)
        over = min(over, day.closes)
        busy += max(0.0, over - call.minute - stood_still(day.stops, call.minute, over))
    worked = sum(
        min(one.leaves, day.closes)
        - one.free
        - sum(end - begin for begin, end in one.breaks)
        - stood_still(day.stops, one.free, min(one.leaves, day.closes))
        for one in day.shifts
    )
    return {"use": 100 * busy / worked, "overtime": ends - day.closes}
