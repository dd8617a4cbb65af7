"""The first question: what is it about? By the words that people use, or from the groups."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from litestar import Request, Response, get

from booking import words
from booking.choice import Choice, longest, read_choice
from booking.without_visit import site_of
from queue_app.domain.appointments import Appointment
from queue_app.domain.catalogue import Service
from queue_app.domain.directory import Directory
from queue_app.domain.matching import Found
from queue_app.queries import reference
from queue_app.queries.search import search
from queue_app.web.guards import right
from queue_app.web.templating import render

AnyRequest = Request[Any, Any, Any]
PROBLEMS = ("no_service", "too_many_services", "nobody_serves")
"""What may be wrong with the services that are chosen."""


def asked_at(path: str, choice: Choice, asked: str) -> str:
    """An address that takes along what was asked for and chosen so far."""
    pairs = [("q", asked)] if asked else []
    query = urlencode([*pairs, *choice.pairs()])
    return f"{path}?{query}" if query else path


@get("/", include_in_schema=False, opt=right("see_page"))
async def services(request: AnyRequest) -> Response[str]:
    """What is it about?"""
    directory = await reference.directory()
    asked = request.query_params.get("q", "").strip()
    found = await search(asked) if asked else []
    choice = read_choice(request.query_params, directory)
    return services_page(request, directory, choice, asked=asked, found=found)


def services_page(
    request: AnyRequest,
    directory: Directory,
    choice: Choice,
    problem: str | None = None,
    asked: str = "",
    found: Sequence[Found] = (),
    changing: Appointment | None = None,
    offered: Sequence[Service] | None = None,
) -> Response[str]:
    """What was found stands above the groups, and not in them again.

    `changing`: a booking whose services are to be others; `offered`: those that it may have.
    """
    every = directory.centre.services if offered is None else offered
    known = {one.code: one for one in every}
    above = [known[one.code] for one in found if one.kind == "service" and one.code in known]
    by_group = {
        group: [one for one in every if one.group == group.code and one not in above]
        for group in directory.centre.groups
    }
    return render(
        request,
        "booking/services.html",
        status=422 if problem else 200,
        directory=directory,
        choice=choice,
        sought=asked,
        about="/about" if changing else asked_at("/about", choice, asked),
        above=above,
        partly=any(not one.sure for one in found),
        advised={one.code for one in found if one.kind == "note"},
        by_group=by_group,
        longest=longest,
        problem=problem,
        changing=changing,
        words=words.services,
        site=site_of(directory),
        another=directory.services.get(directory.centre.search.another or ""),
    )
