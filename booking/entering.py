"""What was entered is booked or changed, or the next page says what stands in the way."""

from litestar.response import Redirect
from msgspec.structs import astuple, replace

from booking.details import ENTERED_COOKIE, Entered, kept, refused
from queue_app.domain.appointments import Appointment, as_of
from queue_app.domain.catalogue import Language
from queue_app.domain.errors import Conflict, NotFound, RuleBroken, TooMany
from queue_app.flow import booking, proving, reaching
from queue_app.flow.act import By
from queue_app.queries import appointments

PROOFS = 4
"""So many are remembered: one for each contact, and one more for each."""


async def book(
    by: By, found: Appointment, entered: Entered, language: Language, told: str = ""
) -> Redirect:
    """Books what is held. What was booked in another window with other data is not overwritten.

    `told`: a query for whichever page is next. The other of two visits is booked with the same.
    """
    if page := await _not_booked(by, found, entered, language, told):
        return page
    return await _book_other(by, found, entered, language, told)


async def _book_other(
    by: By, found: Appointment, entered: Entered, language: Language, told: str
) -> Redirect:
    """Where something stands in its way, its own page says so, and names the one that is booked."""
    try:
        other = as_of(await appointments.by_token(entered.then), by.now)
    except NotFound:
        return _done(found.token, told)
    rest = replace(entered, then="")
    page = await _not_booked(by, other, rest, language, f"?then={found.token}")
    return page or _done(found.token, f"?then={other.token}")


async def _not_booked(
    by: By, found: Appointment, entered: Entered, language: Language, told: str
) -> Redirect | None:
    """The page that says why, or None once it is booked."""
    link = f"/visit/{found.token}"
    name, phone, email = astuple(entered.details)
    try:
        await booking.confirm(
            by,
            found.token,
            name,
            phone,
            email,
            language,
            entered.as_it_is,
            entered.proofs,
            entered.work,
        )
    except RuleBroken as error:
        return await _refused(by, found.token, link + told, entered, error, language)
    except TooMany as often:
        return refused(found.token, link + told, entered, often)
    except Conflict as error:
        if error.code == "already_booked":
            page = f"{link}/contact" if can_correct(found) else link
            return refused(found.token, page, entered, error)
        return kept_at(found.token, entered)
    return None


def kept_at(token: str, entered: Entered) -> Redirect:
    """It ended while it was typed: its page says who ended it, and what was typed is not lost."""
    page = Redirect(f"/visit/{token}", status_code=303)
    page.set_cookie(kept(token, replace(entered, code=None, facts={})))
    return page


async def change(by: By, token: str, entered: Entered, language: Language) -> Redirect:
    """Another name or contact; an empty field leaves it as it is."""
    name, phone, email = (one.strip() or None for one in astuple(entered.details))
    try:
        await reaching.correct(by, token, name, phone, email, entered.as_it_is, entered.proofs)
    except RuleBroken as error:
        return await _refused(by, token, f"/visit/{token}/contact", entered, error, language)
    except TooMany as often:
        return refused(token, f"/visit/{token}/contact", entered, often)
    except Conflict:
        return Redirect(f"/visit/{token}", status_code=303)
    return _done(token)


def can_correct(found: Appointment) -> bool:
    return found.state == "booked" and found.ticket_token is None


async def _refused(
    by: By, token: str, path: str, entered: Entered, error: RuleBroken, language: Language
) -> Redirect:
    """To the field that it is about or, where the contact is to be proven, to its code."""
    if error.code != "contact_unproven":
        return refused(token, path, entered, error)
    field = error.details["field"]
    try:
        asked = await proving.ask_code(by, getattr(entered.details, field), language)
    except TooMany as often:
        return refused(token, path, entered, RuleBroken(often.code, field=field))
    page = Redirect(f"/visit/{token}/code", status_code=303)
    proofs = (*entered.proofs, asked.token)[-PROOFS:]
    page.set_cookie(kept(token, replace(entered, code=None, facts={}, proofs=proofs)))
    return page


def _done(token: str, told: str = "") -> Redirect:
    """The page of the appointment; what was entered is forgotten."""
    page = Redirect(f"/visit/{token}{told}", status_code=303)
    page.delete_cookie(ENTERED_COOKIE, path=f"/visit/{token}")
    return page
