"""The operator's commands, run as an operator runs them."""

import asyncio
import json
import os
import socket
import stat
import subprocess
import sys
import time
import tomllib
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import asyncpg
import httpx
import pytest

from queue_app.flow.promising import judge
from tests.conftest import MONDAY, StartServers
from tests.flow.stage import pool_on
from tests.support.database import CONFIG
from tests.support.hall import open_desk, take_ticket
from tests.support.people import BRANCH
from tests.support.server import ROOT, Server, free_port, run_command


class Terminal:
    """Runs `queue-app` with its own data folder and, where given, a database."""

    def __init__(self, data: Path, dsn: str | None = None) -> None:
        kept = {name: text for name, text in os.environ.items() if not name.startswith("QUEUE_APP")}
        self.streams = data.parent
        self.environment = kept | {"QUEUE_APP_DATA": str(data)}
        if dsn:
            self.environment["QUEUE_APP_DATABASE_URL"] = dsn

    def run(self, *arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
        return run_command(arguments, self.environment, self.streams, typed)

    def succeeds(self, *arguments: str, typed: str = "") -> str:
        done = self.run(*arguments, typed=typed)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def fails(self, *arguments: str, typed: str = "") -> str:
        """What it says, which is short and no traceback."""
        done = self.run(*arguments, typed=typed)
        assert done.returncode != 0
        assert "Traceback" not in done.stderr
        return done.stderr

    def serve(self, *arguments: str) -> Server:
        port = free_port()
        log = Path(self.environment["QUEUE_APP_DATA"]) / "serve.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("wb") as output:
            process = Command(
                [sys.executable, "-m", "queue_app.cli", "serve", "--port", str(port), *arguments],
                cwd=ROOT,
                env=self.environment,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        server = Server(f"http://127.0.0.1:{port}", process, log)
        server.wait_until_ready()
        return server


class Command(subprocess.Popen[bytes]):
    """A command of its own, stopped and waited for as the forked servers are."""

    def is_alive(self) -> bool:
        return self.poll() is None

    def join(self, timeout: float | None = None) -> None:
        with suppress(subprocess.TimeoutExpired):
            self.wait(timeout)


@pytest.fixture
def terminal(spare_database: str, data: Path) -> Terminal:
    """On a database that is this test's alone."""
    return Terminal(data, spare_database)


async def value(dsn: str, sql: str) -> object:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


@pytest.mark.slow
async def test_one_command_on_an_empty_folder_serves_a_centre_to_try(data: Path) -> None:
    terminal = Terminal(data)
    server = terminal.serve("--trial")
    try:
        told = server.log.read_text()
        trial = data / "trial.txt"
        made = tomllib.loads(trial.read_text())
        assert stat.S_IMODE(trial.stat().st_mode) == 0o600
        assert f"{server.url}/kiosk/{made['branch']}?device={made['kiosk']}" in told
        for login, password in made["passwords"].items():
            assert password in told
            signed = httpx.post(
                f"{server.url}/api/v1/sessions", json={"login": login, "password": password}
            )
            assert signed.status_code == 201, signed.text
        assert "Every invariant holds" in terminal.succeeds("doctor")
    finally:
        server.stop()
    assert not (data / "postgres" / "postmaster.pid").exists()

    again = terminal.serve("--trial")
    again.stop()
    assert tomllib.loads(trial.read_text()) == made


@pytest.mark.slow
def test_a_taken_port_is_one_line(server: Server, terminal: Terminal) -> None:
    said = terminal.fails("serve", "--port", server.url.rpartition(":")[2])
    assert "is taken" in said
    assert len(said.splitlines()) == 1


@pytest.mark.slow
async def test_the_hall_of_every_process_shows_the_time_it_is_told(servers: StartServers) -> None:
    shown = []
    for server in await servers(2, clock=MONDAY, rate=1):
        branches = httpx.get(f"{server.url}/api/v1/branches").json()
        shown.append({branch["slug"]: branch["kiosk"] for branch in branches})
    assert shown[0] == shown[1]
    assert set(shown[0].values()) == {"open"}


@pytest.mark.slow
async def test_workers_end_with_the_process_that_keeps_them(servers: StartServers) -> None:
    server = (await servers(1, workers=2))[0]
    port = int(server.url.rpartition(":")[2])
    server.kill()
    deadline = time.monotonic() + 15
    while listens(port):
        assert time.monotonic() < deadline, "its workers go on without it"
        await asyncio.sleep(0.1)
    (await servers(1, port=port))[0].stop()


def listens(port: int) -> bool:
    with socket.socket() as caller:
        return caller.connect_ex(("127.0.0.1", port)) == 0


async def test_the_files_are_checked_without_a_database(data: Path) -> None:
    terminal = Terminal(data)
    assert "34 services in 8 groups, 11 branches" in terminal.succeeds("config", "check")
    assert not (data / "postgres").exists()


async def test_a_wrong_file_is_told_by_file_key_and_reason_and_changes_nothing(
    terminal: Terminal, spare_database: str, data: Path
) -> None:
    for file in CONFIG.glob("*.toml"):
        (data / file.name).write_text(file.read_text())
    catalogue = data / "catalogue.toml"
    catalogue.write_text("colour = 'green'\n" + catalogue.read_text())
    before = await value(spare_database, "SELECT version FROM centre")
    for command in ("check", "apply"):
        said = terminal.fails("config", command, str(data))
        assert "catalogue.toml" in said and "colour" in said
        assert ("nothing was loaded" in said) is (command == "apply")
    assert await value(spare_database, "SELECT version FROM centre") == before


async def test_what_is_exported_changes_nothing_when_applied(
    terminal: Terminal, data: Path
) -> None:
    assert "cannot write to" in terminal.fails("config", "export", "/dev/null/files")
    terminal.succeeds("config", "export", str(data / "written"))
    assert "Nothing changes" in terminal.succeeds("config", "apply", str(data / "written"))
    assert "Nothing changes" in terminal.succeeds("config", "apply")


async def test_the_catalogue_is_printed_as_the_interface_gives_it(terminal: Terminal) -> None:
    groups = json.loads(terminal.succeeds("catalogue", "--json"))["groups"]
    assert len(groups) == 8
    assert sum(len(group["services"]) for group in groups) == 34
    assert {"code", "title", "duration", "channels"} <= groups[0]["services"][0].keys()


async def test_staff_are_added_once_with_a_password_from_the_input(terminal: Terminal) -> None:
    add = ("staff", "add", "olena", "--role", "clerk", "--branch", "podilskyi", "--password-stdin")
    assert "olena" in terminal.succeeds(*add, typed="a long enough password\n")
    assert "login_taken" in terminal.fails(*add[:-1])
    short = ("staff", "add", "ivan", "--role", "administrator", "--password-stdin")
    assert "at least 8 characters. (weak_password" in terminal.fails(*short, typed="short\n")
    nowhere = (*add[:2], "iryna", *add[3:6], "nowhere", add[-1])
    assert "unknown_branch" in terminal.fails(*nowhere[:-1])


async def test_staff_get_a_new_password_and_leave(terminal: Terminal) -> None:
    add = ("staff", "add", "olena", "--role", "clerk", "--branch", "podilskyi", "--password-stdin")
    terminal.succeeds(*add, typed="a long enough password\n")
    terminal.succeeds("staff", "password", "olena", "--password-stdin", typed="quite another one\n")
    assert "unknown_login" in terminal.fails("staff", "password", "ivan")
    assert "olena is signed out for good" in terminal.succeeds("staff", "retire", "olena")
    heads, olena = (line.split() for line in terminal.succeeds("staff", "list").splitlines())
    assert heads[0] == "LOGIN"
    assert olena[:5] == ["olena", "clerk", "podilskyi", "-", "0"]
    assert olena[-1] != "-"


async def test_a_device_shows_its_token_once(terminal: Terminal, spare_database: str) -> None:
    terminal.environment["QUEUE_APP_PUBLIC_URL"] = "https://queue.example.org"
    add = ("device", "add", "Entrance", "--kind", "kiosk", "--branch", "podilskyi")
    done = terminal.run(*add)
    token = done.stdout.strip()
    assert len(token) >= 32
    assert f"https://queue.example.org/kiosk/podilskyi?device={token}" in done.stderr
    kept = "SELECT token_hash = sha256(convert_to('{}', 'UTF8')) FROM device"
    assert await value(spare_database, kept.format(token)) is True
    assert "device_taken" in terminal.fails(*add)
    for name in ("", " \n", "x" * 61):
        assert "device_name" in terminal.fails("device", "add", name, *add[3:])
    terminal.succeeds("device", "revoke", "Entrance")
    _, entrance = terminal.succeeds("device", "list").splitlines()
    assert entrance.split()[:3] == ["Entrance", "kiosk", "podilskyi"]
    assert not entrance.endswith("-")


@pytest.mark.slow
async def test_a_backup_brings_everything_back_and_needs_force_to_replace_anything(
    terminal: Terminal, spare_database: str, data: Path
) -> None:
    file = data / "centre.backup"
    add = ("staff", "add", "olena", "--role", "administrator", "--password-stdin")
    terminal.succeeds(*add, typed="a long enough password\n")
    terminal.succeeds("backup", str(file))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600

    terminal.succeeds("device", "add", "Later", "--kind", "board", "--branch", "podilskyi")
    assert "--force" in terminal.fails("restore", str(file))
    assert await value(spare_database, "SELECT count(*) FROM device") == 1

    terminal.succeeds("restore", "--force", str(file))
    assert await value(spare_database, "SELECT count(*) FROM device") == 0
    assert await value(spare_database, "SELECT login FROM staff") == "olena"
    assert "Every invariant holds" in terminal.succeeds("doctor")


async def test_a_broken_invariant_is_named_and_ends_with_one(
    terminal: Terminal, spare_database: str
) -> None:
    branch = await value(spare_database, "SELECT min(id) FROM branch")
    skip = f"INSERT INTO counter VALUES ({branch}, '2026-11-23', 'А', 3) RETURNING last"
    assert await value(spare_database, skip) == 3
    done = terminal.run("doctor")
    assert done.returncode == 1
    assert "numbers have no gap" in done.stderr


async def test_a_broken_backup_leaves_the_database_as_it_was(
    terminal: Terminal, spare_database: str, data: Path
) -> None:
    file = data / "broken.backup"
    terminal.succeeds("backup", str(file))
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    terminal.fails("restore", "--force", str(file))
    assert await value(spare_database, "SELECT count(*) FROM branch") == 11


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("QUEUE_APP_PORT", "eighty"),
        ("QUEUE_APP_DATABASE_URL", "mysql://localhost/queue"),
        ("QUEUE_APP_CLOCK", "yesterday"),
    ],
)
def test_a_wrong_variable_is_named(data: Path, variable: str, text: str) -> None:
    terminal = Terminal(data)
    terminal.environment[variable] = text
    assert variable in terminal.fails("doctor")


