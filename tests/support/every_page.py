"""Every page that the application has, in every state, for whatever centre is in force.

Everything that a page needs is found in the centre itself: a branch, a service, free times.
"""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from itertools import cycle

import httpx
from litestar import Litestar
from litestar.routes import HTTPRoute
from msgspec import Struct

from queue_app.clock import FixedClock
from queue_app.domain.contacts import Resident
from queue_app.domain.directory import Branch, Directory
from queue_app.domain.people import RESIDENT, Staff
from queue_app.domain.wish import Wanted
from queue_app.flow import (
    arrival,
    booking,
    calling,
    interrupting,
    proving,
    staffing,
    wish_records,
    wishing,
)
from queue_app.flow.act import By
from queue_app.queries import appointments, reference, slots, waiting_list
from queue_app.store import db
from tests.support.people import KIOSK, Machine, Person, hire, install

NO_PAGES = ("/api/", "/health/", "/metrics", "/static/", "/favicon.ico", "/robots.txt")
"""What begins so is read by programs."""


class Lived(Struct, frozen=True):
    """A hall in which everything that a page can show has happened."""

    branch: str
    service: str
    desk: str
    desk_id: int
    clerk: Person
    kiosk: Machine
    supervisor: Person
    visits: tuple[str, ...]
    tickets: tuple[str, ...]
    wishes: tuple[str, ...]
    booking: int
    tomorrow: str
    proof: str
    reminder: str


def routes_of_pages(app: Litestar) -> set[str]:
    """The paths of everything that a browser asks for with GET."""
    return {
        route.path_format
        for route in app.routes
        if isinstance(route, HTTPRoute) and "GET" in route.methods
        if not route.path_format.startswith(NO_PAGES)
    }


