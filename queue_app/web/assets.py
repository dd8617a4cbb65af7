"""Stylesheets, scripts and pictures of every face, under /static/{face}/.

Read once at start. A page links to them with a hash of their content, so that browsers
keep them for a year and still get a new one at once; a plain address is revalidated.
"""

import hashlib
import mimetypes
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from litestar import Request, Response, get
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from msgspec import Struct

from queue_app.web.guards import right

YEAR = "public, max-age=31536000, immutable"
REVALIDATE = "no-cache"
mimetypes.add_type("text/javascript", ".js")
mimetypes.add_type("image/svg+xml", ".svg")


class Asset(Struct, frozen=True):
    content: bytes
    media_type: str
    version: str


class Assets:
    """All static files by `{face}/{path}`."""

    def __init__(self, folders: Mapping[str, Path]) -> None:
        """`folders`: the static folder of each face; one that does not exist has no files."""
        self._assets = {
            f"{face}/{path.relative_to(folder).as_posix()}": _load(path)
            for face, folder in folders.items()
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }

    def url(self, name: str) -> str:
        """The address of `web/base.css` with its version; KeyError when there is no such file."""
        return f"/static/{name}?v={self._assets[name].version}"

    def version(self, *faces: str) -> str:
        """Changes with any file of these faces."""
        parts = [
            f"{name} {asset.version}"
            for name, asset in self._assets.items()
            if name.partition("/")[0] in faces
        ]
        return _digest("\n".join(parts).encode())

    def get(self, name: str) -> Asset | None:
        return self._assets.get(name)

    def handler(self) -> HTTPRouteHandler:
        assets = self

        @get(
            "/static/{name:path}",
            opt=right("see_page"),
            include_in_schema=False,
            sync_to_thread=False,
        )
        def static(name: FromPath[str], request: Request[Any, Any, Any]) -> Response[bytes]:
            asset = assets.get(name.lstrip("/"))
            if asset is None:
                raise NotFoundException
            etag = f'"{asset.version}"'
            headers = {
                "ETag": etag,
                "Cache-Control": YEAR if request.query_params.get("v") else REVALIDATE,
            }
            if request.headers.get("if-none-match") == etag:
                return Response(b"", status_code=304, headers=headers, media_type=asset.media_type)
            return Response(asset.content, headers=headers, media_type=asset.media_type)

        return static


def _load(path: Path) -> Asset:
    content = path.read_bytes()
    media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return Asset(content, media_type, _digest(content))


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:12]
