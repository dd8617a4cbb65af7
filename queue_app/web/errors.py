"""Errors as people and programs see them: a page with the next step, or RFC 9457 JSON.

`SENTENCES` holds the words for every stable code. A code without words shows those of its status.
"""

import logging
from collections.abc import Mapping
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException, InternalServerException

from queue_app.domain.errors import QueueError
from queue_app.store.db import OUTAGES
from queue_app.store.outages import Outage
from queue_app.texts.words import N_, words
from queue_app.web.i18n import language_of
from queue_app.web.logs import REQUEST, said
from queue_app.web.templating import render
from queue_app.web.typed import form_again, reference_of
from queue_app.web.unreadable import unreadable_fields

logger = logging.getLogger(__name__)

OUTAGE_SECONDS = 2
"""When to ask again while the database is away."""

Sentence = tuple[str, str]
"""What happened, and what to do now; both may name details as %(name)s.

Where a code has several reasons, each has words of its own under `code/reason`."""

SENTENCES: Mapping[str, Sentence] = {
    "unreadable": (
        N_("The request could not be read"),
        N_("Go back, check what you entered and send it again."),
    ),
    "not_signed_in": (
        N_("Please sign in"),
        N_("This page is for the centre’s staff. Sign in and open it again."),
    ),
    "not_allowed": (
        N_("You may not do this"),
        N_("Your account does not have this right. Ask your supervisor."),
    ),
    "not_found": (
        N_("There is no such page"),
        N_("Check the address, or start from the first page."),
    ),
    "method_not_allowed": (
        N_("This cannot be done here"),
        N_("Go back to the page and use its buttons."),
    ),
    "conflict": (
        N_("Somebody was first"),
        N_("Load the page again to see how things stand now."),
    ),
    "too_large": (
        N_("Too much was sent"),
        N_("Send less and try again."),
    ),
    "rule_broken": (
        N_("The centre’s rules do not allow this"),
        N_("Go back and choose something else."),
    ),
    "too_many": (
        N_("Too many requests"),
        N_("Wait a minute and try again."),
    ),
    "unavailable": (
        N_("The service is unavailable for a moment"),
        N_("Wait a minute and load the page again."),
    ),
    "internal": (
        N_("Something went wrong on our side"),
        N_("Nothing that you saved is lost. Wait a minute and try again."),
    ),
    "no_centre": (
        N_("The centre is not set up yet"),
        N_("Its services and branches have not been loaded. Try again later."),
    ),
    "unknown_branch": (
        N_("There is no such branch"),
        N_("Check the address, or begin at the first page."),
    ),
    "unknown_desk": (
        N_("There is no such desk"),
        N_("Check the number of the desk."),
    ),
    "unknown_ticket": (
        N_("There is no such ticket"),
        N_("Check the number. A ticket is valid only on its day."),
    ),
    "unknown_link": (
        N_("This link leads nowhere"),
        N_("Check that the whole address was copied, or book a new visit."),
    ),
    "other_branch": (
        N_("This belongs to another branch"),
        N_("You can work only with your own branch."),
    ),
    "not_your_desk": (
        N_("This is not your desk"),
        N_("Take the desk first, or ask the colleague who works at it."),
    ),
    "desk_busy": (
        N_("The desk still has a visitor"),
        N_("Finish with that visitor first."),
    ),
    "ticket_changed": (
        N_("The ticket has changed in the meantime"),
        N_("Look at how it stands now and decide again."),
    ),
    "appointment_changed": (
        N_("The booking has changed in the meantime"),
        N_("Look at how it stands now and decide again."),
    ),
    "recall_too_soon": (
        N_("The call is still being heard"),
        N_("Wait a few seconds and call again."),
    ),
    "ticket_state": (
        N_("The ticket’s state does not allow this"),
        N_("Look at how it stands now and decide again."),
    ),
    "already_checked_in": (
        N_("You have already checked in"),
        N_("Wait for your number on the board."),
    ),
    "desk_changed": (
        N_("The desk has changed in the meantime"),
        N_("Look at how it stands now and decide again."),
    ),
    "desk_not_open": (
        N_("The desk is not open"),
        N_("Open the desk first."),
    ),
    "desk_retired": (
        N_("This desk is no longer in use"),
        N_("Choose another desk."),
    ),
    "desk_taken": (
        N_("A colleague is already at this desk"),
        N_("Choose another desk, or ask the colleague to leave it."),
    ),
    "device_taken": (
        N_("There is already a device with this name"),
        N_("Choose another name."),
    ),
    "device_name": (
        N_("This is not a name for a device"),
        N_("Give it one line of up to 60 characters."),
    ),
    "long_line": (
        N_("The line is too long for a board"),
        N_("Say it in at most %(most)s characters."),
    ),
    "unknown_board_desk": (
        N_("The branch has no desk %(desk)s"),
        N_("Correct the address of this board."),
    ),
    "unknown_look": (
        N_("There is no such look of a board"),
        N_("Correct the address of this board."),
    ),
    "long_floor": (
        N_("A floor is a short sign, such as 2"),
        N_("Correct the address of this board."),
    ),
    "unknown_screen": (
        N_("There is no such screen"),
        N_("Say the path of a kiosk, a board or a panel after “open=”."),
    ),
    "unknown_pairing": (
        N_("No device shows this code"),
        N_("Read it from the device once more: a code that nobody confirms is soon another."),
    ),
    "too_many_pairings": (
        N_("Too many devices show a code at once"),
        N_("Confirm one of them, or wait a few minutes."),
    ),
    "unknown_device": (
        N_("There is no device with this name"),
        N_("Look at the list of devices; a revoked one is gone for good."),
    ),
    "several_devices": (
        N_("Several branches have a device with this name"),
        N_("Name its branch, too."),
    ),
    "unknown_login": (
        N_("There is no account with this name"),
        N_("Look at the list of staff."),
    ),
    "account_retired": (
        N_("This account was retired"),
        N_("Make a new one under another name."),
    ),
    "login_taken": (
        N_("There is already an account with this name"),
        N_("Choose another name."),
    ),
    "nothing_to_undo": (
        N_("There is nothing to undo"),
        N_("The time for it has passed, or it has been undone already."),
    ),
    "visit_over": (
        N_("This visit is over"),
        N_("Take a new ticket, or book a new visit."),
    ),
    "unknown_code": (
        N_("There is no booking with this code for today"),
        N_("Check the six digits of the confirmation. Or take a ticket."),
    ),
    "wrong_password": (
        N_("The name or the password is wrong"),
        N_("Check both and try again."),
    ),
    "bad_login": (
        N_("This name cannot be used"),
        N_("Use lower-case Latin letters, digits, dots and hyphens."),
    ),
    "plans_changed": (
        N_("The centre has changed its plans: this time is no more"),
        N_("Choose another time."),
    ),
    "people_are_booked": (
        N_("People with a booking would be left without a place"),
        N_("Look at the list, then apply the files with --accept."),
    ),
    "unknown_booking": (
        N_("There is no such booking in this branch"),
        N_("Open the list of bookings to settle again."),
    ),
    "already_settled": (
        N_("This booking is settled already"),
        N_("Nothing more is to be done."),
    ),
    "branch_retired": (
        N_("The branch of this booking has closed for good"),
        N_("Book at another branch, or take a ticket there."),
    ),
    "branch_closed": (
        N_("The branch is closed now"),
        N_("You can book a visit for another time."),
    ),
    "tickets_ended": (
        N_("No more tickets are given for this today"),
        N_("You can book a visit for another day."),
    ),
    "leaves_people": (
        N_("Somebody would be left without a desk"),
        N_("Nobody else gives all that these people come for. Serve or move them first."),
    ),
    "clerk_needed": (
        N_("Choose who works at the desk"),
        N_("A closed desk is opened for a clerk of the branch."),
    ),
    "clerk_elsewhere": (
        N_("This person works at another branch"),
        N_("Choose a clerk of this branch."),
    ),
    "unknown_skill": (
        N_("There is no such skill"),
        N_("Choose skills from the list."),
    ),
    "no_skill": (
        N_("No skill is chosen"),
        N_("Choose at least one, or go back to the plan."),
    ),
    "bad_limit": (
        N_("This number of tickets is not possible"),
        N_("Choose a number from 0 to %(most)s."),
    ),
    "past_closing": (
        N_("Your turn would come only after closing"),
        N_("Book a visit: you will be served at your time, without waiting."),
    ),
    "no_walk_ins": (
        N_("Nobody is received here"),
        N_("This is the contact centre: book a call, or take a ticket at a branch."),
    ),
    "past_last_ticket": (
        N_("No more tickets are issued today"),
        N_("You can book a visit for another time."),
    ),
    "branch_needed": (
        N_("Choose the branch"),
        N_("This role works at one branch."),
    ),
    "no_service": (
        N_("No service is chosen"),
        N_("Choose at least one service."),
    ),
    "nobody_serves": (
        N_("No desk of this branch offers these services together"),
        N_("Choose fewer services, or another branch."),
    ),
    "not_a_visit": (
        N_("This booking is not a visit"),
        N_("We will call you: there is no need to come."),
    ),
    "not_for_this_desk": (
        N_("This desk does not offer that service"),
        N_("Choose a desk that does."),
    ),
    "other_day": (
        N_("This booking is for another day"),
        N_("Come on the day of your booking, or take a ticket now."),
    ),
    "too_many_services": (
        N_("Too many services for one visit"),
        N_("Choose at most %(limit)s."),
    ),
    "break_to_be_asked": (
        N_("Breaks are granted here"),
        N_("Ask for the break: the supervisor sees it at once."),
    ),
    "no_break_asked": (
        N_("No break is asked for any more"),
        N_("The clerk has taken it back, or it was answered already."),
    ),
    "unknown_outcome": (
        N_("There is no such outcome"),
        N_("Load the page again and choose one of the list."),
    ),
    "note_too_long": (
        N_("The note is too long"),
        N_("Say it in %(limit)s signs."),
    ),
    "transfer_nowhere": (
        N_("Choose where to transfer to"),
        N_("Choose another desk or another service."),
    ),
    "unknown_device_kind": (
        N_("There is no such kind of device"),
        N_("Choose a kiosk or a board."),
    ),
    "unknown_priority": (
        N_("There is no such category"),
        N_("Choose a category from the list."),
    ),
    "unknown_role": (
        N_("There is no such role"),
        N_("Choose clerk, supervisor or administrator."),
    ),
    "unknown_service": (
        N_("There is no such service"),
        N_("Choose services from the list."),
    ),
    "weak_password": (
        N_("The password is too short"),
        N_("Use at least %(minimum)s characters."),
    ),
    "desk_needed": (
        N_("Take a desk first"),
        N_("Calls are stopped and resumed by whoever works at a desk, or by a supervisor."),
    ),
    "figures_closed": (
        N_("The figures are not shown to everybody"),
        N_("Ask for them on the server itself, or with the token that was set for them."),
    ),
    "common_password": (
        N_("This password is one of the first that are guessed"),
        N_("Choose another one: three or four words that do not belong together do well."),
    ),
    "sign_in_slowed": (
        N_("Too many wrong passwords"),
        N_("Wait and sign in again in %(retry_after_seconds)s s."),
    ),
    "hall_paused": (
        N_("Calls are stopped now"),
        N_("The queue keeps its order. Calls go on when the interruption is over."),
    ),
    "just_resumed": (
        N_("Calls have only just resumed"),
        N_("Give whoever was called before it two minutes to come back."),
    ),
    "services_paused": (
        N_("These services are paused now"),
        N_("You can book a visit for another time. Whoever has a ticket keeps their place."),
    ),
    "already_interrupted": (
        N_("Calls are stopped already"),
        N_("End that interruption first, or leave it as it is."),
    ),
    "interrupted_anew": (
        N_("Calls have been stopped again since then"),
        N_("Calls go on when the newer interruption is over."),
    ),
    "unknown_interruption": (
        N_("There is no such interruption"),
        N_("Load the page again to see how things stand now."),
    ),
    "unknown_kind": (
        N_("There is no such kind of interruption"),
        N_("Choose an alert, a power cut, a registry that is down, or another reason."),
    ),
    "bad_delay": (
        N_("This delay is not possible"),
        N_("Enter 0 to %(limit)s minutes."),
    ),
    "slot_taken": (
        N_("This time has just been taken"),
        N_("Choose another time: here are the nearest free ones."),
    ),
    "does_not_fit": (
        N_("These services do not fit into your time"),
        N_("Your booking stays as it is. Choose another time: here are the nearest free ones."),
    ),
    "hold_expired": (
        N_("The time was not confirmed and is free again"),
        N_("Choose a time once more."),
    ),
    "extended_enough": (
        N_("This time has been held for as long as it can be"),
        N_("Finish the booking now. If the time runs out, we try to take it again for you."),
    ),
    "too_late_to_extend": (
        N_("This time comes too soon to be held longer"),
        N_("Finish the booking now, or choose a later time."),
    ),
    "no_hall_code": (
        N_("Here one checks in at the kiosk"),
        N_("At the kiosk, show the QR code or enter the code of your booking."),
    ),
    "wrong_hall_code": (
        N_("This is not the code of the hall"),
        N_("Enter the four digits that the board in the hall shows now."),
    ),
    "other_branch_booking": (
        N_("This booking is for another branch"),
        N_("Go to the branch of your booking, or take a ticket here."),
    ),
    "not_a_device": (
        N_("This device is not registered"),
        N_("It shows a code: ask a supervisor to confirm it."),
    ),
    "not_a_kiosk": (
        N_("This device is not a kiosk"),
        N_("Only a kiosk can issue tickets."),
    ),
    "other_origin": (
        N_("The request came from another site"),
        N_("Open this site’s own page and try again."),
    ),
    "bad_idempotency_key": (
        N_("The Idempotency-Key cannot be read"),
        N_("Send a UUID."),
    ),
    "appointment_state": (
        N_("The booking’s state does not allow this"),
        N_("Look at how it stands now and decide again."),
    ),
    "not_booked": (
        N_("There is no booking for a calendar here"),
        N_("A time that is only held is not booked yet. Finish the booking first."),
    ),
    "too_late_to_change": (
        N_("It is too late to change this booking"),
        N_("Its time has come. If you cannot come, just book again."),
    ),
    "bad_contact": (
        N_("Check your name and contact"),
        N_("Correct the fields that are named."),
    ),
    "contact_unsure": (
        N_("Is this really your address?"),
        N_("Check the fields that are named. If all is right, send it once more."),
    ),
    "already_booked": (
        N_("This time is booked already, with another name or contact"),
        N_("Nothing was changed. On the booking’s page you can change the contact."),
    ),
    "overlapping_bookings": (
        N_("This contact has another booking at that time"),
        N_("If that is right, book once more."),
    ),
    "contact_unproven": (
        N_("This contact must be proven first"),
        N_("We send a code to it. Enter the code, then book."),
    ),
    "too_many_holds": (
        N_("Too many times are held from your address"),
        N_("Finish or give back what you hold, or wait a few minutes."),
    ),
    "enough_holds": (
        N_("This browser holds as many times as it may"),
        N_("Finish one of these bookings, or free a time that you do not need."),
    ),
    "bad_push": (
        N_("This browser cannot be reached"),
        N_("Keep this page open, or watch the board."),
    ),
    "no_printer": (
        N_("There is no ticket printer here"),
        N_("The number and the code on the screen are the ticket."),
    ),
    "too_many_reprints": (
        N_("This ticket has been printed often enough"),
        N_("The number and the code on the screen are the ticket."),
    ),
    "too_many_browsers": (
        N_("Enough phones are told of this visit"),
        N_("Switch the notifications off on another phone first."),
    ),
    "too_many_from_address": (
        N_("Too much was asked for from your address today"),
        N_("Try tomorrow, from another network, or call us."),
    ),
    "too_many_wrong_codes": (
        N_("Too many wrong codes were tried here"),
        N_("Wait a minute and check the code. Or take a ticket."),
    ),
    "too_early": (
        N_("It is too early to check in"),
        N_("Come back nearer to the time of your booking."),
    ),
    "too_many_codes": (
        N_("Too many codes were sent to this contact"),
        N_("Wait an hour, or give another contact."),
    ),
    "wrong_code": (
        N_("This is not the code"),
        N_("Check the code and enter it once more. Tries left: %(tries_left)s."),
    ),
    "code_expired": (
        N_("This code is not valid any more"),
        N_("Ask for another one."),
    ),
    "unknown_proof": (
        N_("This link leads nowhere"),
        N_("Ask for a code once more."),
    ),
    "no_such_time": (
        N_("There is no such time"),
        N_("Choose a time from those shown."),
    ),
    "no_such_time/no_offset": (
        N_("There is no such time"),
        N_("Name the time with its offset from UTC."),
    ),
    "no_such_time/past": (
        N_("This time has passed"),
        N_("Choose a later one: here are the next that are free."),
    ),
    "no_such_time/too_near": (
        N_("This time is too near to be booked"),
        N_("Choose a later one. Or come at once and take a ticket in the live queue."),
    ),
    "no_such_time/not_yet_open": (
        N_("This day is not open for booking yet"),
        N_("It opens in the morning. Until then, these times are free."),
    ),
    "no_such_time/beyond_horizon": (
        N_("This day cannot be booked so long before"),
        N_("Choose a nearer day: here are the last that are free."),
    ),
    "no_such_time/closed_day": (
        N_("The branch is closed on this day"),
        N_("Choose another day: here are times before it and after it."),
    ),
    "no_such_time/closed_then": (
        N_("The branch is closed at this time"),
        N_("Choose another time: here are some before it and after it."),
    ),
    "no_such_time/off_grid": (
        N_("No visit begins at this minute"),
        N_("Choose another time: here are some before it and after it."),
    ),
    "no_such_time/nobody_then": (
        N_("Nobody gives these services at this time"),
        N_("Choose another time: here are some before it and after it."),
    ),
    "not_by_visit": (
        N_("Not all of these services are available in person"),
        N_("Choose other services or another way."),
    ),
    "not_by_phone": (
        N_("Not all of these services are available by phone"),
        N_("Choose other services or a personal visit."),
    ),
    "too_many_bookings": (
        N_("This contact already has as many bookings as possible"),
        N_("Up to %(limit)s at a time. Cancel one of them, or wait until one of them is over."),
    ),
    "no_waiting_list": (
        N_("There is no waiting list here"),
        N_("Choose a time from those that are free."),
    ),
    "wish_without_branch": (
        N_("Choose where it would suit you"),
        N_("One place or several."),
    ),
    "wish_days": (
        N_("No such day lies ahead"),
        N_("Choose days from today on, the last of them within three months."),
    ),
    "wish_hours": (
        N_("These hours are none"),
        N_("Choose the hour from which it suits, and a later one until which it does."),
    ),
    "too_many_wishes": (
        N_("This contact is on the waiting list already, as often as possible"),
        N_("Up to %(limit)s times. Leave the list for one of them first."),
    ),
    "wish_state": (
        N_("You are not on the waiting list any more"),
        N_("You can join it once more."),
    ),
    "wish_changed": (
        N_("This has just been changed"),
        N_("Load the page again to see how it stands now."),
    ),
    "offer_open": (
        N_("A time is held for you"),
        N_("Take it or decline it first."),
    ),
    "offer_over": (
        N_("This time is not held for you any more"),
        N_("You stay on the waiting list: we will write when another comes free."),
    ),
    "idempotency_key_reused": (
        N_("This key was used for another request"),
        N_("Send the new request with a new Idempotency-Key."),
    ),
}

