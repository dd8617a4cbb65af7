"""What one connection may ask of a process, and how often somebody went too far."""

import msgspec
from prometheus_client import Counter


class ConnectionLimits(msgspec.Struct, frozen=True, kw_only=True):
    """What one connection may ask of a process, in bytes, seconds and numbers.

    `head_bytes`: the request line and the headers; the same again for all that frames a chunked
    body, trailers included. `line_bytes`: the request line. `requests`:
    how many may be sent ahead of their answers. `head_seconds` count from the connection or from
    the last answer, `body_seconds` from the head. `unread_seconds`: how long what is sent may wait
    for whoever asked for it. `parting_seconds`: from our last word to the end of the connection.
    `heard_bytes`: what a websocket, from which nothing is expected, may send in a second.
    `ping_seconds`: how often it is asked whether it is still there, and how long it may take to say
    so.

    `places`: how many websockets are between their request and their first frame; the others wait
    at the gate, and are told to come again after `waiting_seconds`. Whoever has got no frame in
    `place_seconds` keeps the others out no longer, as while the database is away.
    """

    line_bytes: int = 8 * 1024
    head_bytes: int = 32 * 1024
    headers: int = 100
    body_bytes: int = 64 * 1024
    requests: int = 32
    head_seconds: float = 10.0
    body_seconds: float = 20.0
    unread_seconds: float = 30.0
    parting_seconds: float = 2.0
    look_seconds: float = 1.0
    heard_bytes: int = 128 * 1024
    ping_seconds: float = 20.0
    places: int = 8
    waiting_seconds: float = 30.0
    place_seconds: float = 1.0


LIMITS = ConnectionLimits()


CUT = Counter(
    "queue_app_connections_cut",
    "Connections that were ended for what they sent, by the status that they were told, "
    "or for what they left unread",
    ["reason"],
)
