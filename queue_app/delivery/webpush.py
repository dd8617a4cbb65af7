"""Web push: a message for one browser, encrypted so that it alone reads it (RFC 8291), handed to
whichever push service the browser has chosen, in the centre's own name (RFC 8292)."""

import asyncio
import os
import socket
import ssl
import struct
import time
from base64 import urlsafe_b64encode
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jwt
from joserfc.jwk import ECKey

from queue_app.delivery.adapter import Letter, Needless, NotNow, PushPart, Undeliverable
from queue_app.domain.pushes import SECRET_BYTES, is_public
from queue_app.flow import pushing

SECONDS = 10.0
"""For the whole answer: a push service that needs longer holds up the calls of others."""
SIGNED_SECONDS = 12 * 3600
"""How long a signature is good; RFC 8292 allows a day."""
RECORD_BYTES = 4096
GONE = (404, 410)
LATER = (408, 425, 429)
_POINT = Encoding.X962, PublicFormat.UncompressedPoint

Key = Callable[[], Awaitable[ec.EllipticCurvePrivateKey]]


class WebPush:
    """Hands messages to push services. `contact`: whom they write to about us, as an address such
    as mailto:queue@example.org. `anywhere`: also one on this machine, as in a trial."""

    hangs = False
    """What is given up here is cut off."""

    def __init__(
        self,
        contact: str,
        anywhere: bool = False,
        key: Key = pushing.private_key,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._contact = contact
        self._anywhere = anywhere
        self._key = key
        self._tls = tls
        self._client: httpx.AsyncClient | None = None

    async def deliver(self, letter: Letter) -> None:
        """Undeliverable where the service refuses this message for good, or is no such service;
        Needless where its browser is gone, which then is told nothing any more; NotNow else."""
        part = letter.push
        assert part is not None
        request = await self._request(part, letter.text.encode())
        if self._client is None:
            # No proxy of the environment: it would be asked to reach an address, not a name.
            self._client = httpx.AsyncClient(
                timeout=SECONDS,
                follow_redirects=False,
                trust_env=False,
                verify=self._tls or ssl.create_default_context(),
            )
        try:
            async with self._client.stream(**request) as answer:
                status = answer.status_code
        except httpx.HTTPError as error:
            raise NotNow(f"the push service cannot be used: {type(error).__name__}") from None
        await self._judge(part, status)

    async def rest(self) -> None:
        client, self._client = self._client, None
        if client:
            await client.aclose()

    async def _request(self, part: PushPart, payload: bytes) -> dict[str, Any]:
        """The address is looked up here and used as it was found, so that a name cannot lead
        elsewhere between the look and the request."""
        parts = urlsplit(part.to.endpoint)
        host = parts.hostname or ""
        address = await self._address(host, parts.port or (443 if parts.scheme == "https" else 80))
        shown = f"[{address}]" if ":" in address else address
        netloc = f"{shown}:{parts.port}" if parts.port else shown
        key = await self._key()
        return {
            "method": "POST",
            "url": urlunsplit(parts._replace(netloc=netloc)),
            "headers": {
                "Host": parts.netloc,
                "Authorization": _signed(key, f"{parts.scheme}://{parts.netloc}", self._contact),
                "Content-Encoding": "aes128gcm",
                "Content-Type": "application/octet-stream",
                "TTL": str(part.ttl_seconds),
                "Urgency": part.urgency,
                "Topic": part.topic,
            },
            "content": encrypted(payload, part.to.p256dh, part.to.auth),
            "extensions": {"sni_hostname": host},
        }

    async def _address(self, host: str, port: int) -> str:
        """Undeliverable where the name leads into this house's own network."""
        try:
            found = await asyncio.get_running_loop().getaddrinfo(
                host, port, type=socket.SOCK_STREAM
            )
        except OSError:
            raise NotNow("the push service is not found") from None
        addresses = [str(one[4][0]) for one in found]
        if not self._anywhere and not all(map(is_public, addresses)):
            raise Undeliverable("the push service is at an inner address")
        return addresses[0]

    async def _judge(self, part: PushPart, status: int) -> None:
        if 200 <= status < 300:
            return
        if status in GONE:
            await pushing.forget_browser(part.branch_id, part.subscription_id)
            raise Needless(f"the push service answered {status}: the browser is gone")
        if 400 <= status < 500 and status not in LATER:
            raise Undeliverable(f"the push service answered {status}")
        raise NotNow(f"the push service answered {status}")


def public_key(key: ec.EllipticCurvePrivateKey) -> str:
    """By which a browser lets this centre, and nobody else, send to it; as scripts take it."""
    return _encoded(key.public_key().public_bytes(*_POINT))


def _signed(key: ec.EllipticCurvePrivateKey, audience: str, contact: str) -> str:
    """Good by the real time, whatever the hall's clock shows: other people's servers judge it."""
    claims = {"aud": audience, "exp": int(time.time()) + SIGNED_SECONDS, "sub": contact}
    token = jwt.encode({"typ": "JWT", "alg": "ES256"}, claims, ECKey.import_key(key))
    return f"vapid t={token}, k={public_key(key)}"


def encrypted(payload: bytes, p256dh: bytes, auth: bytes) -> bytes:
    """One record for the holder of the keys to `p256dh` and `auth`."""
    ours = ec.generate_private_key(ec.SECP256R1())
    theirs = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), p256dh)
    point = ours.public_key().public_bytes(*_POINT)
    shared = ours.exchange(ec.ECDH(), theirs)
    secret = _derived(shared, auth, b"WebPush: info\0" + p256dh + point, 32)
    salt = os.urandom(SECRET_BYTES)
    key = _derived(secret, salt, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _derived(secret, salt, b"Content-Encoding: nonce\0", 12)
    sealed = AESGCM(key).encrypt(nonce, payload + b"\2", None)
    return salt + struct.pack(">IB", RECORD_BYTES, len(point)) + point + sealed


def _derived(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(SHA256(), length, salt, info).derive(secret)


def _encoded(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()
