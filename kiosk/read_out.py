"""The kiosk reads aloud: a text of its screen as sound, for whoever asked for it."""

from typing import Annotated

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, Parameter
from litestar.status_codes import HTTP_204_NO_CONTENT

from queue_app.delivery.voice.voice import Voice
from queue_app.domain.aloud import LONGEST
from queue_app.domain.catalogue import Language
from queue_app.domain.rights import require
from queue_app.flow.act import By
from queue_app.queries import reference
from queue_app.web.guards import right

FRESH = "private, max-age=3600"
"""The same text sounds the same."""


@get("/aloud.wav", include_in_schema=False, opt=right("see_kiosk"))
async def aloud(
    branch: FromPath[str],
    by: NamedDependency[By],
    voice: NamedDependency[Voice],
    language: Annotated[Language, Parameter(max_length=20)],
    text: Annotated[str, Parameter(min_length=1, max_length=LONGEST)],
) -> Response[bytes]:
    """A WAV file; nothing where the server has no voice for this language."""
    directory = await reference.directory()
    require("see_kiosk", by.who, directory.branch(branch).id)
    spoken, said = voice.read(language, text)
    content = await voice.sound(spoken, said) if spoken.language == language else None
    if content is None:
        return Response(b"", status_code=HTTP_204_NO_CONTENT)
    return Response(content, media_type="audio/wav", headers={"Cache-Control": FRESH})
