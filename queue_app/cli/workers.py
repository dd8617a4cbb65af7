"""The processes that answer, and the one that keeps them."""

import logging
import signal
import socket
import time
from contextlib import suppress
from weakref import WeakKeyDictionary, WeakSet

from uvicorn.config import STARTUP_FAILURE, Config
from uvicorn.supervisors import Multiprocess
from uvicorn.supervisors.multiprocess import Process

from queue_app.web import figures

ALIVE_WITHIN = 30
"""Seconds that a worker gets to say that it is there: a busy machine takes five for its modules
alone, and one that is ended at its start never gets to it."""
STOP_WITHIN = 5
"""Seconds that open requests get to finish."""
END_WITHIN = 3 * STOP_WITHIN
"""Seconds that a worker gets to end, with what it still puts away; then it is killed."""

log = logging.getLogger(__name__)


class Workers(Multiprocess):
    """The answering processes. One that dies is a line in the log, and another takes its place.

    None is waited for while the others are looked at: uvicorn's own waits up to `ALIVE_WITHIN` for
    one that starts, and meanwhile hears of no other's death and of no order to stop.
    """

    def __init__(self, config: Config, sockets: list[socket.socket]) -> None:
        super().__init__(config, sockets)
        self._asked_at: WeakKeyDictionary[Process, float] = WeakKeyDictionary()
        self._serving: WeakSet[Process] = WeakSet()

    def keep_subprocess_alive(self) -> None:
        for place, worker in enumerate(self.processes):
            if self._lives(worker):
                continue
            worker.kill()
            worker.join()
            if worker.exitcode == STARTUP_FAILURE:
                log.error("worker %s could not start: no other would", worker.pid)
                self.should_exit.set()
                return
            figures.forget_process(worker.pid or 0)
            log.error("worker %s is gone (%s): another takes its place", worker.pid, _end(worker))
            self.processes[place] = Process(self.config, self.sockets)
            self.processes[place].start()

    def terminate_all(self) -> None:
        """One that does not serve yet has nothing to put away, and would get to its start first."""
        for worker in self.processes:
            if worker in self._serving:
                worker.terminate()
            else:
                worker.kill()

    def join_all(self) -> None:
        """Their order to end was given; one that does not heed it must not keep the database up."""
        deadline = time.monotonic() + END_WITHIN
        for worker in self.processes:
            worker.process.join(max(0.0, deadline - time.monotonic()))
            if worker.process.is_alive():
                log.error("worker %s did not end in %s s: it is killed", worker.pid, END_WITHIN)
                worker.kill()
                worker.join()

    def _lives(self, worker: Process) -> bool:
        """Whether it runs and has answered in time when it was last asked; it is asked again."""
        asked_at = self._asked_at.get(worker)
        with suppress(OSError, EOFError):
            if asked_at is not None and worker.parent_conn.poll():
                if worker.parent_conn.recv():
                    self._serving.add(worker)
                asked_at = None
            if asked_at is None:
                worker.parent_conn.send(b"ping")
                self._asked_at[worker] = asked_at = time.monotonic()
            return worker.process.is_alive() and time.monotonic() - asked_at < ALIVE_WITHIN
        return False


def _end(worker: Process) -> str:
    """How it ended, as its exit code tells."""
    code = worker.exitcode or 0
    with suppress(ValueError):
        return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
    return f"signal {-code}"