def addresses(lived: Lived) -> dict[str, list[str]]:
    """Each page's addresses by the path of its route."""
    chosen = f"service={lived.service}&channel=visit&branch={lived.branch}"
    visits, tickets = lived.visits, lived.tickets
    return {
        "/": ["/", f"/?branch={lived.branch}"],
        "/way": [f"/way?service={lived.service}", "/way"],
        "/branch": [f"/branch?service={lived.service}&channel=visit"],
        "/day": [f"/day?{chosen}"],
        "/time": [f"/time?{chosen}&day={lived.tomorrow}", f"/time?{chosen}&day=2027-12-25"],
        "/taken": [f"/taken?{chosen}"],
        "/at": [f"/at?{chosen}&starts_at={lived.tomorrow}T10:00:00Z"],
        "/two": ["/two?service=debt-amount&service=owner-change", "/two"],
        "/now": ["/now"],
        "/now/{branch}": [f"/now/{lived.branch}"],
        "/held": ["/held"],
        "/about": ["/about"],
        "/my": ["/my", "/my?sent"],
        "/my/all": ["/my/all"],
        "/my/proofs/{proof}": ["/my/proofs/nobody", f"/my/proofs/{lived.proof}"],
        "/my/proofs/{proof}/data.json": [f"/my/proofs/{lived.proof}/data.json"],
        "/reminders/{message}": [f"/reminders/{lived.reminder}"],
        "/visit/{token}/data": [f"/visit/{one}/data" for one in visits],
        "/visit/{token}/data.json": [f"/visit/{one}/data.json" for one in visits],
        "/visit/{token}/code": [f"/visit/{one}/code" for one in visits],
        "/visit/{token}": [f"/visit/{one}" for one in visits],
        "/visit/{token}/day": [f"/visit/{one}/day" for one in visits],
        "/visit/{token}/time": [f"/visit/{one}/time?day={lived.tomorrow}" for one in visits],
        "/visit/{token}/offer": [
            f"/visit/{one}/offer?starts_at={lived.tomorrow}T10:00:00Z" for one in visits
        ],
        "/visit/{token}/services": [f"/visit/{one}/services" for one in visits],
        "/visit/{token}/services/taken": [
            f"/visit/{one}/services/taken?service={lived.service}" for one in visits
        ],
        "/visit/{token}/taken": [f"/visit/{one}/taken" for one in visits],
        "/visit/{token}/cancellation": [f"/visit/{one}/cancellation" for one in visits],
        "/visit/{token}/contact": [f"/visit/{one}/contact" for one in visits],
        "/visit/{token}/calendar.ics": [
            f"/visit/{one}/calendar.ics"
            for one in visits[2:5]  # what was never more than a hold has no file
        ],
        "/wish": [f"/wish?{chosen}", f"/wish?service={lived.service}", "/wish"],
        "/wish/{token}": [f"/wish/{one}" for one in lived.wishes],
        "/wish/{token}/change": [f"/wish/{one}/change" for one in lived.wishes],
        "/wish/{token}/withdrawal": [f"/wish/{one}/withdrawal" for one in lived.wishes],
        "/wish/{token}/data": [f"/wish/{one}/data" for one in lived.wishes],
        "/wish/{token}/data.json": [f"/wish/{one}/data.json" for one in lived.wishes],
        "/kiosk/{branch}": [f"/kiosk/{lived.branch}"],
        "/kiosk/{branch}/door": [f"/kiosk/{lived.branch}/door"],
        "/kiosk/{branch}/aloud.wav": [f"/kiosk/{lived.branch}/aloud.wav?language=uk&text=Так"],
        "/kiosk/{branch}/qr/{token}": [f"/kiosk/{lived.branch}/qr/{tickets[0]}"],
        "/display/{branch}": [f"/display/{lived.branch}"],
        "/display/{branch}/code": [],  # of registered boards alone
        "/display/{branch}/call-outs": [],  # while somebody is called
        "/display/{branch}/call-outs.wav": [],
        "/api": ["/api"],
        "/display/{branch}/desks/{desk}": [f"/display/{lived.branch}/desks/{lived.desk}"],
        "/kiosk/{branch}/tickets/{ticket}/paper": [f"/kiosk/{lived.branch}/tickets/1/paper"],
        "/t/{token}": [f"/t/{one}" for one in tickets],
        "/t/{token}/paper": [f"/t/{one}/paper?reprint" for one in tickets],
        "/device": ["/device", "/device?kinds=board"],
        "/device/watch": [f"/device/watch?open=/kiosk/{lived.branch}"],
        "/device/pairing": [],  # is there only for a browser that has begun one
        "/console": ["/console"],
        "/console/unsettled": ["/console/unsettled"],
        "/console/devices": ["/console/devices"],
        "/console/leaving": ["/console/leaving"],
        "/console/desks/{desk}/history": [f"/console/desks/{lived.desk_id}/history"],
        "/console/branches/{branch}/today": [
            f"/console/branches/{lived.branch}/today",
            f"/console/branches/{lived.branch}/today?stage=booked&q=Ann",
        ],
        "/console/branches/{branch}/ticket": [f"/console/branches/{lived.branch}/ticket"],
        "/console/branches/{branch}/booking": [
            f"/console/branches/{lived.branch}/booking",
            f"/console/branches/{lived.branch}/booking?service={lived.service}&channel=visit",
        ],
        "/console/branches/{branch}/bookings/{number}": [
            f"/console/branches/{lived.branch}/bookings/{lived.booking}"
        ],
        "/console/sign-in": ["/console/sign-in"],
        "/office": ["/office"],
        "/office/branches/{branch}/staffing": [f"/office/branches/{lived.branch}/staffing"],
        "/office/branches/{branch}": [f"/office/branches/{lived.branch}"],
        "/console/desks/{desk}": [f"/console/desks/{lived.desk_id}"],
        "/console/desks/{desk}/screen": [f"/console/desks/{lived.desk_id}/screen"],
    }