@pytest.mark.slow
def test_a_database_that_cannot_be_reached_is_one_line(data: Path) -> None:
    terminal = Terminal(data, f"postgresql://nobody@127.0.0.1:{free_port()}/queue")
    assert "cannot be reached" in terminal.fails("doctor")


def test_a_folder_that_was_never_served_is_told_how_to_start(data: Path) -> None:
    assert "queue-app serve" in Terminal(data / "empty").fails("backup", str(data / "file"))


async def test_what_people_were_shown_stands_beside_what_came_true_by_branch(
    terminal: Terminal, spare_database: str
) -> None:
    terminal.environment["QUEUE_APP_CLOCK"] = (MONDAY + timedelta(hours=1)).isoformat()
    assert "Nobody was shown a range." in terminal.succeeds("simulate", "kept")
    async with pool_on(spare_database):
        desk = await open_desk("5", MONDAY)
        called, _ = await take_ticket(MONDAY), await take_ticket(MONDAY)
        await desk.call(called.id)
        await judge()
    head, titles, row, *parts = terminal.succeeds("simulate", "kept").splitlines()
    assert head == (
        "Since 2026-11-16 11:00, 7 days before 2026-11-23 11:00 (the clock of QUEUE_APP_CLOCK);"
        " minutes unless %."
    )
    assert titles.split()[:3] == ["branch", "shown", "estimates"]
    assert row.split() == (
        [BRANCH, "ticket", "1", "0.0", "100.0", "1.0", "0.50", "0", "100.0", "0", "0", "0", "1"]
    )
    assert parts[0] == f"{BRANCH}, given with tickets and called:"
    whole = "as shown, whole minutes 1 100.0 ±nan 1.00 1.00 0.50 0.50 0.0 0.0"
    assert parts[2].split() == whole.split()
    assert [one.split()[0] for one in parts if "ranges  in" in one] == (
        ["ranges", "hour", "service", "class"]
    )
    assert parts[-1] == "No class has 100 ranges: too few to say what is wrong most."
    del terminal.environment["QUEUE_APP_CLOCK"]
    now = ("--days", "1", "--now", "2026-11-24T09:00:00+02:00")
    head, _, *again = terminal.succeeds("simulate", "kept", *now).splitlines()
    assert head.startswith("Since 2026-11-23 09:00, 1 day before 2026-11-24 09:00 (--now);")
    assert again == [row, *parts]
    elsewhere = terminal.succeeds("simulate", "kept", "--branch", "obolonskyi", "--days", "1")
    assert "Nobody was shown a range." in elsewhere
    assert "unknown_branch" in terminal.fails("simulate", "kept", "--branch", "nowhere")


