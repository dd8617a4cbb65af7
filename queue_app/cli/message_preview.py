"""The command `message preview`: how a message looks, before anybody is sent it."""

from email import message_from_bytes
from email.header import decode_header, make_header
from pathlib import Path

import click
from msgspec.structs import replace

from config.files import CATALOGUES, load_centre
from config.relay import MailFrom
from config.settings import Settings
from queue_app.cli import operator
from queue_app.delivery import looks, samples
from queue_app.delivery.adapter import Letter
from queue_app.delivery.folder import SENDER
from queue_app.delivery.letters import KINDS
from queue_app.delivery.mail import mail
from queue_app.domain.catalogue import Language
from queue_app.domain.centre import Centre
from queue_app.domain.segments import is_plain, segments
from queue_app.texts.words import also_from

_SHOWN = (
    "From",
    "To",
    "Subject",
    "Content-Language",
    "Auto-Submitted",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
)


@click.command(epilog=f"KIND is one of {', '.join(KINDS)}.")
@click.argument("kind", metavar="KIND", type=click.Choice(KINDS))
@click.option("--language", metavar="CODE", help="One of the centre's; its first unless given.")
@click.option(
    "--by", type=click.Choice(["mail", "sms"]), default="mail", show_default=True, help="The way."
)
@click.option("--call", is_flag=True, help="Of a booked phone call instead of a visit.")
@click.option(
    "--html", type=click.Path(dir_okay=False, path_type=Path), help="Write a mail's HTML."
)
@click.option("--force", is_flag=True, help="Replace the file of --html if it is there.")
def preview(
    kind: str, language: str | None, by: str, call: bool, html: Path | None, force: bool
) -> None:
    """Print a message of this kind about a booking that nobody made.

    From the files alone, without a database; the templates in `messages` beside them count.
    """
    if html and by == "sms":
        raise click.UsageError("an SMS has no HTML")
    settings = operator.settings()
    centre = load_centre(settings.config)
    letter = _letter(settings, centre, kind, language_in(centre, language), by, call)
    click.echo(_as_sms(letter) if by == "sms" else _as_mail(letter, settings))
    if html:
        assert letter.html
        _write(html, letter.html, force)


def language_in(centre: Centre, wish: str | None) -> Language:
    """The language wished for, or the centre's first; click.UsageError for one it has not."""
    if wish is not None and wish not in centre.languages:
        there = ", ".join(centre.languages)
        raise click.UsageError(f"the centre has no language {wish!r}; it has {there}")
    return wish or centre.languages[0]


def _letter(
    settings: Settings, centre: Centre, kind: str, language: Language, by: str, call: bool
) -> Letter:
    also_from(settings.config / CATALOGUES)
    looks.also_from(settings.config / looks.FOLDER)
    try:
        letter = samples.sample_letter(
            samples.directory_of(centre),
            next(one for one in KINDS if one == kind),
            language,
            "sms" if by == "sms" else "mail",
            "phone" if call else "visit",
            settings.public_url or samples.EXAMPLE,
        )
    except samples.UNFILLABLE as error:
        raise click.ClickException(f"{samples.where(error)}{error}") from None
    return replace(letter, centre=centre.title[language])


def _as_sms(letter: Letter) -> str:
    alone, of_several = (160, 153) if is_plain(letter.text) else (70, 67)
    parts = segments(letter.text)
    room = f"{alone} fit in one" if parts == 1 else f"{of_several} fit in each"
    size = f"{len(letter.text)} characters, {parts} SMS ({room})"
    return f"To: {letter.recipient}\n\n{letter.text}\n\n{size}"


def _as_mail(letter: Letter, settings: Settings) -> str:
    """The headers as mail programs read them, and the text."""
    sender = settings.mail_from or MailFrom(SENDER)
    content = mail(letter, sender.address, name=sender.name)
    whole = message_from_bytes(content)
    # The library's newer way puts a blank into a name that is encoded in two parts.
    read = {name: make_header(decode_header(whole[name])) for name in _SHOWN if whole[name]}
    head = [f"{name}: {said}" for name, said in read.items()]
    if letter.calendar:
        head.append(f"Calendar: {letter.calendar.method}")
    return "\n".join([*head, "", letter.text])


def _write(path: Path, html: str, force: bool) -> None:
    try:
        with path.open("w" if force else "x", encoding="utf-8") as file:
            file.write(html)
    except FileExistsError:
        raise click.ClickException(f"{path} is there already; --force replaces it") from None
    except OSError as error:
        raise click.ClickException(f"{path}: {error.strerror}") from None
