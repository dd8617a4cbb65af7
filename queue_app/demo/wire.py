"""How synthetic people speak to the real server, and what it answered that it should not have.

Every request that creates something carries an idempotency key. One in `REPEATED` is sent a
second time with the same key, as after a lost answer, and must be answered the same.
"""

import asyncio
import random
import re
import time
from collections import Counter
from typing import Any
from uuid import UUID

import httpx

AT_ONCE = 16
"""Requests under way; a slow machine gets no more of them."""
TRIES = 4
REPEATED = 0.02
_ID = re.compile(r"(?<=/)(?:\d+|[0-9A-Za-z._~-]{16,})(?=/|$)")


class Refused(Exception):
    """The server said no; `code` is that of the problem document."""

    def __init__(self, status: int, code: str, body: Any) -> None:
        super().__init__(f"{status} {code}")
        self.status = status
        self.code = code
        self.body = body


class Wire:
    """One client for everybody, and the book of what came back."""

    def __init__(self, address: str, rng: random.Random) -> None:
        self.unexpected: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.seconds: dict[str, list[float]] = {}
        self.requests = 0
        self._rng = rng
        self._client = httpx.AsyncClient(
            base_url=address,
            timeout=httpx.Timeout(30, pool=None),
            limits=httpx.Limits(max_connections=AT_ONCE, max_keepalive_connections=AT_ONCE),
            trust_env=False,
        )

    def socket(self, path: str) -> str:
        """The address of a websocket."""
        return f"{self._client.base_url.copy_with(scheme='ws')}".rstrip("/") + path

    async def close(self) -> None:
        await self._client.aclose()

    async def get(self, path: str, token: str | None = None, **query: Any) -> Any:
        return await self._ask("GET", path, None, query, token, None, ())

    async def post(
        self,
        path: str,
        body: Any = None,
        *,
        token: str | None = None,
        keyed: bool = False,
        allow: tuple[str, ...] = (),
    ) -> Any:
        """The answer's JSON, None for an empty one.

        Refused for every error; those whose code is not in `allow` are also counted as
        unexpected.
        """
        key = UUID(int=self._rng.getrandbits(128), version=4) if keyed else None
        first = await self._ask("POST", path, body, {}, token, key, allow)
        if key and self._rng.random() < REPEATED:
            again = await self._ask("POST", path, body, {}, token, key, allow)
            if again != first:
                self.unexpected[f"POST {_shape(path)}: another answer for the same key"] += 1
        return first

    async def _ask(
        self,
        method: str,
        path: str,
        body: Any,
        query: dict[str, Any],
        token: str | None,
        key: UUID | None,
        allow: tuple[str, ...],
    ) -> Any:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        if key:
            headers["Idempotency-Key"] = str(key)
        request = self._client.build_request(
            method, path, params=query, headers=headers, **({} if body is None else {"json": body})
        )
        answer = await self._send(request)
        if answer.is_success:
            return answer.json() if answer.content else None
        raise self._note(answer, method, path, allow)

    async def _send(self, request: httpx.Request) -> httpx.Response:
        """The answer; a lost connection is tried again, which the key makes harmless."""
        for left in reversed(range(TRIES)):
            began = time.perf_counter()
            try:
                answer = await self._client.send(request)
            except httpx.TransportError as error:
                kind = type(error).__name__
                if not left:
                    self.unexpected[f"{request.method} {_shape(request.url.path)}: {kind}"] += 1
                    raise Refused(0, "no_answer", None) from error
                await asyncio.sleep(0.2)
                continue
            self.requests += 1
            shape = f"{request.method} {_shape(request.url.path)}"
            self.seconds.setdefault(shape, []).append(time.perf_counter() - began)
            return answer
        raise AssertionError("the last try either answers or raises")

    def _note(
        self, answer: httpx.Response, method: str, path: str, allow: tuple[str, ...]
    ) -> Refused:
        try:
            problem = answer.json()
            code = str(problem["code"])
        except (ValueError, KeyError, TypeError):
            problem, code = None, "no_problem_document"
        if code in allow:
            self.refused[code] += 1
        else:
            self.unexpected[f"{method} {_shape(path)}: {answer.status_code} {code}"] += 1
        return Refused(answer.status_code, code, problem)


def _shape(path: str) -> str:
    """The path with its ids and tokens left out, so that equal ones count together."""
    return _ID.sub("*", path)
