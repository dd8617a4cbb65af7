"""The command line speaks English, wholly, whatever the first language of its centre is.

That language is made up in Greek letters, which nothing else has; the second one is English. A
command that is not tried here fails the test.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from queue_app.cli.commands import main
from queue_app.clock import FixedClock
from queue_app.queries import reference
from tests.flow.stage import pool_on
from tests.support.every_page import live
from tests.support.made_up import made_up_centre
from tests.test_cli import Terminal
from tests.web.test_second_centre import MORNING

pytestmark = pytest.mark.slow
NOT_ENGLISH = re.compile(r"[\u0370-\u03ff\u0400-\u04ff\u0530-\u06ff]+")
QUOTED = re.compile(r'"[^"]*"')
"""What a file says, where that has changed."""
PASSWORD = "a long enough password\n"
LOG = """arrival,service,start,end
2026-11-20 09:00,card,2026-11-20 09:04,2026-11-20 09:11
2026-11-20 09:10,card,2026-11-20 09:12,2026-11-20 09:20
"""
TRIED: tuple[tuple[str, str], ...] = (
    ("config check", "{folder}"),
    ("config search", "card {folder}"),
    ("config search", "nothing-of-the-kind {folder}"),
    ("config apply", "{folder}"),
    ("config apply", "{shorter} --dry-run"),
    ("config apply", "{shorter}"),
    ("config apply", "{shorter} --accept"),
    ("config apply", "/nowhere"),
    ("config export", "{data}/written"),
    ("config export", "{folder}"),
    ("catalogue", ""),
    ("unsettled", ""),
    ("unsettled", "--branch quay --settle 000000"),
    ("staff add", "anna --role clerk --branch quay --password-stdin"),
    ("staff add", "anna --role clerk --branch quay --password-stdin"),
    ("staff password", "anna --password-stdin"),
    ("staff retire", "clerk-of-pages"),
    ("staff list", ""),
    ("device add", "Entrance --kind kiosk --branch quay"),
    ("device add", "Entrance --kind kiosk --branch nowhere"),
    ("device confirm", "12345678 --branch quay --name Exit"),
    ("device list", ""),
    ("device revoke", "Entrance"),
    ("printer list", ""),
    ("printer preview", "{data}/ticket.png"),
    ("printer preview", "{data}/ticket.png"),
    ("printer test", "tcp://127.0.0.1:9"),
    ("printer test", "nothing"),
    ("person show", "somebody4@example.com"),
    ("person show", "nobody"),
    ("person erase", "somebody4@example.com --yes"),
    ("message bounced", ""),
    ("message preview", "nothing"),
    ("doctor", ""),
    ("simulate", "--days 1"),
    ("simulate accuracy", "--days 1 --kind alert"),
    ("simulate kept", ""),
    ("simulate staffing", "--date 2026-12-01"),
    ("simulate replay", "{log}"),
    ("history import", "{log} --dry-run"),
    ("history import", "{log}"),
    ("history forget", ""),
    ("backup", "{data}/all.backup"),
    ("restore", "{data}/all.backup"),
)
"""Commands in an order in which each finds something to say, and what is refused as well."""
SAYS_TEXTS = {"say", "message preview", "person export", "catalogue --json"}
"""What is asked for a text in the centre's own language: its text is that."""
GO_ON = {"serve", "demo"}
"""They run until they are stopped; what they say is looked at by their own tests."""


def commands(group: click.Command = main, path: str = "") -> Iterator[tuple[str, click.Command]]:
    """Every command by its words; a group that does something by itself is one as well."""
    if not isinstance(group, click.Group) or group.invoke_without_command:
        yield path.strip(), group
    if isinstance(group, click.Group):
        for name, command in group.commands.items():
            yield from commands(command, f"{path} {name}")


def test_every_command_is_tried() -> None:
    tried = {name for name, _ in TRIED} | SAYS_TEXTS | GO_ON
    assert {name for name, _ in commands()} <= tried


def test_the_help_of_every_command_is_english() -> None:
    for name, _ in commands():
        helped = CliRunner().invoke(main, [*name.split(), "--help"])
        assert helped.exit_code == 0, name
        assert not NOT_ENGLISH.findall(helped.output), name


async def test_what_a_command_says_is_english(spare_database: str, data: Path) -> None:
    folder = made_up_centre(data / "centre", "el", "GR", "Europe/Athens")
    shorter = made_up_centre(data / "shorter", "el", "GR", "Europe/Athens")
    branches = shorter / "branches.toml"
    branches.write_text(branches.read_text().replace("8:00-14:00", "8:00-8:30"))
    log = data / "log.csv"
    log.write_text(LOG)
    places = {"folder": folder, "shorter": shorter, "data": data, "log": log}
    terminal = Terminal(data, spare_database)
    terminal.environment |= {
        "QUEUE_APP_CONFIG": str(folder),
        "QUEUE_APP_CLOCK": MORNING.isoformat(),
        "LANGUAGE": "el",
    }
    assert not NOT_ENGLISH.findall(terminal.succeeds("config", "apply"))
    async with pool_on(spare_database):
        reference.forget()
        await live(FixedClock(MORNING))
    refused = 0
    for name, arguments in TRIED:
        done = terminal.run(*name.split(), *arguments.format(**places).split(), typed=PASSWORD)
        said = done.stdout + done.stderr
        assert "Traceback" not in said, name
        assert said or name == "printer preview", name
        assert not NOT_ENGLISH.findall(QUOTED.sub("", said)), (name, said)
        refused += done.returncode != 0
    assert 0 < refused < len(TRIED) / 2
