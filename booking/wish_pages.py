"""The waiting list: what would suit where no time does, and one's place on the list by its link."""

from contextlib import suppress
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

import msgspec
from litestar import Request, Response, get, post
from litestar.response import Redirect
from litestar.status_codes import HTTP_308_PERMANENT_REDIRECT
from msgspec.structs import replace

from booking import words
from booking.choice import Choice, longest
from booking.details import Details, Entered, field_errors, phone_example, suggestion
from booking.wish_form import (
    MAX_LINK,
    WishForm,
    a_day,
    choices_of,
    clock_at,
    giving_branches,
    hours_of,
    read_wanted,
    read_wish,
)
from queue_app.clock import Clock
from queue_app.domain.directory import Directory
from queue_app.domain.errors import Conflict, NotFound, QueueError, RuleBroken, TooMany
from queue_app.domain.numbering import token_in
from queue_app.domain.wish import Wanted, Wish
from queue_app.flow import proving, wishing
from queue_app.flow.act import By
from queue_app.queries import known, reference, waiting_list
from queue_app.queries.waiting_list import WishStanding
from queue_app.web.guards import require_same_origin, right
from queue_app.web.i18n import language_of
from queue_app.web.limits import LOOK_UP, PUBLIC
from queue_app.web.sentences import sentences
from queue_app.web.templating import render

AnyRequest = Request[Any, Any, Any]
PRIVATE = {"X-Robots-Tag": "noindex", "Cache-Control": "private, no-store"}


@get("/wish", include_in_schema=False, opt=right("see_slots"))
async def ask(request: AnyRequest, clock: Clock) -> Response[Any]:
    """When would it suit you? For the services that were chosen."""
    directory, today = await _today(clock)
    wanted = read_wanted(request.query_params, directory, today)
    instead = request.query_params.get("instead", "")[:MAX_LINK]
    form = WishForm(wanted, Entered(), uuid4(), instead=instead)
    choices = choices_of(directory, form, today)
    if not choices["giving"] or not directory.rules.offer_minutes:
        return Redirect("/", status_code=303)
    if not wanted.branches and len(choices["giving"]) == 1:
        only = replace(wanted, branches=(choices["giving"][0].id,))
        choices["form"] = replace(form, wanted=only)
    return _form_page(request, directory, choices)


@post("/wish", include_in_schema=False, opt=right("make_wish", LOOK_UP))
async def make(request: AnyRequest, by: By, clock: Clock) -> Response[Any]:
    """Joins the list; with something missing, the page comes again with what to correct. A contact
    that is to be proven is sent its code, with which the same is sent once more."""
    require_same_origin(request)
    directory, today = await _today(clock)
    form = read_wish(await request.form(), directory, today)
    if (asked_again := await _wrong_code(request, directory, by, form)) is not None:
        return asked_again
    language = language_of(request)
    try:
        token = await wishing.make_wish(
            by.under(_key(form)),
            language,
            form.wanted,
            form.person,
            form.entered.as_it_is,
            form.proofs,
            form.instead,
        )
    except (RuleBroken, TooMany) as error:
        return await _refused(request, by, form, error, today)
    return Redirect(f"/wish/{token}", status_code=303)


def _key(form: WishForm) -> UUID:
    """Of the page with what was entered: a double tap is one wish, another wish another."""
    said = msgspec.json.encode((form.wanted, form.entered.details)).decode()
    return uuid5(NAMESPACE_URL, f"{form.key}/{said}")


@get("/wish/{token:str}", include_in_schema=False, opt=right("see_wish"))
async def own(request: AnyRequest, token: str, clock: Clock) -> Response[Any]:
    """One's place on the list, or the time that is held for it. What was booked has a page of its
    own."""
    if clean := token_in(token):
        return Redirect(f"/wish/{clean}", status_code=HTTP_308_PERMANENT_REDIRECT)
    directory = await reference.directory()
    found = await waiting_list.standing(directory, await waiting_list.by_token(token), clock.now())
    if found.booked:
        return Redirect(f"/visit/{found.booked.token}", status_code=303)
    template = "offered" if found.offer else "waiting" if found.wish.state == "open" else "over"
    return _page(request, directory, found, template, problem=_problem(request))


def _problem(request: AnyRequest) -> tuple[str, str] | None:
    """Why what was asked for could not be done, where the page itself does not show it."""
    why = request.query_params.get("why")
    if why != "too_many_bookings":
        return None
    return sentences(request, why, {"limit": request.query_params.get("limit", "")})


