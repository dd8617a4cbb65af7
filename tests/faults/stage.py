"""What every trial begins with: a centre of ten o'clock on a Monday, with its sign-ins."""

import asyncio
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from queue_app.domain.people import OPERATOR, token_hash
from queue_app.flow.act import By
from queue_app.flow.configuring import apply
from queue_app.flow.staffing import open_desk
from queue_app.queries import reference
from queue_app.queries.staff import staff_of_session
from queue_app.store import db
from queue_app.store.cluster import cluster
from tests.conftest import MONDAY
from tests.load.stage import HALL, busy_centre
from tests.support.people import hire, install

DESKS = 2


@dataclass(frozen=True)
class Seat:
    """An open desk, and the token of the clerk at it."""

    desk: int
    number: str
    token: str


@dataclass(frozen=True)
class SignIns:
    """The kiosk's token, and who sits where."""

    kiosk: str
    seats: list[Seat]


@dataclass(frozen=True)
class Stage:
    """`founded`: a data folder, as a first start leaves it; each trial has a copy of its own."""

    folder: Path
    founded: Path
    sign_ins: SignIns

    @contextmanager
    def room(self, name: str) -> Iterator[Path]:
        """A folder for one trial, which PostgreSQL's account can pass."""
        room = self.folder / name
        room.mkdir(mode=0o711)
        try:
            yield room
        finally:
            shutil.rmtree(room, ignore_errors=True)

    def copy_to(self, data: Path) -> None:
        subprocess.run(["cp", "-a", self.founded, data], check=True)


def found(folder: Path) -> Stage:
    """Make the data folder once: that takes longer than most faults last."""
    data = folder / "founded"
    with cluster(data) as dsn:
        sign_ins = asyncio.run(_fill(dsn))
    return Stage(folder, data, sign_ins)


async def _fill(dsn: str) -> SignIns:
    async with db.pool(dsn, max_size=4):
        await db.migrate()
        await apply(By(OPERATOR, MONDAY), busy_centre())
        reference.forget()
        desks = (await reference.directory()).branch(HALL).desks[:DESKS]
        seats = [
            Seat(desk.id, desk.number, (await hire(MONDAY, f"clerk{desk.number}")).token)
            for desk in desks
        ]
        for seat in seats:
            clerk = await staff_of_session(token_hash(seat.token), MONDAY)
            assert clerk
            await open_desk(By(clerk, MONDAY), seat.desk)
        return SignIns((await install(MONDAY)).token, seats)
