"""The embedded PostgreSQL: its life, its privacy, and what it survives."""

import asyncio
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import asyncpg
import pytest

from queue_app.store.cluster import cluster
from queue_app.store.cluster_folders import ClusterError

ROOT = Path(__file__).parents[1]
HOLDER = """
import sys, time
from pathlib import Path
from queue_app.store.cluster import cluster
with cluster(Path(sys.argv[1])) as dsn:
    print(dsn, flush=True)
    sys.stdin.read()
"""


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a server that ran once: to make one takes longer than most tests do."""
    folder = tmp_path_factory.mktemp("founded") / "data"
    with cluster(folder):
        pass
    return folder


@pytest.fixture
def data(founded: Path, tmp_path: Path) -> Path:
    """A copy of it, with its owners."""
    subprocess.run(["cp", "-a", founded, tmp_path / "data"], check=True)
    return tmp_path / "data"


def value(dsn: str, sql: str) -> object:
    async def ask() -> object:
        connection = await asyncpg.connect(dsn)
        try:
            return await connection.fetchval(sql)
        finally:
            await connection.close()

    return asyncio.run(ask())


def hold(data: Path) -> tuple[subprocess.Popen[str], str]:
    """Another process that uses the cluster until its input closes."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(data)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    return process, process.stdout.readline().strip()


def postmaster(data: Path) -> int:
    return int((data / "postgres" / "postmaster.pid").read_text().split()[0])


@pytest.mark.slow
def test_the_first_start_makes_a_database_that_knows_ukrainian_letters(tmp_path: Path) -> None:
    with cluster(tmp_path / "data") as dsn:
        assert value(dsn, "SELECT lower('ЇЖАК')") == "їжак"
        assert value(dsn, "SELECT current_setting('listen_addresses')") == ""
        assert value(dsn, "SELECT current_setting('fsync')") == "on"


@pytest.mark.slow
def test_only_its_owner_enters_the_sockets_and_the_data(tmp_path: Path) -> None:
    with cluster(tmp_path / "data") as dsn:
        sockets = Path(dsn.partition("host=")[2])
        for folder in (sockets, tmp_path / "data" / "postgres"):
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.mark.slow
def test_what_was_written_is_there_after_a_second_start(data: Path) -> None:
    with cluster(data) as dsn:
        value(dsn, "CREATE TABLE kept AS SELECT 7 AS number")
    with cluster(data) as dsn:
        assert value(dsn, "SELECT number FROM kept") == 7


@pytest.mark.slow
def test_the_last_process_out_stops_the_server(data: Path) -> None:
    other, dsn = hold(data)
    with cluster(data) as same:
        assert same == dsn
        pid = postmaster(data)
        other.communicate()
        assert value(same, "SELECT 1") == 1
        assert postmaster(data) == pid
    assert not (data / "postgres" / "postmaster.pid").exists()


@pytest.mark.slow
def test_a_server_left_by_a_killed_process_is_taken_over(data: Path) -> None:
    other, _ = hold(data)
    pid = postmaster(data)
    other.kill()
    other.communicate()
    with cluster(data) as dsn:
        assert postmaster(data) == pid
        assert value(dsn, "SELECT 1") == 1
    assert not (data / "postgres" / "postmaster.pid").exists()


@pytest.mark.slow
def test_it_starts_after_everything_was_killed(data: Path) -> None:
    other, dsn = hold(data)
    value(dsn, "CREATE TABLE kept AS SELECT 7 AS number")
    os.kill(postmaster(data), signal.SIGKILL)
    other.kill()
    other.communicate()
    with cluster(data) as dsn:
        assert value(dsn, "SELECT number FROM kept") == 7


def test_a_process_id_that_now_belongs_to_something_else_does_not_stop_it(data: Path) -> None:
    with cluster(data):
        written = (data / "postgres" / "postmaster.pid").read_text()
    owner = (data / "postgres").stat()
    account = owner.st_uid if os.geteuid() == 0 else None
    stranger = subprocess.Popen(["sleep", "60"], user=account)
    try:
        stale = data / "postgres" / "postmaster.pid"
        stale.write_text(f"{stranger.pid}\n" + written.partition("\n")[2])
        os.chown(stale, owner.st_uid, owner.st_gid)
        with cluster(data) as dsn:
            assert value(dsn, "SELECT 1") == 1
    finally:
        stranger.kill()
        stranger.wait()


@pytest.mark.slow
def test_a_path_too_long_for_a_socket_gets_a_short_private_folder(tmp_path: Path) -> None:
    deep = tmp_path / ("a-very-long-name-of-a-folder" * 4) / "дані з пробілом, і комою"
    with cluster(deep) as dsn:
        assert value(dsn, "SELECT 1") == 1
        sockets = Path(
            str(value(dsn, "SELECT current_setting('unix_socket_directories')")).strip('"')
        )
        assert stat.S_IMODE(sockets.stat().st_mode) == 0o700


@pytest.mark.slow
def test_a_short_path_may_hold_spaces_quotes_and_commas(tmp_path: Path) -> None:
    with cluster(tmp_path / "it's, a hall") as dsn:
        assert value(dsn, "SELECT 1") == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="root alone changes accounts")
