"""The hall board: what it is told of a hall, and how its page lays that out."""

from datetime import datetime

import pytest

from queue_app.screens.board import (
    GONE_MINUTES,
    GRIDS,
    NEXT,
    BoardDesk,
    BoardView,
    Call,
    Part,
    board_view,
    cells,
    grid,
    scene,
)
from tests.domain.screen_halls import TEN, after, at_desk, both, desk, hall, stop, ticket


def test_the_newest_call_stands_first_with_the_number_of_its_desk() -> None:
    first, second = at_desk(1, 1, called_at=after(-9)), at_desk(2, 2, called_at=after(-3))
    shown = board_view(hall(first, second)).called
    assert [(one.number, one.desk) for one in shown] == [("А2", "2"), ("А1", "1")]


def test_the_next_numbers_come_in_the_order_of_their_call_with_their_ranges() -> None:
    seen = board_view(hall(ticket(3), ticket(1), ticket(2), at_desk(4, 1), ticket(5, "parked")))
    assert (seen.waiting, seen.next) == (3, ("А1", "А2", "А3"))
    assert tuple(one.number for one in seen.next_calls) == seen.next
    assert all(one.low_minutes <= one.high_minutes for one in seen.next_calls)


def test_a_board_has_room_for_ten_next_numbers_and_counts_all() -> None:
    seen = board_view(hall(*(ticket(one) for one in range(1, 16))))
    assert (seen.waiting, len(seen.next)) == (15, NEXT)


def test_nobody_is_next_while_no_desk_is_open() -> None:
    seen = board_view(hall(ticket(1), desks=(desk(1, "closed"), desk(2, "closed"))))
    assert (seen.waiting, seen.next, seen.desks_open) == (1, (), 0)


def test_phone_calls_are_on_no_board() -> None:
    seen = board_view(hall(at_desk(1, 1, channel="phone"), ticket(2, channel="phone")))
    assert (seen.called, seen.waiting, seen.next) == ((), 0, ())


def test_the_last_called_keep_the_desk_to_which_they_went() -> None:
    gone = at_desk(1, 2, "finished", ended_at=after(-1))
    assert [(one.number, one.desk) for one in board_view(hall(recent=[gone])).recent] == [
        ("А1", "2")
    ]


@pytest.mark.parametrize(
    ("at", "opens", "closes", "given"),
    [
        (TEN, None, after(8 * 60), True),
        (after(-61), after(-60), None, True),
        (after(-76), after(-60), None, False),
        (after(7 * 60 + 29), None, after(8 * 60), True),
        (after(7 * 60 + 30), None, after(8 * 60), False),
        (after(8 * 60), after(23 * 60), None, False),
    ],
)
def test_an_open_board_says_when_the_branch_closes_and_a_closed_one_when_it_opens(
    at: datetime, opens: datetime | None, closes: datetime | None, given: bool
) -> None:
    """Tickets are given from a quarter of an hour before opening to half an hour before closing."""
    seen = board_view(hall(at=at))
    assert (seen.opens_at, seen.closes_at, seen.tickets_given) == (opens, closes, given)


def test_a_board_tells_of_the_interruption_of_everything_before_that_of_some_services() -> None:
    stops = [stop("legal", kind="registry"), stop(id=2)]
    seen = board_view(hall(interruptions=stops))
    assert seen.interruption
    assert (seen.interruption.id, seen.interruption.services) == (2, None)
    assert board_view(hall()).interruption is None


def test_only_an_interruption_of_everything_takes_the_whole_board() -> None:
    called = at_desk(1, 1)
    assert scene(board_view(hall(called, interruptions=[stop()]))) == "interrupted"
    assert scene(board_view(hall(called, interruptions=[stop("legal")]))) == "call"


def call(ticket: int, state: str = "called") -> Call:
    number, desk = f"А{ticket}", str(ticket)
    return Call(ticket, number, desk, state, TEN, 1)  # type: ignore[arg-type]


