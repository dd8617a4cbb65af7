"""One table says who may do what, and where."""

import pytest

from queue_app.domain import rights
from queue_app.domain.errors import NotAllowed, NotSignedIn, QueueError
from queue_app.domain.people import (
    DEVICE_KINDS,
    OPERATOR,
    RESIDENT,
    SYSTEM,
    Actor,
    Device,
    Role,
    Staff,
)

HERE, ELSEWHERE = 1, 2


def staff(role: Role, branch: int | None = HERE, number: int = 7) -> Staff:
    return Staff(number, role, role, branch)


EVERYBODY: dict[str, Actor] = {
    "anyone": RESIDENT,
    **{kind: Device(number, (kind,), HERE) for number, kind in enumerate(DEVICE_KINDS, 1)},
    "clerk": staff("clerk"),
    "supervisor": staff("supervisor"),
    "administrator": staff("administrator", None),
    "operator": OPERATOR,
    "system": SYSTEM,
}


def refusal(right: str, who: Actor, branch: int | None = None) -> str | None:
    try:
        rights.require(right, who, branch)
    except QueueError as error:
        return error.code
    return None


def test_every_actor_stands_in_a_column_of_the_table() -> None:
    assert {name: rights.parties_of(who) for name, who in EVERYBODY.items()} == {
        name: (name,) for name in EVERYBODY
    }


def test_a_device_may_do_what_each_of_its_kinds_may_and_nothing_else() -> None:
    both = Device(9, ("board", "printer"), HERE)
    assert refusal("see_closed_board", both, HERE) is None
    assert refusal("see_closed_board", both, ELSEWHERE) == "other_branch"
    assert refusal("see_closed_board", EVERYBODY["printer"], HERE) == "not_allowed"
    assert refusal("issue", both, HERE) == "not_a_kiosk"
    assert refusal("issue", Device(9, ("printer", "kiosk"), HERE), HERE) is None
    assert refusal("see_closed_board", RESIDENT) == "not_a_device"


@pytest.mark.parametrize("right", rights.RIGHTS)
@pytest.mark.parametrize("party", EVERYBODY)
def test_who_stands_in_the_row_may_and_nobody_else(right: str, party: str) -> None:
    row = rights.RIGHTS[right]
    said = refusal(right, EVERYBODY[party], HERE)
    assert (said is None) is (party in row or "anyone" in row), said


@pytest.mark.parametrize("right", rights.RIGHTS)
def test_a_right_in_a_branch_is_none_in_another(right: str) -> None:
    for party, where in rights.RIGHTS[right].items():
        if where in ("branch", "desk") and party != "administrator":
            assert refusal(right, EVERYBODY[party], ELSEWHERE) == "other_branch", party
    if "administrator" in rights.RIGHTS[right]:
        bound = staff("administrator", ELSEWHERE)
        assert refusal(right, EVERYBODY["administrator"], ELSEWHERE) is None
        assert refusal(right, bound, HERE) == "other_branch"


def test_the_refusal_says_who_would_be_let_in() -> None:
    assert refusal("issue", RESIDENT) == "not_a_device"
    assert refusal("issue", EVERYBODY["board"]) == "not_a_kiosk"
    assert refusal("call", RESIDENT) == "not_signed_in"
    assert refusal("call", EVERYBODY["kiosk"]) == "not_signed_in"
    assert refusal("add_staff", EVERYBODY["supervisor"]) == "not_allowed"
    with pytest.raises(NotSignedIn):
        rights.require("call", RESIDENT)
    with pytest.raises(NotAllowed):
        rights.require("issue", EVERYBODY["board"])


def test_a_clerk_acts_at_the_own_desk_alone_and_a_supervisor_at_any() -> None:
    mine, other = staff("clerk", number=7), staff("clerk", number=8)
    assert rights.has_at_desk("call", mine, mine.id)
    assert not rights.has_at_desk("call", mine, other.id)
    assert not rights.has_at_desk("call", mine, None)
    assert rights.has_at_desk("call", staff("supervisor"), other.id)
    assert rights.has_at_desk("put_back", mine, other.id), "not a right of one desk"
    with pytest.raises(NotAllowed, match="not_your_desk"):
        rights.require_desk("call", mine, other.id)


def test_a_clerk_stops_and_resumes_calls_from_a_desk_and_the_office_from_anywhere() -> None:
    for right in ("interrupt", "resume"):
        assert rights.needs_desk(right, staff("clerk"))
        assert not rights.needs_desk(right, staff("supervisor"))
        assert not rights.needs_desk(right, staff("administrator", None))
    assert refusal("resume_of_office", staff("clerk"), HERE) == "not_allowed"
    assert refusal("resume_of_office", staff("supervisor"), HERE) is None


def test_staff_reach_their_branch_and_whoever_has_none_reaches_all() -> None:
    branches = [HERE, ELSEWHERE]
    assert rights.reach(staff("supervisor"), branches) == [HERE]
    assert rights.reach(staff("administrator", None), branches) == branches
    assert rights.reach(SYSTEM, branches) == branches
