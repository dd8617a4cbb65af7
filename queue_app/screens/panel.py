"""The panel above a desk: it is pushed the board's snapshot and shows one desk of it.

The page's script (`panel.js`) applies the same rules with every further snapshot.
"""

from typing import Literal

from msgspec import Struct

from queue_app.screens.board import BoardView, Call, is_interrupted

PanelState = Literal["called", "serving", "interrupted", "busy", "open", "paused", "closed"]


class PanelView(Struct, frozen=True):
    """What the desk does, and the call of the person called to it or served there."""

    state: PanelState
    call: Call | None


def panel_view(board: BoardView, desk: str) -> PanelView:
    """What the panel of the desk with this number shows; "closed" where no desk has it."""
    call = next((call for call in board.called if call.desk == desk), None)
    return PanelView(_state(board, desk, call), call)


def _state(board: BoardView, desk: str, call: Call | None) -> PanelState:
    """While all calls are stopped every panel says so, even if somebody was called before."""
    if is_interrupted(board):
        return "interrupted"
    if call:
        return "called" if call.state == "called" else "serving"
    for one in board.desks:
        if one.number == desk and one.busy:
            return "busy"
        if one.number == desk and one.state in ("open", "paused"):
            return "open" if one.state == "open" else "paused"
    return "closed"
