"""A crowd that does anything at any time, sensible or not."""

import asyncio
import random
from collections import Counter
from datetime import timedelta
from typing import Any

import httpx

from tests.conftest import MONDAY
from tests.flow.racing import CHAOS, Hall, Request
from tests.support.people import Machine, Person


class Crowd:
    """Residents, kiosks and clerks who do anything at any time, and hang up when they like."""

    def __init__(
        self,
        hall: Hall,
        dice: random.Random,
        clerks: list[Person],
        desks: list[int],
        readers: list[Machine],
    ) -> None:
        """`readers`: kiosks at which codes are tried; so many that none is taken to guess, as the
        clock of the hall stands still."""
        self.hall = hall
        self.dice = dice
        self.clerks = clerks
        self.desks = desks
        self.readers = readers
        self.statuses: Counter[int] = Counter()
        self.tickets: list[int] = []
        self.links: list[str] = []
        self.codes: list[str] = []

    async def work(self, person: int) -> None:
        """A clerk's next press, sensible or not."""
        clerk, desk = self.clerks[person].bearer, self.dice.choice(self.desks)
        ticket = self.dice.choice(self.tickets[-12:] or [1])
        verb = self.dice.choice(
            ("calls", "calls", "calls", "pick", "recalls", "starts", "starts", "finishes",
             "no-shows", "parkings", "returns", "transfers", "undo", "undo", "pauses",
             "closings", "openings", "openings")
        )  # fmt: skip
        if verb == "calls":
            await self.say(f"/desks/{self.desks[person]}/calls", clerk)
        elif verb == "pick":
            await self.say(f"/desks/{self.desks[person]}/calls", clerk, {"ticket": ticket})
        elif verb in ("pauses", "closings", "openings"):
            await self.say(f"/desks/{desk}/{verb}", clerk)
        elif verb == "transfers":
            elsewhere = {"desk": desk} if self.dice.random() < 0.5 else {"services": ["tariffs"]}
            await self.say(f"/tickets/{ticket}/transfers", clerk, elsewhere)
        else:
            await self.say(f"/tickets/{ticket}/{verb}", clerk)

    async def visit(self) -> None:
        """A resident or a kiosk."""
        act = self.dice.choice((self.book, self.book, self.change, self.walk_in, self.check_in))
        await act()

    async def book(self) -> None:
        soon = MONDAY + timedelta(minutes=self.dice.choice(range(40, 240, 10)))
        held = await self.say(
            f"/branches/{CHAOS}/appointments",
            {},
            {"services": ["owner-change"], "starts_at": soon.isoformat(), "channel": "visit"},
        )
        if held:
            contact = {"name": "Олена", "phone": f"+38067{self.dice.randrange(10**7):07}"}
            booked = await self.say(f"/appointments/{held['token']}/confirmation", {}, contact)
            if booked:
                self.links.append(booked["token"])
                self.codes.append(booked["code"])

    async def change(self) -> None:
        link = self.dice.choice(self.links or ["1-0123456789abcdef"])
        if self.dice.random() < 0.3:
            await self.say(f"/appointments/{link}/cancellation", {})
        else:
            later = MONDAY + timedelta(minutes=self.dice.choice(range(40, 240, 10)))
            await self.say(
                f"/appointments/{link}/reschedulings", {}, {"starts_at": later.isoformat()}
            )

    async def walk_in(self) -> None:
        kiosk = self.hall.kiosks[CHAOS].bearer
        service = self.dice.choice(("tariffs", "debt-amount"))
        issued = await self.say(f"/branches/{CHAOS}/tickets", kiosk, {"services": [service]})
        await self.note(issued)

    async def check_in(self) -> None:
        kiosk = self.dice.choice(self.readers).bearer
        code = self.dice.choice(self.codes or ["000000"])
        await self.note(await self.say(f"/branches/{CHAOS}/check-ins", kiosk, {"code": code}))

    async def note(self, issued: Any) -> None:
        if issued:
            self.tickets.append(issued["id"])
            if self.dice.random() < 0.1:
                await self.say(f"/tickets/{issued['token']}/leavings", {})

    async def say(self, path: str, who: dict[str, str], body: dict[str, Any] | None = None) -> Any:
        """Ask any process; some hang up early, and ask again with the same key."""
        request = Request(path, body, who)
        if self.dice.random() < 0.15:
            asking = asyncio.create_task(request.send(self.dice.choice(self.hall.clients)))
            await asyncio.wait({asking}, timeout=self.dice.random() / 100)
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)
        for _ in range(30):
            try:
                answer = await request.send(self.dice.choice(self.hall.clients))
            except httpx.TransportError:
                continue
            self.statuses[answer.status] += 1
            assert answer.status < 500, (request, answer)
            return answer.json if answer.status in (200, 201) else None
        raise AssertionError("no process answers any more")
