"""The command `message bounced`: for the mail server that hands over what came back."""

import os
import sys
from collections.abc import Callable
from functools import partial
from typing import BinaryIO

import click

from config.settings import SettingsError
from queue_app import installation
from queue_app.cli import operator
from queue_app.delivery.bounces import MOST_BYTES
from queue_app.domain.people import OPERATOR
from queue_app.flow.act import By
from queue_app.jobs import reading_bounces

AGAIN = os.EX_TEMPFAIL
"""The mail server keeps the mail and hands it over later."""
_CHUNK = 64 * 1024


@click.group()
def message() -> None:
    """Messages to residents."""


@message.command("bounced")
def bounced() -> None:
    """Take a mail that came back, from a mail server's pipe.

    Ends with 0 once it is dealt with, whatever it was, and with 75 where the mail server is to
    hand it over again: the database is away, or something is to be mended here first.
    """
    content = _beginning(sys.stdin.buffer)
    sys.exit(_ending(partial(_take, content)))


def _beginning(mail: BinaryIO) -> bytes:
    """All of it is taken, as a mail server minds when it is not; the beginning is kept."""
    content = mail.read(MOST_BYTES)
    while mail.read(_CHUNK):
        pass
    return content


def _take(content: bytes) -> None:
    settings = operator.settings()
    address = settings.mail_bounces
    if address is None:
        raise SettingsError("QUEUE_APP_MAIL_BOUNCES", "is needed to know what came back")
    by = By(OPERATOR, installation.clock(settings).now())

    async def work() -> bool:
        return await reading_bounces.take(by, content, address, settings.ways_out)

    marked = operator.with_database(work)
    click.echo("A message has not arrived: its contact is marked." if marked else "Nothing to do.")


def _ending(work: Callable[[], None]) -> int:
    try:
        work()
    except Exception as error:  # whatever it is, a mail that is given back is lost
        known = type(error).__module__.startswith(("config.", "queue_app.", "click."))
        said = str(error) if known else type(error).__name__
        click.echo(f"Try again later: {said}", err=True)
        return AGAIN
    return os.EX_OK
