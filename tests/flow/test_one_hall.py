"""A centre that changes a rule simulates its own hall: what both use is held side by side.

Every rule is changed in turn. What the hall uses and what the simulator and the demo use must be
the same before and after, and another after than before, so that no check is blind.
"""

import re
from collections.abc import Callable
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from random import Random

import pytest
from msgspec.structs import replace

from config.files import load_centre
from queue_app.demo.plan import plan_of
from queue_app.domain import arrivals, hours, interruptions, numbering, slots
from queue_app.domain.centre import Centre, Rules
from queue_app.domain.directory import Branch, Desk, Directory, Lane
from queue_app.domain.dispatch import POLICIES, Policy
from queue_app.domain.habits import Habits
from queue_app.domain.hall import Hall
from queue_app.domain.interruptions import Interruption
from queue_app.domain.policies import policy_named
from queue_app.domain.ranges import Forecasts
from queue_app.flow.history import HistoryRows
from queue_app.queries.slots import visit_of
from queue_app.simulation.past import day_that_was
from queue_app.simulation.run import run_day
from queue_app.simulation.synthetic_branch import (
    DayKind,
    SyntheticBranch,
    synthetic_branch,
)
from queue_app.simulation.synthetic_day import draw

MONDAY = date(2026, 11, 23)
CONFIG = Path(__file__).parents[2] / "config" / "kyiv-cks"

OTHERWISE: dict[str, object] = {
    "grid_minutes": 10,
    "start_step_minutes": 30,
    "open_service_minutes": 25,
    "lead_minutes": 60,
    "horizon_days": 30,
    "release_hour": 8,
    "hold_minutes": 15,
    "early_minutes": 20,
    "check_in_early_minutes": 5,
    "call_again_minutes": 30,
    "hall_code_minutes": 0,
    "late_minutes": 25,
    "last_ticket_minutes": 45,
    "kiosk_early_minutes": 30,
    "wait_target_minutes": 20,
    "undo_minutes": 8,
    "park_minutes": 30,
    "ask_breaks": True,
    "ask_outcome": True,
    "max_bookings": 2,
    "hold_extensions": 1,
    "holds_per_address": 3,
    "holds_per_browser": 2,
    "bookings_per_address": 5,
    "boards_open_to": "devices",
    "at_closing": "let_go",
    "freed_slot_minutes": 30,
    "prove_contact": "always",
    "booking_work_bits": 8,
    "offer_minutes": 20,
    "max_wishes": 1,
    "max_services": 1,
    "alert_resume_minutes": 25,
    "alert_late_start_minutes": 45,
    "retention_days": 60,
    "quiet_from_hour": 22,
    "quiet_until_hour": 7,
    "voice_volume": 50,
    "voice_quiet_from_hour": 12,
    "voice_quiet_until_hour": 13,
    "reminder_hour": 17,
    "reminder_minutes": 0,
    "policy": "fair",
    "walk_in_prefix": "Ж",
    "booked_prefix": "Ю",
    "priority_prefix": "Я",
}
"""Another legal value of every rule of `centre.toml`."""

NOT_OF_THE_QUEUE = {
    "hall_code_minutes": "synthetic people check in at the kiosk",
    "call_again_minutes": "the simulator has visits alone",
    "lead_minutes": "the bookings of a synthetic day are made long before it",
    "horizon_days": "and so that the day was open for them",
    "release_hour": "likewise",
    "hold_extensions": "nor one who holds it for longer",
    "hold_minutes": "nobody who only holds a slot comes into the hall",
    "wait_target_minutes": "nobody looks after a synthetic hall",
    "park_minutes": "a reminder calls nobody",
    "ask_breaks": "rosters know of breaks, not of who granted them",
    "ask_outcome": "what is said at the end of a visit changes no wait",
    "undo_minutes": "synthetic clerks press the right button; the demo's ask the server",
    "max_bookings": "every synthetic person books once",
    "holds_per_address": "a synthetic person has no address",
    "holds_per_browser": "nor a browser",
    "at_closing": "in a synthetic day whoever is in the house at closing is served",
    "boards_open_to": "nobody looks at a synthetic hall",
    "bookings_per_address": "a synthetic person has no address",
    "freed_slot_minutes": "a synthetic person gives no booking back",
    "prove_contact": "a synthetic person has no contact",
    "booking_work_bits": "nor a browser that computes",
    "offer_minutes": "every synthetic person finds a time",
    "max_wishes": "every synthetic person finds a time",
    "alert_late_start_minutes": "synthetic alerts begin in opening hours",
    "quiet_from_hour": "a synthetic person gets no messages",
    "quiet_until_hour": "a synthetic person gets no messages",
    "voice_volume": "a synthetic person hears nothing",
    "voice_quiet_from_hour": "a synthetic person hears nothing",
    "voice_quiet_until_hour": "a synthetic person hears nothing",
    "reminder_hour": "a synthetic person gets no messages",
    "reminder_minutes": "a synthetic person gets no messages",
    "retention_days": "names and contacts have no part in the queue",
}
"""Rules of which the simulator needs nothing, and why."""


