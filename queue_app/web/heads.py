"""HEAD, which link checkers and monitors ask, answered as GET is: the same head, and no body.

Where an answer says what may be asked (`Allow`), it stands beside GET.
"""

from typing import Any

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send


class HeadsAsGets:
    """The application, asked for a page where only its head is wanted."""

    def __init__(self, app: ASGIApp) -> None:
        self.inner = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP or scope["method"] not in ("HEAD", "OPTIONS"):
            await self.inner(scope, receive, send)
            return
        if scope["method"] == "OPTIONS":
            await self.inner(scope, receive, _naming_heads(send))
            return

        async def send_head(message: Any) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        asked: Any = {**scope, "method": "GET"}
        await self.inner(asked, receive, send_head)


def _naming_heads(send: Send) -> Send:
    async def sending(message: Any) -> None:
        if message["type"] == "http.response.start":
            headers = [
                (name, with_head(value.decode()).encode() if name.lower() == b"allow" else value)
                for name, value in message["headers"]
            ]
            message = {**message, "headers": headers}
        await send(message)

    return sending


def with_head(allowed: str) -> str:
    """These methods (of `Allow`), and HEAD where GET is among them."""
    methods = {one.strip() for one in allowed.split(",")}
    return ", ".join(sorted(methods | ({"HEAD"} if "GET" in methods else set())))
