"""What leaves the house: written with its event, sent after commit, never lost, never twice."""

import asyncio
import email
import errno
import os
import signal
import sys
from datetime import timedelta
from email.policy import default
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from queue_app.clock import FixedClock
from queue_app.delivery.adapter import Letter, Undeliverable
from queue_app.delivery.folder import MessageFolder
from queue_app.domain.messages import ATTEMPTS
from queue_app.domain.people import RESIDENT
from queue_app.flow import booking, outbox, reaching
from queue_app.flow.act import By
from queue_app.jobs import day_ends
from queue_app.jobs.runner import Job, run_if_due
from queue_app.jobs.sending import Sender
from queue_app.queries import doctor
from queue_app.queries.outbox import figures
from queue_app.store import db
from tests.conftest import MONDAY
from tests.flow.letters import ELEVEN, Desk, book, files_in, waiting
from tests.support.hall import SERVICE
from tests.support.people import BRANCH

pytestmark = pytest.mark.usefixtures("proven")


async def test_a_booking_calls_for_a_message_and_so_does_each_change_of_it(
    clock: FixedClock,
) -> None:
    booked = await book(clock)
    by = By(RESIDENT, clock.now())
    await booking.move(by, booked.token, ELEVEN + timedelta(hours=4))
    await booking.cancel(by, booked.token)
    await booking.cancel(by, booked.token)
    address = "olena@example.com"
    assert await waiting() == [
        (kind, "mail", address, "waiting") for kind in ("booked", "moved", "cancelled")
    ]


async def test_another_contact_is_told_of_the_booking_and_another_name_alone_is_not(
    clock: FixedClock,
) -> None:
    booked = await book(clock)
    by = By(RESIDENT, clock.now())
    await reaching.correct(by, booked.token, name="Олена Мельник")
    assert [kind for kind, *_ in await waiting()] == ["booked"]
    await reaching.correct(by, booked.token, email="other@example.com")
    assert [address for _, _, address, _ in await waiting()][1:] == ["other@example.com"]
    assert await doctor.check(clock.now()) == []


async def test_who_gave_only_a_number_is_told_by_sms_and_a_mere_hold_tells_nobody(
    clock: FixedClock,
) -> None:
    by = By(RESIDENT, clock.now())
    held = await booking.hold(by, BRANCH, [SERVICE], ELEVEN)
    await booking.move(by, held.token, ELEVEN + timedelta(hours=1))
    await booking.cancel(by, held.token)
    assert await waiting() == []
    await book(clock, None, "067 123 45 67")
    assert await waiting() == [("booked", "sms", "+380671234567", "waiting")]


async def test_what_is_refused_leaves_no_message_and_a_repeat_no_second_one(
    clock: FixedClock,
) -> None:
    booked = await book(clock)
    key = uuid4()
    for _ in range(2):
        await booking.move(
            By(RESIDENT, clock.now(), key), booked.token, ELEVEN + timedelta(hours=4)
        )
    with pytest.raises(Exception, match="no_such_time"):
        await booking.move(By(RESIDENT, clock.now()), booked.token, MONDAY - timedelta(days=999))
    assert [kind for kind, *_ in await waiting()] == ["booked", "moved"]


async def test_mail_is_a_file_that_any_reader_opens_and_sms_one_of_its_own(
    clock: FixedClock, tmp_path: Path
) -> None:
    booked = await book(clock)
    await book(clock, None, "067 123 45 67")
    folder = MessageFolder(tmp_path / "messages")
    assert await Sender({"mail": folder, "sms": folder}).deliver(clock) == 2
    mail, sms = sorted(files_in(tmp_path / "messages"), key=lambda path: path.suffix)
    assert (mail.suffix, sms.suffix) == (".eml", ".json")
    read = email.message_from_bytes(mail.read_bytes(), policy=default)
    assert read["To"] == "olena@example.com"
    assert read["Subject"] == "Вас записано: понеділок, 23 листопада, 11:00".replace(
        "23 листопада", "23\u00a0листопада"
    )
    text = read.get_body(("plain",))
    assert text is not None
    assert f"{booked.code[:3]}\u00a0{booked.code[3:]}" in text.get_content()
    assert read["Auto-Submitted"] == "auto-generated"
    assert read["Message-ID"] == f"<{mail.stem}@queue-app.invalid>"
    for path in (mail, *mail.parents[:2]):
        assert path.stat().st_mode & 0o077 == 0, "it holds people's data"
    assert await Sender({"mail": folder, "sms": folder}).deliver(clock) == 0


