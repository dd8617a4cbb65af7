"""The desks of a branch, as the console's list of desks shows them."""

from queue_app.screens.overview import branch_overview
from tests.domain.screen_halls import both, desk, hall, stop, ticket


def test_one_sees_which_desk_is_ones_own_which_is_free_and_who_is_at_the_others() -> None:
    seen = branch_overview(hall(desks=[desk(1), desk(2, "closed")]), viewer=10)
    assert [(one.number, one.mine, one.free, one.clerk) for one in seen.desks] == [
        ("1", True, False, "clerk-10"),
        ("2", False, True, None),
    ]
    assert not any(one.mine for one in branch_overview(hall(), viewer=99).desks)


def test_each_desk_says_what_it_gives_and_how_many_people_it_could_call() -> None:
    people = [ticket(1), ticket(2, "waiting", "legal"), ticket(3, "waiting", "meter")]
    seen = branch_overview(hall(*people, ticket(4, "parked")), viewer=10)
    assert [(one.skills, one.callable) for one in seen.desks] == [
        ((both("Cash"),), 2),
        ((both("Law"),), 2),
    ]
    assert (seen.waiting, seen.version, seen.branch) == (3, 7, "main")


def test_nobody_could_be_called_while_everything_is_stopped() -> None:
    seen = branch_overview(hall(ticket(1), interruptions=[stop()]), viewer=10)
    assert [one.callable for one in seen.desks] == [0, 0]
    assert [one.kind for one in seen.interruptions] == ["alert"]


def test_a_retired_desk_at_which_a_clerk_still_works_has_no_skills_to_show() -> None:
    seen = branch_overview(hall(desks=[desk(1), desk(7)]), viewer=70)
    assert (seen.desks[1].skills, seen.desks[1].mine) == ((), True)


def test_whoever_is_phoned_is_not_counted_in_the_hall() -> None:
    calls = [ticket(number, "waiting", channel="phone") for number in (1, 2)]
    seen = branch_overview(hall(*calls, ticket(3)), viewer=10)
    assert (seen.waiting, seen.calls) == (1, 2)
