"""Who comes, as entered on the details page, and what there is to correct in it."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from typing import Any

import msgspec
from litestar import Request
from litestar.datastructures import Cookie
from msgspec import Struct
from phonenumbers import (
    PhoneNumberFormat,
    PhoneNumberType,
    example_number_for_type,
    format_number,
)

from queue_app.domain.centre import Centre
from queue_app.texts.words import N_, words
from queue_app.web.errors import sentences
from queue_app.web.i18n import language_of

ENTERED_COOKIE = "entered"
ENTERED_SECONDS = 600
FIELD_MAX = 200

FIELD_SENTENCES: Mapping[str, str] = {
    "name_missing": N_("Enter your name"),
    "name_too_long": N_("Enter a shorter name"),
    "contact_missing": N_("Enter a phone number or an e-mail"),
    "phone_missing": N_("Enter the phone number that we should call"),
    "phone_invalid": N_("Check the phone number, for example %(phone)s"),
    "phone_unknown": N_("Check the phone number"),
    "email_invalid": N_("Check the e-mail, for example name@example.com"),
}


class Details(Struct, frozen=True):
    """Just as entered, so that the page can show it again."""

    name: str = ""
    phone: str = ""
    email: str = ""


class Entered(Struct, frozen=True):
    """What was entered and why it was refused: the code of a RuleBroken with its details."""

    details: Details = Details()
    code: str | None = None
    facts: dict[str, Any] = {}


def read_details(form: Mapping[str, Any]) -> Details:
    fields = Details.__struct_fields__
    return Details(*(str(form.get(field) or "")[:FIELD_MAX] for field in fields))


def kept(token: str, entered: Entered) -> Cookie:
    """What was entered, kept in the visitor's own browser for this one page.

    So the form is answered by a redirect, and neither Back nor reload sends it again.
    """
    value = urlsafe_b64encode(msgspec.json.encode(entered)).decode()
    return Cookie(
        ENTERED_COOKIE,
        value=value,
        path=f"/visit/{token}",
        max_age=ENTERED_SECONDS,
        httponly=True,
        samesite="strict",
    )


def read_entered(cookie: str | None) -> Entered:
    try:
        return msgspec.json.decode(urlsafe_b64decode(cookie or ""), type=Entered)
    except ValueError:
        return Entered()


def phone_example(centre: Centre) -> str | None:
    """A mobile number as people of the country write it; None where the country is not known."""
    if centre.phone_example or not centre.country:
        return centre.phone_example
    number = example_number_for_type(centre.country, PhoneNumberType.MOBILE)
    return str(format_number(number, PhoneNumberFormat.NATIONAL)) if number else None


def field_errors(
    request: Request[Any, Any, Any], entered: Entered, example: str | None
) -> list[tuple[str, str]]:
    """For each field in its order what to correct; a rule about no field stands at the name.

    `example`: a telephone number, where there is one.
    """
    if entered.code is None:
        return []
    if entered.code != "bad_contact":
        title, detail = sentences(request, entered.code, entered.facts)
        return [("name", f"{title}. {detail}")]
    spoken = words(language_of(request))
    wrong = entered.facts.get("fields", {})
    if not example and wrong.get("phone") == "phone_invalid":
        wrong = {**wrong, "phone": "phone_unknown"}
    return [
        (field, spoken.gettext(FIELD_SENTENCES[wrong[field]]) % {"phone": example})
        for field in Details.__struct_fields__
        if wrong.get(field) in FIELD_SENTENCES
    ]
