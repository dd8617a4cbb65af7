"""Staff and devices for a test, and their ways in."""

from dataclasses import dataclass
from datetime import datetime

from queue_app.domain.people import DeviceKind, Role
from queue_app.flow import staffing

BRANCH = "holosiivskyi"
PASSWORD = "a long enough password"


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
    await staffing.add_staff(login, role, branch, PASSWORD, now)
    signed_in = await staffing.sign_in(login, PASSWORD, now)
    return Person(signed_in.staff.id, login, PASSWORD, signed_in.token)


async def install(
    now: datetime, kind: DeviceKind = "kiosk", branch: str = BRANCH, name: str | None = None
) -> Machine:
    """A new device with its token."""
    name = name or f"{kind} of {branch}"
    return Machine(name, await staffing.add_device(name, kind, branch, now))
