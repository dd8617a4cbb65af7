"""Synthetic clerks: one at every desk, from the first visitor to the last.

They open, call, start, finish and mark no-shows; pause as the roster has it; now and then they
recall, park, transfer, put back and undo. All of it at the pace of the hall: what the machine takes
for a request is no time of theirs, as a second of it may be minutes of the hall. Who is behind does
the next thing at once, until they have caught up.
"""

import asyncio
import contextlib
import random
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from queue_app.demo.floor import AFTER_CLOSING, Floor, Visitor
from queue_app.demo.plan import MINUTE, DeskShift
from queue_app.demo.wire import Refused
from queue_app.domain.hours import Window
from queue_app.texts.words import words

PAUSE_MINUTES = 5.0
PAUSE_FROM, PAUSE_UNTIL = 0.3, 0.7
"""In a long day whose roster has no break, the clerk takes a short one in this part of it."""
LONG_DAY = timedelta(hours=5)
LAST_HOURS = timedelta(hours=2)
"""Of what a clerk is signed in for: round the clock they sign in anew before it runs out."""
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
JUST_RESUMED = "just_resumed"
LEFT_MEANWHILE = ("ticket_state", "ticket_changed")
UNDO_TOO_LATE = ("nothing_to_undo",)
"""When the clock runs fast, the few minutes of an undo are over in no time."""


class Later(NamedTuple):
    """Somebody who will stand at the desk again at that time."""

    at: datetime
    person: Visitor
    parked: bool