@post("/wish/{token:str}/acceptance", include_in_schema=False, opt=right("accept_offer", PUBLIC))
async def accept(request: AnyRequest, token: str, by: By) -> Response[Any]:
    """Books what is held. Whatever forbids it, the page says why."""
    require_same_origin(request)
    try:
        booked = await wishing.accept_offer(by, token)
        await wishing.give_up_unsettled(by, token)
    except RuleBroken as error:
        said = urlencode({"why": error.code, "limit": error.details.get("limit", "")})
        return Redirect(f"/wish/{token}?{said}", status_code=303)
    except Conflict:
        return Redirect(f"/wish/{token}", status_code=303)
    return Redirect(f"/visit/{booked}", status_code=303)


@post("/wish/{token:str}/refusal", include_in_schema=False, opt=right("decline_offer", PUBLIC))
async def decline(request: AnyRequest, token: str, by: By) -> Response[Any]:
    require_same_origin(request)
    await wishing.decline_offer(by, token)
    return Redirect(f"/wish/{token}", status_code=303)


@get("/wish/{token:str}/change", include_in_schema=False, opt=right("see_wish"))
async def ask_to_change(request: AnyRequest, token: str, clock: Clock) -> Response[Any]:
    """What would suit instead? A field of the contact that stays empty changes nothing."""
    directory, today = await _today(clock)
    wish = await waiting_list.by_token(token)
    found = await waiting_list.standing(directory, wish, clock.now())
    if wish.state != "open" or found.offer:
        return Redirect(f"/wish/{token}", status_code=303)
    entered = Entered(Details(name=wish.name or ""))
    choices = choices_of(directory, WishForm(wish.wanted, entered, uuid4()), today)
    return _form_page(request, directory, choices, wish=wish)


@post("/wish/{token:str}/change", include_in_schema=False, opt=right("change_wish", LOOK_UP))
async def change(request: AnyRequest, token: str, by: By, clock: Clock) -> Response[Any]:
    require_same_origin(request)
    directory, today = await _today(clock)
    form = read_wish(await request.form(), directory, today)
    wish = await waiting_list.by_token(token)
    if (asked_again := await _wrong_code(request, directory, by, form, wish)) is not None:
        return asked_again
    as_it_is = form.entered.as_it_is
    try:
        await wishing.change_wish(by, token, form.wanted, form.person, as_it_is, form.proofs)
    except (RuleBroken, TooMany) as error:
        return await _refused(request, by, form, error, today, wish)
    except Conflict:
        pass  # the page shows what stands in the way
    return Redirect(f"/wish/{token}", status_code=303)


@get("/wish/{token:str}/withdrawal", include_in_schema=False, opt=right("see_wish"))
async def ask_to_withdraw(request: AnyRequest, token: str) -> Response[Any]:
    """Really?"""
    directory = await reference.directory()
    wish = await waiting_list.by_token(token)
    if wish.state != "open":
        return Redirect(f"/wish/{token}", status_code=303)
    return _page(request, directory, WishStanding(wish), "withdraw")


@post("/wish/{token:str}/withdrawal", include_in_schema=False, opt=right("withdraw_wish", PUBLIC))
async def withdraw(request: AnyRequest, token: str, by: By) -> Response[Any]:
    require_same_origin(request)
    await wishing.withdraw_wish(by, token)
    return Redirect(f"/wish/{token}", status_code=303)


@get("/wish/{token:str}/data", include_in_schema=False, opt=right("see_wish"))
async def own_data(request: AnyRequest, token: str) -> Response[Any]:
    """What is kept of it, until when, and how it goes."""
    directory = await reference.directory()
    wish = await waiting_list.by_token(token)
    kept = (await known.of_wish(directory, wish)).hidden()
    return _page(request, directory, WishStanding(wish), "data", kept=kept)


@get("/wish/{token:str}/data.json", include_in_schema=False, opt=right("see_wish"))
async def download(token: str) -> Response[bytes]:
    """The same for a program. Contacts in part: whoever has the link may be somebody else."""
    kept = await known.of_wish(await reference.directory(), await waiting_list.by_token(token))
    return Response(
        msgspec.json.format(msgspec.json.encode(kept.hidden())),
        media_type="application/json",
        headers=PRIVATE | {"Content-Disposition": 'attachment; filename="waiting-list.json"'},
    )


@post("/wish/{token:str}/data", include_in_schema=False, opt=right("forget_wish", PUBLIC))
async def delete(request: AnyRequest, token: str, by: By) -> Response[Any]:
    require_same_origin(request)
    with suppress(Conflict):
        await wishing.forget_wish(by, token)
    return Redirect(f"/wish/{token}/data", status_code=303)


async def _today(clock: Clock) -> tuple[Directory, date]:
    directory = await reference.directory()
    return directory, directory.local(clock.now()).date()


