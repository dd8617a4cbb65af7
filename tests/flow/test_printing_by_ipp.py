"""Tickets on a printer that speaks IPP: once each, and staff see how it stands."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from queue_app.clock import FixedClock
from queue_app.delivery.paper import ipp
from queue_app.delivery.paper import printer as lines
from queue_app.flow import printing
from queue_app.jobs.ticket_printing import TicketPrinting
from tests.conftest import MONDAY
from tests.flow.test_printing import URL, message_of, state
from tests.support.hall import take_ticket
from tests.support.ipp_printer import CANCELED, STOPPED, IppPrinter, ipp_printer
from tests.support.printer_sink import put_printer, remove_printers

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
async def printer() -> AsyncIterator[IppPrinter]:
    async with ipp_printer() as made:
        await put_printer(made.address)
        yield made
        await remove_printers()


async def test_a_ticket_is_one_job_and_waits_while_there_is_no_paper(
    clock: FixedClock, printer: IppPrinter
) -> None:
    room = TicketPrinting(URL)
    printer.state, printer.reasons = STOPPED, ["media-empty-error"]
    issued = await take_ticket(MONDAY)
    assert await room.run(clock) == 0
    assert (await message_of(issued.id), await state()) == (("waiting", None), "paper_out")
    printer.state, printer.reasons = 3, ["media-low-warning"]
    clock.advance(seconds=4)
    assert await room.run(clock) == 1
    assert await room.run(clock) == 0
    assert (await message_of(issued.id), await state()) == (("sent", None), "paper_low")
    assert len(printer.documents) == 1


@pytest.mark.parametrize("ends", ["canceled", "dies"])
async def test_a_job_that_ends_otherwise_is_in_doubt_and_never_sent_again(
    clock: FixedClock, printer: IppPrinter, ends: str
) -> None:
    room = TicketPrinting(URL)
    if ends == "dies":
        printer.dies_after = 10_000
    else:
        printer.job_state = CANCELED
    issued = await take_ticket(MONDAY)
    assert await room.run(clock) == 0
    told, error = await message_of(issued.id)
    assert told == "failed" and error and "mid-ticket" in error
    assert await state() == ("off" if ends == "dies" else "ready")
    taken = len(printer.documents)
    clock.advance(seconds=100)
    assert await room.run(clock) == 0
    assert len(printer.documents) == taken


def test_a_claim_holds_longer_than_a_ticket_takes_at_worst() -> None:
    """Whoever claims it next finds a ticket that was begun and gives it up."""
    by_ipp = 3 * ipp.ANSWER_SECONDS + ipp.SEND_SECONDS + ipp.DONE_SECONDS
    asked = 10 * lines.ANSWER_SECONDS
    by_line = asked + lines.SEND_SECONDS + lines.DONE_SECONDS
    assert timedelta(seconds=max(by_ipp, by_line)) < printing.PRINT_LEASE
    assert ipp.DONE_SECONDS >= 30, "a printer of an office wakes for half a minute"
