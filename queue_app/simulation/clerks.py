"""Synthetic clerks: one at every desk, from the first visitor to the last.

They open, call, start, finish and mark no-shows; pause as the roster has it; now and then they
recall, park, transfer, put back and undo. All of it at the pace of the hall: who is behind does
the next thing.
"""

import asyncio
import contextlib
import random
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from queue_app.domain.hours import Window
from queue_app.simulation.hall import AFTER_CLOSING, MINUTE, DeskShift, Person, World
from queue_app.simulation.wire import Refused

PAUSE_MINUTES = 5.0
PAUSE_FROM, PAUSE_UNTIL = 0.3, 0.7
"""In a long day whose roster has no break, the clerk takes a short one in this part of it."""
LONG_DAY = timedelta(hours=5)
ANSWER_SECONDS = 75.0
"""How long a clerk waits for the person before recalling, and again before giving up."""
PARK_SHARE = 0.02
TRANSFER_SHARE = 0.02
SLIP_SHARE = 0.02
"""Of visits: a finish pressed too early, taken back."""
UNKNOWN_MINUTES = 6.0
"""The visit of somebody who is not synthetic: whoever watches the demo may take a ticket."""
LOOK_AGAIN = 1.0
"""Real seconds after which an idle clerk presses the button without any news."""
SHORTEST_WAIT = 0.05
"""Real seconds between two looks at least, however fast the clock."""
BY_HAND = ("ticket_state", "ticket_changed", "desk_busy", "desk_not_open", "not_your_desk",
           "desk_taken", "desk_changed")  # fmt: skip
"""Refusals at the desk whose console is shown: there somebody may press buttons, too."""
ALERT_REFUSAL = "hall_paused"
LEFT_MEANWHILE = ("ticket_state", "ticket_changed")
UNDO_TOO_LATE = ("nothing_to_undo",)
"""When the clock runs fast, the few minutes of an undo are over in no time."""


class Later(NamedTuple):
    """Somebody who will stand at the desk again at that time."""

    at: datetime
    person: Person
    parked: bool