CODES_BY_STATUS: Mapping[int, str] = {
    400: "unreadable",
    401: "not_signed_in",
    403: "not_allowed",
    404: "not_found",
    405: "method_not_allowed",
    409: "conflict",
    413: "too_large",
    422: "rule_broken",
    429: "too_many",
    503: "unavailable",
}


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """One refusal, before it is dressed as JSON or as a page."""

    status: int
    code: str
    details: Mapping[str, Any]
    headers: Mapping[str, str]


def queue_error(request: Request[Any, Any, Any], error: QueueError) -> Response[Any]:
    headers = {}
    if "retry_after_seconds" in error.details:
        headers["Retry-After"] = str(error.details["retry_after_seconds"])
    return answer(request, Problem(error.status, error.code, error.details, headers))


def http_error(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    if error.status_code >= 500 and error.status_code != 503:
        return gone(request) if _is_gone(error) else unexpected_error(request, error)
    code = CODES_BY_STATUS.get(error.status_code, "unreadable")
    headers = dict(error.headers or {})
    fields = unreadable_fields(request, error)
    return answer(request, Problem(error.status_code, code, fields, headers))


def _is_gone(error: HTTPException) -> bool:
    """The framework has no class for it, only this sentence."""
    return isinstance(error, InternalServerException) and "client disconnected" in error.detail


def gone(request: Request[Any, Any, Any]) -> Response[Any]:
    """Whoever asked went away before they had said all: nothing was done, and nobody listens."""
    logger.info("a request was broken off by its sender")
    return answer(request, Problem(400, "unreadable", {}, {}))


def unexpected_error(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """Logs where it happened under the id of the request, which the person can quote.

    Neither the error's message nor the address is logged: both may hold names or tokens.
    """
    logger.error("error %s: %s", REQUEST.get(), said(error))
    return answer(request, Problem(500, "internal", {}, {}))


def outage(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """The database is away for a moment: whoever asks again will be answered.

    What the database says is in the log already, once a minute.
    """
    if not isinstance(error, Outage):
        logger.warning("no answer in time: %s", type(error).__qualname__)
    headers = {"Retry-After": str(OUTAGE_SECONDS)}
    return answer(request, Problem(503, "unavailable", {}, headers))


EXCEPTION_HANDLERS: dict[int | type[Exception], Any] = {
    **dict.fromkeys(OUTAGES, outage),
    QueueError: queue_error,
    HTTPException: http_error,
    Exception: unexpected_error,
}
"""For the application itself: handlers of routers do not see unknown paths."""


def answer(request: Request[Any, Any, Any], problem: Problem) -> Response[Any]:
    if wants_json(request):
        return _as_json(request, problem)
    title, detail = sentences(request, problem.code, problem.details)
    return render(
        request,
        "web/error.html",
        status=problem.status,
        headers=problem.headers,
        status_code=problem.status,
        title=title,
        detail=detail,
        reference=reference_of(request) if problem.status >= 500 else None,
        again=form_again(request, problem.status, problem.code),
        home=_first_page(request.url.path),
    )


def wants_json(request: Request[Any, Any, Any]) -> bool:
    """The API always; elsewhere whoever accepts JSON and does not ask for HTML."""
    if request.url.path.startswith("/api/"):
        return True
    accept = request.headers.get("accept", "")
    return "json" in accept and "text/html" not in accept


def sentences(
    request: Request[Any, Any, Any], code: str, details: Mapping[str, Any]
) -> tuple[str, str]:
    """What happened and what to do now, in the language of the request."""
    spoken = words(language_of(request))
    known = SENTENCES.get(code, SENTENCES["rule_broken"])
    title, detail = SENTENCES.get(f"{code}/{details.get('reason')}", known)
    return spoken.gettext(title) % details, spoken.gettext(detail) % details


def _as_json(request: Request[Any, Any, Any], problem: Problem) -> Response[bytes]:
    title, detail = sentences(request, problem.code, problem.details)
    body = {
        **problem.details,
        "type": f"urn:queue-app:problem:{problem.code}",
        "title": title,
        "status": problem.status,
        "detail": detail,
        "code": problem.code,
        "instance": request.url.path,
    }
    if problem.status >= 500:
        body["reference"] = REQUEST.get()
    headers = {"Content-Language": language_of(request), **problem.headers}
    if problem.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return Response(
        msgspec.json.encode(body),
        status_code=problem.status,
        media_type="application/problem+json",
        headers=headers,
    )


def _first_page(path: str) -> str:
    """Where a lost person of this face starts again."""
    parts = path.split("/")
    if parts[1] in ("kiosk", "display") and len(parts) > 2:
        return "/".join(parts[:3])
    return f"/{parts[1]}" if parts[1] in ("console", "office") else "/"
