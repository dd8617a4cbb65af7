"""People and devices for trying a centre out, made once and shown at every start."""

import os
import secrets
import shlex
import tomllib
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

import msgspec
import tomli_w
from msgspec import Struct

from config.settings import Settings
from queue_app.domain.branch_day import BranchDay
from queue_app.domain.errors import Conflict
from queue_app.domain.people import OPERATOR, DeviceKind, Role, token_hash
from queue_app.flow import accounts, devices
from queue_app.flow.act import By
from queue_app.flow.passwords import is_right
from queue_app.queries import reference
from queue_app.queries.devices import device_of_token
from queue_app.queries.staff import KeptAccount, account

FILE = "trial.txt"
STAFF: dict[str, Role] = {
    "clerk1": "clerk",
    "clerk2": "clerk",
    "clerk3": "clerk",
    "supervisor": "supervisor",
    "administrator": "administrator",
}


class TrialSignIns(Struct, frozen=True):
    """Passwords by login, and the tokens of a kiosk and a board of one branch."""

    branch: str
    kiosk: str
    board: str
    passwords: dict[str, str]


async def ensure(data: Path, now: datetime) -> TrialSignIns:
    """The sign-ins that `data` keeps; what the database lacks of them is made.

    A login whose password is not known here, or was changed since, is left out. One that was
    retired, or a token that was revoked, is of no use any more: there is another.
    """
    path = data / FILE
    kept = _read(path)
    slug = kept.branch if kept else next(iter((await reference.directory()).branches))
    made = TrialSignIns(
        branch=slug,
        kiosk=await _device("kiosk", slug, kept.kiosk if kept else None, now),
        board=await _device("board", slug, kept.board if kept else None, now),
        passwords=await _staff(slug, kept.passwords if kept else {}, now),
    )
    if made != kept:
        _write(path, made)
    return made


def _read(path: Path) -> TrialSignIns | None:
    try:
        return msgspec.convert(tomllib.loads(path.read_text()), type=TrialSignIns)
    except (FileNotFoundError, tomllib.TOMLDecodeError, msgspec.ValidationError):
        return None


async def _device(kind: DeviceKind, slug: str, token: str | None, now: datetime) -> str:
    """The token of the device that is there already, else of a new one."""
    name = f"Trial {kind}"
    try:
        return await devices.add_device(By(OPERATOR, now), name, [kind], slug)
    except Conflict:
        if token and await device_of_token(token_hash(token)):
            return token
    return await devices.add_device(
        By(OPERATOR, now), f"{name} {secrets.token_hex(3)}", [kind], slug
    )


async def _staff(slug: str, kept: dict[str, str], now: datetime) -> dict[str, str]:
    passwords = {}
    for name, role in STAFF.items():
        login, known = await _in_use(name)
        password = kept.get(login) or secrets.token_urlsafe(9)
        if known is None:
            branch = None if role == "administrator" else slug
            await accounts.add_staff(By(OPERATOR, now), login, role, branch, password)
        elif not await is_right(known.password_hash, password):
            continue
        passwords[login] = password
    return passwords


async def _in_use(name: str) -> tuple[str, KeptAccount | None]:
    """The first of clerk1, clerk1-2, clerk1-3 and so on that was not retired, and its account."""
    for number in count(1):
        login = name if number == 1 else f"{name}-{number}"
        found = await account(login)
        if found is None or found.retired_at is None:
            return login, found
    raise AssertionError("numbers do not end")


def _write(path: Path, made: TrialSignIns) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_text(tomli_w.dumps(msgspec.to_builtins(made)))
    draft.replace(path)


def guide(
    address: str, made: TrialSignIns, settings: Settings, today: BranchDay, now: datetime
) -> str:
    """Where each face is and how to get in, as the operator reads it at the start.

    `today`: of the branch that is tried.
    """
    local = today.local(now)
    width = max(map(len, made.passwords), default=0)
    people = [f"    {login:<{width}}  {word}" for login, word in made.passwords.items()]
    return "\n".join([
        "",
        f"  Booking   {address}/",
        f"  Kiosk     {address}/kiosk/{made.branch}?device={made.kiosk}",
        f"  Board     {address}/display/{made.branch}?device={made.board}",
        f"  Console   {address}/console",
        f"  Messages  {address}/trial/inbox",
        f"  API       {address}/api",
        "",
        "  Sign in to the console as",
        *(people or ["    (made before; their passwords are not kept here)"]),
        "",
        f"  The hall's clock shows {local:%A %d %B %Y, %H:%M}. Outside opening",
        "  hours booking works and the kiosk says when it opens.",
        *_other_hour(settings, today),
        "",
        f"  Data and sign-ins are kept in {settings.data}. Stop with Ctrl-C.",
        "",
    ])  # fmt: skip


def _other_hour(settings: Settings, today: BranchDay) -> list[str]:
    """How to try the hall at any hour, on data of its own; nothing where its clock is set, or the
    branch never opens."""
    hour = _open_hour(today)
    if settings.clock or settings.rate != 1 or settings.database_url or hour is None:
        return []
    usual = Settings()
    arguments = [f"--clock {hour.isoformat()}"]
    if settings.host != usual.host:
        arguments.append(f"--host {settings.host}")
    if settings.port != usual.port:
        arguments.append(f"--port {settings.port}")
    places = {"QUEUE_APP_DATA": settings.data / f"{hour:%A}".lower()}
    if settings.config != usual.config:
        places["QUEUE_APP_CONFIG"] = settings.config
    given = " ".join(f"{name}={shlex.quote(str(path))}" for name, path in places.items())
    return [
        "  To try the hall at any hour:",
        f"    {given} make run ARGS='{' '.join(arguments)}'",
    ]


def _open_hour(today: BranchDay) -> datetime | None:
    """An hour after the branch opens on the Monday after that day, or the first day after it on
    which it does; local time. None: it does not for a year."""
    monday = today.date + timedelta(days=7 - today.date.weekday())
    for ahead in range(366):
        if opens := today.on(monday + timedelta(days=ahead)).opens:
            return today.local(opens + timedelta(hours=1))
    return None
