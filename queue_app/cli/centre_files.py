"""The commands `config` and `catalogue`: the centre as its files have it, and as loaded."""

from pathlib import Path

import click
import msgspec

from config.files import CATALOGUES, check_centre, write_centre
from config.reading import ConfigError
from queue_app import installation
from queue_app.cli import changes, differences, operator
from queue_app.cli.operator import counted
from queue_app.cli.say import require_readable, say_unstressed
from queue_app.cli.ticket_printers import say_unprintable
from queue_app.delivery import looks, samples
from queue_app.delivery.paper.lettering import Lettering
from queue_app.domain.centre import Centre
from queue_app.domain.errors import NotFound
from queue_app.domain.paper import BROWSER
from queue_app.domain.people import OPERATOR
from queue_app.flow import configuring
from queue_app.flow.act import By
from queue_app.queries import reference, retired
from queue_app.queries.search import index_of
from queue_app.texts.words import (
    SOURCE,
    also_from,
    catalogues_of_none,
    faults,
    folder_of,
    of_no_text,
    untranslated,
)

FOLDER = click.Path(file_okay=False, path_type=Path)


@click.group()
def config() -> None:
    """The centre's files: catalogue, branches, desks, hours, rules."""


@config.command()
@click.argument("folder", type=FOLDER, required=False)
def check(folder: Path | None) -> None:
    """Read the files strictly and report every problem; touches no database.

    Its own templates of messages are tried with made-up data in each of its languages. What can
    be loaded but is probably a mistake is a warning, not a failure.
    """
    settings = operator.settings()
    folder = folder or settings.config
    try:
        centre, doubts = check_centre(folder, installation.clock(settings).now().date())
    except ConfigError as error:
        raise click.ClickException(f"the files cannot be loaded:\n{error}") from None
    warnings = [
        *map(str, doubts),
        *_of_no_language(folder / CATALOGUES, centre),
        *(
            one
            for language in centre.languages
            for one in of_no_text(folder / CATALOGUES, language)
        ),
    ]
    for warning in warnings:
        click.echo(f"warning: {warning}", err=True)
    _require_usable(folder, centre)
    _say_untranslated(folder, centre)
    require_readable(folder, centre.languages)
    say_unstressed(folder, centre)
    if any(one.address != BROWSER for branch in centre.branches for one in branch.printers):
        say_unprintable(centre, Lettering(folder), centre.languages)
    if wrong := list(samples.problems(centre, folder / looks.FOLDER)):
        where = folder / looks.FOLDER
        raise click.ClickException(
            "\n".join([f"{where}: not every message can be written", *wrong])
        )
    click.echo(
        f"{folder}: {counted(len(centre.services), 'service')} in"
        f" {counted(len(centre.groups), 'group')},"
        f" {counted(len(centre.branches), 'branch', 'branches')}. "
        + (f"No errors; warnings: {len(warnings)}." if warnings else "Nothing wrong.")
    )


@config.command()
@click.argument("question")
@click.argument("folder", type=FOLDER, required=False)
def search(question: str, folder: Path | None) -> None:
    """What a resident's question finds by the files as they stand, best first, and by what."""
    settings = operator.settings()
    centre, _ = check_centre(folder or settings.config)
    found = index_of(centre).find(question)
    for one in found:
        title = one.title[SOURCE]
        click.echo(
            f"{one.score:.2f}  {one.kind} {one.code}: {title}\n      {'; '.join(one.matched)}"
        )
    if not found:
        click.echo("Nothing.")


def _of_no_language(folder: Path, centre: Centre) -> list[str]:
    """Catalogues that nobody will see, as where a folder is called otherwise than its language."""
    return [
        f"{stray}: no language of the centre is called so; it has {', '.join(centre.languages)}"
        for stray in catalogues_of_none(folder, centre.languages)
    ]


def _require_usable(folder: Path, centre: Centre) -> None:
    """ClickException where a catalogue beside the files has what cannot be used."""
    also_from(folder / CATALOGUES)
    if wrong := [fault for language in centre.languages for fault in faults(language)]:
        raise click.ClickException(
            "\n".join([f"{folder / CATALOGUES}: not every translation can be used", *wrong])
        )


