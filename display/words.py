"""What the scripts of the board, the panel and the phone say."""

from typing import Any

from queue_app.texts.words import Words
from queue_app.web.words import push


def call_out(spoken: Words) -> dict[str, Any]:
    """The board and the panel; each is said in both languages."""
    return {"said": spoken.gettext("Ticket %(number)s, desk %(desk)s")}


def ticket(spoken: Words) -> dict[str, Any]:
    return {
        "titles": {
            "waiting": spoken.gettext("Ticket %(number)s: wait"),
            "called": spoken.gettext("Go to desk %(desk)s!"),
            "phoned": spoken.gettext("We are calling you by phone"),
            "serving": spoken.gettext("Ticket %(number)s: being served"),
            "parked": spoken.gettext("Ticket %(number)s: set aside"),
            "finished": spoken.gettext("Ticket %(number)s: finished"),
            "no_show": spoken.gettext("Ticket %(number)s: you missed the call"),
            "left": spoken.gettext("Ticket %(number)s is no longer in the queue"),
        },
        "go": spoken.gettext("Go to desk"),
        "go_later": spoken.gettext("Once calls resume, go to desk"),
        "closing": spoken.gettext("We close at %(time)s: you may not be served today."),
        "people": spoken.forms("%(n)s person", "%(n)s people"),
        "nobody": spoken.pgettext("ticket", "nobody"),
        "unknown": spoken.pgettext("ticket", "not known yet"),
        "paused": spoken.pgettext("ticket", "paused"),
        "place_kept": spoken.gettext(
            "Your place in the queue is kept. This page will say when calls resume."
        ),
        "up_to": spoken.gettext("up to %(minutes)s"),
        "you_are_next": spoken.gettext("You are next. Stay close to the hall."),
        "estimate": spoken.gettext(
            "An estimate: it changes as the desks work. Stay close to the hall."
        ),
        "no_estimate": spoken.gettext(
            "The wait cannot be said now: the desks for your services may not be working."
            " You keep your place; we will say as soon as we know."
        ),
        "ahead": spoken.gettext("Ahead of you: %(ahead)s"),
        "alarm": spoken.gettext("Ticket %(number)s: go to desk %(desk)s!"),
        "alarm_again": spoken.gettext(
            "Ticket %(number)s: you are called again, go to desk %(desk)s!"
        ),
        "stale": spoken.gettext(
            "No connection. Last update at %(time)s; we are trying again. Watch the board too."
        ),
        "sound_on": spoken.gettext("The sound is on. Keep this page open."),
        "missed": spoken.gettext("You were called to desk %(desk)s at %(time)s."),
        "failed": spoken.gettext("That did not work: there is no connection. Try again."),
        "push": push(spoken),
    }
