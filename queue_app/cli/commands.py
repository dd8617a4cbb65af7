"""The command `queue-app` and its commands."""

from importlib.metadata import version

import click

from queue_app.cli import (
    centre_files,
    database,
    importing_log,
    message_bounced,
    message_preview,
    person,
    running,
    say,
    sign_ins,
    ticket_printers,
    unsettled_bookings,
)
from queue_app.cli.operator import OperatorGroup
from queue_app.cli.simulate import simulate


@click.group(cls=OperatorGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(version("queue-app"), prog_name="queue-app")
def main() -> None:
    """An electronic queue: booking, kiosk, console, hall board and phone.

    Settings come from QUEUE_APP_* variables; README.md lists them.
    """


for command in (
    running.serve,
    running.demo,
    centre_files.config,
    centre_files.catalogue,
    unsettled_bookings.unsettled,
    sign_ins.staff,
    sign_ins.device,
    ticket_printers.printer,
    person.person,
    say.say,
    message_bounced.message,
    database.doctor,
    simulate,
    database.backup,
    database.restore,
    importing_log.history,
):
    main.add_command(command)
message_bounced.message.add_command(message_preview.preview)