@pytest.mark.slow
def test_a_start_as_root_opens_only_the_passage_to_a_closed_folder(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    with cluster(closed / "data") as dsn:
        assert value(dsn, "SELECT 1") == 1
    assert stat.S_IMODE(closed.stat().st_mode) == 0o701


@pytest.mark.skipif(os.geteuid() != 0, reason="root alone makes accounts")
def test_first_starts_at_once_agree_on_one_account() -> None:
    """On a fresh machine the account is missing, and several processes start."""
    name = f"queue-app-{os.getpid()}"
    ask = (
        "from queue_app.store import cluster_folders, system_account; import pwd\n"
        f"system_account.SYSTEM_USER = {name!r}\n"
        "print(flush=True); input()\n"
        "uid = cluster_folders.owner_here().uid\n"
        "print(flush=True); input()\n"
        "print(uid, pwd.getpwuid(uid).pw_name)\n"
    )
    try:
        starts = [
            subprocess.Popen(
                [sys.executable, "-c", ask],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for _ in range(4)
        ]
        for _ in "all are ready", "all have an account":
            go_on_together(starts)
        said = {start.communicate(timeout=60)[0] for start in starts}
    finally:
        subprocess.run(["userdel", name], check=False)
    assert len(said) == 1
    assert said.pop().split()[1] == name


def go_on_together(processes: list[subprocess.Popen[str]]) -> None:
    """Let them go on at once, when each has come so far that it prints a line and waits."""
    for process in processes:
        assert process.stdout and process.stdout.readline() == "\n"
    for process in processes:
        assert process.stdin
        process.stdin.write("\n")
        process.stdin.flush()


def test_a_folder_of_sockets_that_somebody_planted_is_refused(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (data / "run").symlink_to(elsewhere)
    with pytest.raises(ClusterError, match="belongs to somebody else"), cluster(data):
        pass


def test_a_machine_without_the_wheel_is_told_how_to_name_a_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    said = "QUEUE_APP_DATABASE_URL=postgresql://"
    with pytest.raises(ClusterError, match=said), cluster(tmp_path):
        pass


@pytest.mark.slow
def test_data_of_another_version_are_left_alone(data: Path) -> None:
    (data / "postgres" / "PG_VERSION").write_text("15\n")
    with pytest.raises(ClusterError, match="made by PostgreSQL 15"), cluster(data):
        pass


@pytest.mark.slow
def test_a_server_that_does_not_answer_sockets_is_not_taken_for_one_that_does(
    data: Path,
) -> None:
    with cluster(data) as dsn:
        sockets = Path(dsn.partition("host=")[2])
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(sockets / ".s.PGSQL.5432"))
    left.close()
    with cluster(data) as dsn:
        assert value(dsn, "SELECT 1") == 1


@pytest.mark.slow
def test_a_watched_server_that_is_killed_comes_back_with_all_it_had(data: Path) -> None:
    with cluster(data, watched=True) as dsn:
        value(dsn, "CREATE TABLE kept AS SELECT 7 AS number")
        killed = postmaster(data)
        os.kill(killed, signal.SIGKILL)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            with suppress(OSError, asyncpg.PostgresError, asyncpg.InternalClientError):
                if postmaster(data) != killed and value(dsn, "SELECT number FROM kept") == 7:
                    break
            time.sleep(0.1)
        else:
            raise AssertionError("it did not come back")
    assert not (data / "postgres" / "postmaster.pid").exists(), "and it still ends in the end"


@pytest.mark.slow
def test_a_watched_server_whose_data_are_gone_is_not_replaced_by_an_empty_one(
    data: Path, caplog: pytest.LogCaptureFixture
) -> None:
    there, away = data / "postgres", data / "moved"
    with cluster(data, watched=True) as dsn:
        value(dsn, "CREATE TABLE kept AS SELECT 7 AS number")
        killed = postmaster(data)
        there.rename(away)
        os.kill(killed, signal.SIGKILL)
        deadline = time.monotonic() + 30
        while "put it back" not in caplog.text and time.monotonic() < deadline:
            time.sleep(0.1)
        assert "put it back" in caplog.text
        assert not there.exists()
        away.rename(there)


def test_an_answer_as_large_as_a_halls_is_made_in_memory_that_is_at_hand(data: Path) -> None:
    """Else as much time goes into the pages of that memory as into the answer."""
    answers = 40
    large = (
        "SELECT json_agg(json_build_array(i, now(), 'А' || i, now(), 'waiting'))::text"
        " FROM generate_series(1, 1000) i"
    )

    async def ask(dsn: str) -> tuple[int, int]:
        connection = await asyncpg.connect(dsn)
        try:
            pid = await connection.fetchval("SELECT pg_backend_pid()")
            for _ in range(10):
                size = len(await connection.fetchval(large))
            before = pages_made(pid)
            for _ in range(answers):
                await connection.fetchval(large)
            return size, pages_made(pid) - before
        finally:
            await connection.close()

    def pages_made(pid: int) -> int:
        return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[7])

    with cluster(data) as dsn:
        size, pages = asyncio.run(ask(dsn))
    assert 80_000 < size < 128_000
    assert pages < 2 * answers
