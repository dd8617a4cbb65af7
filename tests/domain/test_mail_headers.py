"""A mail's subject arrives as it was written, whatever letters it mixes."""

from datetime import UTC, datetime
from email import message_from_bytes, policy

from hypothesis import example, given
from hypothesis import strategies as st

from queue_app.delivery.adapter import Letter
from queue_app.delivery.mail import mail

WHEN = datetime(2026, 11, 23, 8, tzinfo=UTC)
IN_ENGLISH = "We cannot receive you, please choose another time: Tuesday, 24\u00a0November, 10:20"
words = st.text("абвЇіґ'є", min_size=1, max_size=14) | st.text(
    "abcXYZ:.,0", min_size=1, max_size=14
)


@given(st.lists(words | st.just("24\u00a0листопада"), min_size=1, max_size=14).map(" ".join))
@example(IN_ENGLISH)
def test_law_a_subject_is_read_as_it_was_written_in_lines_that_servers_take(subject: str) -> None:
    letter = Letter("7", "outbox", "mail", "name@example.org", "uk", subject, "Слова", WHEN)
    sent = mail(letter, "noreply@example.org")
    assert message_from_bytes(sent, policy=policy.default)["Subject"] == subject
    assert max(map(len, sent.partition(b"\r\n\r\n")[0].split(b"\r\n"))) <= 78
