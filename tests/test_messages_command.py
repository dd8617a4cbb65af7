"""`queue-app message bounced`: a mail server hands over what came back, and is told what to do."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from queue_app.cli.commands import main
from queue_app.clock import FixedClock
from queue_app.store import db
from tests.flow.letters import book, waiting
from tests.support.bounced import out_of_office, report
from tests.test_cli import Terminal

BOUNCES = "bounces@example.org"
AWAY = "postgresql://nobody@127.0.0.1:9/nothing"


def hand_over(mail: bytes, terminal: Terminal) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "queue_app.cli", "message", "bounced"],
        cwd=Path(__file__).parents[1],
        input=mail,
        capture_output=True,
        check=False,
        env=terminal.environment | {"QUEUE_APP_MAIL_BOUNCES": BOUNCES},
    )


@pytest.mark.slow
async def test_a_mail_that_came_back_is_taken_and_whatever_else_comes_is_let_go(
    database: str, clock: FixedClock, tmp_path: Path
) -> None:
    await book(clock)
    identity = await db.fetch_value("SELECT identity FROM message")
    to = f"bounces+{identity}@example.org"
    terminal = Terminal(tmp_path / "data", database)
    for mail, said in (
        (out_of_office(to), b"Nothing to do."),
        (report(to) + b"x" * 1_000_000, b"its contact is marked."),
    ):
        done = hand_over(mail, terminal)
        assert (done.returncode, done.stderr) == (0, b"")
        assert said in done.stdout
    assert await waiting() == [("booked", "mail", "olena@example.com", "failed")]
    assert await db.fetch_value("SELECT contact FROM refused_contact") == "olena@example.com"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, "the database cannot be reached"),
        ({"QUEUE_APP_MAIL_BOUNCES": ""}, "QUEUE_APP_MAIL_BOUNCES"),
        ({"QUEUE_APP_PORT": "eighty"}, "QUEUE_APP_PORT"),
    ],
)
def test_a_mail_server_keeps_the_mail_until_it_can_be_taken(
    settings: dict[str, str], said: str
) -> None:
    environment = {"QUEUE_APP_DATABASE_URL": AWAY, "QUEUE_APP_MAIL_BOUNCES": BOUNCES} | settings
    done = CliRunner().invoke(
        main, ["message", "bounced"], input=report("bounces+1@example.org"), env=environment
    )
    assert done.exit_code == os.EX_TEMPFAIL
    assert said in done.stderr