class Clerk:
    """One clerk, who has one desk all day."""

    def __init__(
        self, floor: Floor, shift: DeskShift, sign_in: tuple[str, str], shown: bool, seed: int
    ) -> None:
        """`shown`: the console of this desk is on the page of all faces."""
        self.floor = floor
        self.shift = shift
        self.rng = random.Random(seed)
        self._login, self._password = sign_in
        self._allow = BY_HAND if shown else ()
        self._token = ""
        self._again = floor.plan.closes
        self._desk = 0
        self._at = floor.plan.opens
        """When the last thing that they did was to be done."""
        self._absent = list(_breaks(shift, self.rng))
        self._later: list[Later] = []

    async def work(self) -> None:
        floor = self.floor
        if not self.shift.windows:
            return
        opens = self.shift.windows[0].opens
        await floor.until(opens - self.rng.uniform(6, 30) * MINUTE)
        await self._sign_in()
        await floor.until(opens - self.rng.uniform(0, 1) * MINUTE)
        await self._open()
        self._at = floor.now()
        while not self._may_go():
            try:
                await self._turn()
            except Refused:
                await self._look_around()
                self._at = floor.now()
        with contextlib.suppress(Refused):
            await self._at_desk("closings")
        floor.open_desks.pop(self._desk, None)
        floor.taken.pop(self.shift.number, None)

    async def _sign_in(self) -> None:
        floor = self.floor
        session = await floor.wire.post(
            "/api/v1/sessions", {"login": self._login, "password": self._password}
        )
        self._token = session["token"]
        self._again = datetime.fromisoformat(session["expires_at"]) - LAST_HOURS
        desks = await floor.wire.get(f"/api/v1/branches/{floor.plan.branch}/desks", self._token)
        self._desk = next(one["id"] for one in desks if one["number"] == self.shift.number)

    async def _open(self) -> None:
        await self._at_desk("openings")
        self.floor.open_desks[self._desk] = self.shift
        self.floor.taken[self.shift.number] = self._desk

    def _may_go(self) -> bool:
        """After closing time, once nobody is left whom this desk could serve."""
        floor = self.floor
        now = floor.now()
        if now < self.shift.windows[-1].closes:
            return False
        if now > floor.plan.closes + AFTER_CLOSING + 15 * MINUTE:
            return True
        return not self._later and not floor.needed(self.shift.services)

    async def _turn(self) -> None:
        """One thing that a clerk does with nobody at the desk."""
        floor = self.floor
        if floor.now() >= self._again:
            await self._sign_in()
        if self._absent and floor.now() >= self._absent[0].opens:
            await self._rest(self._absent.pop(0))
            return
        if not floor.calls_go_on.is_set():
            await floor.calls_go_on.wait()
            self._at = floor.now()
        called = await self._take_back() or await self._call()
        if called is None:
            await self._idle()
        else:
            await self._attend(called)

    async def _idle(self) -> None:
        """Until somebody waits for this desk; now and then press the button all the same."""
        floor = self.floor
        until = time.monotonic() + LOOK_AGAIN
        await asyncio.sleep(SHORTEST_WAIT)
        while not floor.needed(self.shift.services) and (left := until - time.monotonic()) > 0:
            await floor.news(left)
        self._at = floor.now()
        await self._pause(self.rng.uniform(2, 10))

    async def _rest(self, absent: Window) -> None:
        """A break. Whoever was late to it still has half of it."""
        floor = self.floor
        short = absent.closes - absent.opens <= PAUSE_MINUTES * MINUTE
        spoken = words(floor.plan.languages[0])
        reason = spoken.gettext("Short break") if short else spoken.gettext("Lunch")
        await self._at_desk("pauses", {"reason": reason})
        floor.open_desks.pop(self._desk, None)
        await floor.until(max(absent.closes, floor.now() + (absent.closes - absent.opens) / 2))
        await self._open()
        self._at = floor.now()

    async def _take_back(self) -> Any:
        """Whoever was parked or missed and stands at the desk again.

        A parked person is called at once by this desk, or waits again like one who was missed:
        where they stood before. Gives the ticket that was called, if any.
        """
        now = self.floor.now()
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
        self.floor.tell()
        return None

    async def _call(self, ticket: int | None = None) -> Any:
        floor = self.floor
        called = await floor.wire.post(
            f"/api/v1/desks/{self._desk}/calls",
            {"ticket": ticket},
            token=self._token,
            keyed=True,
            allow=(*self._allow, ALERT_REFUSAL, *(LEFT_MEANWHILE if ticket else ())),
        )
        if called:
            floor.called(called["id"], called["calls"])
        return called

    async def _attend(self, called: Any) -> None:
        """From the call to the end of the visit."""
        floor = self.floor
        person = floor.inside.get(called["id"])
        if person:
            person.called.set()
            person.away = True
            if person.waited is None:
                person.waited = _waited(person, floor.now())
        if not await self._comes(called["id"], person):
            await self._missed(called["id"], person)
            return
        await self._say(called["id"], "starts")
        await self._serve(called["id"], person)

    async def _comes(self, ticket: int, person: Visitor | None) -> bool:
        """Whether the person appears; one recall for those who do not at once."""
        hears = person.hears if person else 1
        if hears == 1:
            await self._pause(self.rng.uniform(25, 75))
            return True
        await self._pause(ANSWER_SECONDS)
        recalled = await self._say(ticket, "recalls")
        self.floor.called(ticket, recalled["calls"])
        await self._pause(ANSWER_SECONDS if hears == 0 else self.rng.uniform(10, 40))
        return hears == 2

    async def _missed(self, ticket: int, person: Visitor | None) -> None:
        await self._give_up(ticket)
        if person is None:
            return
        if person.comes_back:
            person.comes_back, person.hears = False, 1
            at = self.floor.now() + self.rng.uniform(3, 9) * MINUTE
            self._later.append(Later(at, person, parked=False))
        else:
            self.floor.go(person, "no-show")

    async def _give_up(self, ticket: int) -> None:
        """Just after an alert whoever was called before it has a moment to come: wait it out."""
        try:
            await self._say(ticket, "no-shows", allow=(ALERT_REFUSAL, JUST_RESUMED))
        except Refused as refusal:
            if refusal.code != JUST_RESUMED:
                raise
            possible_at = datetime.fromisoformat(refusal.body["possible_at"])
            await self.floor.until(possible_at)
            self._at = max(self._at, possible_at)
            await self._say(ticket, "no-shows", allow=(ALERT_REFUSAL,))

    async def _serve(self, ticket: int, person: Visitor | None) -> None:
        floor = self.floor
        minutes = person.minutes if person else UNKNOWN_MINUTES
        if person and floor.now() < floor.plan.kiosk_until:
            fate = self.rng.random()
            if fate < PARK_SHARE:
                return await self._park(ticket, person)
            if fate < PARK_SHARE + TRANSFER_SHARE:
                return await self._transfer(ticket, person)
        await self._pause(60 * minutes)
        await self._say(ticket, "finishes")
        if self.rng.random() < SLIP_SHARE and await self._undo(ticket):
            await self._pause(self.rng.uniform(30, 90))
            await self._say(ticket, "finishes")
        if person:
            floor.go(person, "served")
        await self._pause(self.rng.uniform(2, 12))
        return None

    async def _park(self, ticket: int, person: Visitor) -> None:
        """A form to fill in: the person steps aside and comes back in a while."""
        await self._pause(self.rng.uniform(30, 90))
        await self._say(ticket, "parkings")
        at = self.floor.now() + self.rng.uniform(4, 10) * MINUTE
        self._later.append(Later(at, person, parked=True))

    async def _transfer(self, ticket: int, person: Visitor) -> None:
        """On to a colleague who gives the same, or to another service."""
        floor = self.floor
        await self._pause(self.rng.uniform(60, 180))
        same = [
            desk
            for desk, shift in floor.open_desks.items()
            if desk != self._desk and shift.services.issuperset(person.services)
        ]
        if same and self.rng.random() < 0.5:
            wish: dict[str, Any] = {"desk": self.rng.choice(same)}
        else:
            wish = {"services": [self.rng.choice(floor.plan.errands).code]}
        moved = await self._say(ticket, "transfers", wish)
        person.services = tuple(moved["services"])
        person.away = False
        floor.tell()

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
        said = await self.floor.wire.post(
            f"/api/v1/tickets/{ticket}/{verb}",
            body,
            token=self._token,
            keyed=True,
            allow=(*self._allow, *allow),
        )
        self.floor.tell()
        return said

    async def _at_desk(self, what: str, body: Any = None) -> None:
        await self.floor.wire.post(
            f"/api/v1/desks/{self._desk}/{what}", body, token=self._token, allow=self._allow
        )

    async def _pause(self, hall_seconds: float) -> None:
        self._at = await self.floor.work(hall_seconds, self._at)

    async def _look_around(self) -> None:
        """After a refusal: somebody did another thing at this desk. Go on from what is there."""
        floor = self.floor
        await floor.news(max(floor.clock.real_seconds(30), SHORTEST_WAIT))
        with contextlib.suppress(Refused):
            screen = await floor.wire.get(f"/console/desks/{self._desk}/screen", self._token)
            current = screen["current"]
            if screen["desk"]["state"] != "open" and current is None:
                await self._pause(120)
                await self._open()
            if current:
                await self._carry_on(current)
        for person in [one for one in floor.inside.values() if one.away]:
            await self._find_out(person)

    async def _carry_on(self, current: Any) -> None:
        person = self.floor.inside.get(current["ticket"])
        if current["state"] == "called":
            await self._say(current["ticket"], "starts")
        await self._serve(current["ticket"], person)

    async def _find_out(self, person: Visitor) -> None:
        """Whoever was seen off by hand is gone for the synthetic clerks, too."""
        with contextlib.suppress(Refused):
            seen = await self.floor.wire.get(f"/api/v1/tickets/{person.token}")
            if seen["state"] == "finished":
                self.floor.go(person, "served")
            elif seen["state"] == "left":
                self.floor.go(person, "left")


def _breaks(shift: DeskShift, rng: random.Random) -> Iterator[Window]:
    """The gaps of the roster; in a long day without one, a pause that nobody foresees."""
    for before, after in zip(shift.windows, shift.windows[1:], strict=False):
        yield Window(before.closes, after.opens)
    if len(shift.windows) == 1:
        opens, closes = shift.windows[0]
        if closes - opens > LONG_DAY:
            begins = opens + (closes - opens) * rng.uniform(PAUSE_FROM, PAUSE_UNTIL)
            yield Window(begins, begins + PAUSE_MINUTES * MINUTE)


def _waited(person: Visitor, now: datetime) -> float:
    """Minutes of the hall: from the ticket, or from the booked time for who came before it."""
    assert person.issued
    since = max(person.issued, person.due) if person.due else person.issued
    return max(0.0, (now - since) / MINUTE)
