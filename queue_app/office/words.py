"""What the office's pages say beyond their templates."""

from queue_app.texts.words import Words


def done(spoken: Words) -> dict[str, str]:
    """What was done, by the mark in the page's address."""
    return {
        "opened": spoken.gettext("The desk is open"),
        "paused": spoken.gettext("The desk is paused"),
        "closed": spoken.gettext("The desk is closed"),
        "helped": spoken.gettext("The desk knows that somebody is there"),
        "granted": spoken.gettext("The break is granted"),
        "refused": spoken.gettext("The break is not granted"),
        "skills": spoken.gettext("The desk's skills for today are set"),
        "called": spoken.gettext("The person is called"),
        "moved": spoken.gettext("The person is moved and keeps their place"),
        "tickets": spoken.gettext("The tickets of the service are set for today"),
        "ended": spoken.gettext("The day is ended: no more tickets are given"),
        "line": spoken.gettext("The boards' line is changed"),
        "stopped": spoken.gettext("Calls are stopped"),
        "resumed": spoken.gettext("Calls go on"),
    }
