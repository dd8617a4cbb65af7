"""Staff and devices for a test, and their ways in."""

from dataclasses import dataclass
from datetime import datetime
from typing import cast

from queue_app.domain.people import OPERATOR, RESIDENT, Device, DeviceKind, Role
from queue_app.flow import accounts, devices, staffing
from queue_app.flow.act import By

BRANCH = "holosiivskyi"
CALLS = "contact-centre"
"""Whence people are phoned."""
PASSWORD = "a long enough password"


KIOSK = Device(1, ("kiosk",), cast(int, None))
"""Stands in whichever branch a test needs it."""


@dataclass(frozen=True)
class Person:
    id: int
    login: str
    password: str
    token: str

    @property
    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


@dataclass(frozen=True)
class Machine:
    name: str
    token: str

    @property
    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


async def hire(
    now: datetime, login: str = "clerk1", role: Role = "clerk", branch: str | None = BRANCH
) -> Person:
    """A new, signed-in member of staff. The pool of the test is open (fixture `database`)."""
    await accounts.add_staff(By(OPERATOR, now), login, role, branch, PASSWORD)
    signed_in = await staffing.sign_in(By(RESIDENT, now), login, PASSWORD)
    return Person(signed_in.staff.id, login, PASSWORD, signed_in.token)


async def install(
    now: datetime, kind: DeviceKind = "kiosk", branch: str = BRANCH, name: str | None = None
) -> Machine:
    """A new device with its token."""
    name = name or f"{kind} of {branch}"
    return Machine(name, await devices.add_device(By(OPERATOR, now), name, [kind], branch))
