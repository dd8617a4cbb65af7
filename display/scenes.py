"""What a board and a desk panel show of one snapshot, for the first paint.

The pages' scripts (`board.js`, `panel.js`) follow the same rules with every further snapshot.
"""

from typing import Literal

from msgspec import Struct

from queue_app.screens.views import BoardView, Call

Scene = Literal["interrupted", "call", "wait", "welcome", "desks_closed", "closed"]
PanelState = Literal["called", "serving", "interrupted", "open", "paused", "closed"]


class Grid(Struct, frozen=True):
    """How many cells a board has for calls; it depends on the desks alone, so it never moves."""

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
    """One entry a cell: who is at a desk, then the recently called, then nothing."""
    shown: list[Call | None] = [*board.called, *board.recent]
    return (shown + [None] * places.cells)[: places.cells]


def scene(board: BoardView) -> Scene:
    """What the upper part of the board says."""
    if is_interrupted(board):
        return "interrupted"
    if board.called:
        return "call"
    if board.desks_open == 0:
        return "desks_closed" if board.closes_at or board.waiting else "closed"
    if board.waiting:
        return "wait"
    if board.tickets_given:
        return "welcome"
    return "wait" if board.closes_at else "closed"


def is_interrupted(board: BoardView) -> bool:
    """Whether nobody at all is called; what stops named services has a line of its own."""
    return board.interruption is not None and board.interruption.services is None


def panel_call(board: BoardView, desk: str) -> Call | None:
    """The person at this desk."""
    return next((call for call in board.called if call.desk == desk), None)


def panel_state(board: BoardView, desk: str) -> PanelState:
    """While all is stopped every panel says so, also that of somebody who was called before."""
    if is_interrupted(board):
        return "interrupted"
    call = panel_call(board, desk)
    if call:
        return "called" if call.state == "called" else "serving"
    for one in board.desks:
        if one.number == desk and one.state in ("open", "paused"):
            return "open" if one.state == "open" else "paused"
    return "closed"