async def live(clock: FixedClock) -> Lived:
    """People come, book, are called, served, missed; each state is left standing once."""
    directory = await reference.directory()
    branch, service = _place(directory)
    clerk = await hire(clock.now(), "clerk-of-pages", branch=branch.slug)
    supervisor = await hire(clock.now(), "supervisor-of-pages", "supervisor", branch.slug)
    desk = next(one for one in branch.desks if service in one.services)
    tickets = await _tickets(clock, directory, branch, service, desk.id, clerk)
    visits = await _visits(clock, directory, branch, service)
    return Lived(
        branch=branch.slug,
        service=service,
        desk=desk.number,
        desk_id=desk.id,
        clerk=clerk,
        supervisor=supervisor,
        kiosk=await install(clock.now(), branch=branch.slug, name="kiosk of pages"),
        visits=tuple(visits),
        tickets=tuple(tickets),
        wishes=tuple(await _wishes(clock, directory, branch, service)),
        booking=(await appointments.by_token(visits[3])).id,
        proof=await _proof(clock),
        reminder=await reminder(),
        tomorrow=str(directory.local(clock.now()).date() + timedelta(days=1)),
    )


def _place(directory: Directory) -> tuple[Branch, str]:
    """A branch with a service that can be booked there and is given at a desk."""
    for branch in directory.branches.values():
        for service in directory.centre.services:
            booked = any(
                lane.channel == "visit" and service.code in lane.services for lane in branch.lanes
            )
            if booked and any(service.code in desk.services for desk in branch.desks):
                return branch, service.code
    raise AssertionError("nothing can be booked")


async def _tickets(
    clock: FixedClock,
    directory: Directory,
    branch: Branch,
    service: str,
    desk: int,
    clerk: Person,
) -> list[str]:
    """One that is called, served, set aside, missed, finished, waits, and has left each."""
    by = By(Staff(clerk.id, clerk.login, "clerk", branch.id), clock.now())
    await staffing.open_desk(by, desk)
    priorities = cycle([None, *(one.code for one in directory.centre.priorities)])
    languages = cycle(directory.languages)
    tokens = []

    async def take() -> str:
        clock.advance(seconds=1)
        issued = await arrival.issue(
            By(KIOSK, clock.now()), branch.slug, [service], next(priorities), next(languages)
        )
        tokens.append(issued.token)
        return issued.token

    for end in (calling.finish, calling.no_show, calling.park):
        await take()
        now = clock.now()
        called = await calling.call(By(by.who, now), desk)
        assert called
        if end is calling.finish:
            await calling.start(By(by.who, now), called.id)
        await end(By(by.who, now), called.id)
    await arrival.leave(By(RESIDENT, clock.now()), await take())
    await take()
    await calling.call(By(by.who, clock.now()), desk)
    for _ in range(3):
        await take()
    return tokens


async def _visits(
    clock: FixedClock, directory: Directory, branch: Branch, service: str
) -> list[str]:
    """Held, booked for today and tomorrow, cancelled, checked in, and one whose hold lapsed."""
    languages = cycle(directory.languages)
    tokens = []

    async def hold() -> str:
        by = By(RESIDENT, clock.now())
        free = await _starts(directory, branch, service, clock.now())
        held = await booking.hold(by, branch.slug, [service], free[0], "visit", next(languages))
        tokens.append(held.token)
        return held.token

    async def book() -> str:
        token = await hold()
        by = By(RESIDENT, clock.now())
        mail = f"somebody{len(tokens)}@example.com"
        await booking.confirm(by, token, "Ann Borg", None, mail, next(languages))
        return token

    await hold()
    clock.advance(minutes=directory.rules.hold_minutes + 1)
    await hold()
    await booking.cancel(By(RESIDENT, clock.now()), await book())
    await book()
    coming = await appointments.by_token(await book())
    clock.set(max(clock.now(), coming.starts_at - timedelta(minutes=5)))
    await arrival.check_in(By(KIOSK, clock.now()), branch.slug, coming.code)
    await hold()
    return tokens


