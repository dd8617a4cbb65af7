"""One's own booking by its code and contact: its link goes to that contact, and nowhere else."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from litestar import Request, Response, get, post
from litestar.response import Redirect

from queue_app.domain.mails import read_mail
from queue_app.domain.numbering import digits_in
from queue_app.domain.phones import read_phone
from queue_app.flow import reaching
from queue_app.flow.act import By
from queue_app.queries import reference
from queue_app.texts.words import N_
from queue_app.web.afterwards import afterwards
from queue_app.web.guards import require_same_origin, right
from queue_app.web.i18n import language_of
from queue_app.web.limits import LOOK_UP
from queue_app.web.templating import render
from queue_app.web.tongues import marking_words

AnyRequest = Request[Any, Any, Any]
CODE_DIGITS = 6
CODE = N_("Enter the six digits of the code")
CONTACT = N_("Enter the phone number or the e-mail with which you booked")


@get("/my", include_in_schema=False, opt=right("see_page"))
async def ask_for_booking(request: AnyRequest) -> Response[str]:
    """The code and the contact; or that the link is on its way, if there is such a booking."""
    return await _page(request, sent="sent" in request.query_params)


@post("/my", include_in_schema=False, opt=right("look_up", LOOK_UP))
async def find_booking(request: AnyRequest, by: By) -> Response[Any]:
    """Answers before it looks, so that neither words nor time tell what there is."""
    require_same_origin(request)
    form = await request.form()
    code, contact = (str(form.get(name) or "") for name in ("code", "contact"))
    country = (await reference.directory()).centre.country
    known = read_phone(contact, country).value or read_mail(contact, as_it_is=True).value
    spoken = marking_words(language_of(request))
    errors = [] if len(digits_in(code)) == CODE_DIGITS else [("code", spoken.gettext(CODE))]
    errors += [] if known else [("contact", spoken.gettext(CONTACT))]
    if errors:
        return await _page(request, errors=errors, code=code, contact=contact)
    look = afterwards(partial(reaching.look_up, by, code, contact))
    return Redirect("/my?sent", status_code=303, background=look)


async def _page(
    request: AnyRequest,
    *,
    sent: bool = False,
    errors: Sequence[tuple[str, str]] = (),
    code: str = "",
    contact: str = "",
) -> Response[str]:
    return render(
        request,
        "booking/my.html",
        status=422 if errors else 200,
        directory=await reference.directory(),
        sent=sent,
        errors=errors,
        code=code,
        contact=contact,
    )


HANDLERS = [ask_for_booking, find_booking]
