"""Requests that are asked again under their key: what the first one gave, for a day.

What is kept names nobody: a booking's answer is kept without its person, whom a repeat is told as
the row has them by then.
"""

import hashlib
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from queue_app.domain.appointments import Appointment
from queue_app.domain.errors import RuleBroken
from queue_app.queries import appointments
from queue_app.store import db

PERSONAL = ("name", "phone", "email", "contact")
"""Arguments and fields that say who somebody is."""

PLAIN = re.compile(r"[\w.:-]{1,80}", re.ASCII)
"""What may stand in a row's key as it is: ids, slugs and links. Anything else may be sent, too:
what no database keeps as text, or what is longer than an index takes."""


class Request(Struct, frozen=True):
    """A request that may be repeated: what it is about, its key, and what exactly it asks."""

    verb: str
    scope: str
    key: UUID
    fingerprint: str


def request(verb: str, actor: str, key: UUID, asked: Mapping[str, Any]) -> Request:
    """`asked`: the arguments by name; the first one says what the request is about."""
    fingerprint = _hashed(list(asked.values()))
    first = next(iter(asked), None)
    thing = None if first is None else asked[first]
    about = str(thing)
    if first in PERSONAL or not PLAIN.fullmatch(about):
        about = _hashed(thing)
    return Request(verb, f"{verb}:{about}:{actor}", key, fingerprint)


def _hashed(asked: object) -> str:
    return hashlib.sha256(msgspec.json.encode(asked)).hexdigest()


async def begin_request(asked: Request, now: datetime) -> bool:
    """Whether this is the first with its key; one that still runs is waited for.

    A row that is named by the verb alone is from before an update, see the migrations.
    """
    first = await db.fetch_row(
        "INSERT INTO request (scope, key, fingerprint, created_at) SELECT $1, $2, $3, $4"
        " WHERE NOT EXISTS (SELECT FROM request WHERE scope = $5 AND key = $2)"
        " ON CONFLICT (scope, key) DO NOTHING RETURNING scope",
        asked.scope,
        asked.key,
        asked.fingerprint,
        now,
        asked.verb,
    )
    return first is not None


async def answer_request(asked: Request, result: object) -> None:
    """Keep what it gave, with the commit."""
    kept = _of_nobody(result) if isinstance(result, Appointment) else result
    await db.say_with_commit(
        "UPDATE request SET response = $3::jsonb WHERE scope = $1 AND key = $2",
        asked.scope,
        asked.key,
        msgspec.json.encode(kept).decode(),
    )


def _of_nobody(booked: Appointment) -> Appointment:
    return replace(booked, name=None, phone=None, email=None)


async def answered(asked: Request, kind: Any) -> Any:
    """What the first request gave, as this type. RuleBroken `idempotency_key_reused` where it
    asked for something else."""
    row = await db.fetch_row(
        "SELECT fingerprint, response FROM request WHERE scope IN ($1, $3) AND key = $2",
        asked.scope,
        asked.key,
        asked.verb,
    )
    assert row
    if row["fingerprint"] not in ("", asked.fingerprint):
        raise RuleBroken("idempotency_key_reused")
    given = msgspec.json.decode(row["response"], type=kind)
    if isinstance(given, Appointment):
        now = await appointments.by_token(given.token)
        return replace(given, name=now.name, phone=now.phone, email=now.email)
    return given
