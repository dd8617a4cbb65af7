"""This site's addresses as somebody elsewhere must ask for them: in QR codes and calendars."""

from typing import Any

from litestar import Request


def absolute(request: Request[Any, Any, Any], path: str) -> str:
    """The whole address of a path: by `QUEUE_APP_PUBLIC_URL`, else as this request came."""
    public: str | None = request.app.state.get("public_url")
    return (public or f"{request.url.scheme}://{request.url.netloc}") + path