@pytest.mark.parametrize(
    "command",
    [
        ("simulate", "staffing", "--date", "9999-12-31"),
        ("simulate", "--days", "2", "--first", "9999-12-31"),
        ("simulate", "accuracy", "--days", "1", "--first", "0001-01-01"),
        ("demo", "--once", "--clock", "9999-12-31T23:59:00+00:00"),
        ("serve", "--clock", "0001-01-01T00:00:00+14:00"),
    ],
)
async def test_a_day_beyond_all_calendars_is_refused_in_one_line(
    terminal: Terminal, command: tuple[str, ...]
) -> None:
    said = terminal.fails(*command)
    assert "in the years 2000 to 2100" in said
    assert "Traceback" not in said


@pytest.mark.slow
async def test_a_roster_is_proposed_from_the_centres_own_database(terminal: Terminal) -> None:
    now = ("--now", "2026-11-20T18:00:00+02:00")
    told = terminal.succeeds("simulate", "staffing", "--date", "2026-11-23", *now).splitlines()
    assert told[0] == (
        "holosiivskyi, Monday 23 November 2026, seen from 2026-11-20 18:00 (--now):"
        " 90 % within 15 min."
    )
    assert told[1].endswith("the 90 days before 2026-11-20.")
    assert told[1].startswith("Made from 0 bookings as recorded, 0 Mondays and 0 other days")
    assert told[2].startswith("Too little history of Mondays")
    assert told[-2].startswith("Desk hours until closing: ")
    assert told[-1].startswith("The kiosk issues its last ticket at 17:30;")
    assert "closed on 2026-11-22" in terminal.fails("simulate", "staffing", "--date", "2026-11-22")
    wrong = terminal.fails("simulate", "staffing", "--date", "2026-11-23", "--branch", "nowhere")
    assert "is none of: holosiivskyi" in wrong
