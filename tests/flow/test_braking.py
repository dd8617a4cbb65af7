"""Whoever guesses passwords is slowed down, and keeps nobody else out."""

import asyncio
import logging

import pytest

from queue_app.clock import FixedClock
from queue_app.domain.errors import NotSignedIn, RuleBroken, TooMany
from queue_app.domain.people import OPERATOR, RESIDENT
from queue_app.flow import accounts, braking, passwords, staffing
from queue_app.flow.act import By
from queue_app.flow.staffing import SignedIn
from queue_app.store import db
from tests.support.people import BRANCH, PASSWORD, hire

GUESS = "not the password"
HERE, ELSEWHERE = "203.0.113.7", "2001:db8:1:2::/64"


@pytest.fixture(autouse=True)
async def clerks(database: str, clock: FixedClock) -> None:
    await hire(clock.now(), "olena")
    await hire(clock.now(), "taras")


async def sign_in(
    clock: FixedClock,
    password: str,
    address: str = ELSEWHERE,
    browser: str = "",
    login: str = "olena",
) -> SignedIn:
    by = By(RESIDENT, clock.now(), address=address)
    return await staffing.sign_in(by, login, password, browser)


async def guess(
    clock: FixedClock, times: int, address: str = ELSEWHERE, login: str = "olena"
) -> int:
    """How many of so many guesses at once were looked at."""
    answers = await asyncio.gather(
        *(sign_in(clock, GUESS, address, login=login) for _ in range(times)), return_exceptions=True
    )
    assert all(isinstance(one, NotSignedIn | TooMany) for one in answers), answers
    return sum(isinstance(one, NotSignedIn) for one in answers)


async def test_of_forty_guesses_at_once_from_forty_addresses_only_the_first_few_are_looked_at(
    clock: FixedClock,
) -> None:
    seen = await asyncio.gather(*(guess(clock, 1, f"198.51.100.{n}") for n in range(40)))
    assert sum(seen) == braking.FREE + 1
    with pytest.raises(TooMany) as refused:
        await sign_in(clock, PASSWORD)
    assert refused.value.code == "sign_in_slowed"
    assert refused.value.details == {"retry_after_seconds": 2}


async def test_each_failure_doubles_the_delay_up_to_a_minute(clock: FixedClock) -> None:
    await guess(clock, braking.FREE + 1)
    waited = []
    for _ in range(8):
        with pytest.raises(TooMany) as refused:
            await sign_in(clock, GUESS)
        seconds = refused.value.details["retry_after_seconds"]
        waited.append(seconds)
        clock.advance(seconds=seconds - 1)
        assert await guess(clock, 1) == 0
        clock.advance(seconds=1)
        assert await guess(clock, 1) == 1
    assert waited == [2, 4, 8, 16, 32, 60, 60, 60]


async def test_an_hour_without_a_failure_and_the_right_password_make_it_good_again(
    clock: FixedClock,
) -> None:
    await guess(clock, 40)
    clock.advance(seconds=2)
    await sign_in(clock, PASSWORD)
    assert await guess(clock, braking.FREE) == braking.FREE
    clock.advance(minutes=61)
    assert await guess(clock, braking.FREE) == braking.FREE


async def test_a_clock_that_is_set_back_keeps_nobody_waiting(clock: FixedClock) -> None:
    await guess(clock, 40)
    clock.advance(hours=-3)
    await sign_in(clock, PASSWORD)


async def test_a_clock_that_is_some_seconds_behind_makes_nobody_wait_who_need_not(
    clock: FixedClock,
) -> None:
    """Set back a little, or the clock of another server."""
    await sign_in(clock, PASSWORD)
    clock.advance(seconds=-20)
    assert await guess(clock, braking.FREE) == braking.FREE


async def test_guessing_keeps_the_owner_out_neither_at_their_browser_nor_at_their_branch(
    clock: FixedClock,
) -> None:
    own = await sign_in(clock, PASSWORD, HERE)
    await guess(clock, 40)
    await sign_in(clock, PASSWORD, HERE)  # another browser, where the owner has been
    assert (await sign_in(clock, PASSWORD, "192.0.2.1", own.browser)).browser == own.browser