async def _wishes(
    clock: FixedClock, directory: Directory, branch: Branch, service: str
) -> list[str]:
    """One that waits, one for which a time is held, one that was left, one that ended."""
    by = By(RESIDENT, clock.now())
    today = directory.local(clock.now()).date()
    wanted = Wanted((service,), "visit", (branch.id,), today, today + timedelta(days=30), (0, 1))
    languages = cycle(directory.languages)
    tokens = [
        await wishing.make_wish(
            by, next(languages), wanted, Resident("Ann Borg", None, f"waiting{number}@example.com")
        )
        for number in range(4)
    ]
    free = await _starts(directory, branch, service, clock.now())
    held = await booking.hold(by, branch.slug, [service], free[-1], "visit", next(languages))
    await db.fetch(
        "UPDATE appointment SET wish_id = (SELECT id FROM wish WHERE token = $1) WHERE token = $2",
        tokens[1],
        held.token,
    )
    await wishing.withdraw_wish(by, tokens[2])
    ended = await waiting_list.by_token(tokens[3])
    await wish_records.write(ended, "end", "system", clock.now(), "over")
    return tokens


async def _proof(clock: FixedClock) -> str:
    """Of the contact of one who is booked; the code itself is asked for in tests of its own."""
    asked = await proving.ask_code(By(RESIDENT, clock.now()), "somebody4@example.com")
    await db.fetch("UPDATE proof SET proven_at = $1", clock.now())
    return asked.token


async def reminder() -> str:
    """A reminder of whatever is booked, which nobody is sent."""
    return str(
        await db.fetch_value(
            "INSERT INTO message (branch_id, event, kind, channel, recipient, language, state,"
            " created_at, due_at) SELECT branch_id, 'reminder of pages', 'reminder', 'mail',"
            " 'somebody4@example.com', language, 'dropped', created_at, created_at"
            " FROM appointment LIMIT 1"
            " RETURNING identity"
        )
    )


async def _starts(
    directory: Directory, branch: Branch, service: str, now: datetime
) -> list[datetime]:
    today = directory.local(now).date()
    days = await slots.free_days(directory, branch, [service], "visit", today, 2, now)
    return [start for day in days for start in day.starts]


async def stop(lived: Lived, clock: FixedClock) -> None:
    """An alert: the shelter is shown wherever people look."""
    branch = (await reference.directory()).branch(lived.branch)
    who = Staff(lived.supervisor.id, lived.supervisor.login, "supervisor", branch.id)
    await interrupting.interrupt(By(who, clock.now()), lived.branch, "alert", None, "")


async def broken(client: httpx.AsyncClient, lived: Lived, language: str = "") -> list[str]:
    """The pages that are not there as they should be, each with what came instead."""
    wrong = []
    async for address, answer in pages(client, lived, language):
        if answer.status_code >= 500 or answer.status_code not in (200, 303, 422):
            wrong.append(f"{address}: {answer.status_code} {answer.text[-300:]}")
    return wrong


async def pages(
    client: httpx.AsyncClient, lived: Lived, language: str = ""
) -> AsyncIterator[tuple[str, httpx.Response]]:
    """Every page, in that language or as the browser has it."""
    for path, asked in addresses(lived).items():
        for address in asked:
            if language:
                address += f"{'&' if '?' in address else '?'}lang={language}"  # noqa: PLW2901
            headers = {"Accept": "text/html", **bearer(lived, path)}
            yield address, await client.get(address, headers=headers)


def bearer(lived: Lived, path: str) -> dict[str, str]:
    """Of whom the page of that route is for."""
    if path.startswith("/kiosk"):
        return lived.kiosk.bearer
    if path in ("/console/unsettled", "/console/devices") or path.startswith("/office"):
        return lived.supervisor.bearer
    if path.startswith("/console") and "sign-in" not in path:
        return lived.clerk.bearer
    return {}