def board(
    called: int = 0,
    recent: int = 0,
    waiting: int = 0,
    desks_open: int = 0,
    part: Part = "open",
    tickets_given: bool = True,
    works: bool = True,
) -> BoardView:
    return BoardView(
        version=1,
        epoch="first",
        at=TEN,
        branch="main",
        title=both("Main"),
        called=tuple(call(one) for one in range(1, called + 1)),
        recent=tuple(call(100 + one, "finished") for one in range(recent)),
        waiting=waiting,
        next=(),
        next_calls=(),
        desks_open=desks_open,
        desks=(BoardDesk("7", "paused"),) if works else (BoardDesk("7", "closed"),),
        opens_at=None if part == "open" else after(23 * 60),
        closes_at=after(8 * 60) if part == "open" else None,
        tickets_given=tickets_given,
        interruption=None,
        part=part,
    )


@pytest.mark.parametrize("desks", range(1, 25))
def test_every_desk_that_calls_has_a_cell(desks: int) -> None:
    shown = cells(board(called=desks, recent=8), grid(desks))
    assert len(shown) == grid(desks).cells
    assert {one.ticket for one in shown if one} >= set(range(1, desks + 1))


def test_more_calls_than_cells_show_the_newest() -> None:
    shown = cells(board(called=40), GRIDS[-1])
    assert [one.ticket for one in shown if one] == list(range(1, 25))


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (board(called=1), "call"),
        (board(waiting=3, desks_open=2), "wait"),
        (board(desks_open=2), "welcome"),
        (board(waiting=3), "desks_closed"),
        (board(), "desks_idle"),
        (board(part="before"), "opening"),
        (board(part="before", waiting=1), "opening"),
        (board(part="before", desks_open=1), "welcome"),
        (board(part="before", desks_open=1, tickets_given=False), "closed"),
        (board(part="between", waiting=1), "desks_closed"),
        (board(part="between"), "closed"),
        (board(desks_open=2, tickets_given=False), "wait"),
        (board(part="after", called=1, waiting=9, desks_open=1), "call"),
        (board(part="after", waiting=9, desks_open=1), "last"),
        (board(part="after", waiting=9), "last"),
        (board(part="after", waiting=9, works=False), "closed"),
        (board(part="after", desks_open=1), "closed"),
        (board(part="after"), "closed"),
    ],
)
def test_the_stage_says_what_the_hall_is_like(seen: BoardView, expected: str) -> None:
    assert scene(seen) == expected


CLOSED = after(8 * 60)


def test_after_closing_the_board_promises_no_times_and_the_last_who_goes_ends_the_day() -> None:
    served = at_desk(1, 1, "serving", started_at=after(7 * 60))
    gone = at_desk(2, 2, "finished", ended_at=after(7 * 60))
    seen = board_view(hall(served, ticket(3), recent=[gone], at=CLOSED))
    assert (seen.part, seen.scene, seen.waiting) == ("after", "call", 1)
    assert seen.next_calls == () and [one.number for one in seen.recent] == ["А2"]
    seen = board_view(hall(ticket(3), recent=[gone], at=CLOSED))
    assert (seen.scene, len(seen.recent)) == ("last", 1)
    seen = board_view(hall(recent=[gone], at=CLOSED))
    assert (seen.scene, seen.recent, seen.waiting) == ("closed", (), 0)


@pytest.mark.parametrize("state", ["no_show", "left"])
def test_whoever_did_not_come_leaves_the_rows_after_a_moment(state: str) -> None:
    missed = at_desk(1, 1, state, called_at=after(-8), ended_at=after(-GONE_MINUTES + 0.5))
    assert [one.number for one in board_view(hall(recent=[missed])).recent] == ["А1"]
    assert board_view(hall(recent=[missed], at=after(1))).recent == ()


def test_each_part_of_the_day_is_known() -> None:
    moments = {after(-61): "before", TEN: "open", CLOSED: "after", after(24 * 60 - 61): "before"}
    assert {at: board_view(hall(at=at)).part for at in moments} == moments
    assert board_view(hall(at=after(5 * 24 * 60))).part == "after", "a Saturday has no hours"
