"""The command `printer`: a ticket to look at, and one to hold."""

import asyncio
from pathlib import Path

import zxingcpp
from click.testing import CliRunner, Result
from PIL import Image

from queue_app.cli.commands import main
from tests.support.printer_sink import printer_sink


def run(*arguments: str) -> Result:
    environment: dict[str, str | None] = {
        "QUEUE_APP_CONFIG": None,
        "QUEUE_APP_PUBLIC_URL": "https://queue.example.org",
    }
    return CliRunner().invoke(main, ["printer", *arguments], env=environment)


def test_a_ticket_is_drawn_as_wide_as_the_paper_and_leads_to_the_centre(tmp_path: Path) -> None:
    file = tmp_path / "ticket.png"
    assert run("preview", str(file), "--width", "58", "--language", "en").exit_code == 0
    with Image.open(file) as picture:
        assert picture.width == 384
        [code] = zxingcpp.read_barcodes(picture.convert("L"))
    assert code.text.startswith("https://queue.example.org/t/")
    again = run("preview", str(file))
    assert (again.exit_code, "--force replaces it" in again.output) == (1, True)
    assert run("preview", str(file), "--force").exit_code == 0


def test_a_language_that_the_centre_has_not_is_said_with_those_that_it_has(tmp_path: Path) -> None:
    refused = run("preview", str(tmp_path / "ticket.png"), "--language", "mt")
    assert "it has uk, en" in refused.output


async def test_a_ticket_is_printed_by_hand_and_the_printer_says_how_it_stands() -> None:
    async with printer_sink() as sink:
        done = await asyncio.to_thread(run, "test", sink.address, "--reprint")
        assert (done.exit_code, done.output) == (0, "Printed; the printer is ready.\n")
        assert len(sink.tickets) == 1
        sink.dies_after = sink.heard + 9_000
        cut = await asyncio.to_thread(run, "test", sink.address)
        assert (cut.exit_code, "ended in mid-ticket" in cut.output) == (1, True)
        off = await asyncio.to_thread(run, "test", sink.address)
        assert (off.exit_code, "nothing was sent: the printer is off" in off.output) == (1, True)


def test_what_is_no_address_is_said_with_what_is_one() -> None:
    refused = run("test", "the one in the hall")
    assert refused.exit_code == 2 and "tcp://10.0.0.5:9100" in refused.output
