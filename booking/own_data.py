"""By one's link: what is known of the booking, to see, to take along and to delete."""

from contextlib import suppress
from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.response import Redirect

from booking.visit import find, page_of
from queue_app.clock import Clock
from queue_app.domain.errors import Conflict
from queue_app.flow import forgetting
from queue_app.flow.act import By
from queue_app.queries import known, reference
from queue_app.web.guards import require_same_origin, right
from queue_app.web.limits import PUBLIC

AnyRequest = Request[Any, Any, Any]


@get("/visit/{token:str}/data", include_in_schema=False, opt=right("see_appointment"))
async def own_data(request: AnyRequest, token: str, clock: Clock) -> Response[str]:
    """What is kept of this booking, until when, and how it goes."""
    found = await find(token, clock)
    directory = await reference.directory()
    return await page_of(
        request,
        "booking/own_data.html",
        found,
        kept=(await known.of_booking(directory, found)).hidden(),
    )


@get("/visit/{token:str}/data.json", include_in_schema=False, opt=right("see_appointment"))
async def download(token: str, clock: Clock) -> Response[bytes]:
    """The same for a program. Contacts in part: whoever has the link may be somebody else."""
    found = await find(token, clock)
    kept = await known.of_booking(await reference.directory(), found)
    return Response(
        msgspec.json.format(msgspec.json.encode(kept.hidden())),
        media_type="application/json",
        headers={
            "X-Robots-Tag": "noindex",
            "Content-Disposition": 'attachment; filename="booking.json"',
            "Cache-Control": "private, no-store",
        },
    )


@post("/visit/{token:str}/data", include_in_schema=False, opt=right("forget", PUBLIC))
async def delete(request: AnyRequest, token: str, by: By) -> Response[Any]:
    """Cancels and forgets. Whatever forbids it, the page says why."""
    require_same_origin(request)
    with suppress(Conflict):
        await forgetting.forget(by, token)
    return Redirect(f"/visit/{token}/data", status_code=303)


HANDLERS = [own_data, download, delete]
