"""Web push: which addresses are taken, how long a message is worth anything, when it is soon."""

import re
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from datetime import timedelta
from ipaddress import ip_address
from typing import Literal

from msgspec import Struct

from queue_app.domain.errors import RuleBroken
from queue_app.domain.hall import Hall
from queue_app.domain.messages import MessageKind

MOST_PER_VISIT = 5
"""Browsers that are told of one visit: a family's phones, and no mailing list."""
LONGEST_ENDPOINT = 1000
POINT_BYTES, SECRET_BYTES = 65, 16
"""An uncompressed point of P-256, and the secret beside it (RFC 8291)."""

_ENDPOINT = re.compile(
    r"(?P<scheme>https?)://(?P<host>[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::(?P<port>[0-9]{1,5}))?"
    r"(?:[/?][!-\"$-~]*)?"
)
"""Without a name and password before the host, which would be told to whoever looks."""

Urgency = Literal["normal", "high"]
TOLD_BY_PUSH: frozenset[MessageKind] = frozenset({"call", "soon", "reminder"})
WORTH: Mapping[MessageKind, timedelta] = {
    "call": timedelta(minutes=1),
    "soon": timedelta(minutes=5),
    "reminder": timedelta(hours=2),
}
"""What comes later than that misleads, and is dropped by us as by the push service (TTL)."""
URGENCY: Mapping[MessageKind, Urgency] = {"call": "high", "soon": "high", "reminder": "normal"}


class PushSubscription(Struct, frozen=True):
    """Where a browser is reached, and the keys that it alone can read with."""

    endpoint: str
    p256dh: bytes
    auth: bytes


def read_subscription(endpoint: str, p256dh: str, auth: str, anywhere: bool) -> PushSubscription:
    """As browsers tell it; RuleBroken `bad_push` for what no push service can be.

    `anywhere`: also on this machine and without TLS, as in a trial. Names that lead to an inner
    address are found out when a message is sent, as they may lead elsewhere by then.
    """
    if not _is_reachable(endpoint, anywhere):
        raise RuleBroken("bad_push", field="endpoint")
    point, secret = _decoded(p256dh), _decoded(auth)
    if len(point) != POINT_BYTES or point[0] != 4:
        raise RuleBroken("bad_push", field="p256dh")
    if len(secret) != SECRET_BYTES:
        raise RuleBroken("bad_push", field="auth")
    return PushSubscription(endpoint, point, secret)


def _decoded(text: str) -> bytes:
    try:
        return urlsafe_b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4))
    except ValueError:
        return b""


def _is_reachable(endpoint: str, anywhere: bool) -> bool:
    found = _ENDPOINT.fullmatch(endpoint)
    if not found or len(endpoint) > LONGEST_ENDPOINT:
        return False
    if anywhere:
        return True
    usual = found["port"] in (None, "443")
    return found["scheme"] == "https" and usual and _is_outside(found["host"].strip("[]").lower())


def _is_outside(host: str) -> bool:
    try:
        return is_public(host.strip("[]"))
    except ValueError:
        name = host.rstrip(".").lower()
        inner = ("localhost", "local", "internal", "home.arpa", "lan", "intranet")
        return "." in name and not name.endswith(tuple(f".{one}" for one in inner))


def is_public(address: str) -> bool:
    """Whether this address may be any server of the internet; ValueError for what is none."""
    found = ip_address(address)
    mapped = getattr(found, "ipv4_mapped", None)
    return (mapped or found).is_global and not found.is_multicast


def is_soon(hall: Hall, ticket_id: int) -> bool:
    """Whether the ticket's page says "you are next": nobody is ahead, and calls go on."""
    ticket = hall.by_id.get(ticket_id)
    if ticket is None or ticket.state != "waiting":
        return False
    stop = hall.stop_of(ticket.services)
    wait = hall.waits.get(ticket_id)
    stopped = stop is not None and stop.ended_at is None
    return wait is not None and wait.people_ahead == 0 and not stopped
