"""What the shared scripts of `static/lib` say on every page, and what faces of staff say alike."""

from typing import Any

from queue_app.texts.formats import Formats, direction, hour, minute
from queue_app.texts.words import Words


def shared(spoken: Words, formats: Formats) -> dict[str, Any]:
    return {
        "minute": minute(spoken),
        "hour": hour(spoken),
        "calendar": formats.calendar(),
        "plurals": spoken.plural_rule,
        "direction": direction(spoken.language),
        "refused": spoken.gettext("This page is no longer kept up to date."),
        "again": spoken.gettext("Load it again"),
    }


def push(spoken: Words) -> dict[str, Any]:
    """What the switch of notifications says; `static/lib/push.js`."""
    return {
        "on": spoken.gettext("Notifications are on for this visit, on this phone."),
        "off": spoken.gettext("Notifications are off."),
        "blocked": spoken.gettext(
            "This site may not show notifications. You can allow that in the settings of your"
            " browser. This page goes on to work without."
        ),
        "home_screen": spoken.gettext(
            "On an iPhone or iPad notifications come only where a site stands on the home screen,"
            " which this one does not need: keep this page open, and it shows the call."
        ),
        "failed": spoken.gettext(
            "Notifications could not be switched on here. Keep this page open, and it shows the"
            " call."
        ),
        "no_connection": spoken.gettext("That did not work: there is no connection. Try again."),
    }


def device_kinds(spoken: Words) -> dict[str, str]:
    """What a device can do."""
    return {
        "kiosk": spoken.pgettext("device", "kiosk"),
        "board": spoken.pgettext("device", "board"),
        "panel": spoken.pgettext("device", "panel"),
        "printer": spoken.pgettext("device", "printer"),
        "voice": spoken.pgettext("device", "voice"),
    }


def reminders(spoken: Words) -> dict[str, str]:
    """Of whom staff are reminded, and why."""
    return {
        "called": spoken.gettext("%(number)s: called %(minutes)s ago and not begun"),
        "long": spoken.gettext("%(number)s: at the desk for %(minutes)s already"),
        "parked": spoken.gettext("%(number)s: set aside for %(minutes)s"),
        "overdue": spoken.gettext("Booked for %(time)s and not here"),
        "ring": spoken.gettext("%(number)s: the phone call of %(time)s is due"),
        "dialled": spoken.gettext("%(number)s: phoned %(minutes)s ago and not begun"),
        "talking": spoken.gettext("%(number)s: on the phone for %(minutes)s already"),
        "unrung": spoken.gettext("The phone call booked for %(time)s is due"),
    }
