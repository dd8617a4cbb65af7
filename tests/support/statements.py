"""What is said to the database: each statement is a round trip, and so are BEGIN and COMMIT, the
latter with whatever is said in one message with it."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from queue_app.store import db

BEGIN, COMMIT = "BEGIN", "COMMIT"

Statement = tuple[str, tuple[Any, ...]]
"""With what it was sent with."""


@contextmanager
def heard() -> Iterator[list[Statement]]:
    """In order; but for those by which a process looks whether the centre is another."""
    said: list[Statement] = []
    rows, begin, commit = db._rows, db.Transaction.begin, db.Transaction.commit

    async def listening(connection: Any, sql: str, args: Any) -> Any:
        if "FROM centre" not in sql:
            said.append((sql, tuple(args)))
        return await rows(connection, sql, args)

    async def beginning(self: db.Transaction) -> None:
        said.append((BEGIN, ()))
        await begin(self)

    async def committing(self: db.Transaction) -> None:
        said.append(at_once([*self.with_commit, (COMMIT, ())]))
        await commit(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(db, "_rows", listening)
        patch.setattr(db.Transaction, "begin", beginning)
        patch.setattr(db.Transaction, "commit", committing)
        yield said


def at_once(statements: Sequence[tuple[str, Sequence[Any]]]) -> Statement:
    """These in one message, with the parameters of all."""
    every, together = list[Any](), list[str]()
    for sql, args in statements:
        parts = re.split(r"\$(\d+)", sql)
        parts[1::2] = [f"${int(number) + len(every)}" for number in parts[1::2]]
        together.append("".join(parts))
        every += args
    return "; ".join(together), tuple(every)
