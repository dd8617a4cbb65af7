"""A board that shows a part of the hall, and the ways to desks from where it hangs."""

from typing import Any

import pytest

from queue_app.domain.errors import BadRequest
from queue_app.screens.board import BoardView, board_view
from queue_app.screens.zone import Zone, read_zone, zoned
from tests.domain.screen_halls import after, at_desk, desk, hall, stop, ticket


def whole(**known: Any) -> BoardView:
    people = (
        at_desk(1, 1, called_at=after(-3)),
        at_desk(2, 2, number="К2"),
        ticket(3),
        ticket(4, number="К4"),
        ticket(5, number="К5"),
    )
    return board_view(hall(*people, recent=[at_desk(6, 2, "finished")], **known))


def test_a_board_without_a_zone_shows_the_whole_hall() -> None:
    assert zoned(whole(), Zone()) == whole()


def test_a_board_shows_the_calls_to_its_desks_and_the_queue_of_its_series() -> None:
    seen = zoned(whole(), Zone(desks=("1",)))
    assert [one.number for one in seen.called] == ["А1"]
    assert (seen.recent, seen.waiting) == ((), 3)
    seen = zoned(whole(), Zone(series=("К",)))
    assert [one.number for one in seen.called] == ["К2"]
    assert {one.number for one in seen.next_calls} <= {"К4", "К5"}
    assert (seen.waiting, whole().series) == (2, {"А": 1, "К": 2})


def test_a_zone_in_which_nobody_is_called_says_what_the_hall_is_like() -> None:
    seen = zoned(whole(desks=(desk(1), desk(2), desk(3))), Zone(desks=("3",)))
    assert (whole().scene, seen.called, seen.scene) == ("call", (), "wait")
    assert zoned(whole(interruptions=[stop()]), Zone(desks=("3",))).scene == "interrupted"


def test_an_address_says_the_zone_the_ways_and_the_look() -> None:
    asked = {"desks": "1, 2", "series": "А,П", "left": "1", "up": "2,3", "floor.3": "2"}
    zone = read_zone(asked | {"look": "night", "lang": "en"}, ["1", "2", "3"])
    assert (zone.desks, zone.series, zone.look) == (("1", "2"), ("А", "П"), "night")
    assert zone.ways == {"1": "left", "2": "up", "3": "up"}
    assert zone.floors == {"3": "2"}
    assert read_zone({}, ["1"]) == Zone()


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"desks": "1,9"}, "unknown_board_desk"),
        ({"left": "9"}, "unknown_board_desk"),
        ({"floor.9": "2"}, "unknown_board_desk"),
        ({"floor.1": "second"}, "long_floor"),
        ({"look": "pink"}, "unknown_look"),
    ],
)
def test_a_mistake_in_the_address_is_said(asked: dict[str, str], code: str) -> None:
    with pytest.raises(BadRequest, match=code):
        read_zone(asked, ["1", "2"])
