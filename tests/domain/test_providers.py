"""How a mail server and a gateway are named: what is taken, and what is refused and why."""

from pathlib import Path

import pytest

from config.imap import Inbox, parse_inbox
from config.relay import MailFrom, Relay, parse_relay, parse_sender
from config.settings import PROJECT, SettingsError, from_environment
from config.sms_gateway import Generic, TurboSms, read_gateway


@pytest.mark.parametrize(
    ("url", "relay"),
    [
        ("smtp://mail.example.org", Relay("mail.example.org", 25, "optional")),
        ("smtp://mail.example.org:2525?tls=none", Relay("mail.example.org", 2525, "none")),
        ("smtps://mail.example.org", Relay("mail.example.org", 465, "always")),
        (
            "smtp://me%40x.org:p%2Fw%3A1@mail.example.org:587?tls=starttls",
            Relay("mail.example.org", 587, "starttls", "me@x.org", "p/w:1"),
        ),
        ("smtp://me:pw@mail.example.org", Relay("mail.example.org", 587, "starttls", "me", "pw")),
        ("smtp://me:pw@127.0.0.1:25?tls=none", Relay("127.0.0.1", 25, "none", "me", "pw")),
    ],
)
def test_a_mail_server_is_named_by_its_address(url: str, relay: Relay) -> None:
    assert parse_relay(url) == relay


@pytest.mark.parametrize(
    "url",
    [
        "mail.example.org",
        "http://mail.example.org",
        "smtp://:hunter2@mail.example.org",
        "smtp://hunter2@mail.example.org",
        "smtp://me:hunter2@mail.example.org?tls=none",
        "smtp://me:hunter2@mail.example.org?tls=optional",
        "smtp://me:hunter2@mail.example.org?tls=maybe",
        "smtp://me:hunter2@mail.example.org?port=25",
        "smtp://me:hunter2/x@mail.example.org",
        "smtp://me:hunter2@mail.example.org:many",
        "smtp://me:hunter2@mail.example.org/inbox",
        "smtp://me:hunter2@mail.example.org?ca=/no/such/file",
        "smtps://me:hunter2@mail.example.org?tls=none",
    ],
)
def test_an_address_that_cannot_be_used_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(SettingsError, match=r"^QUEUE_APP_SMTP_URL: \S+") as caught:
        from_environment({"QUEUE_APP_SMTP_URL": url, "QUEUE_APP_MAIL_FROM": "a@example.org"})
    assert "hunter2" not in str(caught.value)


def test_a_mail_server_needs_a_sender_and_no_password_is_ever_shown() -> None:
    url = "smtp://me:hunter2@mail.example.org"
    with pytest.raises(SettingsError, match=r"^QUEUE_APP_MAIL_FROM: is needed"):
        from_environment({"QUEUE_APP_SMTP_URL": url})
    with pytest.raises(SettingsError, match=r"^QUEUE_APP_MAIL_FROM: "):
        from_environment({"QUEUE_APP_SMTP_URL": url, "QUEUE_APP_MAIL_FROM": "Centre a@b.org"})
    settings = from_environment(
        {"QUEUE_APP_SMTP_URL": url, "QUEUE_APP_MAIL_FROM": "noreply@example.org"}
    )
    assert "hunter2" not in repr(settings)


@pytest.mark.parametrize(
    ("raw", "sender"),
    [
        ("noreply@example.org", MailFrom("noreply@example.org")),
        ("Центр сервісу <noreply@example.org>", MailFrom("noreply@example.org", "Центр сервісу")),
        ('"Centre, North" <a@example.org>', MailFrom("a@example.org", "Centre, North")),
    ],
)
def test_a_sender_may_have_a_name(raw: str, sender: MailFrom) -> None:
    assert parse_sender(raw) == sender


@pytest.mark.parametrize("raw", ["Centre <>", "a@b.org (Centre)", "Centre <a@b.org> x", "x"])
def test_a_sender_that_is_none_is_refused(raw: str) -> None:
    with pytest.raises(SettingsError, match=r"^QUEUE_APP_MAIL_FROM: \S+"):
        from_environment({"QUEUE_APP_MAIL_FROM": raw})


@pytest.mark.parametrize(
    ("url", "inbox"),
    [
        (
            "imaps://me%40x.org:p%2Fw@mail.example.org/INBOX",
            Inbox("mail.example.org", 993, "me@x.org", "p/w"),
        ),
        (
            "imaps://me:pw@mail.example.org:9930/Came%20back",
            Inbox("mail.example.org", 9930, "me", "pw", "Came back"),
        ),
        ("imaps://me:pw@mail.example.org", Inbox("mail.example.org", 993, "me", "pw")),
    ],
)
def test_a_mailbox_is_named_by_its_address(url: str, inbox: Inbox) -> None:
    assert parse_inbox(url) == inbox
    assert "pw" not in repr(inbox)


