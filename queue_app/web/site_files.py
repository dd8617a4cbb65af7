"""Two files that browsers and search engines ask every site for."""

from typing import Any

from litestar import Request, Response, get
from litestar.enums import MediaType

from queue_app.web.guards import right
from queue_app.web.templating import pages_of

A_DAY = {"Cache-Control": "public, max-age=86400"}
ROBOTS = """User-agent: *
Disallow: /api/
Disallow: /console
Disallow: /kiosk/
Disallow: /my
Disallow: /office
Disallow: /t/
Disallow: /visit/
"""
"""What is one person's, or of use only in the branch, is nobody's to find."""


@get("/favicon.ico", include_in_schema=False, opt=right("see_page"), sync_to_thread=False)
def favicon(request: Request[Any, Any, Any]) -> Response[bytes]:
    """For whatever does not read the page's own link to the icon."""
    icon = pages_of(request).assets.get("web/favicon.ico")
    assert icon, "it stands among the files"
    return Response(icon.content, media_type="image/x-icon", headers=A_DAY)


@get("/robots.txt", include_in_schema=False, opt=right("see_page"), sync_to_thread=False)
def robots() -> Response[str]:
    return Response(ROBOTS, media_type=MediaType.TEXT, headers=A_DAY)
