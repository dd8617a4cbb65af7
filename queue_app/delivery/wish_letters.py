"""What is said of a wish of which no booking came."""

from typing import Any

from queue_app.delivery import looks
from queue_app.delivery.adapter import Letter, Needless
from queue_app.domain.directory import Directory
from queue_app.domain.messages import Message
from queue_app.domain.wish import Wish
from queue_app.queries import waiting_list
from queue_app.texts.words import words


async def letter_of_wish(directory: Directory, message: Message, public_url: str | None) -> Letter:
    """Needless where whoever waited is forgotten or waits again."""
    wish = await waiting_list.by_id(int(message.event.removeprefix("wish ")))
    if wish is None or wish.state != "ended":
        raise Needless("the wish is gone")
    return letter_about_wish(directory, message, wish, public_url)


def letter_about_wish(
    directory: Directory, message: Message, wish: Wish, public_url: str | None
) -> Letter:
    """A jinja2.TemplateError where the operator's template cannot be filled in."""
    link = f"{public_url}/wish/{wish.token}" if public_url else None
    said = _said(directory, message, wish, link)
    sms = message.channel == "sms"
    text = _filled(message, "sms.txt" if sms else "letter.txt", said)
    return Letter(
        identity=message.identity,
        outbox=message.outbox,
        channel=message.channel,
        recipient=message.recipient,
        language=message.language,
        subject=said["subject"] if sms else text.partition("\n")[0].strip(),
        text=text,
        created_at=message.created_at,
        html=_filled(message, "letter.html", said) if message.channel == "mail" else None,
    )


def _filled(message: Message, form: looks.Form, said: dict[str, Any]) -> str:
    return looks.filled(message.kind, form, message.language, said)


def _said(directory: Directory, message: Message, wish: Wish, link: str | None) -> dict[str, Any]:
    """What a template can say; there is no time to be told."""
    language = message.language
    spoken = words(language)
    subject = spoken.gettext("Nothing came free for you on the waiting list")
    services = [directory.services_ever[code].title[language] for code in wish.wanted.services]
    nothing = dict.fromkeys(("when", "day", "time", "night", "place", "code", "digits"), "")
    return nothing | {
        "kind": message.kind,
        "centre": directory.centre.title[language],
        "subject": subject,
        "heading": subject,
        "notes": [spoken.gettext("We are sorry. You can look for other times, or wait once more.")],
        "facts": services,
        "details": services,
        "call": wish.wanted.channel == "phone",
        "action": spoken.gettext("Look again"),
        "times": [],
        "link": link,
        "unsubscribe": None,
    }