class Clerk:
    """One clerk, who has one desk all day."""

    def __init__(
        self, world: World, shift: DeskShift, sign_in: tuple[str, str], shown: bool, seed: int
    ) -> None:
        """`shown`: the console of this desk is on the page of all faces."""
        self.world = world
        self.shift = shift
        self.rng = random.Random(seed)
        self._login, self._password = sign_in
        self._allow = BY_HAND if shown else ()
        self._token = ""
        self._desk = 0
        self._absent = list(_breaks(shift, self.rng))
        self._later: list[Later] = []

    async def work(self) -> None:
        world = self.world
        if not self.shift.windows:
            return
        opens = self.shift.windows[0].opens
        await world.until(opens - self.rng.uniform(6, 30) * MINUTE)
        await self._sign_in()
        await world.until(opens - self.rng.uniform(0, 1) * MINUTE)
        await self._open()
        while not self._may_go():
            try:
                await self._turn()
            except Refused:
                await self._look_around()
        with contextlib.suppress(Refused):
            await self._at_desk("closings")
        world.open_desks.pop(self._desk, None)
        world.taken.pop(self.shift.number, None)

    async def _sign_in(self) -> None:
        world = self.world
        session = await world.wire.post(
            "/api/v1/sessions", {"login": self._login, "password": self._password}
        )
        self._token = session["token"]
        desks = await world.wire.get(f"/api/v1/branches/{world.plan.branch}/desks", self._token)
        self._desk = next(one["id"] for one in desks if one["number"] == self.shift.number)

    async def _open(self) -> None:
        await self._at_desk("openings")
        self.world.open_desks[self._desk] = self.shift
        self.world.taken[self.shift.number] = self._desk

    def _may_go(self) -> bool:
        """After closing time, once nobody is left whom this desk could serve."""
        world = self.world
        now = world.now()
        if now < self.shift.windows[-1].closes:
            return False
        if now > world.plan.closes + AFTER_CLOSING + 15 * MINUTE:
            return True
        return not self._later and not world.needed(self.shift.services)

    async def _turn(self) -> None:
        """One thing that a clerk does with nobody at the desk."""
        world = self.world
        if self._absent and world.now() >= self._absent[0].opens:
            await self._rest(self._absent.pop(0))
            return
        await world.calls_go_on.wait()
        called = await self._take_back() or await self._call()
        if called is None:
            await self._idle()
        else:
            await self._attend(called)

    async def _idle(self) -> None:
        """Until somebody waits for this desk; now and then press the button all the same."""
        world = self.world
        until = time.monotonic() + LOOK_AGAIN
        await asyncio.sleep(SHORTEST_WAIT)
        while not world.needed(self.shift.services) and (left := until - time.monotonic()) > 0:
            await world.news(left)
        await self._pause(self.rng.uniform(2, 10))

    async def _rest(self, absent: Window) -> None:
        """A break. Whoever was late to it still has half of it."""
        world = self.world
        short = absent.closes - absent.opens <= PAUSE_MINUTES * MINUTE
        await self._at_desk("pauses", {"reason": "Перерва" if short else "Обід"})
        world.open_desks.pop(self._desk, None)
        await world.until(max(absent.closes, world.now() + (absent.closes - absent.opens) / 2))
        await self._open()

    async def _take_back(self) -> Any:
        """Whoever was parked or missed and stands at the desk again.

        A parked person is called at once by this desk, or waits again like one who was missed:
        where they stood before. Gives the ticket that was called, if any.
        """
        now = self.world.now()
        for later in self._later:
            if later.at <= now:
                self._later.remove(later)
                with contextlib.suppress(Refused):  # they may have left meanwhile
                    return await self._take(later)
        return None

    async def _take(self, later: Later) -> Any:
        ticket = later.person.ticket
        if later.person.gone.is_set():
            return None
        if later.parked and self.rng.random() < 0.5:
            return await self._call(ticket)
        await self._say(ticket, "returns", allow=LEFT_MEANWHILE)
        later.person.away = False
        self.world.tell()
        return None

    async def _call(self, ticket: int | None = None) -> Any:
        world = self.world
        called = await world.wire.post(
            f"/api/v1/desks/{self._desk}/calls",
            {"ticket": ticket},
            token=self._token,
            keyed=True,
            allow=(*self._allow, ALERT_REFUSAL, *(LEFT_MEANWHILE if ticket else ())),
        )
        if called:
            world.called(called["id"], called["calls"])
        return called

    async def _attend(self, called: Any) -> None:
        """From the call to the end of the visit."""
        world = self.world
        person = world.inside.get(called["id"])
        if person:
            person.called.set()
            person.away = True
            if person.waited is None:
                person.waited = _waited(person, world.now())
        if not await self._comes(called["id"], person):
            await self._missed(called["id"], person)
            return
        await self._say(called["id"], "starts")
        await self._serve(called["id"], person)

    async def _comes(self, ticket: int, person: Person | None) -> bool:
        """Whether the person appears; one recall for those who do not at once."""
        hears = person.hears if person else 1
        if hears == 1:
            await self._pause(self.rng.uniform(25, 75))
            return True
        await self._pause(ANSWER_SECONDS)
        recalled = await self._say(ticket, "recalls")
        self.world.called(ticket, recalled["calls"])
        await self._pause(ANSWER_SECONDS if hears == 0 else self.rng.uniform(10, 40))
        return hears == 2

    async def _missed(self, ticket: int, person: Person | None) -> None:
        await self._say(ticket, "no-shows", allow=(ALERT_REFUSAL,))
        if person is None:
            return
        if person.comes_back:
            person.comes_back, person.hears = False, 1
            at = self.world.now() + self.rng.uniform(3, 9) * MINUTE
            self._later.append(Later(at, person, parked=False))
        else:
            self.world.go(person, "no-show")

    async def _serve(self, ticket: int, person: Person | None) -> None:
        world = self.world
        minutes = person.minutes if person else UNKNOWN_MINUTES
        if person and world.now() < world.plan.kiosk_until:
            fate = self.rng.random()
            if fate < PARK_SHARE:
                return await self._park(ticket, person)
            if fate < PARK_SHARE + TRANSFER_SHARE:
                return await self._transfer(ticket, person)
        await world.work(60 * minutes)
        await self._say(ticket, "finishes")
        if self.rng.random() < SLIP_SHARE and await self._undo(ticket):
            await self._pause(self.rng.uniform(30, 90))
            await self._say(ticket, "finishes")
        if person:
            world.go(person, "served")
        await self._pause(self.rng.uniform(2, 12))
        return None

    async def _park(self, ticket: int, person: Person) -> None:
        """A form to fill in: the person steps aside and comes back in a while."""
        await self._pause(self.rng.uniform(30, 90))
        await self._say(ticket, "parkings")
        at = self.world.now() + self.rng.uniform(4, 10) * MINUTE
        self._later.append(Later(at, person, parked=True))

    async def _transfer(self, ticket: int, person: Person) -> None:
        """On to a colleague who gives the same, or to another service."""
        world = self.world
        await self._pause(self.rng.uniform(60, 180))
        same = [
            desk
            for desk, shift in world.open_desks.items()
            if desk != self._desk and shift.services.issuperset(person.services)
        ]
        if same and self.rng.random() < 0.5:
            wish: dict[str, Any] = {"desk": self.rng.choice(same)}
        else:
            wish = {"services": [self.rng.choice(world.plan.errands).code]}
        moved = await self._say(ticket, "transfers", wish)
        person.services = tuple(moved["services"])
        person.away = False
        world.tell()

    async def _undo(self, ticket: int) -> bool:
        try:
            await self._say(ticket, "undo", allow=UNDO_TOO_LATE)
        except Refused as refusal:
            if refusal.code in UNDO_TOO_LATE:
                return False
            raise
        return True

    async def _say(
        self, ticket: int, verb: str, body: Any = None, allow: tuple[str, ...] = ()
    ) -> Any:
        said = await self.world.wire.post(
            f"/api/v1/tickets/{ticket}/{verb}",
            body,
            token=self._token,
            keyed=True,
            allow=(*self._allow, *allow),
        )
        self.world.tell()
        return said

    async def _at_desk(self, what: str, body: Any = None) -> None:
        await self.world.wire.post(
            f"/api/v1/desks/{self._desk}/{what}", body, token=self._token, allow=self._allow
        )

    async def _pause(self, hall_seconds: float) -> None:
        await self.world.work(hall_seconds)

    async def _look_around(self) -> None:
        """After a refusal: somebody did another thing at this desk. Go on from what is there."""
        world = self.world
        await world.news(max(world.clock.real_seconds(30), SHORTEST_WAIT))
        with contextlib.suppress(Refused):
            screen = await world.wire.get(f"/console/desks/{self._desk}/screen", self._token)
            current = screen["current"]
            if screen["desk"]["state"] != "open" and current is None:
                await self._pause(120)
                await self._open()
            if current:
                await self._carry_on(current)
        for person in [one for one in world.inside.values() if one.away]:
            await self._find_out(person)

    async def _carry_on(self, current: Any) -> None:
        person = self.world.inside.get(current["ticket"])
        if current["state"] == "called":
            await self._say(current["ticket"], "starts")
        await self._serve(current["ticket"], person)

    async def _find_out(self, person: Person) -> None:
        """Whoever was seen off by hand is gone for the synthetic clerks, too."""
        with contextlib.suppress(Refused):
            seen = await self.world.wire.get(f"/api/v1/tickets/{person.token}")
            if seen["state"] == "finished":
                self.world.go(person, "served")
            elif seen["state"] == "left":
                self.world.go(person, "left")


def _breaks(shift: DeskShift, rng: random.Random) -> Iterator[Window]:
    """The gaps of the roster; in a long day without one, a pause that nobody foresees."""
    for before, after in zip(shift.windows, shift.windows[1:], strict=False):
        yield Window(before.closes, after.opens)
    if len(shift.windows) == 1:
        opens, closes = shift.windows[0]
        if closes - opens > LONG_DAY:
            begins = opens + (closes - opens) * rng.uniform(PAUSE_FROM, PAUSE_UNTIL)
            yield Window(begins, begins + PAUSE_MINUTES * MINUTE)


def _waited(person: Person, now: datetime) -> float:
    """Minutes of the hall: from the ticket, or from the booked time for who came before it."""
    assert person.issued
    since = max(person.issued, person.due) if person.due else person.issued
    return max(0.0, (now - since) / MINUTE)
