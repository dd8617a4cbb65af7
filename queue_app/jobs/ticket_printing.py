"""Tickets come out of the printers, each printer by itself: one that stands still delays no other.

Printers that answer are asked now and then how they stand, so that staff know of an empty roll
before somebody stands at the kiosk without a ticket.
"""

import asyncio
import logging
import time
from datetime import timedelta
from functools import partial
from pathlib import Path

from PIL import Image

from queue_app.clock import Clock
from queue_app.delivery.adapter import Needless
from queue_app.delivery.paper.document import ticket_document
from queue_app.delivery.paper.lettering import Lettering
from queue_app.delivery.paper.outcome import CutShort, NotBegun
from queue_app.delivery.paper.picture import drawn
from queue_app.delivery.paper.ways import print_picture, state_at
from queue_app.domain.paper import DOTS, PRINT_PAUSE, PRINT_WORTH, PRINTS, PrinterState
from queue_app.domain.people import SYSTEM
from queue_app.domain.ranges import Forecasts
from queue_app.domain.tickets import LIVE
from queue_app.domain.told_range import Wait
from queue_app.flow import printing
from queue_app.flow.act import By
from queue_app.flow.printing import PrintJob
from queue_app.queries import foretold, printers, reference, tickets
from queue_app.queries.printers import KnownPrinter
from queue_app.store import db
from queue_app.tasks import cancelled

ASK_SECONDS = 20.0
"""So often a printer without work is asked how it stands, in the machine's time."""
LOOK_SECONDS = 0.25
"""So often it is looked for tickets of other printers while some are at work."""
TURN_SECONDS = 60.0
"""A run begins nothing more after so long; its next turn is a second away."""

_log = logging.getLogger(__name__)
_Key = tuple[int, int]


class TicketPrinting:
    """`public_url`: with which the address of a ticket's page begins; None: no code is printed.
    `centre`: the folder of its files, where it has fonts of its own."""

    def __init__(
        self,
        public_url: str | None,
        forecasts: Forecasts | None = None,
        centre: Path | None = None,
    ) -> None:
        self._public_url = public_url
        self._lettering = Lettering(centre)
        self._forecasts = forecasts
        self._asked: dict[_Key, float] = {}

    async def run(self, clock: Clock) -> int:
        """All that is due; how many tickets came out."""
        enough = time.monotonic() + TURN_SECONDS
        at_work: dict[_Key, asyncio.Task[int]] = {}
        done = 0
        try:
            while True:
                if time.monotonic() < enough:
                    await self._begin_work(clock, at_work)
                if not at_work:
                    return done
                await asyncio.wait(
                    at_work.values(), timeout=LOOK_SECONDS, return_when=asyncio.FIRST_COMPLETED
                )
                for key in [key for key, task in at_work.items() if task.done()]:
                    done += at_work.pop(key).result()
        finally:
            await cancelled(at_work.values())

    async def _begin_work(self, clock: Clock, at_work: dict[_Key, asyncio.Task[int]]) -> None:
        now = clock.now()
        latest = now + 2 * self._span(clock, printing.PRINT_LEASE)
        for printer in await printers.with_work(now, latest, at_work.keys()):
            key = (printer.branch_id, printer.id)
            at_work[key] = asyncio.create_task(self._serve(clock, printer))
        for printer in await self._unasked(at_work):
            key = (printer.branch_id, printer.id)
            at_work[key] = asyncio.create_task(self._ask(clock, printer))

    async def _unasked(self, at_work: dict[_Key, asyncio.Task[int]]) -> list[KnownPrinter]:
        now = time.monotonic()
        known = await printers.all_known()
        return [
            one
            for one in known
            if one.answers
            and (one.branch_id, one.id) not in at_work
            and now - self._asked.get((one.branch_id, one.id), -ASK_SECONDS) >= ASK_SECONDS
        ]

    async def _ask(self, clock: Clock, printer: KnownPrinter) -> int:
        await self._note(clock, printer, await state_at(printer.address))
        return 0

    async def _note(self, clock: Clock, printer: KnownPrinter, state: PrinterState) -> None:
        self._asked[printer.branch_id, printer.id] = time.monotonic()
        by = By(SYSTEM, clock.now())
        if await printing.note_printer(by, printer.branch_id, printer.id, state):
            level = logging.INFO if state in PRINTS else logging.WARNING
            _log.log(level, "printer %s/%s: %s", printer.branch, printer.code, state)

    async def _serve(self, clock: Clock, printer: KnownPrinter) -> int:
        """Its tickets, one after the other, until none is due or it stands still."""
        lease = self._span(clock, printing.PRINT_LEASE)
        done = 0
        while job := await printing.claim(printer.branch_id, printer.id, clock.now(), lease):
            came_out = await self._print(clock, printer, job)
            if came_out is None:
                break
            done += came_out
        return done

    async def _print(self, clock: Clock, printer: KnownPrinter, job: PrintJob) -> bool | None:
        """Whether it came out; None: the printer takes none now."""
        give_up = partial(printing.give_up_print, By(SYSTEM, clock.now()), job)
        if job.begun_at is not None:
            await give_up("whoever printed it was ended in mid-ticket")
            return False
        if clock.now() - job.created_at > self._span(clock, PRINT_WORTH):
            await give_up("no printer took it in time")
            return False
        try:
            ticket = await self._drawn(clock, printer, job)
        except Needless as needless:
            await give_up(str(needless), "dropped")
            return False
        begin = partial(self._begun, clock, job)
        try:
            state = await print_picture(printer.address, printer.answers, ticket, begin)
        except NotBegun as stopped:
            pause = self._span(clock, PRINT_PAUSE)
            await printing.put_off(job, clock.now(), pause)
            await self._note(clock, printer, stopped.state)
            return None
        except CutShort as stopped:
            _log.warning("ticket %s may have no paper: %s", job.ticket_id, stopped)
            await give_up(str(stopped))
            await self._note(clock, printer, stopped.state)
            return None
        await printing.mark_printed(job, clock.now())
        await self._note(clock, printer, state)
        return True

    @staticmethod
    def _span(clock: Clock, real: timedelta) -> timedelta:
        return timedelta(seconds=clock.hall_seconds(real.total_seconds()))

    @staticmethod
    async def _begun(clock: Clock, job: PrintJob) -> bool:
        """A database that is away is no fault of the printer: nothing is sent."""
        try:
            return await printing.begin(job, clock.now())
        except db.OUTAGES as error:
            _log.debug("ticket %s is not printed yet: %s", job.ticket_id, type(error).__name__)
            return False

    async def _drawn(self, clock: Clock, printer: KnownPrinter, job: PrintJob) -> Image.Image:
        """As the hall has it now, with the range that the kiosk showed. Needless where its visit
        is over."""
        now = clock.now()
        directory = await reference.directory()
        ticket = await tickets.by_id([job.branch_id], job.ticket_id)
        if ticket.progress.state not in LIVE:
            raise Needless("the visit is over")
        branch = directory.branch_of(job.branch_id)
        seen = await foretold.load(directory, branch, now, self._forecasts)
        wait = seen.waits.get(ticket.id)
        told = await printers.promised(job.branch_id, ticket.id) if job.kind == "ticket" else None
        if told:
            wait = Wait(wait.people_ahead if wait else 0, *told)
        link = f"{self._public_url}/t/{ticket.token}" if self._public_url else None
        document = ticket_document(seen, ticket, wait, link, reprint=job.kind == "reprint")
        dots = DOTS[printer.width_mm]
        return await asyncio.to_thread(drawn, document, dots, self._lettering)
