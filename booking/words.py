"""What the scripts of the steps say."""

from typing import Any

from queue_app.texts.words import Words
from queue_app.web.words import push


def services(spoken: Words) -> dict[str, Any]:
    return {
        "chosen": spoken.forms("%(n)s service chosen", "%(n)s services chosen"),
        "up_to": spoken.gettext("up to %(minutes)s min"),
        "limit": spoken.gettext("Choose at most %(limit)s services for one visit"),
        "found": spoken.forms("%(n)s service found", "%(n)s services found"),
        "nothing": spoken.gettext(
            "Nothing here fits these words. Try others, or open the groups below."
        ),
        "partly": spoken.gettext(
            "We did not understand all of these words. If nothing of this is meant, try others,"
            " or open the groups below."
        ),
        "count": spoken.forms("%(n)s service", "%(n)s services"),
    }


def own(spoken: Words) -> dict[str, Any]:
    return {
        "copied": spoken.gettext("The link is copied"),
        "less": spoken.gettext("Less than a minute left to finish the booking"),
        "ending": spoken.gettext("This time is held for two minutes more."),
        "ending_more": spoken.gettext(
            "This time is held for two minutes more. If you need longer, ask for more minutes."
        ),
        "minutes": spoken.forms(
            "%(n)s minute left to finish the booking", "%(n)s minutes left to finish the booking"
        ),
        "push": push(spoken),
    }
