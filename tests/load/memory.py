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
KEYS = "VmRSS", "VmHWM", "RssAnon"
"""The last without what processes share: their programs and libraries."""
BOARD = f"/ws/branches/{HALL}/board"


async def measure(stage: Stage) -> list[Table]:
    servers = start_servers(1, stage.dsn, stage.folder, MONDAY)
    try:
        rows = await held(replace(stage, server=servers[0]))
    finally:
        stop_servers(servers)
    title = f"Memory of a process of the server (VmRSS; {TICKETS} tickets in a branch)"
    return [Table(title, ("", "now", "at most so far", "of its own"), rows)]


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
    async with speaking(stage, stage.kiosk) as kiosk:
        for _ in range(WAITING):
            await issue(kiosk)
        async with speaking(stage, stage.clerks[0]) as clerk:
            for _ in range(WAITING, TICKETS):
                await issue(kiosk)
                await serve(clerk, stage.desks[0])


async def issue(kiosk: Client) -> None:
    await kiosk.post(f"/branches/{HALL}/tickets", {"services": ["debt-amount"]})


async def serve(clerk: Client, desk: int) -> None:
    called = await clerk.post(f"/desks/{desk}/calls")
    await clerk.post(f"/tickets/{called['id']}/starts")
    await clerk.post(f"/tickets/{called['id']}/finishes")


def row(name: str, server: Server) -> Sequence[str]:
    return name, *(f"{held_bytes(server, key) / 2**20:.0f} MB" for key in KEYS)


def held_bytes(server: Server, key: str = "VmRSS") -> int:
    """What the process holds now, at most so far (VmHWM), or shares with nobody (RssAnon)."""
    said = Path(f"/proc/{server.process.pid}/status").read_text().splitlines()
    values = dict(one.split(":", 1) for one in said if ":" in one)
    return int(values[key].split()[0]) * 1024
