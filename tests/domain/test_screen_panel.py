"""The panel above a desk: one desk of the board."""

import pytest

from queue_app.screens.board import board_view
from queue_app.screens.panel import panel_view
from tests.domain.screen_halls import at_desk, desk, hall, stop, ticket

DESKS = (desk(1), desk(2, "paused"), desk(3, "closed"))


@pytest.mark.parametrize(("number", "said"), [("1", "open"), ("2", "paused"), ("3", "closed")])
def test_a_panel_says_what_its_desk_does(number: str, said: str) -> None:
    shown = panel_view(board_view(hall(desks=DESKS)), number)
    assert (shown.state, shown.call) == (said, None)


def test_a_desk_that_is_on_no_board_is_closed() -> None:
    assert panel_view(board_view(hall(desks=DESKS)), "9").state == "closed"


@pytest.mark.parametrize(("state", "said"), [("called", "called"), ("serving", "serving")])
def test_a_panel_shows_whom_its_own_desk_has_called_or_serves(state: str, said: str) -> None:
    board = board_view(hall(at_desk(1, 1, state), ticket(2), desks=DESKS))
    shown = panel_view(board, "1")
    assert (shown.state, shown.call and shown.call.number) == (said, "А1")
    assert panel_view(board, "2").call is None


def test_while_everything_is_stopped_every_panel_says_so() -> None:
    board = board_view(hall(at_desk(1, 1), desks=DESKS, interruptions=[stop()]))
    assert [panel_view(board, one.number).state for one in DESKS] == ["interrupted"] * 3


def test_a_stop_of_some_services_leaves_the_panels_as_they_are() -> None:
    board = board_view(hall(desks=DESKS, interruptions=[stop("legal")]))
    assert panel_view(board, "1").state == "open"


def test_a_desk_on_the_telephone_is_busy_and_says_nothing_of_whom() -> None:
    board = board_view(hall(at_desk(1, 1, "serving", channel="phone"), desks=DESKS))
    shown = panel_view(board, "1")
    assert (shown.state, shown.call) == ("busy", None)
    assert [one.busy for one in board.desks] == [True, False, False]
    assert panel_view(board_view(hall(at_desk(1, 1), desks=DESKS)), "1").state == "called"
