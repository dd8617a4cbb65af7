"""The people of a trial: two kiosks, two clerks, two who book, two who look, twenty boards."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from itertools import count

from tests.faults.boards import Boards
from tests.faults.book import Book, Reply
from tests.faults.line import GIVE_UP_AFTER, Line
from tests.faults.probe import Probe
from tests.faults.stage import Seat, SignIns
from tests.load.stage import HALL

SERVICE = "debt-amount"
PATIENCE = 30.0
"""Seconds in which all must be well again."""
PAGES = ("/", f"/display/{HALL}", f"/api/v1/branches/{HALL}/board", "/console")
KIOSKS, RESIDENTS, READERS, BOARDS = 2, 2, 2, 20


class Crowd:
    """Everybody, what they were told, and whether they are content again."""

    def __init__(self, url: str, sign_ins: SignIns, boards: int = BOARDS) -> None:
        self.url = url
        self.book = Book()
        self.probe = Probe(url)
        self.boards = Boards(url, HALL, boards)
        self._over = False
        self._sign_ins = sign_ins
        self._lines: list[Line] = []
        self._dice = random.Random(1)
        self._names = count(1)
        self._starts: list[str] = []

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        """Until the block ends; whoever waits for an answer then asks on for a while."""
        kiosk = self._sign_ins.kiosk
        work: list[Awaitable[None]] = [
            *(self._lives(self._kiosk, kiosk) for _ in range(KIOSKS)),
            *(self._lives(self._clerk_at(seat), seat.token) for seat in self._sign_ins.seats),
            *(self._lives(self._resident, None) for _ in range(RESIDENTS)),
            *(self._lives(self._reader, None) for _ in range(READERS)),
        ]
        people = [asyncio.ensure_future(one) for one in work]
        try:
            async with self.probe.asking(), self.boards.watching():
                yield
                await self._go_home(people)
        finally:
            for one in people:
                one.cancel()
            await asyncio.gather(*people, return_exceptions=True)

    async def _go_home(self, people: "Sequence[asyncio.Future[None]]") -> None:
        self._over = True
        for line in self._lines:
            line.closed_at = line.closed_at or time.monotonic()
        await asyncio.gather(*people)

    def give_up(self) -> None:
        """Nobody answers any more: who still asks stops at once."""
        self._over = True
        for line in self._lines:
            line.closed_at = -GIVE_UP_AFTER

    async def until_well(self, since: float, stands: Callable[[], bool]) -> bool:
        """Wait until everybody had what they asked for after `since`: for so long, and while
        there is somebody to ask."""
        while time.monotonic() - since < PATIENCE and stands():
            await asyncio.sleep(0.25)
            if self._is_well(since):
                await asyncio.sleep(1)
                return True
        return False

    def _is_well(self, since: float) -> bool:
        return (
            all(line.pleased > since for line in self._lines)
            and self.probe.is_content()
            and self.boards.are_fresh()
        )

    async def repeated(self, since: float, most: int = 100) -> None:
        """The last tickets asked for once more under their keys: the same answer must come.
        Keys from before `since` may be forgotten."""
        keys = [key for key, told in self.book.tickets.items() if told.asked >= since]
        line = Line(self.url, self.book, {"Authorization": f"Bearer {self._sign_ins.kiosk}"})
        line.closed_at = time.monotonic()
        try:
            for key in keys[-most:]:
                await line.insist("ticket", _TICKETS, _TICKET, self._note_ticket, key)
        finally:
            await line.close()

    async def _lives(self, life: Callable[[Line], Awaitable[None]], token: str | None) -> None:
        """One person, by a connection of their own, until it is over."""
        line = Line(self.url, self.book, {"Authorization": f"Bearer {token}"} if token else None)
        self._lines.append(line)
        try:
            while not self._over:
                await life(line)
        finally:
            await line.close()

    async def _kiosk(self, line: Line) -> None:
        await line.insist("ticket", _TICKETS, _TICKET, self._note_ticket)
        await asyncio.sleep(0.4)

    def _note_ticket(self, key: str, reply: Reply) -> None:
        if key not in self.book.tickets:
            self.book.issued.append(time.monotonic())
        self.book.tell("ticket", key, reply.json["token"], reply.sent)

    def _clerk_at(self, seat: Seat) -> Callable[[Line], Awaitable[None]]:
        async def life(line: Line) -> None:
            path = f"/desks/{seat.desk}/calls"
            called = await line.insist("verb", path, None, self._note_call)
            if called and called.status == 200:
                await self._serve(line, called.json["id"])
            elif called and not called.done:
                await self._look_who_is_here(line, seat)
            await asyncio.sleep(0.3)

        return life

    async def _look_who_is_here(self, line: Line, seat: Seat) -> None:
        """After a restore somebody else may be at the desk than the clerk thinks."""
        board = await line.get(f"/api/v1/branches/{HALL}/board")
        for call in board.json["called"] if board.done else ():
            if call["desk"] == seat.number and call["state"] in ("called", "serving"):
                await self._serve(line, call["ticket"])

    async def _serve(self, line: Line, ticket: int) -> None:
        for verb, path in (("start", "starts"), ("finish", "finishes")):
            await asyncio.sleep(0.2)

            def note(key: str, reply: Reply, verb: str = verb) -> None:
                self.book.tell("verb", key, f"{ticket} {verb}", reply.sent)

            await line.insist("verb", f"/tickets/{ticket}/{path}", None, note)

    def _note_call(self, key: str, reply: Reply) -> None:
        if reply.json:
            self.book.tell("verb", key, f"{reply.json['id']} call", reply.sent)

    async def _resident(self, line: Line) -> None:
        """Finds a time, holds it and confirms it; whoever comes too late looks again."""
        if len(self._starts) < 20:
            await self._look_for_times(line)
        if not self._starts:
            return await asyncio.sleep(0.5)
        start = self._starts.pop(self._dice.randrange(len(self._starts)))
        body = {"services": [SERVICE], "starts_at": start, "channel": "visit"}
        held = await line.insist("hold", f"/branches/{HALL}/appointments", body)
        if held and held.status == 201:
            await self._confirm(line, held.json["token"])
        return await asyncio.sleep(0.5)

    async def _look_for_times(self, line: Line) -> None:
        answer = await line.get(f"/api/v1/branches/{HALL}/slots?service={SERVICE}&days=14")
        if answer.done:
            self._starts = [start for day in answer.json["days"] for start in day["starts"]]

    async def _confirm(self, line: Line, link: str) -> None:
        number = next(self._names)
        name = f"Resident {number}"
        body = {"name": name, "phone": f"+38067{number:07}"}

        def note(_key: str, reply: Reply) -> None:
            self.book.tell("booking", name, reply.json["token"], reply.sent)

        await line.insist("booking", f"/appointments/{link}/confirmation", body, note)

    async def _reader(self, line: Line) -> None:
        await line.get(self._dice.choice(PAGES))
        await asyncio.sleep(0.1)


_TICKETS = f"/branches/{HALL}/tickets"
_TICKET = {"services": [SERVICE], "language": "uk"}
