"""What a demo has to itself and takes away again: a port, a folder, a database."""

import shutil
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from queue_app.installation import InstallationError
from queue_app.store.cluster import cluster

HOST = "127.0.0.1"


def require_free(port: int) -> None:
    try:
        socket.create_server((HOST, port)).close()
    except OSError:
        raise InstallationError(f"port {port} is taken; choose another with --port") from None


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """A folder for one demo: passable for PostgreSQL's account, readable for its owner alone."""
    folder = Path(tempfile.mkdtemp(prefix="queue-app-demo-"))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        for _ in range(20):
            shutil.rmtree(folder, ignore_errors=True)
            if not folder.exists():
                break
            time.sleep(0.1)


@contextmanager
def scratch_database(folder: Path) -> Iterator[str]:
    """The scratch database, and its socket's folder where that had to stand elsewhere."""
    sockets: Path | None = None
    try:
        with cluster(folder) as dsn:
            sockets = Path(parse_qs(urlsplit(dsn).query)["host"][0])
            yield dsn
    finally:
        if sockets and folder not in sockets.parents:
            shutil.rmtree(sockets, ignore_errors=True)
