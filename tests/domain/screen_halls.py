"""One small branch and its hall at a moment, for the screens: no database, no clock.

Desk 1 gives bills and meters, desk 2 bills and legal advice. Open from nine to six on weekdays.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import msgspec

from queue_app.domain.catalogue import Duration, Group, Service, Text
from queue_app.domain.centre import (
    WEEKDAYS,
    BranchWords,
    Centre,
    Checklist,
    Period,
    Priority,
    Rules,
    Skill,
    Weekly,
)
from queue_app.domain.directory import Branch, Desk, Directory
from queue_app.domain.habits import Habits
from queue_app.domain.hall import DeskState, Hall, HallTicket
from queue_app.domain.interruptions import Interruption
from queue_app.domain.ranges import Forecasts
from queue_app.domain.tickets import Progress, Ticket

TEN = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
"""Ten o'clock of a Monday in Kyiv."""
WORKDAYS: Weekly = {day: (Period(time(9), time(18)),) for day in WEEKDAYS[:5]}


def both(text: str) -> Text:
    return Text(uk=f"{text} (uk)", en=text)


def service(code: str, bring: tuple[str, ...] = (), send: tuple[str, ...] = ()) -> Service:
    return Service(
        code, "all", both(code), Duration(10, 10), ("visit", "phone"), documents=send, bring=bring
    )


SERVICES = (
    service("bill", ("passport",)),
    service("meter", ("passport", "photo"), ("scan",)),
    service("legal"),
)
CHECKLISTS = (
    Checklist("passport", both("Passport"), (both("the passport"), both("its copy"))),
    Checklist("photo", both("Photo"), (both("a photo"),)),
    Checklist("scan", both("Scan"), (both("a scan of the passport"),)),
)
SKILLS = (
    Skill("cash", both("Cash"), ("bill", "meter")),
    Skill("law", both("Law"), ("bill", "legal")),
)
CENTRE = Centre(
    languages=("uk", "en"),
    country="UA",
    phone_example=None,
    branch_words=BranchWords(),
    title=both("Centre"),
    timezone="Europe/Kyiv",
    rules=Rules(),
    groups=(Group("all", both("All")),),
    services=SERVICES,
    checklists=CHECKLISTS,
    contacts=(),
    notes=(),
    priorities=(Priority("veteran", both("War veteran")),),
    skills=SKILLS,
    branches=(),
)
BRANCH = Branch(
    id=1,
    slug="main",
    title=both("Main"),
    address=both("Street 1"),
    hours=WORKDAYS,
    closures=(),
    desks=tuple(
        Desk(number, str(number), (skill.code,), frozenset(skill.services), WORKDAYS)
        for number, skill in enumerate(SKILLS, start=1)
    ),
    lanes=(),
    shelter=both("the metro"),
)
DIRECTORY = Directory(
    version=1,
    epoch="first",
    centre=CENTRE,
    services_ever={one.code: one for one in SERVICES},
    branches={BRANCH.slug: BRANCH},
    branches_ever={BRANCH.id: BRANCH},
)


def after(minutes: float) -> datetime:
    return TEN + timedelta(minutes=minutes)


def ticket(id_: int, state: str = "waiting", *services: str, **known: Any) -> HallTicket:
    """Taken `id_` minutes after half past nine, for a bill unless said otherwise."""
    issued_at = after(id_ - 30)
    values: dict[str, Any] = {
        "id": id_,
        "number": f"А{id_}",
        "channel": "visit",
        "priority": None,
        "language": "uk",
        "appointment_id": None,
        "due_at": None,
        "issued_at": issued_at,
        "revision": 1,
        "state": state,
        "services": services or ("bill",),
        "queued_at": issued_at,
        "for_desk_id": None,
        "desk_id": None,
        "called_at": None,
        "calls": 0,
        "started_at": None,
        "ended_at": None,
    }
    return HallTicket(**(values | known))


def at_desk(id_: int, desk: int, state: str = "called", **known: Any) -> HallTicket:
    """Called to that desk a minute before ten."""
    return ticket(
        id_, state, **({"desk_id": desk, "called_at": after(-1), "calls": 1, "revision": 2} | known)
    )


def own(one: HallTicket) -> Ticket:
    """The row behind a ticket of the hall, as its link finds it."""
    return Ticket(
        branch_id=BRANCH.id,
        id=one.id,
        day=date(2026, 11, 23),
        number=one.number,
        token=f"1-token{one.id}",
        channel=one.channel,
        priority=one.priority,
        language=one.language,
        appointment_id=one.appointment_id,
        due_at=one.due_at,
        issued_at=one.issued_at,
        progress=msgspec.convert(one, type=Progress, from_attributes=True),
        people=one.people,
        company=one.company,
    )


def desk(number: int, state: str = "open", staff: int | None = None) -> DeskState:
    """A desk with a clerk whose id is ten times its number, unless closed or said otherwise."""
    clerk = None if state == "closed" else staff or 10 * number
    login = f"clerk-{clerk}" if clerk else None
    return DeskState(number, str(number), state, clerk, login, None, after(-60))


def stop(*services: str, kind: str = "alert", **known: Any) -> Interruption:
    """An interruption since five to ten, of everything unless services are named."""
    values = {"id": 1, "kind": kind, "services": services or None, "note": None}
    return Interruption(**(values | {"started_at": after(-5)} | known))  # type: ignore[arg-type]


def hall(
    *tickets: HallTicket,
    desks: Sequence[DeskState] = (desk(1), desk(2)),
    recent: Sequence[HallTicket] = (),
    missed: Sequence[HallTicket] = (),
    interruptions: Sequence[Interruption] = (),
    at: datetime = TEN,
    directory: Directory = DIRECTORY,
) -> Hall:
    return Hall(
        directory=directory,
        branch=BRANCH,
        day=directory.today(BRANCH, at),
        at=at,
        version=7,
        epoch="first",
        desks=tuple(desks),
        tickets=tickets,
        recent=tuple(recent),
        missed=tuple(missed),
        appointed=(),
        times={},
        habits=Habits(),
        interruptions=tuple(interruptions),
        forecasts=Forecasts(),
    )
