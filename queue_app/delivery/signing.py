"""Mail signed by the sender's domain (DKIM, RFC 6376), where the mail server does not do that."""

from collections.abc import Callable

from config.dkim import Dkim

SIGNED = (
    b"from", b"to", b"subject", b"date", b"message-id", b"mime-version", b"content-type",
    b"content-transfer-encoding", b"content-language", b"auto-submitted", b"list-unsubscribe",
    b"list-unsubscribe-post",
)  # fmt: skip
"""Of these headers nobody can change one or add one on the way; the last two must be signed, or
nobody unsubscribes with one press (RFC 8058)."""


def signer(dkim: Dkim) -> Callable[[bytes], bytes]:
    """Puts the signature before the message; for a thread, as it takes some hundredths of a second.

    The library comes with the extra `mail-dkim`, which the settings have made sure of.
    """
    from dkim import sign

    def signed(content: bytes) -> bytes:
        header: bytes = sign(
            content,
            dkim.selector.encode(),
            dkim.domain.encode(),
            dkim.key.pem,
            canonicalize=(b"relaxed", b"relaxed"),
            include_headers=[*SIGNED, b"from"],
        )
        return header + content

    return signed
