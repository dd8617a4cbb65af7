"""A browser that is to be told: its keys, and how it reads what a push service hands it."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from os import urandom
from struct import unpack
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from queue_app.domain.pushes import PushSubscription


@dataclass
class Subscriber:
    private: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    auth: bytes = field(default_factory=lambda: urandom(16))

    @property
    def point(self) -> bytes:
        return self.private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    def at(self, endpoint: str) -> PushSubscription:
        return PushSubscription(endpoint, self.point, self.auth)

    def told(self, endpoint: str) -> dict[str, str]:
        """As a script says it."""
        return {"endpoint": endpoint, "p256dh": text_of(self.point), "auth": text_of(self.auth)}

    def read(self, body: bytes) -> Any:
        return msgspec.json.decode(self.opened(body))

    def opened(self, body: bytes) -> bytes:
        """RFC 8188 and 8291, as the reader does it; whatever is not for this browser is refused."""
        salt, (record, length) = body[:16], unpack(">IB", body[16:21])
        point, sealed = body[21 : 21 + length], body[21 + length :]
        assert len(sealed) <= record
        sender = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
        shared = self.private.exchange(ec.ECDH(), sender)
        info = b"WebPush: info\0" + self.point + point
        secret = HKDF(SHA256(), 32, self.auth, info).derive(shared)
        key = HKDF(SHA256(), 16, salt, b"Content-Encoding: aes128gcm\0").derive(secret)
        nonce = HKDF(SHA256(), 12, salt, b"Content-Encoding: nonce\0").derive(secret)
        plain = AESGCM(key).decrypt(nonce, sealed, None).rstrip(b"\0")
        assert plain.endswith(b"\2")
        return plain[:-1]


def text_of(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()


def bytes_of(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
