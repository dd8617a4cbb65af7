"""Requests whose body may be anything at all."""

from typing import Any

from litestar import Request
from litestar.datastructures import FormMultiDict, UploadFile
from litestar.exceptions import ClientException


class ReadableRequest(Request[Any, Any, Any]):
    async def json(self) -> Any:
        """The body; ClientException, so 400, for what is not UTF-8 or nested too deeply."""
        try:
            return await super().json()
        except (UnicodeDecodeError, RecursionError) as error:
            raise ClientException("the body cannot be read") from error

    async def form(self) -> FormMultiDict:
        """The fields; ClientException for text that is not what its part says, for a charset that
        nobody knows, and for a file, as no form here asks for one."""
        try:
            fields = await super().form()
        except (ValueError, LookupError, AssertionError) as error:
            raise ClientException("the form cannot be read") from error
        if any(isinstance(value, UploadFile) for value in fields.values()):
            raise ClientException("a file stands where text is asked for")
        return fields
