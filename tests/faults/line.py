"""How the people of a trial ask: each by a connection of their own, again and again if need be."""

import asyncio
import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx

from tests.faults.book import TOO_LONG, Book, Reply

AGAIN_AFTER = 0.3
"""Seconds until somebody who had no answer asks again."""
GIVE_UP_AFTER = 10.0
"""Seconds after closing in which those who still wait for an answer ask on."""


class Line:
    """One person's way to the server, and the book in which every answer is noted."""

    def __init__(self, url: str, book: Book, headers: dict[str, str] | None = None) -> None:
        self.book = book
        self.pleased = 0.0
        """When the last request that was answered well had been sent."""
        self.closed_at: float | None = None
        self._client = httpx.AsyncClient(
            base_url=url,
            headers=headers or {},
            timeout=httpx.Timeout(TOO_LONG),
            limits=httpx.Limits(keepalive_expiry=2),
            trust_env=False,
        )

    async def close(self) -> None:
        await self._client.aclose()

    async def get(self, path: str) -> Reply:
        """Once, whatever comes."""
        return await self._ask("page", "GET", path, None, None)

    async def insist(
        self,
        what: str,
        path: str,
        body: Any = None,
        note: Callable[[str, Reply], None] | None = None,
        key: str | None = None,
    ) -> Reply | None:
        """Until it is done or refused, under one key; None when the trial ended before.

        `note` is told the key and the answer that says it is done.
        """
        key = key or str(uuid4())
        open_keys = self.book.unanswered[what]
        open_keys.add(key)
        while True:
            reply = await self._ask(what, "POST", f"/api/v1{path}", body, key)
            if reply.status and reply.status < 500:
                open_keys.discard(key)
                if reply.done and note:
                    note(key, reply)
                return reply
            if self.closed_at and time.monotonic() - self.closed_at > GIVE_UP_AFTER:
                return None
            await asyncio.sleep(AGAIN_AFTER)

    async def _ask(self, what: str, method: str, path: str, body: Any, key: str | None) -> Reply:
        sent = time.monotonic()
        reply = await self._answer(what, method, path, body, key, sent)
        self.book.replies.append(reply)
        if reply.done:
            self.pleased = max(self.pleased, sent)
        return reply

    async def _answer(
        self, what: str, method: str, path: str, body: Any, key: str | None, sent: float
    ) -> Reply:
        headers = {"Idempotency-Key": key} if key else {}
        content = {} if body is None else {"json": body}
        try:
            async with asyncio.timeout(TOO_LONG):
                answer = await self._client.request(method, path, headers=headers, **content)
        except (TimeoutError, httpx.TimeoutException):
            return Reply(what, sent, time.monotonic() - sent, late=True)
        except (httpx.TransportError, OSError):
            return Reply(what, sent, time.monotonic() - sent)
        seconds = time.monotonic() - sent
        return Reply(what, sent, seconds, answer.status_code, json=_json(answer))


def _json(answer: httpx.Response) -> Any:
    if "json" not in answer.headers.get("content-type", "") or not answer.content:
        return None
    return answer.json()