async def test_a_letter_has_the_link_of_its_booking_where_the_site_has_an_address(
    clock: FixedClock,
) -> None:
    desk = Desk()
    sender = Sender({"mail": desk}, "https://queue.example.org")
    booked = await book(clock)
    await sender.deliver(clock)
    await booking.cancel(By(RESIDENT, clock.now()), booked.token)
    await sender.deliver(clock)
    link = f"https://queue.example.org/visit/{booked.token}"
    invited, cancelled = [letter.text.splitlines()[-1] for letter in desk.letters]
    assert invited == f"Переглянути, перенести або скасувати: {link}"
    assert cancelled == f"Ваш запис: {link}"
    await book(clock)
    await Sender({"mail": desk}).deliver(clock)
    assert "visit/" not in desk.letters[-1].text


async def test_a_letter_of_a_call_says_that_we_call_and_has_no_code(clock: FixedClock) -> None:
    booked = await book(clock, phone="067 123 45 67", channel="phone")
    by = By(RESIDENT, clock.now())
    desk = Desk()
    sender = Sender({"mail": desk})
    await sender.deliver(clock)
    await booking.move(by, booked.token, ELEVEN + timedelta(hours=4))
    await sender.deliver(clock)
    await booking.cancel(by, booked.token)
    await sender.deliver(clock)
    said = [letter.subject.split(":")[0] for letter in desk.letters]
    assert said == ["Ми вам зателефонуємо", "Ваш дзвінок перенесено", "Ваш дзвінок скасовано"]
    texts = [letter.text.replace("\u00a0", " ") for letter in desk.letters]
    for text in texts[:2]:
        assert "Зателефонуємо на номер, що закінчується на 45 67." in text
        assert "Приходити не потрібно" in text
    for text in texts:
        assert booked.code[3:] not in text.split() and "+380" not in text and "Код" not in text


async def test_what_fails_is_tried_again_after_growing_pauses_and_then_given_up(
    clock: FixedClock, caplog: pytest.LogCaptureFixture
) -> None:
    await book(clock)
    desk = Desk(*(ConnectionError("secret@example.com") for _ in range(ATTEMPTS)))
    sender = Sender({"mail": desk})
    assert await sender.deliver(clock) == 0
    clock.advance(seconds=29)
    assert await sender.deliver(clock) == 0
    assert len(desk.refusals) == ATTEMPTS - 1, "its pause is not over"
    for _ in range(ATTEMPTS):
        clock.advance(days=3)
        await sender.deliver(clock)
    assert desk.refusals == []
    assert [state for *_, state in await waiting()] == ["failed"]
    assert (await figures(clock.now())).failed == 1
    assert "secret@example.com" not in caplog.text, "no personal data in logs"


async def test_why_a_write_failed_is_said_by_the_name_of_its_error(
    clock: FixedClock, caplog: pytest.LogCaptureFixture
) -> None:
    await book(clock)
    full = OSError(errno.ENOSPC, "No space left on device", "olena@example.com")
    await Sender({"mail": Desk(full)}).deliver(clock)
    assert await db.fetch_value("SELECT error FROM message") == "OSError ENOSPC"
    assert "not sent: OSError ENOSPC" in caplog.text
    assert "olena@example.com" not in caplog.text, "no personal data in logs"


