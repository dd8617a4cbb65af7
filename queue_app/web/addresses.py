"""This site's addresses: as somebody elsewhere must ask for them, and as they were asked for."""

from typing import Any
from urllib.parse import urlsplit

from litestar import Request
from litestar.connection import ASGIConnection

Connection = ASGIConnection[Any, Any, Any, Any]


def absolute(request: Request[Any, Any, Any], path: str) -> str:
    """The whole address of a path: by `QUEUE_APP_PUBLIC_URL`, else as this request came."""
    return (_public(request) or f"{request.url.scheme}://{request.url.netloc}") + path


def is_secure(connection: Connection) -> bool:
    """Whether it came by https, as a proxy says or, where none does, the site's own address."""
    return own_origin(connection).startswith("https:")


def own_origin(connection: Connection) -> str:
    """What a browser says of the page that it came from, if that is one of this site."""
    host = connection.headers.get("host", "")
    public = _public(connection)
    if public and urlsplit(public).netloc == host:
        return public
    secure = connection.scope["scheme"] in ("https", "wss")
    return f"{'https' if secure else 'http'}://{host}"


def _public(connection: Connection) -> str | None:
    public: str | None = connection.app.state.get("public_url")
    return public
