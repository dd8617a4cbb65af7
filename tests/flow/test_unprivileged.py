"""Who is started as root does not answer as root."""

import logging
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from config.settings import STAY_ROOT, Settings
from queue_app.cli import unprivileged
from queue_app.store.system_account import system_account
from tests.conftest import StartServers
from tests.support.database import CONFIG, RUN_FOLDER

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another")

BECOME = """
import os, sys
from queue_app.cli import unprivileged
unprivileged.become(sys.argv[1])
try:
    os.setuid(0)
except PermissionError:
    print("for good")
try:
    open(sys.argv[2])
except PermissionError:
    print("reads no secret")
print(*os.getresuid(), *os.getresgid())
"""


def reaches(settings: Settings) -> str:
    return unprivileged._first_unreadable(unprivileged._needed(settings), system_account())


@pytest.mark.slow
def test_who_becomes_the_account_is_it_for_good(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.touch(mode=0o600)
    account = system_account()
    said = subprocess.run(
        [sys.executable, "-c", BECOME, account.pw_name, secret],
        capture_output=True,
        text=True,
        check=True,
    )
    ids = " ".join(map(str, [account.pw_uid] * 3 + [account.pw_gid] * 3))
    assert said.stdout.splitlines() == ["for good", "reads no secret", ids]


def test_who_is_told_to_stay_root_stays(tmp_path: Path) -> None:
    assert unprivileged.account_for(Settings(data=tmp_path, account=STAY_ROOT)) is None


def test_where_the_account_could_not_read_the_files_root_answers_and_says_why(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    config = shutil.copytree(CONFIG, tmp_path / "centre")
    (config / "centre.toml").chmod(0o600)
    with caplog.at_level(logging.WARNING):
        assert unprivileged.account_for(Settings(data=tmp_path / "data", config=config)) is None
    assert "answering as root: the account queue-app cannot read /" in caplog.text
    assert "chmod o+rX" in caplog.text


def test_an_account_that_is_none_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert unprivileged.account_for(Settings(data=tmp_path, account="nobody-at-all")) is None
    assert "there is no account nobody-at-all" in caplog.text


@pytest.mark.server
async def test_nothing_that_answers_runs_as_root(data: Path, servers: StartServers) -> None:
    for step in (data, *data.parents):
        step.chmod(step.stat().st_mode | stat.S_IXOTH)
        if step == Path(os.environ[RUN_FOLDER]):
            break
    for name in unprivileged.WRITTEN:
        unprivileged._give(data / name, system_account())
    if found := reaches(Settings(data=data, config=CONFIG)):
        pytest.skip(f"the account cannot reach {found}")
    (server,) = await servers(environment={"QUEUE_APP_ACCOUNT": ""})
    keeper = server.process.pid
    children = Path(f"/proc/{keeper}/task/{keeper}/children").read_text().split()
    owners = {Path(f"/proc/{child}").stat().st_uid for child in children}
    assert system_account().pw_uid in owners
