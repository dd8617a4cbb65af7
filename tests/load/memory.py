"""What a process of the server holds: alone, with screens open, after a full day of a branch."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tests.conftest import MONDAY
from tests.load.boards import line, process
from tests.load.stage import HALL, Client, Stage, speaking
from tests.load.table import Table
from tests.support.server import Server, start_servers, stop_servers

BOARDS = 100
TICKETS = 500
WAITING = 40
"""So many wait while the others are served."""
BOARD = f"/ws/branches/{HALL}/board"


async def measure(stage: Stage) -> list[Table]:
    servers = start_servers(1, stage.dsn, stage.folder, MONDAY)
    try:
        rows = await held(replace(stage, server=servers[0]))
    finally:
        stop_servers(servers)
    title = f"Memory of a process of the server (VmRSS; {TICKETS} tickets in a branch)"
    return [Table(title, ("", "now", "at most so far"), rows)]


async def held(stage: Stage) -> list[Sequence[str]]:
    host, port = stage.server.url.removeprefix("http://").split(":")
    rows = [row("ready", stage.server)]
    async with process("tests.load.crowd", host, port, BOARD, str(BOARDS)) as boards:
        assert await line(boards) == "open"
        rows.append(row(f"with {BOARDS} boards", stage.server))
        await live(stage)
        rows.append(row(f"after the day, with {BOARDS} boards", stage.server))
    return rows


async def live(stage: Stage) -> None:
    """Every ticket is issued, and all but the last ones are called and served at one desk."""
    async with (
        speaking(stage, stage.kiosk) as kiosk,
        speaking(stage, stage.clerks[0]) as clerk,
    ):
        for number in range(TICKETS):
            await kiosk.post(f"/branches/{HALL}/tickets", {"services": ["debt-amount"]})
            if number >= WAITING:
                await serve(clerk, stage.desks[0])


async def serve(clerk: Client, desk: int) -> None:
    called = await clerk.post(f"/desks/{desk}/calls")
    await clerk.post(f"/tickets/{called['id']}/starts")
    await clerk.post(f"/tickets/{called['id']}/finishes")


def row(name: str, server: Server) -> Sequence[str]:
    return name, *(f"{held_bytes(server, key) / 2**20:.0f} MB" for key in ("VmRSS", "VmHWM"))


def held_bytes(server: Server, key: str = "VmRSS") -> int:
    """What the server's process holds now, or (VmHWM) held at most so far."""
    said = Path(f"/proc/{server.process.pid}/status").read_text().splitlines()
    values = dict(one.split(":", 1) for one in said if ":" in one)
    return int(values[key].split()[0]) * 1024