@cache
def own_centre() -> Centre:
    return load_centre(CONFIG)


def centre_with(**changed: object) -> Centre:
    centre = own_centre()
    return replace(centre, rules=replace(centre.rules, **changed))


class Real:
    """What the hall of a centre's first branch goes by."""

    def __init__(self, centre: Centre) -> None:
        self.centre = centre
        self.directory = directory_of(centre)
        self.branch = next(iter(self.directory.branches.values()))
        midnight = hours.day_window(MONDAY, self.directory.zone).opens
        today = self.directory.day(self.branch, MONDAY)
        self.hall = Hall(
            self.directory,
            self.branch,
            today,
            midnight,
            1,
            "first",
            (),
            (),
            (),
            (),
            (),
            {},
            Habits(),
            (),
            Forecasts(),
        )

    def policy(self) -> Policy:
        return self.hall.policy

    def kiosk(self) -> tuple[int, int]:
        """The first and the last minute of the day in which it gives tickets, the last excluded."""
        given = [
            minute
            for minute in range(24 * 60)
            if self.hall.day.door(self.hall.at + timedelta(minutes=minute)).state == "open"
        ]
        return given[0], given[-1] + 1

    def earliest(self) -> float:
        """How many minutes before its time a booking is checked in at the earliest."""
        due = self.hall.at + timedelta(hours=17)
        return (due - arrivals.checks_in_from(due, self.centre.rules)) / timedelta(minutes=1)

    def planned(self) -> dict[str, float]:
        return {code: self.hall.planned_minutes((code,)) for code in self._visited()}

    def booked(self) -> dict[str, int]:
        return {code: visit_of(self.directory, [code], "visit").minutes for code in self._visited()}

    def _visited(self) -> list[str]:
        return [one.code for one in self.centre.services if "visit" in one.channels]

    def starts(self) -> set[int]:
        """The minutes of the day from which a visit of no length could be booked."""
        capacity = slots.Capacity(
            self.branch.lanes,
            self.branch.hours,
            (),
            (),
            replace(self.centre.rules, lead_minutes=0),
            self.directory.zone,
        )
        found: set[int] = set()
        for code in self._visited():
            visit = slots.Visit(frozenset([code]), "visit", 1)
            day = slots.free_starts(capacity, visit, MONDAY, 1, self.hall.at)[MONDAY]
            found |= {one.hour * 60 + one.minute for one in day}
        return found

    def alert_delay(self) -> int:
        """Of an alert at ten."""
        at_ten = self.hall.at + timedelta(hours=10)
        alert = Interruption(1, "alert", None, None, at_ten, None, None)
        return interruptions.resume_minutes(alert, self.hall.day)

    def series(self) -> set[str]:
        kinds = [(True, None), (False, "disability"), (False, None)]
        return {numbering.prefix(self.centre.rules, *kind) for kind in kinds}

    def most_services(self) -> int:
        """Of the two that synthetic people ask for at most."""
        return min(2, self.centre.rules.max_services)


class Simulated:
    """The same of the simulator."""

    def __init__(self, centre: Centre) -> None:
        self.centre = centre
        self.directory = directory_of(centre)
        self.branch = self._branch("rush")
        self.days = [draw(self.branch, MONDAY, Random(seed)) for seed in range(3)]

    def _branch(self, kind: DayKind) -> SyntheticBranch:
        return synthetic_branch(self.centre, self.centre.branches[0], kind, Random(1))

    def policy(self) -> Policy:
        return self.branch.policy

    def kiosk(self) -> tuple[int, int]:
        today = self.branch.on(MONDAY)
        (window,) = today.kiosk
        found = int(today.minute(window.opens)), int(today.minute(window.closes))
        for day in self.days:
            walked = [one.arrives for one in day.people if one.person.due is None]
            assert found[0] <= min(walked) and max(walked) < found[1]
        return found

    def earliest(self) -> float:
        """Nobody comes in before; somebody comes in just then where that is soon."""
        first = float(self.centre.rules.check_in_early_minutes)
        early = [
            one.person.due - one.arrives
            for day in self.days
            for one in day.people
            if one.person.due is not None
        ]
        assert max(early) <= first
        return first if first > 60 else max(early)

    def planned(self) -> dict[str, float]:
        return {code: self.branch.planned(frozenset([code])) for code in self.branch.times}

    def booked(self) -> dict[str, int]:
        return {code: self.branch.booked_minutes(frozenset([code])) for code in self.branch.times}

    def starts(self) -> set[float]:
        return {one.due for day in self.days for one in day.bookings if one.due is not None}

    def alert_delay(self) -> int:
        (alert,) = draw(self._branch("alert"), MONDAY, Random(1)).interruptions
        assert alert.resumes_at and alert.ended_at
        return int((alert.resumes_at - alert.ended_at) / timedelta(minutes=1))

    def series(self) -> set[str]:
        branch = next(iter(self.directory.branches.values()))
        rows = HistoryRows(self.directory, branch, 1)
        rows.add_day(
            day_that_was(self.directory, branch, run_day(self.days[0], self.branch.policy))
        )
        return {re.sub(r"\d", "", ticket[3]) for ticket in rows.tickets}

    def most_services(self) -> int:
        return max(len(one.person.services) for day in self.days for one in day.people)


