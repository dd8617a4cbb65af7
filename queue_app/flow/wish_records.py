"""How a wish is written: its event and its row in one statement, guarded by its revision."""

from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from queue_app.domain.catalogue import Language
from queue_app.domain.contacts import Resident
from queue_app.domain.errors import Conflict
from queue_app.domain.wish import LEADS_TO, Wanted, Wish, WishVerb
from queue_app.queries import waiting_list
from queue_app.store import db

NOBODY = Resident("", None, None)

_COLUMNS = (
    "services, channel, branches, first_day, last_day, weekdays, from_hour, until_hour,"
    " language, name, phone, email"
)

_MAKE = f"""
WITH made AS (
    INSERT INTO wish ({_COLUMNS}, token, state, made_at, changed_at, revision)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 'open', $14, $14, 1)
    RETURNING *
), happened AS (
    INSERT INTO wish_event (wish_id, seq, at, verb, actor, data)
    SELECT id, 1, made_at, 'make', $15, $16::jsonb FROM made
)
SELECT * FROM made
"""


async def insert(
    token: str,
    wanted: Wanted,
    person: Resident,
    language: Language,
    actor: str,
    now: datetime,
    instead: tuple[int, int] | None = None,
) -> Wish:
    """`instead`: of which booking, by branch and id; the event has it, and no other ever does."""
    told = msgspec.to_builtins(wanted) | ({"instead": instead} if instead else {})
    row = await db.fetch_row(
        _MAKE, *_values(wanted, person, language), token, now, actor, _json(told)
    )
    assert row
    return waiting_list.from_row(row)


_CHANGE = f"""
WITH changed AS (
    UPDATE wish SET ({_COLUMNS}) = ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12),
        state = $13, changed_at = $14, revision = revision + 1
    WHERE id = $15 AND revision = $16
    RETURNING id, revision
)
INSERT INTO wish_event (wish_id, seq, at, verb, actor, data)
SELECT id, revision, $14, $17, $18, $19::jsonb FROM changed RETURNING seq
"""


async def write(
    wish: Wish, verb: WishVerb, actor: str, now: datetime, why: str | None = None, **changes: Any
) -> Wish:
    """`changes`: what of the wish is another now. Conflict `wish_changed` where somebody was
    first."""
    at = max(now, wish.changed_at)
    after = replace(
        wish, state=LEADS_TO[verb], changed_at=at, revision=wish.revision + 1, **changes
    )
    told: Any = {"why": why} if why else after.wanted if verb == "change" else {}
    row = await db.fetch_row(
        _CHANGE,
        *_values(after.wanted, after.person, after.language),
        after.state,
        at,
        wish.id,
        wish.revision,
        verb,
        actor,
        _json(told),
    )
    if row is None:
        raise Conflict("wish_changed")
    return after


def _values(wanted: Wanted, person: Resident, language: Language) -> tuple[Any, ...]:
    asked = (getattr(wanted, name) for name in Wanted.__struct_fields__)
    lists = (list(one) if isinstance(one, tuple) else one for one in asked)
    return (*lists, language, person.name or None, person.phone, person.email)


def _json(told: Struct | dict[str, Any]) -> str:
    return msgspec.json.encode(told).decode()
