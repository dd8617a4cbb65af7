"""The command `person`: what is known of somebody who asks, and that it goes."""

from collections.abc import Iterator
from datetime import UTC, datetime

import click
import msgspec

from queue_app import installation
from queue_app.cli import operator
from queue_app.domain.people import OPERATOR
from queue_app.flow import forgetting
from queue_app.flow.act import By
from queue_app.flow.forgetting import Erased
from queue_app.queries import known, reference
from queue_app.queries.known import KnownBooking, KnownWish
from queue_app.texts.formats import stamp


@click.group()
def person() -> None:
    """What is known of somebody who asks, by their phone number or e-mail.

    That you have looked is recorded, and not at whom.
    """


@person.command("show")
@click.argument("contact")
def show(contact: str) -> None:
    """Their bookings, one a line, at which of their contacts no message arrives, and what they wait
    for."""
    bookings, waiting = _looked("show", contact)
    for one in bookings:
        known_as = " ".join(filter(None, [one.name, one.phone, one.email]))
        click.echo(
            f"{_stamp(one.starts_at)}  {one.branch}  {one.state}  {one.code}  {known_as}"
            f"  (kept until {one.kept_until:%Y-%m-%d}{'' if one.reminders else ', no reminders'})"
        )
        for line in _refused(one):
            click.echo(f"    {line}")
    for wish in waiting:
        known_as = " ".join(filter(None, [wish.name, wish.phone, wish.email]))
        click.echo(
            f"{wish.first_day} to {wish.last_day}  {', '.join(wish.branches)}"
            f"  waiting list: {wish.state}  {known_as}"
        )


def _stamp(local: datetime) -> str:
    return stamp(local, local.tzinfo or UTC)


def _refused(one: KnownBooking) -> Iterator[str]:
    for what, at in (("mail", one.email_refused_at), ("number", one.phone_refused_at)):
        if at:
            yield f"{what} refused: since {_stamp(at)} no message arrives there"


@person.command("export")
@click.argument("contact")
def export(contact: str) -> None:
    """All of it as JSON: bookings, what happened to them, what they wait for, what was sent."""
    bookings, waiting = _looked("export", contact)
    found = msgspec.json.encode({"bookings": bookings, "wishes": waiting})
    click.echo(msgspec.json.format(found).decode())


@person.command("erase")
@click.argument("contact")
@click.confirmation_option(prompt="Cancel what is booked and delete what is known?")
def erase(contact: str) -> None:
    """Cancel what is to come and delete what is known; asks first."""
    by = _by()

    async def work() -> Erased:
        country = (await reference.directory()).centre.country
        return await forgetting.erase(by, forgetting.person_of(contact, country))

    erased = operator.with_database(work)
    click.echo(f"Deleted: {len(erased.deleted)}.")
    if erased.waiting:
        click.echo(f"Deleted from the waiting list: {erased.waiting}.")
    if erased.kept:
        click.echo(f"Kept until the visit is over: {', '.join(erased.kept)}.")


def _looked(what: str, contact: str) -> tuple[list[KnownBooking], list[KnownWish]]:
    by = _by()

    async def work() -> tuple[list[KnownBooking], list[KnownWish]]:
        directory = await reference.directory()
        who = forgetting.person_of(contact, directory.centre.country)
        found = await known.of_contact(directory, who.phone, who.email)
        await forgetting.note_person(by, what, len(found), who.canonical)
        return found, await known.wishes_of(directory, who.phone, who.email)

    return operator.with_database(work)


def _by() -> By:
    return By(OPERATOR, installation.clock(operator.settings()).now())