CHECKED: dict[str, Callable[[Real | Simulated], object]] = {
    "policy": lambda one: one.policy(),
    "kiosk": lambda one: one.kiosk(),
    "check_in": lambda one: one.earliest(),
    "planned": lambda one: one.planned(),
    "booked": lambda one: one.booked(),
    "alert": lambda one: one.alert_delay(),
    "series": lambda one: one.series(),
    "services": lambda one: one.most_services(),
}


def seen(one: Real | Simulated) -> dict[str, object]:
    return {name: look(one) for name, look in CHECKED.items()}


@cache
def as_it_is() -> dict[str, object]:
    return seen(Real(own_centre()))


def test_every_rule_has_another_value_and_no_reason_is_left_over() -> None:
    assert OTHERWISE.keys() == set(Rules.__struct_fields__)
    assert NOT_OF_THE_QUEUE.keys() < OTHERWISE.keys()
    for name, value in OTHERWISE.items():
        assert value != getattr(own_centre().rules, name), name


@pytest.mark.parametrize("rule", Rules.__struct_fields__)
def test_the_simulator_has_the_hall_of_its_centre_whatever_rule_is_changed(rule: str) -> None:
    centre = centre_with(**{rule: OTHERWISE[rule]})
    real, simulated = Real(centre), Simulated(centre)
    assert seen(real) == seen(simulated)
    assert simulated.starts() <= real.starts()
    if rule == "start_step_minutes":
        assert not Simulated(own_centre()).starts() <= real.starts()
    elif rule not in NOT_OF_THE_QUEUE:
        assert seen(real) != as_it_is()


@pytest.mark.parametrize("rule", ["kiosk_early_minutes", "last_ticket_minutes"])
def test_the_demo_sends_people_while_the_kiosk_gives_tickets(rule: str) -> None:
    real = Real(centre_with(**{rule: OTHERWISE[rule]}))
    plan = plan_of(real.directory, real.branch, MONDAY)
    assert plan
    first, last = (timedelta(minutes=minute) for minute in real.kiosk())
    assert (plan.kiosk_from, plan.kiosk_until) == (real.hall.at + first, real.hall.at + last)


@pytest.mark.parametrize("name", POLICIES)
def test_a_policy_that_is_compared_has_the_minutes_of_the_centre(name: str) -> None:
    centre = centre_with(policy=name, late_minutes=25, early_minutes=20)
    assert policy_named(name, centre.rules) == Real(centre).policy()  # type: ignore[arg-type]


def directory_of(centre: Centre) -> Directory:
    """The centre as it would be loaded; every row has the id of its place."""
    skills = {one.code: frozenset(one.services) for one in centre.skills}

    def given(codes: tuple[str, ...]) -> frozenset[str]:
        return frozenset().union(*(skills[code] for code in codes))

    branches = {
        plan.slug: Branch(
            id=place,
            slug=plan.slug,
            title=plan.title,
            address=plan.address,
            hours=plan.hours,
            closures=plan.closures,
            desks=tuple(
                Desk(at, one.number, one.skills, given(one.skills), one.roster)
                for at, one in enumerate(plan.desks, start=1)
            ),
            lanes=tuple(
                Lane(at, one.code, one.channel, one.skills, given(one.skills), one.roster)
                for at, one in enumerate(plan.lanes, start=1)
            ),
        )
        for place, plan in enumerate(centre.branches, start=1)
    }
    return Directory(
        version=1,
        epoch="first",
        centre=centre,
        services_ever={one.code: one for one in centre.services},
        branches=branches,
        branches_ever={one.id: one for one in branches.values()},
    )