async def test_a_guesser_in_the_branch_itself_does_not_keep_its_known_browsers_out(
    clock: FixedClock,
) -> None:
    own = await sign_in(clock, PASSWORD, HERE)
    await guess(clock, 40, HERE)
    with pytest.raises(TooMany):
        await sign_in(clock, PASSWORD, HERE)
    await sign_in(clock, PASSWORD, HERE, own.browser)


async def test_a_colleague_is_not_slowed_by_somebody_elses_failures(clock: FixedClock) -> None:
    await guess(clock, 40)
    await sign_in(clock, PASSWORD, login="taras")


async def test_a_browser_that_is_known_for_one_login_is_nobody_for_another(
    clock: FixedClock,
) -> None:
    other = await sign_in(clock, PASSWORD, HERE, login="taras")
    await guess(clock, 40)
    with pytest.raises(TooMany):
        await sign_in(clock, PASSWORD, "192.0.2.1", other.browser)


async def test_one_address_that_tries_every_login_is_slowed_but_a_branchs_mornings_are_not(
    clock: FixedClock,
) -> None:
    for n in range(braking.FREE_OF_ADDRESS + 1):
        await guess(clock, 1, HERE, login=f"somebody{n}")
    assert await guess(clock, 1, HERE, login="somebody else") == 0
    with pytest.raises(TooMany):
        await sign_in(clock, PASSWORD, HERE)
    await sign_in(clock, PASSWORD, ELSEWHERE)


async def test_a_new_password_ends_the_delay_and_makes_every_browser_a_stranger(
    clock: FixedClock,
) -> None:
    own = await sign_in(clock, PASSWORD, HERE)
    await guess(clock, 40)
    new = "quite another long one"
    await accounts.change_password(By(OPERATOR, clock.now()), "olena", new)
    await sign_in(clock, new, "192.0.2.1")
    await guess(clock, 40)
    with pytest.raises(TooMany):
        await sign_in(clock, new, HERE, own.browser)


async def test_what_is_kept_names_neither_login_nor_address_and_goes(clock: FixedClock) -> None:
    await sign_in(clock, PASSWORD, HERE)
    await guess(clock, 3)
    rows = await db.fetch("SELECT brake::text FROM brake UNION SELECT k::text FROM known_browser k")
    kept = " ".join(row[0] for row in rows)
    assert kept and not any(one in kept for one in ("olena", HERE, ELSEWHERE))
    known = await db.fetch_value("SELECT count(*) FROM known_browser")
    assert await braking.drop_old(clock.advance(minutes=61)) == 3
    assert await braking.drop_old(clock.advance(days=61)) == known
    assert await db.fetch_value("SELECT count(*) FROM known_browser") == 0


async def test_each_sign_in_and_each_refused_one_is_a_line_without_the_password(
    clock: FixedClock, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "queue_app"):
        await sign_in(clock, PASSWORD, HERE)
        await guess(clock, 7)
        await guess(clock, 1, login=PASSWORD)
    assert caplog.messages[0] == f"sign-in: olena from {HERE}"
    # Asked at once, the guess that is slowed may be told of before the last that is looked at.
    refused = f"sign-in refused: olena from {ELSEWHERE}: "
    assert sorted(caplog.messages[1:8]) == sorted(
        [f"{refused}wrong_password"] * (braking.FREE + 1) + [f"{refused}sign_in_slowed"]
    )
    assert "an unknown login" in caplog.messages[8]
    assert len(caplog.messages) == 9
    assert not any(word in caplog.text for word in (PASSWORD, GUESS))


@pytest.mark.parametrize(
    "password",
    ["12345678", "password", "Password1!", "qwerty2026", "  dragon123", "00000000", "пароль2026",
     "olena.kovalenko", "Olena.Kovalenko7", "olena.kovalenko"[::-1]],
)  # fmt: skip
async def test_common_passwords_and_the_login_are_refused(password: str, clock: FixedClock) -> None:
    by = By(OPERATOR, clock.now())
    with pytest.raises(RuleBroken, match="common_password"):
        await accounts.add_staff(by, "olena.kovalenko", "clerk", BRANCH, password)
    with pytest.raises(RuleBroken, match="common_password"):
        await accounts.change_password(by, "Olena.Kovalenko", password)


@pytest.mark.parametrize(
    "password", [PASSWORD, "kavun-litak-48", "Tr0ub4dor&3x", "вишня сніг паром"]
)
def test_a_password_that_nobody_guesses_is_taken(password: str) -> None:
    passwords.check_password(password, "olena")
