"""The command `printer`: how the printers stand, and a ticket to look at or to hold."""

import asyncio
from collections.abc import Iterable
from pathlib import Path

import click
from PIL import Image

from config.files import CATALOGUES, load_centre
from queue_app.cli import operator
from queue_app.cli.message_preview import language_in
from queue_app.cli.sign_ins import table
from queue_app.delivery.paper.lettering import FOLDER, Lettering, shapes_from_the_right
from queue_app.delivery.paper.outcome import CutShort, NotBegun
from queue_app.delivery.paper.picture import drawn
from queue_app.delivery.paper.sample import sample_ticket
from queue_app.delivery.paper.ways import print_picture
from queue_app.delivery.samples import EXAMPLE
from queue_app.domain.catalogue import Language
from queue_app.domain.centre import Centre
from queue_app.domain.paper import DOTS, check_printer_address
from queue_app.queries import printers
from queue_app.texts.formats import direction
from queue_app.texts.words import also_from

MOST_SHOWN = 20

_WIDTH = click.option(
    "--width", type=click.Choice(["58", "80"]), default="80", show_default=True, help="In mm."
)
_LANGUAGE = click.option(
    "--language", metavar="CODE", help="One of the centre's; its first unless given."
)
_REPRINT = click.option("--reprint", is_flag=True, help="One that says that it is a reprint.")


@click.group()
def printer() -> None:
    """Printers of tickets; branches.toml names them."""


@printer.command("list")
def list_printers() -> None:
    """Every printer of the database, and how it stood when the server asked it last."""
    table(
        ("BRANCH", "CODE", "ADDRESS", "WIDTH", "KIOSK", "STATE"),
        [
            (one.branch, one.code, one.address, f"{one.width_mm} mm", one.kiosk or "-", one.state)
            for one in operator.with_database(printers.all_known)
        ],
    )


@printer.command("preview")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@_WIDTH
@_LANGUAGE
@_REPRINT
@click.option("--force", is_flag=True, help="Replace the file if it is there.")
def preview_ticket(
    file: Path, width: str, language: str | None, reprint: bool, force: bool
) -> None:
    """Draw a ticket that nobody took into FILE (.png), as the files say what stands on it."""
    picture = _drawn(width, language, reprint)
    try:
        with file.open("wb" if force else "xb") as written:
            picture.save(written, "PNG", dpi=(203, 203))
    except FileExistsError:
        raise click.ClickException(f"{file} is there already; --force replaces it") from None
    except OSError as error:
        raise click.ClickException(f"{file}: {error.strerror}") from None


@printer.command("test")
@click.argument("address")
@_WIDTH
@_LANGUAGE
@_REPRINT
@click.option("--mute", is_flag=True, help="The printer answers nothing: send, and do not ask.")
def try_printer(address: str, width: str, language: str | None, reprint: bool, mute: bool) -> None:
    """Print a ticket that nobody took at ADDRESS, such as tcp://10.0.0.5,
    ipp://10.0.0.6/printers/hall or /dev/usb/lp0."""
    try:
        check_printer_address(address)
    except ValueError as error:
        raise click.UsageError(f"{address} {error}") from None
    ticket = _drawn(width, language, reprint)
    try:
        state = asyncio.run(print_picture(address, not mute, ticket, _yes))
    except NotBegun as stopped:
        raise click.ClickException(f"nothing was sent: the printer is {stopped.state}") from None
    except CutShort as stopped:
        raise click.ClickException(f"ended in mid-ticket: the printer is {stopped.state}") from None
    click.echo("Sent." if mute else f"Printed; the printer is {state}.")


async def _yes() -> bool:
    return True


def _drawn(width: str, language: str | None, reprint: bool) -> Image.Image:
    settings = operator.settings()
    centre = load_centre(settings.config)
    also_from(settings.config / CATALOGUES)
    spoken = language_in(centre, language)
    lettering = Lettering(settings.config)
    ticket = sample_ticket(centre, spoken, settings.public_url or EXAMPLE, reprint)
    say_unprintable(centre, lettering, (spoken,))
    return drawn(ticket, DOTS[int(width)], lettering)


def say_unprintable(centre: Centre, lettering: Lettering, languages: Iterable[Language]) -> None:
    """Which letters of its tickets, in these languages, a printer cannot show."""
    for language in languages:
        ticket = sample_ticket(centre, language, EXAMPLE)
        titles = [one.title for one in centre.services] + [one.title for one in centre.branches]
        said = [text for line in ticket.lines for text in (line.label or "", *line.said)]
        if missing := lettering.missing([*(one[language] for one in titles), *said]):
            shown = " ".join(missing[:MOST_SHOWN]) + (" …" if missing[MOST_SHOWN:] else "")
            click.echo(
                f"printed tickets, {language}: no font has {shown} ({len(missing)}); put one that"
                f" has into the folder {FOLDER} beside the files",
                err=True,
            )
        if direction(language) == "rtl" and not shapes_from_the_right():
            click.echo(
                f"printed tickets, {language}: this machine lacks FriBiDi (Debian: libfribidi0),"
                " so letters are neither joined nor in their order",
                err=True,
            )
