"""Signing in and out, and who may take, pause and leave which desk."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest

from queue_app.clock import FixedClock
from queue_app.domain.errors import Conflict, NotAllowed, NotFound, NotSignedIn, RuleBroken
from queue_app.domain.people import OPERATOR, RESIDENT, Staff, token_hash
from queue_app.flow import accounts, devices, staffing
from queue_app.flow.accounts import Left
from queue_app.flow.act import By
from queue_app.queries import doctor, reference
from queue_app.queries.devices import device_of_token
from queue_app.queries.staff import desk, desks_of, staff_of_session
from queue_app.store import db
from tests.support.hall import open_desk, take_ticket
from tests.support.people import BRANCH, PASSWORD

ELSEWHERE = "darnytskyi"


@pytest.fixture
async def clerk(database: str, clock: FixedClock) -> Staff:
    return await accounts.add_staff(
        By(OPERATOR, clock.now()), "Clerk.One ", "clerk", BRANCH, PASSWORD
    )


async def desk_id(number: str, branch: str = BRANCH) -> int:
    desks = (await reference.directory()).branch(branch).desks
    return next(one.id for one in desks if one.number == number)


async def state_of(id_: int) -> tuple[str, int | None]:
    branches = [branch.id for branch in (await reference.directory()).branches.values()]
    row = await desk(branches, id_)
    return row.state, row.staff_id


async def test_a_login_is_told_apart_by_its_letters_not_by_their_case(
    clerk: Staff, clock: FixedClock
) -> None:
    assert clerk.login == "clerk.one"
    assert (
        await staffing.sign_in(By(RESIDENT, clock.now()), " CLERK.one", PASSWORD)
    ).staff == clerk
    with pytest.raises(Conflict, match="login_taken"):
        await accounts.add_staff(By(OPERATOR, clock.now()), "clerk.ONE", "clerk", BRANCH, PASSWORD)


@pytest.mark.parametrize(
    ("login", "password"),
    [("clerk.one", "wrong"), ("clerk.one", ""), ("nobody", PASSWORD), ("clerk.one\0", "x")],
)
async def test_a_wrong_name_and_a_wrong_password_sound_the_same(
    login: str, password: str, clerk: Staff, clock: FixedClock
) -> None:
    with pytest.raises(NotSignedIn) as refused:
        await staffing.sign_in(By(RESIDENT, clock.now()), login, password)
    assert (refused.value.code, refused.value.details) == ("wrong_password", {})


async def test_each_sign_in_is_a_session_of_its_own_that_ends(
    clerk: Staff, clock: FixedClock
) -> None:
    one = await staffing.sign_in(By(RESIDENT, clock.now()), clerk.login, PASSWORD)
    two = await staffing.sign_in(By(RESIDENT, clock.now()), clerk.login, PASSWORD)
    assert one.token != two.token
    await staffing.end_session(By(RESIDENT, clock.now()), one.token)
    assert await staff_of_session(token_hash(one.token), clock.now()) is None
    assert await staff_of_session(token_hash(two.token), clock.now()) == clerk
    clock.advance(hours=staffing.SESSION_HOURS)
    assert await staff_of_session(token_hash(two.token), clock.now()) is None


async def test_tokens_and_passwords_are_kept_as_hashes_only(
    clerk: Staff, clock: FixedClock
) -> None:
    signed = await staffing.sign_in(By(RESIDENT, clock.now()), clerk.login, PASSWORD)
    device = await devices.add_device(By(OPERATOR, clock.now()), "kiosk 1", ["kiosk"], BRANCH)
    kept = await db.fetch(
        "SELECT staff::text FROM staff UNION SELECT session::text FROM session"
        " UNION SELECT device::text FROM device"
    )
    everything = "".join(row[0] for row in kept)
    for secret in (PASSWORD, signed.token, device):
        assert secret not in everything
    assert (await device_of_token(token_hash(device))) is not None


async def test_who_has_left_the_centre_is_signed_out_and_can_do_nothing_more(
    clerk: Staff, clock: FixedClock
) -> None:
    signed = await staffing.sign_in(By(RESIDENT, clock.now()), clerk.login, PASSWORD)
    await accounts.retire_staff(By(OPERATOR, clock.now()), " Clerk.ONE")
    assert await staff_of_session(token_hash(signed.token), clock.now()) is None
    with pytest.raises(NotSignedIn, match="wrong_password"):
        await staffing.sign_in(By(RESIDENT, clock.now()), clerk.login, PASSWORD)
    with pytest.raises(NotSignedIn):  # as a request that began before
        await staffing.open_desk(By(clerk, clock.now()), await desk_id("1"))
    for refused in (
        accounts.retire_staff(By(OPERATOR, clock.now()), clerk.login),
        accounts.require_account("clerk.one"),
    ):
        with pytest.raises(Conflict, match="account_retired"):
            await refused
    with pytest.raises(NotFound, match="unknown_login"):
        await accounts.retire_staff(By(OPERATOR, clock.now()), "nobody")


@pytest.mark.parametrize("started", [False, True], ids=["called", "serving"])
async def test_whoever_is_at_the_desk_of_a_clerk_who_leaves_waits_again_in_their_place(
    started: bool, database: str, clock: FixedClock
) -> None:
    first = await take_ticket(clock.now())
    clock.advance(minutes=1)
    await take_ticket(clock.now())
    theirs, other = await open_desk("1", clock.now()), await open_desk("2", clock.now())
    await theirs.call()
    if started:
        await theirs.start(first.id)
    left = await accounts.retire_staff(By(OPERATOR, clock.now()), theirs.clerk.login)
    assert left == Left(theirs.clerk.login, ("1",), (first.number,))
    assert await state_of(theirs.id) == ("closed", None)
    assert (await other.call()).id == first.id
    assert await doctor.check(clock.now()) == []


async def test_a_new_password_ends_every_session_even_one_that_is_just_beginning(
    clerk: Staff, clock: FixedClock
) -> None:
    signed = await staffing.sign_in(By(RESIDENT, clock.now()), clerk.login, PASSWORD)
    both = await asyncio.gather(
        staffing.sign_in(By(RESIDENT, clock.now()), clerk.login, PASSWORD),
        accounts.change_password(By(OPERATOR, clock.now()), clerk.login, "another long password"),
        return_exceptions=True,
    )
    tokens = [signed.token, *(one.token for one in both if isinstance(one, staffing.SignedIn))]
    for token in tokens:
        assert await staff_of_session(token_hash(token), clock.now()) is None
    with pytest.raises(NotSignedIn):
        await staffing.sign_in(By(RESIDENT, clock.now()), clerk.login, PASSWORD)
    await staffing.sign_in(By(RESIDENT, clock.now()), clerk.login, "another long password")
    with pytest.raises(RuleBroken, match="weak_password"):
        await accounts.change_password(By(OPERATOR, clock.now()), clerk.login, "short")


async def test_a_revoked_device_opens_nothing_and_leaves_its_name(
    database: str, clock: FixedClock
) -> None:
    token = await devices.add_device(By(OPERATOR, clock.now()), "entrance", ["kiosk"], BRANCH)
    far = await devices.add_device(By(OPERATOR, clock.now()), "entrance", ["kiosk"], ELSEWHERE)
    with pytest.raises(RuleBroken, match="several_devices"):
        await devices.revoke_device(By(OPERATOR, clock.now()), "entrance", None)
    await devices.revoke_device(By(OPERATOR, clock.now()), "entrance", BRANCH)
    assert await device_of_token(token_hash(token)) is None
    assert await device_of_token(token_hash(far)) is not None
    with pytest.raises(NotFound, match="unknown_device"):
        await devices.revoke_device(By(OPERATOR, clock.now()), "entrance", BRANCH)
    again = await devices.add_device(By(OPERATOR, clock.now()), "entrance", ["kiosk"], BRANCH)
    assert await device_of_token(token_hash(again)) is not None


@pytest.mark.parametrize(
    ("login", "role", "branch", "password", "code"),
    [
        ("new", "chief", BRANCH, PASSWORD, "unknown_role"),
        ("new", "clerk", None, PASSWORD, "branch_needed"),
        ("new", "clerk", BRANCH, "short", "weak_password"),
        ("a name", "clerk", BRANCH, PASSWORD, "bad_login"),
        ("", "clerk", BRANCH, PASSWORD, "bad_login"),
    ],
)
async def test_an_account_that_cannot_be_is_refused(
    login: str, role: str, branch: str | None, password: str, code: str, database: str,
    clock: FixedClock,
) -> None:  # fmt: skip
    with pytest.raises(RuleBroken, match=code):
        await accounts.add_staff(By(OPERATOR, clock.now()), login, role, branch, password)


async def test_a_desk_is_taken_paused_resumed_and_left(clerk: Staff, clock: FixedClock) -> None:
    one = await desk_id("1")
    await staffing.open_desk(By(clerk, clock.now()), one)
    assert await state_of(one) == ("open", clerk.id)
    await staffing.pause_desk(By(clerk, clock.now()), one, "  Обід ")
    assert await state_of(one) == ("paused", clerk.id)
    await staffing.open_desk(By(clerk, clock.now()), one)
    await staffing.close_desk(By(clerk, clock.now()), one)
    await staffing.close_desk(By(clerk, clock.now()), one)
    assert await state_of(one) == ("closed", None)
    events = await db.fetch("SELECT verb, reason FROM desk_event ORDER BY id")
    assert [tuple(row) for row in events] == [
        ("open", None), ("pause", "Обід"), ("resume", None), ("close", None),
    ]  # fmt: skip


async def test_two_clerks_who_want_one_desk_get_it_once(clerk: Staff, clock: FixedClock) -> None:
    other = await accounts.add_staff(
        By(OPERATOR, clock.now()), "clerk.two", "clerk", BRANCH, PASSWORD
    )
    one = await desk_id("1")
    results = await asyncio.gather(
        *(staffing.open_desk(By(staff, clock.now()), one) for staff in (clerk, other)),
        return_exceptions=True,
    )
    assert [error.code for error in results if isinstance(error, Conflict)] == ["desk_taken"]
    assert await doctor.check(clock.now()) == []


async def test_a_clerk_who_takes_another_desk_leaves_the_first(
    clerk: Staff, clock: FixedClock
) -> None:
    one, two = await desk_id("1"), await desk_id("2")
    await staffing.open_desk(By(clerk, clock.now()), one)
    await staffing.open_desk(By(clerk, clock.now()), two)
    assert await state_of(one) == ("closed", None)
    branch = (await reference.directory()).branch(BRANCH)
    assert await desks_of([branch.id], clerk.id) == [two]


async def test_a_clerk_who_takes_two_desks_at_once_has_one(clerk: Staff, clock: FixedClock) -> None:
    both = [await desk_id("1"), await desk_id("2")]
    await asyncio.gather(
        *(staffing.open_desk(By(clerk, clock.now()), one) for one in both), return_exceptions=True
    )
    assert sorted([(await state_of(one))[0] for one in both]) == ["closed", "open"]
    assert await doctor.check(clock.now()) == []


async def test_nobody_leaves_a_desk_while_somebody_is_at_it(
    database: str, clock: FixedClock
) -> None:
    await take_ticket(clock.now())
    mine = await open_desk("1", clock.now())
    await mine.call()
    with pytest.raises(Conflict, match="desk_busy"):
        await staffing.close_desk(By(mine.clerk, clock.now()), mine.id)
    with pytest.raises(Conflict, match="desk_busy"):
        await staffing.open_desk(By(mine.clerk, clock.now()), await desk_id("2"))
    await mine.pause()
    assert (await state_of(mine.id))[0] == "paused"


async def test_a_colleagues_desk_is_left_alone_but_a_supervisor_may_close_it(
    clerk: Staff, clock: FixedClock
) -> None:
    theirs = await open_desk("1", clock.now())
    for refused in (
        staffing.pause_desk(By(clerk, clock.now()), theirs.id, ""),
        staffing.close_desk(By(clerk, clock.now()), theirs.id),
    ):
        with pytest.raises(NotAllowed, match="not_your_desk"):
            await refused
    with pytest.raises(Conflict, match="desk_taken"):
        await staffing.open_desk(By(clerk, clock.now()), theirs.id)
    supervisor = await accounts.add_staff(
        By(OPERATOR, clock.now()), "boss", "supervisor", BRANCH, PASSWORD
    )
    await staffing.close_desk(By(supervisor, clock.now()), theirs.id)
    assert await state_of(theirs.id) == ("closed", None)


async def test_a_clerk_takes_desks_of_their_own_branch_and_an_administrator_of_any(
    clerk: Staff, clock: FixedClock
) -> None:
    far = await desk_id("1", ELSEWHERE)
    with pytest.raises(NotAllowed, match="other_branch"):
        await staffing.open_desk(By(clerk, clock.now()), far)
    admin = await accounts.add_staff(
        By(OPERATOR, clock.now()), "admin", "administrator", None, PASSWORD
    )
    await staffing.open_desk(By(admin, clock.now()), far)
    assert await state_of(far) == ("open", admin.id)


async def test_a_device_has_a_name_of_its_own_and_a_known_kind(
    database: str, clock: FixedClock
) -> None:
    await devices.add_device(
        By(OPERATOR, clock.now() - timedelta(days=1)), "kiosk 1", ["kiosk"], BRANCH
    )
    with pytest.raises(Conflict, match="device_taken"):
        await devices.add_device(By(OPERATOR, clock.now()), "kiosk 1", ["kiosk"], BRANCH)
    with pytest.raises(RuleBroken, match="unknown_device_kind"):
        await devices.add_device(By(OPERATOR, clock.now()), "scanner", ["scanner"], BRANCH)


async def test_no_key_keeps_a_password_or_a_token(clerk: Staff, clock: FixedClock) -> None:
    resident, operator = (By(who, clock.now(), uuid4()) for who in (RESIDENT, OPERATOR))
    signed = [await staffing.sign_in(resident, clerk.login, PASSWORD) for _ in "twice"]
    assert signed[0].token != signed[1].token
    await staffing.end_session(resident, signed[0].token)
    await devices.add_device(operator, "kiosk 1", ["kiosk"], BRANCH)
    await accounts.change_password(operator, clerk.login, "another long password")
    assert await db.fetch("SELECT * FROM request") == []
