"""The hall board, and what its page shows before the first snapshot arrives.

The page's script (`board.js`) applies the same rules with every further snapshot.
"""

from collections import Counter
from datetime import datetime, timedelta
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from queue_app.domain import tickets
from queue_app.domain.catalogue import Text
from queue_app.domain.hall import Hall, HallTicket
from queue_app.domain.numbering import series_of
from queue_app.domain.tickets import State
from queue_app.domain.told_range import Wait
from queue_app.screens.interruption import InterruptionView, interruption_now

NEXT = 10
"""How many of the next numbers a board is told."""

Scene = Literal[
    "interrupted",
    "call",
    "wait",
    "welcome",
    "opening",
    "desks_closed",
    "desks_idle",
    "last",
    "closed",
]
"""`opening`: before the first hours of the day; `desks_idle`: no desk is open and nobody waits;
`last`: the branch has closed and those who wait are still served."""
Part = Literal["before", "open", "between", "after"]
"""Of the day: before its first opening, in hours, between two of them, after its last closing."""
GONE_MINUTES = 5
"""So long whoever did not come stays among the last called."""


class Call(Struct, frozen=True):
    """A person at a desk; `calls` grows with each recall."""

    ticket: int
    number: str
    desk: str
    state: State
    called_at: datetime
    calls: int


class NextCall(Struct, frozen=True):
    """When a number may be called: whole minutes from the snapshot, 10th to 90th percentile."""

    number: str
    low_minutes: int
    high_minutes: int


class BoardDesk(Struct, frozen=True):
    """`busy`: with somebody whom the hall does not see, on the telephone."""

    number: str
    state: str
    busy: bool = False


class BoardView(Struct, frozen=True):
    """The hall board. `called`: newest first; `waiting`: how many people; `next`: the first
    numbers in the order of their calls, and `next_calls` the same with their waits.

    `closes_at` is set while the branch keeps its hours, `opens_at` while it does not.
    `tickets_given`: whether the kiosk gives tickets at this hour. After the day's last closing
    `next_calls` has no waits to tell, and once nobody is in the house `recent` is empty.
    `notice`: a line of the supervisor's. `idle`: what the stage says where nobody called is shown,
    `series`: how many people wait in each series of numbers; both for boards that show a part of
    the hall.
    """

    version: int
    epoch: str
    at: datetime
    branch: str
    title: Text
    called: tuple[Call, ...]
    recent: tuple[Call, ...]
    waiting: int
    next: tuple[str, ...]
    next_calls: tuple[NextCall, ...]
    desks_open: int
    desks: tuple[BoardDesk, ...]
    opens_at: datetime | None
    closes_at: datetime | None
    tickets_given: bool
    interruption: InterruptionView | None
    notice: Text | None = None
    part: Part = "open"
    scene: Scene = "closed"
    idle: Scene = "closed"
    series: dict[str, int] = {}


def board_view(hall: Hall) -> BoardView:
    numbers = {desk.id: desk.number for desk in hall.desks}
    visits = [one for one in hall.tickets if one.channel == "visit"]
    called = sorted(
        (_call(one, numbers) for one in visits if one.state in tickets.AT_DESK),
        key=lambda call: (call.called_at, call.ticket),
        reverse=True,
    )
    waiting = hall.visitors_waiting
    soonest = sorted(
        (one for one in waiting if one.id in hall.waits),
        key=lambda one: hall.waits[one.id].people_ahead,
    )[:NEXT]
    opening = hall.day.opening(hall.at)
    is_open = opening is not None and opening.opens <= hall.at
    part = _part(hall, is_open)
    view = BoardView(
        version=hall.version,
        epoch=hall.epoch,
        at=hall.at,
        branch=hall.branch.slug,
        title=hall.branch.title,
        called=tuple(called),
        recent=tuple(_call(one, numbers) for one in _recent(hall, part)),
        waiting=hall.people_waiting,
        next=tuple(one.number for one in soonest),
        next_calls=tuple(_next_call(one, hall.waits[one.id]) for one in soonest if part != "after"),
        desks_open=sum(desk.state == "open" for desk in hall.desks),
        desks=tuple(
            BoardDesk(desk.number, desk.state, _is_on_the_phone(hall, desk.id))
            for desk in hall.desks
        ),
        opens_at=opening.opens if opening and not is_open else None,
        closes_at=opening.closes if opening and is_open else None,
        tickets_given=hall.tickets_until is not None,
        interruption=interruption_now(hall),
        notice=hall.notice,
        part=part,
        series=Counter(series_of(one.number) for one in waiting for _ in range(one.people)),
    )
    return replace(view, scene=scene(view), idle=scene(replace(view, called=())))


