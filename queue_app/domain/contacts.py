"""Who books and how they are reached: what was entered, checked field by field."""

from collections.abc import Collection
from typing import Literal

from msgspec import Struct

from queue_app.domain.catalogue import Channel
from queue_app.domain.errors import RuleBroken
from queue_app.domain.mails import DOUBTS, hidden_mail, read_mail
from queue_app.domain.people import one_line
from queue_app.domain.phones import can_be_called, hidden_phone, read_phone

ContactField = Literal["email", "phone"]
NAME_MAX = 120
DOUBTED = ("email",)
"""The fields that may be asked back about."""


class Resident(Struct, frozen=True):
    """A name and at least one way to reach it, cleaned: the phone in E.164."""

    name: str
    phone: str | None
    email: str | None


def check_contact(
    entered: Resident,
    channel: Channel,
    country: str | None,
    ours: Collection[str] = (),
    as_it_is: Collection[str] = (),
) -> Resident:
    """The contact as it is kept. RuleBroken with `fields`, the sentence code of each, and
    `suggestions`: `bad_contact`, or `contact_unsure` where all of it is accepted once its fields
    are named in `as_it_is`.

    A call needs a phone that can be called, and none of `ours`. `country`: of a number without a
    country's code.
    """
    name, phone = one_line(entered.name), read_phone(entered.phone, country)
    email = read_mail(entered.email, "email" in as_it_is)
    wrong = {
        "name": _wrong_name(name),
        "phone": phone.problem or _wrong_call(phone.value, channel, ours),
        "email": email.problem,
    }
    if not any((phone.value, email.value, wrong["phone"], wrong["email"])):
        wrong["phone"] = "contact_missing"
    fields = {field: code for field, code in wrong.items() if code}
    if fields:
        unsure = all(code in DOUBTS for code in fields.values())
        suggestions = {"email": email.suggestion} if email.suggestion else {}
        code = "contact_unsure" if unsure else "bad_contact"
        raise RuleBroken(code, fields=fields, suggestions=suggestions)
    return Resident(name, phone.value, email.value)


def read_contact(text: str, country: str | None) -> tuple[str | None, str | None]:
    """The phone or the e-mail that this is, as it would be kept; neither, where it is none."""
    phone = read_phone(text, country).value
    return phone, None if phone else read_mail(text, as_it_is=True).value


def same(kept: Resident, said: Resident) -> bool:
    """Whether all that was said is what is kept. What was left out is not said."""
    return (
        kept.name == said.name
        and said.phone in (None, kept.phone)
        and (said.email is None or said.email.lower() == (kept.email or "").lower())
    )


def _wrong_name(name: str) -> str | None:
    if not name:
        return "name_missing"
    return "name_too_long" if len(name) > NAME_MAX else None


def _wrong_call(number: str | None, channel: Channel, ours: Collection[str]) -> str | None:
    if channel != "phone":
        return None
    if number is None:
        return "phone_missing"
    if number in ours:
        return "phone_ours"
    return None if can_be_called(number) else "phone_not_called"


def hidden_contact(contact: str) -> str:
    """A phone or an e-mail so far that whoever gave it knows it again."""
    return hidden_mail(contact) if "@" in contact else hidden_phone(contact)


def hidden(kept: Resident) -> Resident:
    """The contact so far that whoever gave it knows it again."""
    return Resident(
        kept.name,
        hidden_phone(kept.phone) if kept.phone else None,
        hidden_mail(kept.email) if kept.email else None,
    )
