"""What every verb shares: once for each idempotency key, and the last step of a change."""

import hashlib
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, TypeVar, cast
from uuid import UUID

import msgspec

from queue_app.domain.errors import RuleBroken
from queue_app.store import db

T = TypeVar("T")


async def once(
    key: UUID | None,
    scope: str,
    asked: object,
    kind: Any,
    now: datetime,
    work: Callable[[], Awaitable[T]],
) -> T:
    """Run `work` in one transaction, or give again what it gave for the same key and scope.

    `kind` is the type of the result. `asked` is the request: the same key with another request
    is RuleBroken `idempotency_key_reused`. A second request that comes while the first still
    runs waits for it at the unique index. A refusal is not kept: nothing was done, so the same
    request may be tried again.
    """
    if key is None:
        return await db.transact(work)
    fingerprint = hashlib.sha256(msgspec.json.encode(asked)).hexdigest()

    async def guarded() -> T:
        first = await db.fetch_row(
            "INSERT INTO request (scope, key, fingerprint, created_at) VALUES ($1, $2, $3, $4)"
            " ON CONFLICT (scope, key) DO NOTHING RETURNING scope",
            scope,
            key,
            fingerprint,
            now,
        )
        if first is None:
            return cast(T, await _again(key, scope, fingerprint, kind))
        return await work_and_keep()

    async def work_and_keep() -> T:
        result = await work()
        await db.fetch(
            "UPDATE request SET response = $3::jsonb WHERE scope = $1 AND key = $2",
            scope,
            key,
            msgspec.json.encode(result).decode(),
        )
        return result

    return await db.transact(guarded)


async def _again(key: UUID, scope: str, fingerprint: str, kind: Any) -> Any:
    row = await db.fetch_row(
        "SELECT fingerprint, response FROM request WHERE scope = $1 AND key = $2", scope, key
    )
    assert row
    if row["fingerprint"] != fingerprint:
        raise RuleBroken("idempotency_key_reused")
    return msgspec.json.decode(row["response"], type=kind)


async def announce(branch_id: int) -> None:
    """Raise the branch's version and notify its screens: the last statement of a change.

    The version row is the only lock that all changes of a branch share, taken last and held
    to the commit, so that a snapshot's version and its content always agree. The commit
    delivers the notification.
    """
    await db.fetch(
        "WITH raised AS (UPDATE branch_version SET version = version + 1"
        " WHERE branch_id = $1 RETURNING branch_id)"
        " SELECT pg_notify('branch', branch_id::text) FROM raised",
        branch_id,
    )
