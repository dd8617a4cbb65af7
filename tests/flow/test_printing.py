"""Tickets from the kiosk to the paper: once each, whatever the printer does."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest
import zxingcpp

from queue_app.clock import FixedClock
from queue_app.delivery.paper import printer as lines
from queue_app.domain.errors import Conflict, NotAllowed
from queue_app.domain.people import RESIDENT, Device
from queue_app.flow import arrival, printing
from queue_app.flow.act import By
from queue_app.jobs.ticket_printing import TicketPrinting
from queue_app.queries import printers, reference
from queue_app.queries.printers import PaperOfTicket
from queue_app.store import db
from tests.conftest import MONDAY
from tests.support.hall import SERVICE, open_desk, take_ticket
from tests.support.people import BRANCH, KIOSK, install
from tests.support.printer_sink import (
    COVER_OPEN,
    PAPER_LOW,
    PAPER_OUT,
    READY,
    PrinterSink,
    printer_sink,
    put_printer,
    remove_printers,
)
from tests.support.waiting import until

pytestmark = pytest.mark.usefixtures("database")

URL = "https://queue.example.org"


@pytest.fixture
async def sink() -> AsyncIterator[PrinterSink]:
    async with printer_sink() as made:
        await put_printer(made.address)
        yield made
        await remove_printers()


@pytest.fixture
def room() -> TicketPrinting:
    return TicketPrinting(URL)


async def message_of(ticket: int) -> tuple[str, str | None]:
    row = await db.fetch_row(
        "SELECT state, error FROM message WHERE channel = 'print' AND ticket_id = $1"
        " ORDER BY id DESC LIMIT 1",
        ticket,
    )
    assert row
    return row["state"], row["error"]


async def state() -> str:
    [one] = await printers.all_known()
    return one.state


async def test_a_ticket_comes_out_once_and_its_code_leads_to_its_page(
    clock: FixedClock, sink: PrinterSink, room: TicketPrinting
) -> None:
    await open_desk("1", MONDAY)
    issued = await take_ticket(MONDAY)
    assert await room.run(clock) == 1
    assert await room.run(clock) == 0
    [paper] = sink.tickets
    [code] = zxingcpp.read_barcodes(paper.convert("L"))
    assert code.text == f"{URL}/t/{issued.token}"
    assert await message_of(issued.id) == ("sent", None)
    assert await state() == "ready"


async def test_no_paper_for_what_no_kiosk_gave(clock: FixedClock, sink: PrinterSink) -> None:
    elsewhere = await take_ticket(MONDAY, branch="podilskyi")
    assert not await db.fetch_value("SELECT count(*) FROM message WHERE channel = 'print'")
    assert await printers.paper_of(1, elsewhere.id) is None


async def test_each_kiosk_has_its_own_printer_and_the_others_that_of_the_hall(
    clock: FixedClock, sink: PrinterSink, room: TicketPrinting
) -> None:
    await install(MONDAY, name="the one of take_ticket")
    await install(MONDAY, name="Entrance")
    async with printer_sink() as own:
        await put_printer(own.address, "entrance", kiosk="Entrance")
        [device] = await db.fetch("SELECT id, branch_id FROM device WHERE name = 'Entrance'")
        entrance = Device(device["id"], ("kiosk",), device["branch_id"])
        await arrival.issue(By(entrance, MONDAY), BRANCH, [SERVICE], None, "uk")
        await take_ticket(MONDAY)
        assert await room.run(clock) == 2
        assert (len(own.tickets), len(sink.tickets)) == (1, 1)


async def test_a_ticket_waits_for_a_printer_that_takes_none_and_comes_out_then(
    clock: FixedClock, sink: PrinterSink, room: TicketPrinting
) -> None:
    sink.status = dict(PAPER_OUT)
    issued = await take_ticket(MONDAY)
    assert await room.run(clock) == 0
    assert await message_of(issued.id) == ("waiting", None)
    assert await state() == "paper_out"
    sink.status = dict(PAPER_LOW)
    clock.advance(seconds=4)
    assert await room.run(clock) == 1
    assert (len(sink.tickets), await state()) == (1, "paper_low")


async def test_what_no_printer_took_in_time_comes_out_no_more(
    clock: FixedClock, sink: PrinterSink, room: TicketPrinting
) -> None:
    sink.status = dict(COVER_OPEN)
    issued = await take_ticket(MONDAY)
    await room.run(clock)
    sink.status = dict(READY)
    clock.advance(minutes=2)
    assert await room.run(clock) == 0
    assert not sink.tickets
    assert (await message_of(issued.id))[0] == "failed"


async def test_a_printer_that_dies_in_mid_ticket_is_sent_it_once(
    clock: FixedClock, sink: PrinterSink, room: TicketPrinting
) -> None:
    sink.dies_after = 20_000
    issued = await take_ticket(MONDAY)
    await room.run(clock)
    state_now, error = await message_of(issued.id)
    assert state_now == "failed" and error and "mid-ticket" in error
    assert await state() == "off"
    sink.dies_after = None
    clock.advance(seconds=10)
    assert await room.run(clock) == 0
    assert not sink.tickets


async def test_a_process_that_is_ended_in_mid_ticket_leaves_it_to_nobody(
    clock: FixedClock, sink: PrinterSink, room: TicketPrinting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "DONE_SECONDS", 60)
    sink.tells_done = False
    issued = await take_ticket(MONDAY)
    running = asyncio.create_task(room.run(clock))
    await until(lambda: bool(sink.tickets))
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert await message_of(issued.id) == ("waiting", None)
    clock.advance(seconds=printing.PRINT_LEASE.total_seconds() + 5)
    assert await TicketPrinting(URL).run(clock) == 0
    assert (await message_of(issued.id))[0] == "failed"
    assert len(sink.tickets) == 1


async def test_one_printer_that_stands_still_delays_no_other(
    clock: FixedClock, sink: PrinterSink, room: TicketPrinting
) -> None:
    sink.is_mute = True
    async with printer_sink() as other:
        await put_printer(other.address, branch="podilskyi")
        await take_ticket(MONDAY)
        await take_ticket(MONDAY, branch="podilskyi")
        running = asyncio.create_task(room.run(clock))
        await until(lambda: bool(other.tickets), lines.ANSWER_SECONDS)
        assert await running == 1


async def test_ten_tickets_at_once_come_out_one_after_the_other(
    clock: FixedClock, sink: PrinterSink, room: TicketPrinting
) -> None:
    issued = [await take_ticket(MONDAY) for _ in range(10)]
    other = TicketPrinting(URL)
    assert sum(await asyncio.gather(room.run(clock), other.run(clock))) == 10
    codes = [zxingcpp.read_barcodes(one.convert("L"))[0].text for one in sink.tickets]
    assert sorted(codes) == sorted(f"{URL}/t/{one.token}" for one in issued)


async def test_a_reprint_says_that_it_is_one_and_is_asked_for_once_at_a_time(
    clock: FixedClock, sink: PrinterSink, room: TicketPrinting
) -> None:
    issued = await take_ticket(MONDAY)
    await room.run(clock)
    for _ in range(2):
        await printing.reprint(By(KIOSK, MONDAY), issued.id)
    assert await room.run(clock) == 1
    first, second = sink.tickets
    assert second.height > first.height
    black = [sum(one.crop((0, 8, one.width, 60)).histogram()[:1]) for one in (first, second)]
    assert black[1] > 4 * black[0], "a banner stands at the top"
    assert await printers.paper_of(
        (await reference.directory()).branch(BRANCH).id, issued.id
    ) == PaperOfTicket("printed", "ready", 1)


async def test_nobody_empties_the_roll_by_reprints(
    clock: FixedClock, sink: PrinterSink, room: TicketPrinting
) -> None:
    issued = await take_ticket(MONDAY)
    await room.run(clock)
    for _ in range(5):
        await printing.reprint(By(KIOSK, MONDAY), issued.id)
        await room.run(clock)
    with pytest.raises(Conflict, match="too_many_reprints"):
        await printing.reprint(By(KIOSK, MONDAY), issued.id)
    assert len(sink.tickets) == 6


async def test_whom_nobody_waits_for_gets_no_paper(
    clock: FixedClock, sink: PrinterSink, room: TicketPrinting
) -> None:
    issued = await take_ticket(MONDAY)
    await arrival.leave(By(RESIDENT, MONDAY), issued.token)
    assert await room.run(clock) == 0
    assert (await message_of(issued.id))[0] == "dropped"
    with pytest.raises(Conflict, match="ticket_state"):
        await printing.reprint(By(KIOSK, MONDAY), issued.id)


async def test_without_a_printer_there_is_no_reprint(clock: FixedClock) -> None:
    issued = await take_ticket(MONDAY)
    with pytest.raises(Conflict, match="no_printer"):
        await printing.reprint(By(KIOSK, MONDAY), issued.id)


async def test_staff_reprint_in_their_own_branch(
    clock: FixedClock, sink: PrinterSink, room: TicketPrinting
) -> None:
    issued = await take_ticket(MONDAY)
    await room.run(clock)
    desk, other = await open_desk("1", MONDAY), await open_desk("2", MONDAY, "podilskyi")
    await printing.reprint(By(desk.clerk, MONDAY), issued.id)
    with pytest.raises(NotAllowed):
        await printing.reprint(By(other.clerk, MONDAY), issued.id)
    assert await room.run(clock) == 1


async def test_idle_printers_are_asked_now_and_then(clock: FixedClock, sink: PrinterSink) -> None:
    branch = (await reference.directory()).branch(BRANCH).id
    version = "SELECT version FROM branch_version WHERE branch_id = $1"
    room = TicketPrinting(URL)
    await room.run(clock)
    assert await state() == "ready"
    seen, asked = await db.fetch_value(version, branch), sink.connections
    await room.run(clock)
    assert sink.connections == asked
    sink.status = dict(PAPER_OUT)
    for _ in range(2):
        await TicketPrinting(URL).run(clock)
        assert await state() == "paper_out"
        assert await db.fetch_value(version, branch) == seen + 1, "told once"


async def test_a_clock_that_was_set_back_keeps_no_ticket_from_its_printer(
    clock: FixedClock, sink: PrinterSink, room: TicketPrinting
) -> None:
    issued = await take_ticket(MONDAY)
    branch = (await reference.directory()).branch(BRANCH)
    assert await printing.claim(branch.id, branch.printers[0].id, MONDAY + timedelta(hours=2))
    assert await room.run(clock) == 1
    assert await message_of(issued.id) == ("sent", None)


@pytest.mark.slow
async def test_a_printer_that_prints_nothing_is_a_figure(
    clock: FixedClock, sink: PrinterSink, room: TicketPrinting, client: httpx.AsyncClient
) -> None:
    sink.status = dict(PAPER_OUT)
    await room.run(clock)
    told = (await client.get("/metrics")).text
    labels = f'branch="{BRANCH}",printer="hall",state="paper_out"'
    assert f"queue_app_printer_takes_tickets{{{labels}}} 0.0" in told


async def test_a_kiosk_asks_what_became_of_its_paper_and_for_another(
    clock: FixedClock, sink: PrinterSink, room: TicketPrinting, client: httpx.AsyncClient
) -> None:
    kiosk = (await install(MONDAY)).bearer
    door = (await client.get(f"/kiosk/{BRANCH}/door", headers=kiosk)).json()
    assert (door["printer"], door["prints_itself"]) == ("unknown", False)
    issued = await take_ticket(MONDAY)
    paper = f"/kiosk/{BRANCH}/tickets/{issued.id}/paper"
    assert (await client.get(paper)).status_code == 401
    assert (await client.get(paper, headers=kiosk)).json()["paper"] == "waiting"
    await room.run(clock)
    told = (await client.get(paper, headers=kiosk)).json()
    assert told == {"paper": "printed", "printer": "ready", "reprints": 0}
    again = await client.post(f"/api/v1/tickets/{issued.id}/reprints", headers=kiosk)
    assert (again.status_code, again.json()["paper"]) == (202, "waiting")
    refused = await client.post(f"/api/v1/tickets/{issued.id}/reprints")
    assert refused.status_code == 401


async def test_a_kiosk_whose_browser_prints_has_no_job_and_a_page_to_print(
    clock: FixedClock, client: httpx.AsyncClient
) -> None:
    await put_printer("browser")
    try:
        kiosk = (await install(MONDAY)).bearer
        door = (await client.get(f"/kiosk/{BRANCH}/door", headers=kiosk)).json()
        assert (door["printer"], door["prints_itself"]) == (None, True)
        issued = await take_ticket(MONDAY)
        assert not await db.fetch_value("SELECT count(*) FROM message WHERE channel = 'print'")
        with pytest.raises(Conflict, match="no_printer"):
            await printing.reprint(By(KIOSK, MONDAY), issued.id)
        assert await printers.all_known() == []
        page = (await client.get(f"/t/{issued.token}/paper")).text
        assert "А1</h1>" in page and "Перед вами" in page and "<svg" in page
        assert "Повторний друк" not in page
        assert "Повторний друк" in (await client.get(f"/t/{issued.token}/paper?reprint")).text
    finally:
        await remove_printers()
