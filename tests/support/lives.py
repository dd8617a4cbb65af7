"""A hall that is backed up, goes on, and is put back beside a server that has seen it go on."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from queue_app.domain.people import Staff
from queue_app.flow import staffing
from queue_app.flow.act import By
from queue_app.flow.arrival import IssuedTicket
from queue_app.queries import reference
from queue_app.store import db
from tests.conftest import MONDAY
from tests.flow.stage import pool_on
from tests.support.hall import Desk, take_ticket
from tests.support.people import BRANCH, Machine, Person, hire, install
from tests.support.server import Server, run_command, start_servers, stop_servers

OLD_TITLE, NEW_TITLE = "Старий зал", "Новий зал"


class Lives:
    """Backed up with two people waiting and one desk open; then a third came, the first was
    called, and the branch has another title, though the files' version is the same.

    `kept`: the two tickets that the backup has. `lost`: the third. `clerk` sits at `desk`,
    `kiosk` stands in the hall.
    """

    def __init__(self, dsn: str, folder: Path) -> None:
        self.environment = os.environ | {
            "QUEUE_APP_DATABASE_URL": dsn,
            "QUEUE_APP_DATA": str(folder),
        }
        self.folder = folder
        self.file = folder / "hall.backup"
        self.kept: list[IssuedTicket] = []
        self.lost: IssuedTicket
        self.clerk: Person
        self.kiosk: Machine
        self.desk: Desk
        self.server: Server

    def command(self, *arguments: str) -> None:
        done = run_command(arguments, self.environment, self.folder)
        assert done.returncode == 0, done.stderr

    async def begin(self) -> None:
        await entitle(OLD_TITLE)
        self.clerk, self.kiosk = await hire(MONDAY), await install(MONDAY)
        self.desk = await take_desk(self.clerk, "1")
        self.kept = [await take_ticket(MONDAY) for _ in range(2)]
        self.command("backup", str(self.file))
        await entitle(NEW_TITLE)
        self.lost = await take_ticket(MONDAY)
        for _ in range(3):  # so that the versions of the restored hall are below these
            await self.desk.call(self.kept[0].id)
            await self.desk.undo(self.kept[0].id)
        await self.desk.call(self.kept[0].id)

    def restore(self) -> None:
        self.command("restore", "--force", "--while-served", str(self.file))


async def entitle(title: str) -> None:
    """Without a new version: as if each of two databases had come to it by itself."""
    await db.fetch(
        "UPDATE branch SET title = jsonb_set(title, '{uk}', to_jsonb($1::text)) WHERE slug = $2",
        title,
        BRANCH,
    )
    reference.forget()


async def take_desk(person: Person, number: str) -> Desk:
    branch = (await reference.directory()).branch(BRANCH)
    desk = next(one for one in branch.desks if one.number == number)
    clerk = Staff(person.id, person.login, "clerk", branch.id)
    await staffing.open_desk(By(clerk, MONDAY), desk.id)
    return Desk(desk.id, number, clerk, MONDAY)


@asynccontextmanager
async def lived(dsn: str, folder: Path) -> AsyncIterator[Lives]:
    """The hall after its backup, and a server that has served it since; `dsn` is for it alone."""
    async with pool_on(dsn):
        lives = Lives(dsn, folder)
        await lives.begin()
        started = start_servers(1, dsn, folder, clock=MONDAY)
        lives.server = started[0]
        try:
            yield lives
        finally:
            stop_servers(started)
