"""“I am here”: checking in from one's own phone, by the code that the board in the hall shows."""

from typing import Any

from litestar import Request, Response, post
from litestar.response import Redirect

from booking.details import Entered
from booking.visit import find, own_page
from queue_app.clock import Clock
from queue_app.domain.errors import Conflict, RuleBroken, TooMany
from queue_app.flow import arrival
from queue_app.flow.act import By
from queue_app.web.guards import require_same_origin, right
from queue_app.web.limits import PUBLIC
from queue_app.web.sentences import sentences


@post("/visit/{token:str}/here", include_in_schema=False, opt=right("arrive", PUBLIC))
async def here(request: Request[Any, Any, Any], token: str, by: By, clock: Clock) -> Response[Any]:
    """To the ticket; where the code is wrong, the page of the booking says so at the field."""
    require_same_origin(request)
    code = str((await request.form()).get("hall_code") or "")
    try:
        issued = await arrival.arrive_by_phone(by, token, code)
    except (RuleBroken, TooMany) as error:
        title, detail = sentences(request, error.code, error.details)
        wrong, found = f"{title}. {detail}", await find(token, clock)
        return await own_page(request, found, clock, Entered(), status=422, wrong_code=wrong)
    except Conflict:
        return Redirect(f"/visit/{token}", status_code=303)
    return Redirect(f"/t/{issued.token}", status_code=303)


HANDLERS = [here]
