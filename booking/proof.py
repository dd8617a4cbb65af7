"""A contact is proven by a code: to book with it, or to see whatever is booked with it."""

from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.response import Redirect

from booking import entering
from booking.details import ENTERED_COOKIE, Entered, read_entered
from booking.visit import find, page_of
from queue_app.clock import Clock
from queue_app.domain.contacts import hidden_contact
from queue_app.domain.errors import Conflict, NotFound, QueueError, RuleBroken, TooMany
from queue_app.flow import proving
from queue_app.flow.act import By
from queue_app.queries import known, reference, waiting_list, wishes
from queue_app.web.guards import require_same_origin, right
from queue_app.web.i18n import language_of
from queue_app.web.limits import LOOK_UP
from queue_app.web.sentences import sentences
from queue_app.web.templating import render

AnyRequest = Request[Any, Any, Any]
PRIVATE = {"X-Robots-Tag": "noindex", "Cache-Control": "private, no-store"}
Errors = list[tuple[str, str]]


@get("/visit/{token:str}/code", include_in_schema=False, opt=right("see_appointment"))
async def ask_for_code(request: AnyRequest, token: str, clock: Clock) -> Response[Any]:
    """The code that was sent to the contact with which somebody books."""
    entered = read_entered(request.cookies.get(ENTERED_COOKIE))
    if not entered.proofs:
        return Redirect(f"/visit/{token}", status_code=303)
    return await _code_page(request, token, clock, entered, [])


@post("/visit/{token:str}/code", include_in_schema=False, opt=right("try_code", LOOK_UP))
async def prove_and_book(request: AnyRequest, token: str, by: By, clock: Clock) -> Response[Any]:
    """With the right code what was entered is booked or changed, as it would have been before."""
    require_same_origin(request)
    entered = read_entered(request.cookies.get(ENTERED_COOKIE))
    if not entered.proofs:
        return Redirect(f"/visit/{token}", status_code=303)
    try:
        await proving.prove(by, entered.proofs[-1], await _code(request))
    except (RuleBroken, Conflict, NotFound) as error:
        return await _code_page(request, token, clock, entered, _said(request, "code", error))
    found = await find(token, clock)
    if found.state == "booked":
        return await entering.change(by, token, entered, language_of(request))
    return await entering.book(by, found, entered, language_of(request))


async def _code_page(
    request: AnyRequest, token: str, clock: Clock, entered: Entered, errors: Errors
) -> Response[str]:
    found = await find(token, clock)
    return await page_of(
        request,
        "booking/code.html",
        found,
        status=422 if errors else 200,
        errors=errors,
        form=entered,
        back=f"/visit/{token}/contact" if found.state == "booked" else f"/visit/{token}",
        minutes_good=proving.CODE_MINUTES,
    )


@get("/my/all", include_in_schema=False, opt=right("see_page"))
async def ask_for_contact_to_prove(request: AnyRequest) -> Response[str]:
    """Which contact?"""
    return await _page(request, "booking/my_all.html", contact="", errors=[])


@post("/my/all", include_in_schema=False, opt=right("ask_code", LOOK_UP))
async def send_code(request: AnyRequest, by: By) -> Response[Any]:
    """Sends a code to the contact, be anything booked with it or not."""
    require_same_origin(request)
    contact = str((await request.form()).get("contact") or "")
    try:
        asked = await proving.ask_code(by, contact, language_of(request))
    except (RuleBroken, TooMany) as error:
        errors = _said(request, "contact", error)
        return await _page(request, "booking/my_all.html", contact=contact, errors=errors)
    return Redirect(f"/my/proofs/{asked.token}", status_code=303)


@get("/my/proofs/{proof:str}", include_in_schema=False, opt=right("see_proof"))
async def proven(request: AnyRequest, proof: str, clock: Clock) -> Response[str]:
    """Whatever is booked with the contact; before it is proven, the question for its code."""
    now = clock.now()
    try:
        contact = await proving.contact_of(proof, now)
    except NotFound:
        return await _proof_page(request, proof, [])
    return await _page(
        request,
        "booking/my_bookings.html",
        errors=[],
        contact=hidden_contact(contact),
        proof=proof,
        bookings=await proving.booked_with(proof, now),
        wishes=await waiting_list.with_contact(contact, contact),
        reminders=await wishes.wants_reminders(contact),
    )


@get("/my/proofs/{proof:str}/data.json", include_in_schema=False, opt=right("see_proof"))
async def download(proof: str, clock: Clock) -> Response[bytes]:
    """Whatever is known of the contact, whole: it is proven whose it is."""
    contact = await proving.contact_of(proof, clock.now())
    directory = await reference.directory()
    found = await known.of_contact(directory, contact, contact)
    waiting = await known.wishes_of(directory, contact, contact)
    return Response(
        msgspec.json.format(msgspec.json.encode({"bookings": found, "wishes": waiting})),
        media_type="application/json",
        headers=PRIVATE | {"Content-Disposition": 'attachment; filename="bookings.json"'},
    )


@post("/my/proofs/{proof:str}", include_in_schema=False, opt=right("try_code", LOOK_UP))
async def prove(request: AnyRequest, proof: str, by: By) -> Response[Any]:
    require_same_origin(request)
    try:
        await proving.prove(by, proof, await _code(request))
    except (RuleBroken, Conflict) as error:
        return await _proof_page(request, proof, _said(request, "code", error))
    return Redirect(f"/my/proofs/{proof}", status_code=303)


async def _code(request: AnyRequest) -> str:
    return str((await request.form()).get("code") or "")


def _said(request: AnyRequest, field: str, error: QueueError) -> Errors:
    title, detail = sentences(request, error.code, error.details)
    return [(field, f"{title}. {detail}")]


async def _proof_page(request: AnyRequest, proof: str, errors: Errors) -> Response[str]:
    return await _page(
        request,
        "booking/my_code.html",
        errors=errors,
        proof=proof,
        minutes_good=proving.CODE_MINUTES,
    )


async def _page(
    request: AnyRequest, template: str, *, errors: Errors, **context: Any
) -> Response[str]:
    return render(
        request,
        template,
        status=422 if errors else 200,
        headers=PRIVATE,
        directory=await reference.directory(),
        errors=errors,
        **context,
    )


HANDLERS = [
    ask_for_code,
    prove_and_book,
    ask_for_contact_to_prove,
    send_code,
    proven,
    download,
    prove,
]
