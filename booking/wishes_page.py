"""Whether one is reminded of bookings: by the link in a reminder, or with a proven contact."""

import re
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.response import Redirect

from queue_app.domain.contacts import hidden_contact
from queue_app.domain.errors import NotFound
from queue_app.flow import reminding
from queue_app.flow.act import By
from queue_app.queries import reference, wishes
from queue_app.web.guards import require_same_origin, right
from queue_app.web.limits import PUBLIC
from queue_app.web.templating import render

AnyRequest = Request[Any, Any, Any]
PRIVATE = {"X-Robots-Tag": "noindex", "Cache-Control": "private, no-store"}
_IDENTITY = re.compile(r"([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})\W*")


@get("/reminders/{message:str}", include_in_schema=False, opt=right("see_reminders"))
async def reminders(request: AnyRequest, message: str) -> Response[str]:
    """Asks and changes nothing: whoever scans mails follows every link in them."""
    return await _page(request, _identity(message))


@post("/reminders/{message:str}", include_in_schema=False, opt=right("choose_reminders", PUBLIC))
async def choose(request: AnyRequest, by: By, message: str) -> Response[Any]:
    """From the page; or from a mail program by one click (RFC 8058), which has nothing but the
    address and follows no redirection."""
    identity = _identity(message)
    form = await request.form()
    if form.get("List-Unsubscribe") == "One-Click":
        await reminding.choose_reminders(by, identity, wanted=False)
        return await _page(request, identity)
    require_same_origin(request)
    if (wanted := _wish(form.get("wish"))) is not None:
        await reminding.choose_reminders(by, identity, wanted=wanted)
    return Redirect(f"/reminders/{identity}", status_code=303)


@post(
    "/my/proofs/{proof:str}/reminders",
    include_in_schema=False,
    opt=right("choose_reminders_of", PUBLIC),
)
async def choose_with_proof(request: AnyRequest, by: By, proof: str) -> Response[Any]:
    """For whoever gets SMS, and for whom the link of a reminder is lost."""
    require_same_origin(request)
    wanted = _wish((await request.form()).get("wish"))
    if wanted is not None:
        await reminding.choose_reminders_of(by, proof, wanted=wanted)
    return Redirect(f"/my/proofs/{proof}", status_code=303)


def _wish(said: Any) -> bool | None:
    return {"reminders": True, "none": False}.get(str(said))


def _identity(text: str) -> UUID:
    """With what a mail program may take for a part of the link. NotFound `unknown_link`."""
    found = _IDENTITY.fullmatch(text)
    if found is None:
        raise NotFound("unknown_link")
    return UUID(found[1])


async def _page(request: AnyRequest, identity: UUID) -> Response[str]:
    reminder = await wishes.reminder(identity)
    if reminder is None:
        raise NotFound("unknown_link")
    return render(
        request,
        "booking/reminders.html",
        headers=PRIVATE,
        directory=await reference.directory(),
        contact=hidden_contact(reminder.contact),
        wanted=reminder.wanted,
        action=f"/reminders/{identity}",
    )


HANDLERS = [reminders, choose, choose_with_proof]
