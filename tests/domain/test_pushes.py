"""Which addresses a push service can have."""

import pytest

from queue_app.domain.errors import RuleBroken
from queue_app.domain.pushes import read_subscription
from tests.support.subscriber import Subscriber, text_of


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://push.example.org/p", "https://127.0.0.1/p", "https://10.1.2.3/p",
        "https://[::1]/p", "https://[::ffff:10.0.0.1]/p", "https://169.254.169.254/p",
        "https://localhost/p", "https://printer.local/p", "https://intranet/p",
        "https://push.example.org:8443/p", "https://user@push.example.org/p", "https:///p",
        "ftp://push.example.org/p", "https://push.example.org/" + "x" * 1000, "https://224.0.0.1/p",
        "https://push.example.org/p\r\nX: 1", "", "https://[::1/p",
    ],
)  # fmt: skip
def test_an_address_that_is_no_push_services_is_refused(endpoint: str) -> None:
    phone = Subscriber()
    with pytest.raises(RuleBroken, match="bad_push"):
        read_subscription(endpoint, text_of(phone.point), text_of(phone.auth), anywhere=False)


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://fcm.googleapis.com/fcm/send/x:y",
        "https://web.push.apple.com/Q",
        "https://8.8.8.8/p",
    ],
)
def test_an_address_of_the_internet_is_taken(endpoint: str) -> None:
    phone = Subscriber()
    read = read_subscription(endpoint, text_of(phone.point), text_of(phone.auth), anywhere=False)
    assert read == phone.at(endpoint)
