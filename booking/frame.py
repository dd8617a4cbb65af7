"""A page of the way to a booking; what is chosen so far stays in sight."""

from typing import Any
from uuid import uuid4

from litestar import Request, Response

from booking.choice import Choice, longest
from queue_app.domain.directory import Directory
from queue_app.web.templating import render


def step(
    request: Request[Any, Any, Any],
    template: str,
    directory: Directory,
    choice: Choice,
    *,
    back: str,
    status: int = 200,
    **context: Any,
) -> Response[str]:
    return render(
        request,
        template,
        status=status,
        directory=directory,
        choice=choice,
        chosen=[directory.services[code] for code in choice.services],
        at_most=longest(directory, [directory.services[one] for one in choice.services]),
        branch=directory.branches.get(choice.branch or ""),
        back=choice.url(back),
        moving=None,
        **context,
    )


def holding(choice: Choice) -> dict[str, Any]:
    """What a form of start times needs; its key makes a double tap harmless."""
    key = ("key", str(uuid4()))
    return {"action": "/visit", "fields": [*choice.pairs(), key, ("instead", "")]}
