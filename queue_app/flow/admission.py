"""Whether somebody may come in: for these services, in this branch, at this moment."""

from datetime import datetime

from queue_app.domain import arrivals
from queue_app.domain.appointments import Appointment
from queue_app.domain.branch_day import Door
from queue_app.domain.catalogue import Channel
from queue_app.domain.directory import Branch, Directory
from queue_app.domain.errors import RuleBroken


def check_services(
    directory: Directory, services: list[str], channel: Channel = "visit"
) -> tuple[str, ...]:
    """The services without repeats; RuleBroken where they cannot be given in one visit."""
    chosen = chosen_services(directory, services)
    known = directory.services
    if elsewhere := [code for code in chosen if channel not in known[code].channels]:
        code = "not_by_phone" if channel == "phone" else "not_by_visit"
        raise RuleBroken(code, services=elsewhere)
    return chosen


def chosen_services(directory: Directory, services: list[str]) -> tuple[str, ...]:
    """The services without repeats, through whatever channel.

    RuleBroken `no_service`, `unknown_service`, `too_many_services`.
    """
    chosen = tuple(dict.fromkeys(services))
    known = directory.services
    if not chosen:
        raise RuleBroken("no_service")
    if unknown := [code for code in chosen if code not in known]:
        raise RuleBroken("unknown_service", services=unknown)
    if len(chosen) > directory.rules.max_services:
        raise RuleBroken("too_many_services", limit=directory.rules.max_services)
    return chosen


def check_desks(branch: Branch, services: tuple[str, ...]) -> None:
    """RuleBroken `nobody_serves` unless some desk of the branch gives all these services."""
    if not any(desk.services.issuperset(services) for desk in branch.desks):
        raise RuleBroken("nobody_serves", services=list(services))


def check_priority(directory: Directory, priority: str | None) -> None:
    if priority and all(one.code != priority for one in directory.centre.priorities):
        raise RuleBroken("unknown_priority", priority=priority)


def check_office(branch: Branch) -> None:
    """RuleBroken `no_walk_ins` where nobody is received: the contact centre phones."""
    if branch.kind == "contact_centre":
        raise RuleBroken("no_walk_ins", branch=branch.slug)


def check_open(directory: Directory, branch: Branch, now: datetime) -> Door:
    """The open door; RuleBroken `branch_closed` with `opens_at`, or `past_last_ticket` with
    `closes_at`."""
    door = directory.today(branch, now).door(now)
    if door.state == "past_last_ticket":
        raise RuleBroken("past_last_ticket", closes_at=door.closes_at, opens_at=door.opens_at)
    if door.state == "closed":
        raise RuleBroken("branch_closed", opens_at=door.opens_at)
    return door


def check_in_time(directory: Directory, appointment: Appointment, now: datetime) -> None:
    """RuleBroken `too_early` with `possible_at`, where the centre takes nobody that early."""
    possible_at = arrivals.checks_in_from(appointment.starts_at, directory.rules)
    if now < possible_at:
        raise RuleBroken("too_early", possible_at=directory.local(possible_at))


def check_not_over(directory: Directory, branch: Branch, now: datetime) -> None:
    """RuleBroken `branch_closed` once the branch has closed for the day; early is welcome."""
    day = directory.today(branch, now)
    if day.is_over(now):
        raise RuleBroken("branch_closed", opens_at=day.door(now).opens_at)
