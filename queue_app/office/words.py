"""What the office's pages say beyond their templates."""

from queue_app.texts.words import Words


def kinds(spoken: Words) -> dict[str, str]:
    """What a device can do."""
    return {
        "kiosk": spoken.pgettext("device", "kiosk"),
        "board": spoken.pgettext("device", "board"),
        "panel": spoken.pgettext("device", "panel"),
        "printer": spoken.pgettext("device", "printer"),
        "voice": spoken.pgettext("device", "voice"),
    }
