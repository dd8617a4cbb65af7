"""What is said of who comes with a ticket: to its holder, and to staff."""

from collections.abc import Mapping

from queue_app.domain.catalogue import Text
from queue_app.domain.company import CompanyKind
from queue_app.texts.speaker import Speaker
from queue_app.texts.words import N_, Words, words

TO_HOLDER: Mapping[CompanyKind, str] = {
    "helped": N_("Come to the desk together with whoever helps you."),
    "represents": N_("For another person: have the document ready by which you act for them."),
}
_TO_STAFF: Mapping[CompanyKind, str] = {
    "helped": N_("Somebody comes along to help"),
    "represents": N_("Acts for another person: ask for the document"),
}


def to_holder(spoken: Words, people: int, company: CompanyKind | None) -> str:
    """Empty for somebody who comes alone."""
    group = spoken.ngettext(
        "For %(n)s person: come to the desk together.",
        "For %(n)s people: come to the desk together.",
        people,
    )
    return _joined(group, people, spoken.gettext(TO_HOLDER[company]) if company else "")


def to_staff(spoken: Words, people: int, company: CompanyKind | None) -> str:
    """Empty for somebody who comes alone."""
    group = spoken.ngettext("Group: %(n)s person", "Group: %(n)s people", people)
    coming = spoken.gettext(_TO_STAFF[company]) if company else ""
    return _joined(group, people, coming, between="; ")


def _joined(group: str, people: int, company: str, between: str = " ") -> str:
    said = group % {"n": people} if people > 1 else ""
    return between.join(filter(None, (said, company)))


def told_to_holder(speaker: Speaker, people: int, company: CompanyKind | None) -> Text | None:
    """In every language of the centre; None for somebody who comes alone."""
    if people == 1 and company is None:
        return None
    said = Text({one: to_holder(words(one), people, company) for one in speaker.languages})
    return said.like(speaker.text(TO_HOLDER[company])) if company else said


def told_to_staff(speaker: Speaker, people: int, company: CompanyKind | None) -> Text | None:
    """In every language of the centre; None for somebody who comes alone."""
    if people == 1 and company is None:
        return None
    said = Text({one: to_staff(words(one), people, company) for one in speaker.languages})
    return said.like(speaker.text(_TO_STAFF[company])) if company else said
