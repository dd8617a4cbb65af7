"""Of all that comes to the return path, only a report of failure says that a letter failed."""

from email.message import EmailMessage
from email.policy import SMTP

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queue_app.delivery.bounces import MOST_BYTES, Bounce, read_bounce, return_path
from tests.support.bounced import NOT_KNOWN, out_of_office, report

BOUNCES = "bounces@example.org"
IDENTITY = "0f6c3b1e-1234-4abc-8def-0123456789ab"
TO = return_path(BOUNCES, IDENTITY)
GONE = Bounce(IDENTITY, "5.1.1", of_recipient=True)


def test_a_report_of_failure_names_the_letter_and_the_reason() -> None:
    assert read_bounce(report(TO), BOUNCES) == GONE
    assert GONE.reason == "it came back: 5.1.1"


def test_servers_write_addresses_as_they_like() -> None:
    assert read_bounce(report(f"<{TO.upper()}>"), BOUNCES) == GONE
    delivered = f"Delivered-To: {TO}\r\n".encode() + report("undisclosed-recipients:;")
    assert read_bounce(delivered, BOUNCES) == GONE


@pytest.mark.parametrize(
    ("status", "diagnostic", "told", "of_recipient"),
    [
        ("5.0.0", "smtp; 550 No such user", "5.0.0", True),
        ("5.0.0", NOT_KNOWN, "5.1.1", True),
        ("5.7.1", "smtp; 554 5.7.1 spam", "5.7.1", False),
        ("5.2.2 (mailbox full)", "", "5.2.2", True),
    ],
)
def test_it_is_told_whether_the_address_is_meant(
    status: str, diagnostic: str, told: str, of_recipient: bool
) -> None:
    bounce = read_bounce(report(TO, status=status, diagnostic=diagnostic), BOUNCES)
    assert bounce == Bounce(IDENTITY, told, of_recipient)


@pytest.mark.parametrize(
    "nothing",
    [
        report(TO, action="delayed", status="4.4.1"),
        report(TO, action="failed", status="4.4.7"),
        report(TO, action="delivered", status="2.0.0"),
        report(TO, action="delayed", status="5.1.1"),
        report(TO, status="nonsense"),
        report("bounces@example.org"),
        report("bounces+1@example.org"),
        report(f"other+{IDENTITY}@example.org"),
        report(f"bounces+{IDENTITY}@example.org.evil.net"),
        report(f"{TO}, bounces+{IDENTITY.replace('0', '1')}@example.org"),
        out_of_office(TO),
        report(TO).replace(b"message/delivery-status", b"text/plain"),
        report(TO).replace(b"multipart/report", b"multipart/mixed"),
        report(TO)[: report(TO).index(b"Action")],
        b"",
        b"\xff\x00" * 100,
    ],
)
def test_nothing_else_says_anything(nothing: bytes) -> None:
    assert read_bounce(nothing, BOUNCES) is None


def test_a_report_that_somebody_forwards_is_none_of_ours() -> None:
    inside = EmailMessage(policy=SMTP)
    inside["Content-Type"] = "message/rfc822"
    inside.set_payload(report(TO).decode())
    mail = EmailMessage(policy=SMTP)
    mail["To"] = TO
    mail.make_mixed()
    mail.attach(inside)
    mail.replace_header("Content-Type", "multipart/report; report-type=delivery-status")
    assert read_bounce(mail.as_bytes(), BOUNCES) is None


def test_a_huge_mail_is_read_in_part_and_its_report_found() -> None:
    huge = report(TO, returned=b"Subject: x\r\n\r\n" + b"y" * (3 * MOST_BYTES))
    assert read_bounce(huge, BOUNCES) == GONE
    deep = b"To: " + TO.encode() + b"\r\nContent-Type: multipart/report; boundary=a\r\n\r\n"
    assert read_bounce(deep + b"--a\r\n" * 100_000, BOUNCES) is None


def test_parts_in_parts_without_an_end_are_nobodys_report() -> None:
    nested = b"".join(
        b"Content-Type: multipart/mixed; boundary=%d\r\n\r\n--%d\r\n" % (one, one)
        for one in range(1500)
    )
    assert read_bounce(b"To: " + TO.encode() + b"\r\n" + nested, BOUNCES) is None


@given(st.binary(max_size=400), st.integers(min_value=0, max_value=1500))
def test_no_mail_is_too_broken_to_be_read(noise: bytes, at: int) -> None:
    whole = report(TO)
    read_bounce(noise, BOUNCES)
    read_bounce(whole[:at] + noise + whole[at:], BOUNCES)
    read_bounce(whole[:at] + noise + whole[at + len(noise) :], BOUNCES)