async def _wrong_code(
    request: AnyRequest, directory: Directory, by: By, form: WishForm, wish: Wish | None = None
) -> Response[Any] | None:
    """The question for the code once more; None where it was right or none was asked for."""
    if form.code is None or not form.proofs:
        return None
    try:
        await proving.prove(by, form.proofs[-1], form.code)
    except (RuleBroken, Conflict, NotFound) as error:
        return _code_page(request, directory, form, wish, [("code", _said(request, error))])
    return None


async def _refused(
    request: AnyRequest,
    by: By,
    form: WishForm,
    error: RuleBroken | TooMany,
    today: date,
    wish: Wish | None = None,
) -> Response[Any]:
    """To the field that it is about or, where the contact is to be proven, to its code."""
    directory = await reference.directory()
    if error.code == "contact_unproven":
        field = error.details["field"]
        contact = getattr(form.entered.details, field)
        try:
            asked = await proving.ask_code(by, contact, language_of(request))
        except TooMany as often:
            error = RuleBroken(often.code, field=field)
        else:
            sent = replace(form, proofs=(*form.proofs, asked.token)[-4:])
            return _code_page(request, directory, sent, wish, [])
    asked_back = error.code == "contact_unsure" and "email" in error.details.get("fields", {})
    entered = replace(
        form.entered,
        code=error.code,
        facts=msgspec.to_builtins(error.details),
        asked_email=form.entered.details.email if asked_back else form.entered.asked_email,
    )
    choices = choices_of(directory, replace(form, entered=entered), today)
    if not choices["giving"]:
        raise error
    return _form_page(request, directory, choices, wish=wish)


def _said(request: AnyRequest, error: QueueError) -> str:
    title, detail = sentences(request, error.code, error.details)
    return f"{title}. {detail}"


def _code_page(
    request: AnyRequest,
    directory: Directory,
    form: WishForm,
    wish: Wish | None,
    errors: list[tuple[str, str]],
) -> Response[str]:
    return render(
        request,
        "booking/wish_code.html",
        status=422 if errors else 200,
        headers=PRIVATE,
        directory=directory,
        errors=errors,
        fields=form.pairs(directory),
        asked=form.url(directory, wish),
        action=f"/wish/{wish.token}/change" if wish else "/wish",
        minutes_good=proving.CODE_MINUTES,
    )


def _form_page(
    request: AnyRequest, directory: Directory, choices: dict[str, Any], wish: Wish | None = None
) -> Response[str]:
    form: WishForm = choices["form"]
    example = phone_example(directory.centre)
    errors = field_errors(request, form.entered, example)
    return render(
        request,
        "booking/wish_form.html",
        status=422 if errors else 200,
        headers=PRIVATE,
        directory=directory,
        at_most=longest(directory, choices["chosen"]),
        wish=wish,
        errors=errors,
        suggestion=suggestion(form.entered),
        example=example,
        back=_chosen(directory, form.wanted).url("/day"),
        asked=form.url(directory, wish) if request.method == "POST" else None,
        **choices,
    )


def _page(
    request: AnyRequest, directory: Directory, found: WishStanding, template: str, **context: Any
) -> Response[str]:
    wish = found.wish
    chosen = [directory.services_ever[code] for code in wish.wanted.services]
    branches = [directory.branch_of(one) for one in wish.wanted.branches]
    again = _chosen(directory, wish.wanted)
    return render(
        request,
        f"booking/wish_{template}.html",
        headers=PRIVATE,
        directory=directory,
        standing=found,
        wish=wish,
        chosen=chosen,
        branches=branches,
        at_most=longest(directory, chosen),
        weekdays=[a_day(one) for one in wish.wanted.weekdays],
        hours=_hours(directory, wish),
        link=f"/wish/{wish.token}",
        again=again.url("/day"),
        once_more=again.url("/wish"),
        words=words.own,
        **context,
    )


def _chosen(directory: Directory, wanted: Wanted) -> Choice:
    """The steps of a booking for that; where there are several branches, up to these."""
    opened = [
        branch.slug
        for branch in map(directory.branch_of, wanted.branches)
        if branch.slug in directory.branches
    ]
    return Choice(wanted.services, wanted.channel, opened[0] if len(opened) == 1 else None)


def _hours(directory: Directory, wish: Wish) -> tuple[datetime, datetime] | None:
    """Those that were asked for, as moments of which a page shows the clock; None: any."""
    wanted = wish.wanted
    first, last = hours_of(giving_branches(directory, wanted.services, wanted.channel))
    if wanted.from_hour <= first and wanted.until_hour >= last:
        return None
    return clock_at(directory, wanted.from_hour), clock_at(directory, wanted.until_hour)


HANDLERS = [
    ask,
    make,
    own,
    accept,
    decline,
    ask_to_change,
    change,
    ask_to_withdraw,
    withdraw,
    own_data,
    download,
    delete,
]
