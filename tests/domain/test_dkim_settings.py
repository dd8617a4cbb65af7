"""The key by which mail is signed: what is taken, and what is refused in words at the start."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)

from config import dkim
from config.settings import SettingsError, from_environment

RSA = rsa.generate_private_key(65537, 2048)


def pem(
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey,
    encryption: KeySerializationEncryption | None = None,
) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption or NoEncryption())


def environment(folder: Path, content: bytes | None = None, mode: int = 0o600) -> dict[str, str]:
    path = folder / "dkim.pem"
    path.write_bytes(pem(RSA) if content is None else content)
    path.chmod(mode)
    return {
        "QUEUE_APP_DKIM_KEY": str(path),
        "QUEUE_APP_DKIM_SELECTOR": "queue",
        "QUEUE_APP_MAIL_FROM": "Centre <noreply@Example.org>",
    }


def test_the_domain_is_that_of_the_sender_unless_said(tmp_path: Path) -> None:
    named = environment(tmp_path)
    found = from_environment(named).dkim
    assert found and (found.selector, found.domain) == ("queue", "example.org")
    assert not found.key.exposed
    assert "PRIVATE" not in repr(from_environment(named))
    other = from_environment(named | {"QUEUE_APP_DKIM_DOMAIN": "city.example"}).dkim
    assert other and other.domain == "city.example"


def test_a_key_that_others_can_read_is_known_as_such(tmp_path: Path) -> None:
    found = from_environment(environment(tmp_path, mode=0o644)).dkim
    assert found and found.key.exposed


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"secret words", "is not a private key in PEM"),
        (pem(ec.generate_private_key(ec.SECP256R1())), "is not an RSA key"),
        (pem(RSA, BestAvailableEncryption(b"word")), "locked with a password"),
    ],
)
def test_a_file_that_is_no_key_is_refused_without_what_is_in_it(
    content: bytes, said: str, tmp_path: Path
) -> None:
    with pytest.raises(SettingsError, match=r"^QUEUE_APP_DKIM_KEY: ") as caught:
        from_environment(environment(tmp_path, content))
    assert said in str(caught.value) and "secret words" not in str(caught.value)


def test_a_key_that_is_not_there_is_said(tmp_path: Path) -> None:
    named = environment(tmp_path) | {"QUEUE_APP_DKIM_KEY": str(tmp_path / "none.pem")}
    with pytest.raises(SettingsError, match="cannot be read: No such file"):
        from_environment(named)


def test_without_the_extra_it_is_said_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dkim, "find_spec", lambda name: None)
    with pytest.raises(SettingsError, match=r"mail-dkim: \.venv/bin/pip install dkimpy"):
        from_environment(environment(tmp_path))


@pytest.mark.parametrize(
    ("without", "named"),
    [
        ("DKIM_SELECTOR", "DKIM_SELECTOR"),
        ("DKIM_KEY", "DKIM_KEY"),
        ("MAIL_FROM", "MAIL_FROM"),
    ],
)
def test_half_of_it_is_refused(without: str, named: str, tmp_path: Path) -> None:
    given = environment(tmp_path)
    del given[f"QUEUE_APP_{without}"]
    with pytest.raises(SettingsError, match=rf"^QUEUE_APP_{named}: is needed"):
        from_environment(given)


@pytest.mark.parametrize("selector", ["a b", "x;y", "-a", "a..b", "à"])
def test_a_selector_is_a_name_of_the_dns(selector: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"^QUEUE_APP_DKIM_SELECTOR: "):
        from_environment(environment(tmp_path) | {"QUEUE_APP_DKIM_SELECTOR": selector})
