"""What the shared scripts of `static/lib` say on every page."""

from typing import Any

from queue_app.web.formats import HOUR, MINUTE
from queue_app.web.i18n import Words


def shared(spoken: Words) -> dict[str, Any]:
    return {
        "minute": MINUTE[spoken.language],
        "hour": HOUR[spoken.language],
        "refused": spoken.gettext("This page is no longer kept up to date."),
        "again": spoken.gettext("Load it again"),
    }
