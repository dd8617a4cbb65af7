"""Devices: paired by a code, named by the office, seen while they live, revoked at once."""

import asyncio
from datetime import timedelta

import pytest

from queue_app.clock import FixedClock
from queue_app.domain.errors import Conflict, NotAllowed, NotFound, RuleBroken, TooMany
from queue_app.domain.people import OPERATOR, RESIDENT, Device, Staff, token_hash
from queue_app.flow import accounts, devices
from queue_app.flow.act import By
from queue_app.flow.devices import OPEN_PAIRINGS, PAIRING_SECONDS, Shown
from queue_app.jobs import retention
from queue_app.queries import halls, reference
from queue_app.queries.devices import device_of_token, installed
from queue_app.screens.board import board_view
from queue_app.screens.overview import branch_overview
from queue_app.store import db
from tests.support.people import BRANCH, PASSWORD

pytestmark = pytest.mark.usefixtures("proven")

ELSEWHERE = "darnytskyi"
MINUTE = timedelta(minutes=1)


@pytest.fixture
async def supervisor(database: str, clock: FixedClock) -> Staff:
    by = By(OPERATOR, clock.now())
    return await accounts.add_staff(by, "boss", "supervisor", BRANCH, PASSWORD)


async def shows(clock: FixedClock, *kinds: str) -> Shown:
    """A machine with its code."""
    return await devices.ask_pairing(By(RESIDENT, clock.now()), kinds or ("board",), "", "10.0.0.7")


async def gets(clock: FixedClock, shown: Shown) -> devices.Admitted | None:
    return await devices.end_pairing(By(RESIDENT, clock.now()), shown.secret)


async def own(token: str) -> Device:
    device = await device_of_token(token_hash(token))
    assert device
    return device


async def test_a_machine_gets_its_token_once_the_office_has_confirmed_its_code(
    supervisor: Staff, clock: FixedClock
) -> None:
    shown = await shows(clock, "printer", "kiosk")
    assert shown.code.isdecimal()
    assert await gets(clock, shown) is None
    typed = f" {shown.code[:4]} {shown.code[4:]} "
    made = await devices.confirm_device(By(supervisor, clock.now()), typed, BRANCH, "Entrance ")
    admitted = await gets(clock, shown)
    assert admitted and admitted.branch == BRANCH
    assert await own(admitted.token) == made
    assert made.kinds == ("kiosk", "printer")
    with pytest.raises(NotFound, match="unknown_pairing"):
        await gets(clock, shown)
    [event] = await db.fetch("SELECT * FROM office_event WHERE kind = 'device'")
    assert (event["subject"], event["verb"], event["actor"]) == (
        "Entrance",
        "pair",
        supervisor.actor,
    )
    assert admitted.token not in str(dict(event))


async def test_before_it_has_fetched_its_token_a_confirmed_device_opens_nothing(
    supervisor: Staff, clock: FixedClock
) -> None:
    shown = await shows(clock)
    await devices.confirm_device(By(supervisor, clock.now()), shown.code, BRANCH, "Hall")
    for known in (shown.code, shown.secret):
        assert await device_of_token(token_hash(known)) is None


async def test_of_two_who_confirm_one_code_one_is_told_that_it_is_gone(
    supervisor: Staff, clock: FixedClock
) -> None:
    shown = await shows(clock)
    by = By(supervisor, clock.now())
    ends = await asyncio.gather(
        *(devices.confirm_device(by, shown.code, BRANCH, name) for name in ("One", "Two")),
        return_exceptions=True,
    )
    assert sorted(type(end).__name__ for end in ends) == ["Device", "NotFound"]
    assert len(await installed()) == 1


async def test_a_token_is_given_to_one_of_two_who_ask_with_the_same_secret(
    supervisor: Staff, clock: FixedClock
) -> None:
    shown = await shows(clock)
    await devices.confirm_device(By(supervisor, clock.now()), shown.code, BRANCH, "Hall")
    ends = await asyncio.gather(gets(clock, shown), gets(clock, shown), return_exceptions=True)
    assert sorted(type(end).__name__ for end in ends) == ["Admitted", "NotFound"]


