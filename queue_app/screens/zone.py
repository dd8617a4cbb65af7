"""What one board of several shows: its zone of the hall, the ways from where it hangs, its look.

It stands in the board's address, as the screen is set up with it once:
`/display/{branch}?desks=1,2&series=А&left=1&up=2&floor.2=3&look=contrast`. The page's script
(`zone.js`) applies the same zone to every further snapshot.
"""

from collections.abc import Iterable, Mapping
from typing import Literal, get_args

from msgspec import Struct
from msgspec.structs import replace

from queue_app.domain.errors import BadRequest
from queue_app.domain.numbering import series_of
from queue_app.screens.board import BoardView, Call

Way = Literal["left", "right", "up", "down", "ahead"]
"""Where a desk is, seen by whoever looks at the board."""
Look = Literal["usual", "contrast", "night"]
WAYS: tuple[Way, ...] = get_args(Way)
LOOKS: tuple[Look, ...] = get_args(Look)
FLOOR = "floor."
FLOOR_LENGTH = 4


class Zone(Struct, frozen=True):
    """`desks`, `series`: those that it shows; empty: all. `ways`, `floors`: by desk."""

    desks: tuple[str, ...] = ()
    series: tuple[str, ...] = ()
    ways: dict[str, Way] = {}
    floors: dict[str, str] = {}
    look: Look = "usual"


def read_zone(asked: Mapping[str, str], desks: Iterable[str]) -> Zone:
    """The zone of an address. `desks`: the numbers that the branch has.

    BadRequest `unknown_board_desk`, with the `desk`; `unknown_look`; `long_floor`.
    """
    known = set(desks)
    shown = _known(asked.get("desks", ""), known)
    ways = {desk: way for way in WAYS for desk in _known(asked.get(way, ""), known)}
    floors = {
        _known(name.removeprefix(FLOOR), known)[0]: floor
        for name, floor in asked.items()
        if name.startswith(FLOOR) and name != FLOOR
    }
    if any(len(floor) > FLOOR_LENGTH for floor in floors.values()):
        raise BadRequest("long_floor", most=FLOOR_LENGTH)
    look = asked.get("look", "usual")
    if look not in LOOKS:
        raise BadRequest("unknown_look", look=look, looks=list(LOOKS))
    return Zone(shown, tuple(_listed(asked.get("series", ""))), ways, floors, look)


def _known(said: str, known: set[str]) -> tuple[str, ...]:
    named = _listed(said)
    for desk in named:
        if desk not in known:
            raise BadRequest("unknown_board_desk", desk=desk)
    return tuple(named)


def _listed(said: str) -> list[str]:
    return [part.strip() for part in said.split(",") if part.strip()]


def zoned(board: BoardView, zone: Zone) -> BoardView:
    """The board as it shows itself in this zone. Who waits is told apart by series alone: which
    desk will call somebody nobody knows."""
    called = tuple(one for one in board.called if _is_in(one, zone))
    return replace(
        board,
        called=called,
        recent=tuple(one for one in board.recent if _is_in(one, zone)),
        waiting=sum(board.series.get(one, 0) for one in zone.series)
        if zone.series
        else board.waiting,
        next_calls=tuple(
            one
            for one in board.next_calls
            if not zone.series or series_of(one.number) in zone.series
        ),
        scene=board.scene if called or board.scene == "interrupted" else board.idle,
    )


def _is_in(call: Call, zone: Zone) -> bool:
    at = not zone.desks or call.desk in zone.desks
    return at and (not zone.series or series_of(call.number) in zone.series)