async def test_a_message_of_no_booking_is_refused_plainly_and_at_once(clock: FixedClock) -> None:
    await book(clock)
    await db.fetch("UPDATE message SET appointment_id = NULL")
    await Sender({"mail": Desk()}).deliver(clock)
    row = await db.fetch_row("SELECT state, attempts, error FROM message")
    assert row and tuple(row) == ("failed", 1, "no words for a message of no booking")


async def test_numbers_that_a_restored_backup_gives_again_name_no_other_letter(
    clock: FixedClock, tmp_path: Path
) -> None:
    sender = Sender({"mail": MessageFolder(tmp_path)})
    await book(clock, "first@example.com")
    await sender.deliver(clock)
    [number] = await numbers()
    await db.fetch("DELETE FROM message")
    await db.fetch("SELECT setval(pg_get_serial_sequence('message', 'id'), 1, false)")
    await book(clock, "second@example.com")
    await sender.deliver(clock)
    assert await numbers() == [number]
    letters = [email.message_from_bytes(file.read_bytes()) for file in files_in(tmp_path)]
    assert {letter["To"] for letter in letters} == {"first@example.com", "second@example.com"}
    assert len({letter["Message-ID"] for letter in letters}) == 2


async def numbers() -> list[int]:
    return [row["id"] for row in await db.fetch("SELECT id FROM message")]


async def test_what_can_never_be_delivered_is_given_up_at_once(clock: FixedClock) -> None:
    await book(clock)
    await Sender({"mail": Desk(Undeliverable("no such mailbox"))}).deliver(clock)
    assert [state for *_, state in await waiting()] == ["failed"]
    await book(clock, None, "067 123 45 67")
    await Sender({"mail": Desk()}).deliver(clock)
    assert [state for *_, state in await waiting()] == ["failed", "failed"]


