"""Requests that are asked again under their key: what the first one gave, for a day.

It is kept with the change itself, and nothing is written before. So whoever asks again begins
anew, and finds the key taken, or that what they ask for is done: then they get what the first got,
and what they did is undone.

What is kept names nobody: a booking's answer is kept without its person, whom a repeat is told as
the row has them by then.
"""

import hashlib
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
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
"""What stood in the name of a row as it was, before names were hashes: ids, slugs and links."""


class Request(Struct, frozen=True):
    """A request that may be repeated: what it is about, its key, what exactly it asks, and when.

    `scope` tells no link, as PostgreSQL writes to its log which key is taken. `former`: how a row
    from before an update may be named, by the verb alone or in plain text.
    """

    scope: str
    former: list[str]
    key: UUID
    fingerprint: str
    at: datetime


def request(verb: str, actor: str, key: UUID, asked: Mapping[str, Any], now: datetime) -> Request:
    """`asked`: the arguments by name; the first one says what the request is about."""
    fingerprint = _hashed(list(asked.values()))
    first = next(iter(asked), None)
    thing = None if first is None else asked[first]
    about = str(thing)
    if first in PERSONAL or not PLAIN.fullmatch(about):
        about = _hashed(thing)
    scope, plain = scopes(verb, actor, thing, about)
    return Request(scope, [verb, plain], key, fingerprint, now)


def scopes(verb: str, actor: str, thing: object, about: str) -> tuple[str, str]:
    """How the rows of what this actor asks about this thing are named, and were before."""
    return f"{verb}:{_hashed([thing, actor])}", f"{verb}:{about}:{actor}"


def _hashed(asked: object) -> str:
    return hashlib.sha256(msgspec.json.encode(asked)).hexdigest()


def keeping(first: int, answer: str = "{}") -> str:
    """SQL: keep the answer to the first request with its key; to another the key of the row says
    no. What `kept` gives stands in the parameters from `first` on; `answer`: made of the last."""
    scope, key, fingerprint, former, now, last = (f"${first + place}" for place in range(6))
    return (
        "INSERT INTO request (scope, key, fingerprint, created_at, response) SELECT"
        f" coalesce((SELECT min(scope) FROM request WHERE scope = ANY({former}) AND key = {key}),"
        f" {scope}), {key}, {fingerprint}, {now}::timestamptz, {answer.format(f'{last}::jsonb')}"
    )


Row = tuple[str, UUID, str, list[str], datetime, str]


def kept(asked: Request, answer: object) -> Row:
    """What is kept of it."""
    if isinstance(answer, Appointment):
        answer = _of_nobody(answer)
    said = msgspec.json.encode(answer).decode()
    return asked.scope, asked.key, asked.fingerprint, asked.former, asked.at, said


_KEEP = keeping(1)


async def keep(asked: Request, answer: object) -> None:
    """Keep what it gave."""
    await db.fetch(_KEEP, *kept(asked, answer))


def is_taken(error: asyncpg.UniqueViolationError) -> bool:
    """Whether it is the key that is taken."""
    return bool(error.table_name == "request")


def _of_nobody(booked: Appointment) -> Appointment:
    return replace(booked, name=None, phone=None, email=None)


class Given(Struct, frozen=True):
    """What the first request gave."""

    answer: Any


async def answered(asked: Request, kind: Any) -> Given | None:
    """What the first request with this key gave, as this type; None where there was none.
    RuleBroken `idempotency_key_reused` where it asked for something else."""
    row = await db.fetch_row(
        "SELECT fingerprint, response FROM request WHERE scope = ANY($1) AND key = $2",
        [asked.scope, *asked.former],
        asked.key,
    )
    if row is None:
        return None
    if row["fingerprint"] not in ("", asked.fingerprint):
        raise RuleBroken("idempotency_key_reused")
    given = msgspec.json.decode(row["response"], type=kind)
    if isinstance(given, Appointment):
        now = await appointments.by_token(given.token)
        given = replace(given, name=now.name, phone=now.phone, email=now.email)
    return Given(given)
