"""Appointments as frozen structs."""

from collections.abc import Mapping
from typing import Any

import msgspec

from queue_app.domain.appointments import Appointment
from queue_app.domain.errors import NotFound
from queue_app.domain.numbering import branch_of_token
from queue_app.store import db

SELECT = """
SELECT a.*, lower(period) AS starts_at, upper(period) AS ends_at,
    (SELECT token FROM ticket t WHERE t.branch_id = a.branch_id AND t.appointment_id = a.id
     ORDER BY id DESC LIMIT 1) AS ticket_token,
    (SELECT state FROM ticket t WHERE t.branch_id = a.branch_id AND t.appointment_id = a.id
     ORDER BY id DESC LIMIT 1) AS ticket_state
FROM appointment a
"""


def from_row(row: Mapping[str, Any]) -> Appointment:
    return msgspec.convert(dict(row), type=Appointment)


async def by_token(token: str) -> Appointment:
    """The appointment behind a link; NotFound `unknown_link`.

    A hold whose time has run out is still `held` here until it is swept: see `lapsed`.
    """
    row = await db.fetch_row(
        SELECT + "WHERE branch_id = $1 AND token = $2", branch_of_token(token), token
    )
    if row is None:
        raise NotFound("unknown_link")
    return from_row(row)