@pytest.mark.parametrize(
    "url",
    [
        "imap://me:hunter2@mail.example.org",
        "imaps://mail.example.org/INBOX",
        "imaps://me@mail.example.org",
        "imaps://:hunter2@mail.example.org",
        "imaps://me:hunter2@mail.example.org:many",
        "imaps://me:hunter2@mail.example.org#x",
        "imaps://me:hunter2@mail.example.org?tls=none",
        "imaps://me:hunter2@mail.example.org?ca=/no/such/file",
        "imaps://me:hunter2@mail.example.org/Повернуте",
        "imaps://me:hunter2@mail.example.org/a%0d%0ab",
    ],
)
def test_a_mailbox_that_cannot_be_used_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(SettingsError, match=r"^QUEUE_APP_BOUNCES_IMAP: \S+") as caught:
        from_environment({"QUEUE_APP_BOUNCES_IMAP": url, "QUEUE_APP_MAIL_BOUNCES": "b@x.org"})
    assert "hunter2" not in str(caught.value)


def test_a_mailbox_is_read_where_it_is_known_what_comes_there() -> None:
    with pytest.raises(SettingsError, match=r"^QUEUE_APP_MAIL_BOUNCES: is needed"):
        from_environment({"QUEUE_APP_BOUNCES_IMAP": "imaps://me:pw@mail.example.org"})


def test_the_examples_of_gateways_are_read_with_secrets_from_the_environment() -> None:
    folder = PROJECT / "config" / "gateways"
    secrets = {
        "TURBOSMS_TOKEN": "t0ken",
        "SMS_AUTHORIZATION": "Bearer t0ken",
        "SMSBAT_KEY": "t0ken",
        "SMSBAT_SENDER": "CKS",
    }
    first = read_gateway(str(folder / "turbosms.toml"), secrets)
    second = read_gateway(str(folder / "generic.toml"), secrets)
    assert isinstance(first, TurboSms) and first.token == "t0ken"
    assert isinstance(second, Generic) and second.headers == {"Authorization": "Bearer t0ken"}
    third = read_gateway(str(folder / "smsbat.toml"), secrets)
    assert isinstance(third, Generic) and third.headers == {"X-Authorization-Key": "t0ken"}
    assert "t0ken" not in repr(first) + repr(second) + repr(third)


USABLE = 'kind = "generic"\nurl = "https://sms.example.org/send?to={phone}&text={text}"\n'


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("kind = ", "is not TOML"),
        ('kind = "pigeon"', "kind must be one of turbosms, generic"),
        ('kind = "turbosms"\nsender = "CKS"', "missing required field `token`"),
        ('kind = "turbosms"\nsender = "CKS"\ntoken = "env:NOWHERE"', "NOWHERE"),
        (USABLE + 'colour = "red"', "unknown field `colour`"),
        (USABLE.replace("{text}", "{words}"), "{words} is unknown"),
        (USABLE.replace("{text}", "{text.x}"), "{text.x} is unknown"),
        (USABLE.replace("{text}", "{text"), "unpaired brace"),
        (USABLE.replace("{phone}", "all"), "no {phone}"),
        (USABLE.replace("https", "ftp"), "not an address"),
        (USABLE + 'success.values = ["ok"]', "without a path"),
        (USABLE + 'json.a = "{text}"\nform.b = "{text}"', "one of them is sent"),
    ],
)
def test_a_gateways_file_that_cannot_be_used_is_refused_in_words(
    content: str, said: str, tmp_path: Path
) -> None:
    path = tmp_path / "gateway.toml"
    path.write_text(content)
    with pytest.raises(SettingsError, match=r"^QUEUE_APP_SMS_GATEWAY: ") as caught:
        from_environment({"QUEUE_APP_SMS_GATEWAY": str(path)})
    assert said in str(caught.value)
    read = from_environment({"QUEUE_APP_SMS_GATEWAY": str(_usable(tmp_path))})
    assert isinstance(read.sms_gateway, Generic)


def _usable(folder: Path) -> Path:
    path = folder / "usable.toml"
    path.write_text(USABLE)
    return path


@pytest.mark.parametrize("secret", ["{hunter2}", "a{text}b", "{", "}{"])
def test_a_secret_with_braces_is_sent_as_it_is(secret: str, tmp_path: Path) -> None:
    path = tmp_path / "gateway.toml"
    path.write_text(USABLE + 'password = "env:SECRET"\nuser = "me"\nheaders.key = "env:SECRET"\n')
    read = read_gateway(str(path), {"SECRET": secret})
    assert isinstance(read, Generic)
    assert (read.headers["key"].format_map({"text": "words"}), read.password) == (secret, secret)


def test_a_gateways_file_that_is_missing_is_said() -> None:
    with pytest.raises(SettingsError, match="cannot be read: No such file"):
        from_environment({"QUEUE_APP_SMS_GATEWAY": "/no/such/file.toml"})
