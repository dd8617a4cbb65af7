"""The account of the machine under which things run that must not run as root."""

import fcntl
import logging
import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

log = logging.getLogger(__name__)

SYSTEM_USER = "queue-app"
_ACCOUNTS = Path("/etc")


class NoAccountError(Exception):
    """There is no such account and none can be made; the message says why."""


def system_account() -> pwd.struct_passwd:
    """The account, made if it is not there. Only root can; NoAccountError where it cannot be."""
    with _one_at_a_time(_ACCOUNTS):
        try:
            return pwd.getpwnam(SYSTEM_USER)
        except KeyError:
            return _create()


@contextmanager
def _one_at_a_time(folder: Path) -> Iterator[None]:
    """Two useradd at once can undo each other's account, so first starts take turns."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _create() -> pwd.struct_passwd:
    useradd = shutil.which("useradd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if not useradd:
        raise NoAccountError(f"there is no useradd to make the account {SYSTEM_USER}")
    made = subprocess.run(
        [useradd, "--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent",
         "--shell", "/usr/sbin/nologin", SYSTEM_USER],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    with suppress(KeyError):
        account = pwd.getpwnam(SYSTEM_USER)
        log.info("made the account %s, as nothing that answers runs as root", SYSTEM_USER)
        return account
    raise NoAccountError(f"the account {SYSTEM_USER} cannot be made: {made.stderr.strip()}")