async def test_the_office_confirms_for_its_own_branch_and_a_taken_name_is_refused(
    supervisor: Staff, clock: FixedClock
) -> None:
    shown, by = await shows(clock), By(supervisor, clock.now())
    with pytest.raises(NotAllowed, match="other_branch"):
        await devices.confirm_device(by, shown.code, ELSEWHERE, "Hall")
    with pytest.raises(RuleBroken, match="device_name"):
        await devices.confirm_device(by, shown.code, BRANCH, " ")
    await devices.add_device(By(OPERATOR, clock.now()), "Hall", ["board"], BRANCH)
    with pytest.raises(Conflict, match="device_taken"):
        await devices.confirm_device(by, shown.code, BRANCH, "Hall")
    await devices.confirm_device(by, shown.code, BRANCH, "Hall 2")
    clerk = await accounts.add_staff(By(OPERATOR, clock.now()), "ann", "clerk", BRANCH, PASSWORD)
    with pytest.raises(NotAllowed, match="not_allowed"):
        await devices.confirm_device(By(clerk, clock.now()), shown.code, BRANCH, "Hall 3")
    with pytest.raises(NotAllowed, match="other_branch"):
        await devices.revoke_device(by, "Hall", ELSEWHERE)
    await devices.revoke_device(by, "Hall", None)


async def test_a_code_that_nobody_confirms_is_forgotten(
    supervisor: Staff, clock: FixedClock
) -> None:
    shown = await shows(clock)
    clock.advance(seconds=PAIRING_SECONDS - 1)
    await retention.drop_leftovers(clock)
    assert await gets(clock, shown) is None
    clock.advance(seconds=1)
    await retention.drop_leftovers(clock)
    with pytest.raises(NotFound, match="unknown_pairing"):
        await gets(clock, shown)
    with pytest.raises(NotFound, match="unknown_pairing"):
        await devices.confirm_device(By(supervisor, clock.now()), shown.code, BRANCH, "Hall")


async def test_one_address_shows_so_many_codes_at_once_and_another_goes_on(
    database: str, clock: FixedClock
) -> None:
    async def ask(address: str) -> Shown:
        by = By(RESIDENT, clock.now(), address=address)
        return await devices.ask_pairing(by, ["board"], "", address)

    for _ in range(OPEN_PAIRINGS):
        await ask("10.0.0.7")
    with pytest.raises(TooMany, match="too_many_pairings"):
        await ask("10.0.0.7")
    await ask("10.0.0.8")
    with pytest.raises(RuleBroken, match="unknown_device_kind"):
        await devices.ask_pairing(By(RESIDENT, clock.now()), ["toaster"], "", None)
    with pytest.raises(RuleBroken, match="unknown_device_kind"):
        await devices.ask_pairing(By(RESIDENT, clock.now()), [], "", None)


async def test_a_device_that_was_seen_and_is_silent_for_a_minute_is_away_for_staff_alone(
    database: str, clock: FixedClock
) -> None:
    by = By(OPERATOR, clock.now())
    token = await devices.add_device(by, "Hall", ["board"], BRANCH)
    await devices.add_device(by, "In its box", ["board"], BRANCH)
    device = await own(token)

    async def sign() -> None:
        now = clock.now()
        await devices.sign_device(By(device, now), MINUTE, "abc", "10.0.0.7", 81)

    async def away() -> list[str]:
        directory = await reference.directory()
        seen = await halls.load(directory, directory.branch(BRANCH), clock.now())
        assert not hasattr(board_view(seen), "devices_away")
        return [one.name for one in branch_overview(seen, 0).devices_away]

    assert await away() == []
    await sign()
    seen_at = clock.now()
    clock.advance(seconds=60)
    assert await away() == []
    clock.advance(seconds=1)
    assert await away() == ["Hall"]
    [kept, _] = await installed()
    assert (kept.version, kept.address, kept.battery, kept.seen_at) == (
        "abc",
        "10.0.0.7",
        81,
        seen_at,
    )
    assert kept.state(clock.now()) == "away"
    await sign()
    assert await away() == []
    clock.advance(minutes=5)
    await devices.revoke_device(By(OPERATOR, clock.now()), "Hall", BRANCH)
    assert await away() == []
