"""The command `say`: a call-out as words or as sound."""

import asyncio
from collections.abc import Iterable
from pathlib import Path

import click

from config.files import CATALOGUES, load_centre
from queue_app.cli import operator
from queue_app.delivery.voice.voice import FOLDER, Voice
from queue_app.domain.aloud import read_aloud
from queue_app.domain.callouts import unstressed
from queue_app.domain.catalogue import Language
from queue_app.domain.centre import Centre
from queue_app.texts.spoken import OWN_TABLE, UnreadableTableError, spoken_in
from queue_app.texts.words import also_from

MOST_SHOWN = 20


@click.command()
@click.argument("ticket")
@click.argument("desk")
@click.option("--language", metavar="CODE", help="One of the centre's; its first unless given.")
@click.option("--text", "as_text", is_flag=True, help="Print the words; so it does unless --wav.")
@click.option(
    "--wav", type=click.Path(dir_okay=False, path_type=Path), help="Write the sound to this file."
)
def say(ticket: str, desk: str, language: str | None, as_text: bool, wav: Path | None) -> None:
    """Say that TICKET is called to DESK, such as A42 to 5.

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


def say_unstressed(folder: Path, centre: Centre) -> None:
    """Which words of its titles a kiosk that reads aloud may stress wrongly."""
    for language in centre.languages:
        spoken = spoken_in([language], folder / FOLDER)
        if spoken.language != language:
            continue
        said = ". ".join(read_aloud(spoken, title) for title in _titles(centre, language))
        if words := unstressed(spoken, said):
            shown = ", ".join(words[:MOST_SHOWN]) + (" …" if words[MOST_SHOWN:] else "")
            click.echo(
                f"{folder / FOLDER / language / OWN_TABLE}: words of titles without a known stress"
                f" ({len(words)}), which the kiosk guesses where it reads aloud: {shown}",
                err=True,
            )


def _titles(centre: Centre, language: Language) -> list[str]:
    """What a kiosk reads of the centre's own words."""
    titles = [
        centre.title,
        *(one.title for one in centre.groups),
        *(one.title for one in centre.services),
        *(one.title for one in centre.priorities),
        *(one.title for one in centre.branches),
        *(one.title for one in centre.search.topics),
    ]
    return [title[language] for title in titles]


def _write(path: Path, sound: bytes) -> None:
    try:
        path.write_bytes(sound)
    except OSError as error:
        raise click.ClickException(f"{path}: {error.strerror}") from None