def _is_on_the_phone(hall: Hall, desk_id: int) -> bool:
    ticket = hall.at_desks.get(desk_id)
    return ticket is not None and ticket.channel == "phone"


def _part(hall: Hall, is_open: bool) -> Part:
    if is_open:
        return "open"
    if hall.day.is_over(hall.at):
        return "after"
    assert hall.day.opens
    return "before" if hall.at < hall.day.opens else "between"


def _recent(hall: Hall, part: Part) -> list[HallTicket]:
    """The last called, but whoever did not come for a moment only; of a day that is over nobody,
    once the last one has gone."""
    if part == "after" and not any(one.channel == "visit" for one in hall.tickets):
        return []
    gone = hall.at - timedelta(minutes=GONE_MINUTES)
    return [
        one
        for one in hall.recent
        if one.state not in ("no_show", "left") or (one.ended_at or hall.at) > gone
    ]


def _call(ticket: HallTicket, numbers: dict[int, str]) -> Call:
    assert ticket.called_at
    return Call(
        ticket=ticket.id,
        number=ticket.number,
        desk=numbers.get(ticket.desk_id or 0, ""),
        state=ticket.state,
        called_at=ticket.called_at,
        calls=ticket.calls,
    )


def _next_call(ticket: HallTicket, wait: Wait) -> NextCall:
    return NextCall(ticket.number, wait.low_minutes, wait.high_minutes)


def scene(board: BoardView) -> Scene:
    """What the upper part of the board says."""
    if is_interrupted(board):
        return "interrupted"
    if board.called:
        return "call"
    if board.part == "after":
        return "last" if board.waiting and _any_works(board) else "closed"
    if board.desks_open:
        return _at_work(board)
    if board.part == "before":
        return "opening"
    if board.waiting:
        return "desks_closed"
    return "desks_idle" if board.part == "open" else "closed"


def _any_works(board: BoardView) -> bool:
    """A break ends, a desk that was left does not."""
    return any(desk.state != "closed" for desk in board.desks)


def _at_work(board: BoardView) -> Scene:
    if board.waiting:
        return "wait"
    if board.tickets_given:
        return "welcome"
    return "wait" if board.part == "open" else "closed"


def is_interrupted(board: BoardView) -> bool:
    """Whether calls are stopped for everybody; a stop of named services only gets a line."""
    return board.interruption is not None and board.interruption.services is None


class Grid(Struct, frozen=True):
    """How many cells a board has for calls. It follows from the number of desks alone, so that
    calls never change the layout."""

    name: str
    cells: int


GRIDS = (Grid("roomy", 9), Grid("middle", 12), Grid("dense", 20), Grid("full", 24))
HISTORY = 3
"""Cells that stay for the recently called even when every desk calls."""


def grid(desks: int) -> Grid:
    """The roomiest grid in which every desk and a little history find a cell."""
    for one in GRIDS:
        if desks + (HISTORY if one.cells < 20 else 0) <= one.cells:
            return one
    return GRIDS[-1]


def cells(board: BoardView, places: Grid) -> list[Call | None]:
    """What each cell shows: people at a desk first, then the recently called, then None."""
    shown: list[Call | None] = [*board.called, *board.recent]
    return (shown + [None] * places.cells)[: places.cells]
