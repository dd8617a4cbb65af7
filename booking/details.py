"""Who comes, as entered on the details page, and what there is to correct in it."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from typing import Any

import msgspec
from litestar import Request
from litestar.datastructures import Cookie
from litestar.response import Redirect
from msgspec import Struct, convert
from msgspec.structs import replace
from phonenumbers import (
    PhoneNumberFormat,
    PhoneNumberType,
    example_number_for_type,
    format_number,
)

from queue_app.domain.centre import Centre
from queue_app.domain.errors import QueueError
from queue_app.domain.work import LONGEST
from queue_app.texts.words import N_
from queue_app.web.i18n import language_of
from queue_app.web.sentences import SENTENCES, sentences
from queue_app.web.tongues import marking_words

ENTERED_COOKIE = "entered"
ENTERED_SECONDS = 600
KEPT_MAX = 320
"""So long may a field be to fit into a cookie with the others."""

FIELD_SENTENCES: Mapping[str, str] = {
    "name_missing": N_("Enter your name"),
    "name_too_long": N_("Enter a shorter name"),
    "contact_missing": N_("Enter a phone number or an e-mail"),
    "phone_missing": N_("Enter the phone number that we should call"),
    "phone_invalid": N_(
        "Check the phone number, for example %(phone)s. One of another country begins with +"
    ),
    "phone_unknown": N_("Check the phone number"),
    "phone_two": N_("Enter one phone number, the one that we should use"),
    "phone_words": N_("Enter the phone number alone, without words beside it"),
    "phone_extension": N_("We cannot dial an extension. Enter a number without one"),
    "phone_long": N_("This is too long for a phone number. Enter the number alone"),
    "phone_needs_country": N_("Begin the phone number with + and the country’s code"),
    "phone_ours": N_("This is our own number. Enter yours"),
    "phone_not_called": N_("We cannot call this number. Enter a mobile or a home number"),
    "email_invalid": N_("Check the e-mail, for example name@example.com"),
    "email_long": N_("This is too long for an e-mail. Enter the address alone"),
    "email_two": N_("Enter one e-mail, the one that we should use"),
    "email_words": N_("Enter the e-mail alone, without words or blanks"),
    "email_mixed": N_("Check the e-mail: some of its letters are of another alphabet"),
    "email_letters": N_("Mail addresses seldom have such letters. If yours has, press once more"),
    "email_typo": N_("Check the e-mail. If it is right as it is, press once more"),
}
MEANT_SENTENCES: Mapping[str, str] = {
    "email_invalid": N_("Check the e-mail. Did you mean %(email)s?"),
    "email_mixed": N_("Check the e-mail. Did you mean %(email)s?"),
    "email_letters": N_("Did you mean %(email)s? If the e-mail is right as it is, press once more"),
    "email_typo": N_("Did you mean %(email)s? If the e-mail is right as it is, press once more"),
}
"""Where it is known what was probably meant."""


class Details(Struct, frozen=True):
    """Just as entered, so that the page can show it again."""

    name: str = ""
    phone: str = ""
    email: str = ""


class Entered(Struct, frozen=True):
    """What was entered and why it was refused: the code of a RuleBroken with its details.

    `asked_email`, `asked_overlap`: what was asked back about; pressed once more, it is meant so.
    """

    details: Details = Details()
    code: str | None = None
    facts: dict[str, Any] = {}
    asked_email: str = ""
    asked_overlap: bool = False
    proofs: tuple[str, ...] = ()
    """Of the codes that were sent; the last is the one that is waited for."""
    work: str = ""
    """What the browser has computed."""

    then: str = ""
    """The link of the other of two visits, which is booked with the same."""

    @property
    def as_it_is(self) -> tuple[str, ...]:
        email = ("email",) if self.asked_email == self.details.email else ()
        return (*email, "overlap") if self.asked_overlap else email


class _Facts(Struct, frozen=True):
    """What the page reads of the facts, beside what a sentence names."""

    field: str = "name"
    fields: dict[str, str] = {}
    suggestions: dict[str, str] = {}


def read_form(form: Mapping[str, Any], cookie: str | None) -> Entered:
    """What a form says; the button with a suggested e-mail says that one."""
    fields = Details.__struct_fields__
    entered = [str(form.get(field) or "") for field in fields]
    if suggested := form.get("suggested"):
        entered[fields.index("email")] = str(suggested)
    return Entered(
        Details(*entered),
        asked_email=str(form.get("asked_email") or ""),
        asked_overlap=bool(form.get("asked_overlap")),
        proofs=read_entered(cookie).proofs,
        work=str(form.get("work") or "")[:LONGEST],
        then=str(form.get("then") or "")[:KEPT_MAX] or read_entered(cookie).then,
    )


def too_long(entered: Entered) -> Entered | None:
    """With what is wrong, where a field is too long to be right, and to be kept in a cookie."""
    codes = {"name": "name_too_long", "phone": "phone_long", "email": "email_long"}
    long = [one for one in codes if len(getattr(entered.details, one)) > KEPT_MAX]
    wrong = {field: codes[field] for field in long}
    return replace(entered, code="bad_contact", facts={"fields": wrong}) if wrong else None


def refused(token: str, path: str, entered: Entered, error: QueueError) -> Redirect:
    """To the page of the form, which says what to correct or asks back."""
    fields = error.details.get("fields", {})
    asked = error.code == "contact_unsure" and "email" in fields
    page = Redirect(path, status_code=303)
    now = replace(
        entered,
        code=error.code,
        facts=msgspec.to_builtins(error.details),
        asked_email=entered.details.email if asked else entered.asked_email,
        asked_overlap=entered.asked_overlap or error.code == "overlapping_bookings",
    )
    page.set_cookie(kept(token, now))
    return page


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
    """What the cookie says; nothing where it cannot be read, as after an update, or says what no
    page can show."""
    try:
        entered = msgspec.json.decode(urlsafe_b64decode(cookie or ""), type=Entered)
    except (ValueError, RecursionError):
        return Entered()
    return entered if _can_be_shown(entered) else Entered()


def _can_be_shown(entered: Entered) -> bool:
    """Whether its facts are what the sentence of its code names."""
    try:
        said = convert(entered.facts, _Facts)
        for sentence in SENTENCES[entered.code] if entered.code else ():
            _ = sentence % entered.facts
    except (ValueError, LookupError, TypeError):
        return False
    return said.field in Details.__struct_fields__


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
    if entered.code not in ("bad_contact", "contact_unsure"):
        title, detail = sentences(request, entered.code, entered.facts)
        return [(entered.facts.get("field", "name"), f"{title}. {detail}")]
    spoken = marking_words(language_of(request))
    wrong = entered.facts.get("fields", {})
    if not example and wrong.get("phone") == "phone_invalid":
        wrong = {**wrong, "phone": "phone_unknown"}
    known = {**FIELD_SENTENCES, **(MEANT_SENTENCES if suggestion(entered) else {})}
    named = {"phone": example, "email": suggestion(entered)}
    return [
        (field, spoken.gettext(known[wrong[field]]) % named)
        for field in Details.__struct_fields__
        if wrong.get(field) in known
    ]


def suggestion(entered: Entered) -> str | None:
    """The e-mail that was probably meant."""
    found: str | None = entered.facts.get("suggestions", {}).get("email")
    return found
