"""What the shared scripts of `static/lib` say on every page."""

from typing import Any

from queue_app.texts.formats import Formats, hour, minute
from queue_app.texts.words import Words


def shared(spoken: Words, formats: Formats) -> dict[str, Any]:
    return {
        "minute": minute(spoken),
        "hour": hour(spoken),
        "calendar": formats.calendar(),
        "refused": spoken.gettext("This page is no longer kept up to date."),
        "again": spoken.gettext("Load it again"),
    }
