"""The command `say`: a call-out as words or as sound."""

import asyncio
from collections.abc import Iterable
from pathlib import Path

import click

from config.files import CATALOGUES, load_centre
from queue_app.cli import operator
from queue_app.delivery.voice.voice import FOLDER, Voice
from queue_app.domain.catalogue import Language
from queue_app.texts.spoken import UnreadableTableError, spoken_in
from queue_app.texts.words import also_from


@click.command()
@click.argument("ticket")
@click.argument("desk")
@click.option("--language", metavar="CODE", help="One of the centre's; its first unless given.")
@click.option("--text", "as_text", is_flag=True, help="Print the words; so it does unless --wav.")
@click.option(
    "--wav", type=click.Path(dir_okay=False, path_type=Path), help="Write the sound to this file."
)
def say(ticket: str, desk: str, language: str | None, as_text: bool, wav: Path | None) -> None:
    """Say that TICKET is called to DESK, such as А42 to 5.

    From the files alone, without a database; the folder `voice` beside them counts.
    """
    settings = operator.settings()
    known = load_centre(settings.config).languages
    also_from(settings.config / CATALOGUES)
    if language and language not in known:
        click.echo(f"the centre has no language {language!r}; it has {', '.join(known)}", err=True)
    voice = Voice(settings.config / FOLDER, kept=None)
    order = (language, *known) if language in known else known
    require_readable(settings.config, order)
    spoken, text = voice.say(order, ticket, desk)
    if as_text or not wav:
        click.echo(text)
    if wav:
        sound = asyncio.run(voice.sound(spoken, text))
        if sound is None:
            raise click.ClickException("nothing here can speak it; see the section on the voice")
        _write(wav, sound)


def require_readable(centre: Path, languages: Iterable[Language]) -> None:
    """ClickException where a table of words in the centre's folder cannot be used."""
    try:
        for language in languages:
            spoken_in([language], centre / FOLDER)
    except UnreadableTableError as error:
        raise click.ClickException(str(error)) from None


def _write(path: Path, sound: bytes) -> None:
    try:
        path.write_bytes(sound)
    except OSError as error:
        raise click.ClickException(f"{path}: {error.strerror}") from None
