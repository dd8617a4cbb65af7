"""What was done in a visit: services given, an outcome, a note; and why some go first."""

import asyncio
from datetime import timedelta

import pytest

from queue_app.clock import FixedClock
from queue_app.domain.contacts import Resident
from queue_app.domain.errors import Conflict, QueueError, RuleBroken
from queue_app.domain.people import OPERATOR, RESIDENT
from queue_app.flow import arrival, booking, calling, forgetting
from queue_app.flow.act import By
from queue_app.jobs.day_ends import settle_appointments
from queue_app.jobs.learning import learn
from queue_app.jobs.retention import forget_people
from queue_app.queries import appointments, known, reference, slots, visits
from queue_app.queries.tickets import history
from queue_app.store import db
from tests.flow.desks import ACCOUNTS, issue, now_of, screen_of
from tests.support.hall import SERVICE, Desk, open_desk
from tests.support.people import BRANCH, KIOSK

pytestmark = pytest.mark.usefixtures("proven")
OLHA = Resident("Ольга", "0671234567", None)


async def serve(desk: Desk, ticket: int, now: FixedClock) -> By:
    """The person is at the desk from now on."""
    by = By(desk.clerk, now.now())
    await calling.call(by, desk.id, ticket)
    await calling.start(by, ticket)
    return by


async def come(clock: FixedClock) -> tuple[int, str]:
    """Somebody booked who is here: their ticket, and the link of the booking."""
    resident, directory = By(RESIDENT, clock.now()), await reference.directory()
    branch, day = directory.branch(BRANCH), directory.local(clock.now()).date()
    found = await slots.free_days(directory, branch, [SERVICE], "visit", day, 1, clock.now())
    held = await booking.hold(resident, BRANCH, [SERVICE], found[0].starts[0])
    await booking.confirm(resident, held.token, OLHA.name, OLHA.phone, None, "uk")
    clock.set(held.starts_at)
    return (await arrival.check_in(By(KIOSK, clock.now()), BRANCH, held.token)).id, held.token


async def notes() -> list[str]:
    return [row["text"] for row in await db.fetch("SELECT text FROM visit_note ORDER BY at, seq")]


async def test_what_was_given_and_its_outcome_are_kept_with_the_end(
    clock: FixedClock, desk: Desk
) -> None:
    ticket = await issue(clock)
    by = await serve(desk, ticket, clock)
    await calling.finish(by, ticket, ["debt-amount", SERVICE], "solved", "  Принесе\nдовідку ")
    one = await now_of(ticket)
    assert one.progress.services == (SERVICE,), "what was asked for stays"
    assert (one.progress.given, one.progress.outcome) == (("debt-amount", SERVICE), "solved")
    assert await notes() == ["Принесе довідку"]
    events = await history(one.branch_id, ticket)
    assert "Принесе" not in repr(events), "events are kept for ever"


async def test_whoever_says_nothing_has_given_what_was_asked_for(
    clock: FixedClock, desk: Desk
) -> None:
    ticket = await issue(clock)
    await calling.finish(await serve(desk, ticket, clock), ticket)
    one = await now_of(ticket)
    assert (one.progress.given, one.progress.outcome, await notes()) == ((), None, [])


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (([], None, ""), "no_service"),
        ((["magic"], None, ""), "unknown_service"),
        ((None, "magic", ""), "unknown_outcome"),
        ((None, None, "а" * 501), "note_too_long"),
    ],
)
async def test_what_cannot_be_is_refused_and_the_visit_goes_on(
    said: tuple[list[str] | None, str | None, str], code: str, clock: FixedClock, desk: Desk
) -> None:
    ticket = await issue(clock)
    by = await serve(desk, ticket, clock)
    with pytest.raises(RuleBroken) as refused:
        await calling.finish(by, ticket, *said)
    assert (refused.value.code, (await now_of(ticket)).progress.state) == (code, "serving")


async def test_an_end_that_is_taken_back_takes_its_words_along(
    clock: FixedClock, desk: Desk
) -> None:
    ticket = await issue(clock)
    by = await serve(desk, ticket, clock)
    await calling.finish(by, ticket, ["debt-amount"], "solved", "не та людина")
    await calling.undo(by, ticket)
    one = await now_of(ticket)
    assert (one.progress.state, one.progress.given, one.progress.outcome) == ("serving", (), None)
    assert await notes() == []
    await calling.finish(by, ticket, None, None, "та")
    assert await notes() == ["та"]


