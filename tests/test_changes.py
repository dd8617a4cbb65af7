"""What an operator reads after the files were applied."""

from queue_app.cli.changes import report, warnings
from queue_app.flow.configuring import Change
from queue_app.queries.retired import DeskInUse, StillNeeded


def test_what_went_comes_first_and_moves_in_the_lists_are_one_line() -> None:
    assert report([
        Change("service", "bills", "changed", ("position",)),
        Change("service", "meters", "changed", ("position",)),
        Change("service", "debts", "changed", ("duration", "position")),
        Change("branch", "new", "added"),
        Change("desk", "new/1", "added"),
        Change("desk", "new/2", "added"),
        Change("lane", "new/visit", "added"),
        Change("desk", "old/1", "changed", ("position",)),
        Change("desk", "old/7", "retired"),
    ]) == [
        "desk old/7: retired",
        "branch new: added with 2 desks and 1 lane",
        "service debts: changed (duration)",
        "order: 3 services, 1 desk moved in their lists",
    ]  # fmt: skip


def test_whoever_still_counts_on_what_went_is_named_with_what_becomes_of_them() -> None:
    desk, branch = warnings(
        [DeskInUse("old", "7", "clerk1", "А012")],
        [StillNeeded("branch", "old", people=1, bookings=2)],
    )
    assert desk.startswith("warning: desk old/7: is retired while clerk1 serves ticket А012; ")
    assert branch.startswith(
        "warning: branch old: is retired with 1 person in the hall and 2 bookings to come; "
    )
    assert "no desk is open there" in branch
