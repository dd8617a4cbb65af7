"""This site's addresses: as somebody elsewhere must ask for them, and as they were asked for."""

from typing import Any
from urllib.parse import urlsplit

from litestar import Request
from litestar.types import Scope


def absolute(request: Request[Any, Any, Any], path: str) -> str:
    """The whole address of a path: by `QUEUE_APP_PUBLIC_URL`, else as this request came."""
    return (_public(request.scope) or f"{request.url.scheme}://{request.url.netloc}") + path


def is_secure(scope: Scope) -> bool:
    """Whether it came by https, as a proxy says or, where none does, the site's own address."""
    return own_origin(scope).startswith("https:")


def own_origin(scope: Scope) -> str:
    """What a browser says of the page that it came from, if that is one of this site."""
    host = host_of(scope)
    public = _public(scope)
    if public and urlsplit(public).netloc == host:
        return public
    secure = scope["scheme"] in ("https", "wss")
    return f"{'https' if secure else 'http'}://{host}"


def host_of(scope: Scope) -> str:
    """The name by which it was asked."""
    host = next((value for name, value in scope["headers"] if name == b"host"), b"")
    return host.decode("latin-1")


def _public(scope: Scope) -> str | None:
    public: str | None = scope["litestar_app"].state.get("public_url")
    return public