def _say_untranslated(folder: Path, centre: Centre) -> None:
    """Which languages the interface itself speaks in part only."""
    for language in centre.languages:
        missing, every = untranslated(language)
        if missing:
            where = folder_of(folder / CATALOGUES, language)
            click.echo(
                f"{where}: {missing} of {every} interface texts have no"
                " translation and are shown in English",
                err=True,
            )


@config.command()
@click.argument("folder", type=FOLDER, required=False)
@click.option("--dry-run", is_flag=True, help="Say what would change, old and new; change nothing.")
@click.option("--accept", is_flag=True, help="Though people with a booking are left without.")
def apply(folder: Path | None, dry_run: bool, accept: bool) -> None:
    """Load the files into the database; print what that changes, and whom it concerns.

    Bookings to come that another lane takes at the same time are moved there. Where some are left
    without a place, nothing is changed without --accept: with it they stay booked, are told, and
    stand on the list of `queue-app unsettled` until each is settled.
    """
    if dry_run and accept:
        raise click.UsageError("--dry-run changes nothing, so there is nothing to accept")
    settings = operator.settings()
    now = installation.clock(settings).now()
    centre, doubts = check_centre(folder or settings.config, now.date())
    for doubt in doubts:
        click.echo(f"warning: {doubt}", err=True)

    async def work() -> None:
        await installation.migrate()
        if dry_run:
            await rehearse(By(OPERATOR, now), centre)
        else:
            await put_in_force(By(OPERATOR, now), centre, accept)

    with installation.server(settings) as dsn:
        installation.run(dsn, work)


async def rehearse(by: By, centre: Centre) -> None:
    outcome = await configuring.rehearse(by, centre)
    said = differences.differences(outcome.settled) or ["Nothing would change."]
    said += await _people(outcome, "would be ")
    click.echo("\n".join(said))


async def put_in_force(by: By, centre: Centre, accept: bool) -> None:
    outcome = await configuring.put_in_force(by, centre, accept)
    if outcome.stranded and not accept:
        said = await _people(outcome, "would be ")
        click.echo("\n".join(said), err=True)
        raise click.ClickException(
            "nothing was changed: people with a booking would be left without a place. See what"
            " changes with --dry-run; apply it with --accept"
        )
    said = changes.warnings(await retired.desks_in_use(), await retired.still_needed(by.now))
    said += changes.report(outcome.changes) or ["Nothing changes."]
    click.echo("\n".join(said + await _people(outcome, "")))


async def _people(outcome: configuring.Applied, would: str) -> list[str]:
    try:
        return differences.people(await reference.directory(), outcome, would)
    except NotFound:  # an empty database has nobody
        return []


@config.command()
@click.argument("folder", type=FOLDER)
@click.option("--force", is_flag=True, help="Replace the files of a folder that has some.")
def export(folder: Path, force: bool) -> None:
    """Write the centre in force to a folder of files."""
    if not force and folder.is_dir() and any(folder.glob("*.toml")):
        raise click.ClickException(
            f"{folder} has files already, and their comments would be lost; name another folder,"
            " or add --force"
        )

    async def work() -> None:
        try:
            write_centre((await reference.directory()).centre, folder)
        except OSError as error:
            raise click.ClickException(f"cannot write to {folder}: {error.strerror}") from None

    operator.with_database(work)
    click.echo(f"Written to {folder}.")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="As GET /api/v1/catalogue gives it.")
def catalogue(as_json: bool) -> None:
    """The services as loaded."""
    from queue_app.api.centre import catalogue_view

    async def work() -> None:
        view = catalogue_view(await reference.directory())
        if as_json:
            click.echo(msgspec.json.format(msgspec.json.encode(view)).decode())
            return
        for group in view.groups:
            click.echo(group.title[SOURCE])
            for service in group.services:
                minutes = f"{service.planned_minutes:>3} min"
                click.echo(f"  {service.code:<28} {minutes}  {service.title[SOURCE]}")

    operator.with_database(work)
