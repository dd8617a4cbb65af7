"""The command `unsettled`: bookings that changed plans left without a place."""

import click

from queue_app import installation
from queue_app.cli import differences, operator
from queue_app.domain.numbering import digits_in
from queue_app.domain.people import OPERATOR
from queue_app.flow import settling
from queue_app.flow.act import By
from queue_app.queries import reference, refused
from queue_app.queries import unsettled as kept
from queue_app.queries.refused import Refusals
from queue_app.queries.unsettled import Unsettled
from queue_app.texts.formats import stamp


@click.command()
@click.option("--branch", metavar="SLUG", help="Of this branch alone.")
@click.option("--settle", metavar="CODE", help="Mark that booking of --branch as settled.")
def unsettled(branch: str | None, settle: str | None) -> None:
    """List who still waits to be settled, without names; the console has those."""
    if settle and not branch:
        raise click.UsageError("--settle needs --branch, as a code is one of a branch")
    now = installation.clock(operator.settings()).now()

    async def work() -> None:
        directory = await reference.directory()
        found = await kept.still_open([directory.ever(branch).id] if branch else None)
        if branch and settle:
            await _settle(By(OPERATOR, now), branch, found, settle)
            return
        refusals = await refused.of_bookings([one.appointment for one in found])
        for one in found:
            line = differences.booking_line(directory, one.appointment)
            since = stamp(one.since, directory.zone)
            key = one.appointment.branch_id, one.appointment.id
            unheard = _unheard(refusals.get(key, Refusals()))
            click.echo(f"{line}: {differences.WHY[one.why]}; since {since}{unheard}")
        click.echo("\n".join([] if found else ["Nobody waits to be settled."]), nl=not found)

    operator.with_database(work)


def _unheard(refusals: Refusals) -> str:
    """Who may have heard nothing of it is to be called first."""
    mail = "; mail refused" if refusals.email else ""
    return mail + ("; number refused" if refusals.phone else "")


async def _settle(by: By, branch: str, found: list[Unsettled], code: str) -> None:
    digits = digits_in(code)
    fitting = [one.appointment for one in found if digits and one.appointment.code.endswith(digits)]
    if len(fitting) != 1:
        raise click.ClickException(
            f"{len(fitting) or 'no'} bookings of that branch wait under this code"
        )
    await settling.settle_unsettled(by, branch, fitting[0].id)
    click.echo("Settled.")
