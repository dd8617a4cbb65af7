"""How long whoever asks the database waits for it."""

from msgspec import Struct

_SERVER_SETTINGS = {
    "application_name": "queue-app",
    "idle_in_transaction_session_timeout": "30s",
    "timezone": "UTC",
    "jit": "off",
}


class Limits(Struct, frozen=True):
    """How long whoever asks the database waits for it, in seconds; None: as long as it takes.

    The server ends a statement or the wait for a lock itself. `answer`, a little longer, is for a
    server that is frozen or cut off and ends nothing. `connection`: for one to be free, or to be
    made. `plans`: PostgreSQL's `plan_cache_mode`.
    """

    statement: float | None
    lock: float
    answer: float | None
    connection: float
    plans: str = "auto"

    def settings(self) -> dict[str, str]:
        statement = 0 if self.statement is None else round(self.statement * 1000)
        return _SERVER_SETTINGS | {
            "statement_timeout": f"{statement}ms",
            "lock_timeout": f"{round(self.lock * 1000)}ms",
            "plan_cache_mode": self.plans,
        }


BRIEF = Limits(statement=4.0, lock=3.0, answer=5.0, connection=2.5, plans="force_generic_plan")
"""For requests: somebody waits. They say the same few things all day; to plan the look at a hall
anew each time, as is done beside a long past, takes twice as long as the look."""
PATIENT = Limits(statement=120.0, lock=8.0, answer=130.0, connection=10.0)
"""For jobs and commands."""
ENDLESS = Limits(statement=None, lock=8.0, answer=None, connection=10.0)
"""For migrations: an update of a large table takes as long as it takes."""
