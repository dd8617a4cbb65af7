"""The commands `doctor`, `backup` and `restore`: the database as a whole."""

from functools import partial
from pathlib import Path

import click

from queue_app import installation
from queue_app.cli import operator
from queue_app.queries import schema
from queue_app.store import dumps, served

FILE = click.Path(dir_okay=False, path_type=Path)


@click.command()
def doctor() -> None:
    """Prove every invariant over the database; exit 1 and a list where one is broken."""
    from queue_app.queries import doctor as invariants

    now = installation.clock(operator.settings()).now()
    findings = operator.with_database(partial(invariants.check, now))
    for finding in findings:
        click.echo(f"{finding.invariant}: {finding.where}", err=True)
    if findings:
        raise SystemExit(1)
    click.echo("Every invariant holds.")


@click.command()
@click.argument("file", type=FILE)
@click.option("--overwrite", is_flag=True, help="Take the place of a FILE that is there.")
def backup(file: Path, overwrite: bool) -> None:
    """Write the whole database to FILE, while it is served."""
    if file.exists() and not overwrite:
        raise click.ClickException(f"{file} is there already; --overwrite takes its place")
    with installation.server(operator.settings(), must_exist=True) as dsn:
        dumps.backup(dsn, file, overwrite)
    click.echo(f"Written to {file}, {file.stat().st_size:,} bytes.")


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Drop what the database holds now.")
@click.option(
    "--while-served",
    is_flag=True,
    help="Also while a server has the database: its hall is replaced before everybody's eyes.",
)
def restore(file: Path, force: bool, while_served: bool) -> None:
    """Put the database back as FILE has it, whole or not at all."""
    with installation.server(operator.settings()) as dsn:
        if not while_served and installation.run(dsn, served.is_served):
            raise click.ClickException(
                "a server has this database; stop it first, or add --while-served to replace the"
                " hall that it serves"
            )
        if not force and not installation.run(dsn, schema.is_empty):
            raise click.ClickException(
                "the database is not empty; --force drops what it holds and restores"
            )
        dumps.restore(dsn, file)
        installation.run(dsn, installation.migrate)
    click.echo(f"Restored from {file}.")
