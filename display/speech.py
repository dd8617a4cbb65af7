"""What a board says aloud: the words of a call that stands, and their sound."""

from typing import Any
from urllib.parse import urlencode

from litestar import Request, Response, Router, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.status_codes import HTTP_204_NO_CONTENT
from msgspec import Struct

from queue_app.clock import Clock
from queue_app.delivery.voice.voice import Voice
from queue_app.domain.callouts import Spoken
from queue_app.domain.catalogue import Language
from queue_app.queries import halls, reference
from queue_app.web.boards import admit_to_board
from queue_app.web.guards import right

Asked = Request[Any, Any, Any]

FRESH = "private, max-age=600"
"""A call of the same number to the same desk sounds the same."""


class SpokenPart(Struct, frozen=True):
    """The call-out in one language; `audio`: the address of its sound."""

    language: Language
    text: str
    audio: str


class SpokenCall(Struct, frozen=True):
    """In the centre's first language, then in the ticket's."""

    said: tuple[SpokenPart, ...]


@get("/display/{branch:str}/call-outs", opt=right("see_board"))
async def call_outs(
    request: Asked,
    branch: FromPath[str],
    ticket: FromQuery[str],
    desk: FromQuery[str],
    clock: NamedDependency[Clock],
    voice: NamedDependency[Voice],
) -> Response[SpokenCall]:
    """What is said of whoever is called by this number to this desk; nothing once that is over, as
    a busy board may ask late."""
    await admit_to_board(request)
    said = tuple(
        SpokenPart(spoken.language, text, _address(branch, ticket, desk, spoken))
        for spoken, text in await _parts(branch, ticket, desk, clock, voice)
    )
    return Response(SpokenCall(said), headers={"Cache-Control": "no-store"})


@get("/display/{branch:str}/call-outs.wav", opt=right("see_board"))
async def sound(
    request: Asked,
    branch: FromPath[str],
    ticket: FromQuery[str],
    desk: FromQuery[str],
    language: FromQuery[str],
    clock: NamedDependency[Clock],
    voice: NamedDependency[Voice],
) -> Response[bytes]:
    """One part of it as a WAV file; nothing where the call is not said in this language, or where
    the server has no voice for it."""
    await admit_to_board(request)
    for spoken, text in await _parts(branch, ticket, desk, clock, voice):
        content = await voice.sound(spoken, text) if spoken.language == language else None
        if content is not None:
            return Response(content, media_type="audio/wav", headers={"Cache-Control": FRESH})
    return Response(b"", status_code=HTTP_204_NO_CONTENT)


async def _parts(
    branch: str, number: str, desk: str, clock: Clock, voice: Voice
) -> list[tuple[Spoken, str]]:
    """In the centre's first language, then in the ticket's. Only of whoever is called or served: a
    board says nothing that a stranger makes up."""
    directory = await reference.directory()
    hall = await halls.load(directory, directory.branch(branch), clock.now())
    for desk_id, called in hall.at_desks.items():
        is_here = called.channel == "visit" and called.number == number
        if is_here and hall.desk(desk_id).number == desk:
            known = directory.languages
            every = [voice.say(order, number, desk) for order in (known, (called.language, *known))]
            return list({spoken.language: (spoken, text) for spoken, text in every}.values())
    return []


def _address(branch: str, ticket: str, desk: str, spoken: Spoken) -> str:
    which = urlencode({"ticket": ticket, "desk": desk, "language": spoken.language})
    return f"/display/{branch}/call-outs.wav?{which}"


router = Router("", route_handlers=[call_outs, sound], include_in_schema=False)