async def test_two_ends_at_once_leave_one_and_one_note(clock: FixedClock, desk: Desk) -> None:
    ticket = await issue(clock)
    by = await serve(desk, ticket, clock)
    answers = await asyncio.gather(
        calling.finish(by, ticket, None, "solved", "раз"),
        calling.finish(by, ticket, [ACCOUNTS], None, "два"),
        return_exceptions=True,
    )
    lost = [one for one in answers if isinstance(one, QueueError)]
    assert [type(one) for one in lost] == [Conflict]
    one = await now_of(ticket)
    kept = ("solved", ()) if await notes() == ["раз"] else (None, (ACCOUNTS,))
    assert (one.progress.outcome, one.progress.given) == kept


async def test_a_transfer_keeps_the_wait_and_hands_on_a_note(clock: FixedClock, desk: Desk) -> None:
    ticket = await issue(clock)
    since = (await now_of(ticket)).progress.queued_at
    four = await open_desk("4", clock.now())
    by = await serve(desk, ticket, clock)
    clock.advance(minutes=7)
    await calling.transfer(By(by.who, clock.now()), ticket, [ACCOUNTS], None, "Паспорт перевірено")
    assert (await now_of(ticket)).progress.queued_at == since
    await calling.call(By(four.clerk, clock.now()), four.id, ticket)
    current = (await screen_of(four, clock)).current
    assert current
    assert [(one.author, one.text) for one in current.notes] == [
        (desk.clerk.login, "Паспорт перевірено")
    ]


async def test_why_somebody_was_called_before_others_is_kept(clock: FixedClock, desk: Desk) -> None:
    first, second = await issue(clock), await issue(clock)
    await calling.call(By(desk.clerk, clock.now()), desk.id, second, "with_child")
    one = await now_of(second)
    assert [event.why for event in await history(one.branch_id, second)] == [None, "with_child"]
    assert (await now_of(first)).progress.state == "waiting"


async def test_time_is_learned_from_what_was_given(clock: FixedClock, desk: Desk) -> None:
    directory = await reference.directory()
    ticket = await issue(clock)
    by = await serve(desk, ticket, clock)
    clock.advance(minutes=9)
    await calling.finish(By(by.who, clock.now()), ticket, ["debt-amount"])
    await learn(directory, clock.now())
    learned = await db.fetch("SELECT service, visits FROM service_time")
    assert [row["service"] for row in learned] == ["debt-amount"]


async def test_earlier_visits_of_the_same_contact_are_known_until_retention_takes_them(
    clock: FixedClock, desk: Desk
) -> None:
    first, token = await come(clock)
    by = await serve(desk, first, clock)
    await calling.finish(by, first, None, "to-be-continued", "Бракує довідки")
    clock.set(clock.now() + timedelta(days=1))
    second, _ = await come(clock)
    one = await now_of(second)
    assert one.appointment_id
    (past,) = await visits.past_of(one.branch_id, one.appointment_id)
    assert (past.ticket_id, past.outcome) == (first, "to-be-continued")
    assert [note.text for note in past.notes] == ["Бракує довідки"]
    booked = await appointments.by_token(token)
    seen = await known.of_booking(await reference.directory(), booked)
    assert (seen.notes, seen.hidden().notes) == (("Бракує довідки",), ())
    await calling.finish(await serve(desk, second, clock), second)
    clock.set(clock.now() + timedelta(days=32))
    await settle_appointments(clock)
    await forget_people(clock)
    assert await notes() == []


async def test_whoever_is_forgotten_takes_the_notes_along(clock: FixedClock, desk: Desk) -> None:
    ticket, _ = await come(clock)
    by = await serve(desk, ticket, clock)
    await calling.finish(by, ticket, None, None, "Ольга хворіла")
    clock.set(clock.now() + timedelta(days=2))
    await settle_appointments(clock)
    erased = await forgetting.erase(
        By(OPERATOR, clock.now()), forgetting.person_of("0671234567", "UA")
    )
    assert (len(erased.deleted), await notes()) == (1, [])