@pytest.mark.parametrize("moved", [False, True])
async def test_nobody_is_told_to_come_to_what_was_cancelled_before_the_message_could_leave(
    clock: FixedClock, moved: bool, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    booked = await book(clock)
    by = By(RESIDENT, clock.now())
    refusals = [ConnectionError()]
    if moved:
        await booking.move(by, booked.token, ELEVEN + timedelta(hours=4))
        refusals.append(ConnectionError())
    desk = Desk(*refusals)
    assert await Sender({"mail": desk}).deliver(clock) == 0
    await booking.cancel(by, booked.token)
    assert await Sender({"mail": desk}).deliver(clock) == 1
    clock.advance(minutes=1)
    assert await Sender({"mail": desk}).deliver(clock) == 0
    assert [letter.subject[:20] for letter in desk.letters] == ["Ваш запис скасовано:"]
    rows = await db.fetch("SELECT state, error FROM message WHERE kind <> 'cancelled'")
    assert {tuple(row) for row in rows} == {("dropped", "the booking is cancelled")}
    assert (await figures(clock.now())).failed == 0
    said = {record.levelname for record in caplog.records if "is cancelled" in record.message}
    assert said == {"INFO"}


async def test_nobody_is_told_to_come_to_a_visit_that_is_over(clock: FixedClock) -> None:
    await book(clock)
    desk = Desk(ConnectionError())
    await Sender({"mail": desk}).deliver(clock)
    clock.advance(days=1)
    await day_ends.settle_appointments(clock)
    await Sender({"mail": desk}).deliver(clock)
    assert [kind for kind, *_, state in await waiting() if state == "sent"] == ["missed"]
    assert (
        await db.fetch_value("SELECT error FROM message WHERE kind = 'booked'")
        == "the booking is missed"
    )


async def test_a_message_that_was_late_names_the_time_to_which_the_booking_has_moved(
    clock: FixedClock,
) -> None:
    booked = await book(clock)
    desk = Desk(ConnectionError())
    await Sender({"mail": desk}).deliver(clock)
    await booking.move(By(RESIDENT, clock.now()), booked.token, ELEVEN + timedelta(hours=4))
    await Sender({"mail": desk}).deliver(clock)
    clock.advance(minutes=1)
    await Sender({"mail": desk}).deliver(clock)
    first, second = [letter.subject for letter in desk.letters]
    assert "15:00" in first and "15:00" in second
    assert [state for *_, state in await waiting()] == ["sent", "sent"]


async def test_several_workers_share_the_messages_and_send_each_once(clock: FixedClock) -> None:
    for number in range(12):
        await book(clock, f"n{number}@example.com")
    desks = [Desk() for _ in range(4)]
    sent = await asyncio.gather(*(Sender({"mail": desk}).deliver(clock) for desk in desks))
    recipients = [letter.recipient for desk in desks for letter in desk.letters]
    assert sum(sent) == len(recipients) == len(set(recipients)) == 12


async def test_a_claim_that_is_not_marked_comes_back_when_its_lease_is_over(
    clock: FixedClock,
) -> None:
    await book(clock)
    taken = await outbox.claim(clock.now())
    assert taken
    assert await outbox.claim(clock.now()) is None
    clock.advance(seconds=outbox.LEASE.total_seconds())
    again = await outbox.claim(clock.now())
    assert again
    assert (again.id, again.attempts) == (taken.id, taken.attempts + 1)
    await outbox.mark_failed(taken, clock.now(), "late", 0.0, final=True)
    assert [state for *_, state in await waiting()] == ["waiting"], "it is another's by now"


class Stuck:
    """Hands the letter over and then dies before anybody can write it down."""

    hangs = False

    def __init__(self, folder: MessageFolder) -> None:
        self._folder = folder

    async def deliver(self, letter: Letter) -> None:
        await self._folder.deliver(letter)
        os.kill(os.getpid(), signal.SIGKILL)

    async def rest(self) -> None:
        raise AssertionError("dead by now")


def _deliver_and_die(dsn: str, folder: str) -> None:
    async def work() -> None:
        async with db.pool(dsn, max_size=2):
            sender = Sender({"mail": Stuck(MessageFolder(Path(folder)))})
            await run_if_due(FixedClock(MONDAY), Job("deliver", 1, sender.deliver))

    db.engine.pool = None
    asyncio.run(work())


_DIE = """
import sys
from tests.flow.test_outbox import _deliver_and_die
_deliver_and_die(*sys.argv[1:])
"""


@pytest.mark.slow
async def test_a_process_killed_between_sending_and_marking_loses_no_message(
    database: str, clock: FixedClock, tmp_path: Path
) -> None:
    await book(clock)
    child = os.spawnv(
        os.P_NOWAIT, sys.executable, [sys.executable, "-c", _DIE, database, str(tmp_path)]
    )
    _, status = await asyncio.to_thread(os.waitpid, child, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL
    [sent] = files_in(tmp_path)
    assert [state for *_, state in await waiting()] == ["waiting"]
    folder = MessageFolder(tmp_path)
    job = Job("deliver", 1, Sender({"mail": folder}).deliver)
    assert await run_if_due(clock, job) is False, "its lease has not run out"
    clock.advance(minutes=3)
    assert await run_if_due(clock, job) is True
    assert [state for *_, state in await waiting()] == ["sent"]
    assert files_in(tmp_path) == [sent], "the repeat took the place of the first"


async def test_the_figures_say_how_many_wait_and_how_old_the_oldest_is(clock: FixedClock) -> None:
    assert (await figures(clock.now())).waiting == 0
    await book(clock)
    clock.advance(seconds=40)
    await book(clock)
    known = await figures(clock.now())
    assert (known.waiting, known.oldest_seconds) == (2, 40)


async def test_sending_holds_no_transaction_open(clock: FixedClock) -> None:
    await book(clock)
    seen: list[Any] = []

    class Looking(Desk):
        async def deliver(self, letter: Letter) -> None:
            seen.append(db.engine.current_transaction.get())
            await super().deliver(letter)

    await Sender({"mail": Looking()}).deliver(clock)
    assert seen == [None]
    assert await doctor.check(clock.now()) == []
