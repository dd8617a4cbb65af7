"""Whether a mail server refuses the address, for good, or us."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queue_app.domain.refusals import is_of_recipient, meant, status_in, wants_us_known


@pytest.mark.parametrize(
    ("number", "said", "of_recipient"),
    [
        (550, "5.1.1 <olena@example.com>: user unknown", True),
        (550, "5.2.1 mailbox disabled", True),
        (552, "5.2.2 mailbox full", True),
        (550, "5.1.10 null MX", True),
        (550, "5.4.1 Recipient address rejected: Access denied", True),
        (550, "No such user here", True),
        (553, "sorry, that domain is not here", True),
        (556, "the domain takes no mail", True),
        (550, "5.7.1 message looks like spam", False),
        (554, "5.7.1 your server is listed", False),
        (550, "relay not permitted", False),
        (550, "sender verify failed", False),
        (553, "5.1.8 bad sender", False),
        (552, "5.2.3 message too large", False),
        (550, "5.6.0 bad content", False),
        (554, "transaction failed", False),
        (503, "bad sequence", False),
    ],
)
def test_a_server_refuses_the_address_or_us(number: int, said: str, of_recipient: bool) -> None:
    assert is_of_recipient(number, status_in(said), said) is of_recipient


@pytest.mark.parametrize(
    ("number", "said", "waits"),
    [
        (530, "5.7.0 sign in first", True),
        (550, "5.7.1 relaying denied", True),
        (550, "relay not permitted", True),
        (550, "5.7.1 spam", False),
        (550, "5.1.1 user unknown", False),
    ],
)
def test_what_waits_for_us_to_be_known_is_told_from_what_is_refused(
    number: int, said: str, waits: bool
) -> None:
    assert wants_us_known(number, status_in(said), said) is waits


@pytest.mark.parametrize(
    ("status", "diagnostic", "expected"),
    [
        ("5.1.1", "smtp; 550 5.1.1 no such user", ("5.1.1", True)),
        ("5.1.1", "", ("5.1.1", True)),
        ("5.0.0", "smtp; 550 5.1.1 no such user", ("5.1.1", True)),
        ("5.0.0", "smtp;550-5.1.1 no such user", ("5.1.1", True)),
        ("5.0.0", "smtp; 550 no such user", ("5.0.0", True)),
        ("5.0.0", "smtp; 550 blocked as spam", ("5.0.0", False)),
        ("5.0.0", "", ("5.0.0", False)),
        ("5.1.1", "smtp; 550 5.7.1 policy", ("5.7.1", False)),
        ("5.7.26", "smtp; 550 5.7.26 unauthenticated", ("5.7.26", False)),
        ("5.4.7", "smtp; delivery time expired", ("5.4.7", False)),
    ],
)
def test_a_report_means_what_the_last_server_said(
    status: str, diagnostic: str, expected: tuple[str, bool]
) -> None:
    assert meant(status, diagnostic) == expected


@given(st.text(), st.text())
def test_no_words_of_a_server_are_too_strange(status: str, diagnostic: str) -> None:
    told, of_recipient = meant(status, diagnostic)
    assert isinstance(told, str)
    assert not (of_recipient and told.startswith("4."))
