"""Started as root, only the process that keeps the others stays root: those that answer are of an
account that owns nothing but what they write.

Whoever found a way into an answering process would else own the machine. The keeper needs root to
start PostgreSQL again under the same account.
"""

import logging
import os
import pwd
import stat
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import queue_app
from config.settings import PROJECT, STAY_ROOT, Settings
from queue_app.store.system_account import SYSTEM_USER, NoAccountError, system_account

ACCOUNT = "QUEUE_APP_ANSWERS_AS"
"""What the keeper tells the answering processes; nobody else sets it."""
WRITTEN = ("messages", "voice")
"""What the answering processes write in the data folder."""
_UNREADABLE = """
import os, sys
for path in sys.argv[1:]:
    if not os.access(path, os.R_OK | (os.X_OK if os.path.isdir(path) else 0)):
        print(path)
        break
"""

log = logging.getLogger(__name__)


def account_for(settings: Settings) -> str | None:
    """The account of the answering processes; None for that of this process: where it is not root,
    is told to stay root, or that account could not read what answering needs, which is warned of.
    """
    if os.geteuid() != 0 or settings.account == STAY_ROOT:
        return None
    try:
        account = (
            pwd.getpwnam(settings.account) if settings.account != SYSTEM_USER else system_account()
        )
    except (KeyError, NoAccountError) as error:
        _warn(f"there is no account {settings.account} ({error})")
        return None
    for name in WRITTEN:
        _give(settings.data / name, account)
    unreadable = _first_unreadable(_needed(settings), account)
    if unreadable:
        _warn(f"the account {account.pw_name} cannot read {unreadable}: let it, as by chmod o+rX")
        return None
    return account.pw_name


def _warn(reason: str) -> None:
    log.warning("answering as root: %s, or start as an ordinary user", reason)


def _give(folder: Path, account: pwd.struct_passwd) -> None:
    """The folder and what is in it, as it was root's before an update."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in (folder, *folder.rglob("*")):
        os.chown(path, account.pw_uid, account.pw_gid, follow_symlinks=False)


def _needed(settings: Settings) -> Iterable[Path]:
    """The program, and the centre's files."""
    yield Path(sys.prefix)
    yield Path(queue_app.__file__)
    yield PROJECT
    yield from (settings.data / name for name in WRITTEN)
    yield settings.config
    yield from settings.config.rglob("*")


def _first_unreadable(paths: Iterable[Path], account: pwd.struct_passwd) -> str:
    try:
        looked = subprocess.run(
            [sys.executable, "-I", "-S", "-c", _UNREADABLE, *map(str, paths)],
            user=account.pw_uid, group=account.pw_gid, extra_groups=[], cwd="/",
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    except PermissionError:
        return str(_closed_folder(Path(sys.executable).resolve()))
    return sys.executable if looked.returncode else looked.stdout.strip()


def _closed_folder(path: Path) -> Path:
    """The first on the way to it through which others may not pass, or the path itself."""
    way = [*reversed(path.parents), path]
    return next((one for one in way if not one.stat().st_mode & stat.S_IXOTH), path)


def become(name: str | None) -> None:
    """This process is of that account from now on, for good; nothing where there is none."""
    if not name or os.geteuid() != 0:
        return
    account = pwd.getpwnam(name)
    os.initgroups(name, account.pw_gid)
    os.setgid(account.pw_gid)
    os.setuid(account.pw_uid)
