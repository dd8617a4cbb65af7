"""Requests whose body may be anything at all."""

from typing import Any

from litestar import Request
from litestar.exceptions import ClientException


class ReadableRequest(Request[Any, Any, Any]):
    async def json(self) -> Any:
        """The body; ClientException, so 400, for what is not UTF-8 or nested too deeply."""
        try:
            return await super().json()
        except (UnicodeDecodeError, RecursionError) as error:
            raise ClientException("the body cannot be read") from error
