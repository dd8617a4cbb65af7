"""The kiosk's words: every language stands in the page, so that changing it needs no network."""

from typing import Any

from markupsafe import Markup
from msgspec import Struct

from queue_app.domain.catalogue import Text
from queue_app.texts.speaker import Speaker
from queue_app.texts.who_comes import TO_HOLDER
from queue_app.texts.words import Words
from queue_app.web.i18n import tongue

_ONE = Markup('<span class="in in-{}"{}>{}</span>')


class Sayings(Struct, frozen=True):
    """Texts in every language of the centre; the stylesheet shows that of the page."""

    speaker: Speaker

    def said(self, text: Text) -> Markup:
        """A text, what a language lacks marked as that in which it stands instead."""
        every = self.speaker.languages
        return Markup().join(
            _ONE.format(place, tongue(text.spoken_in(one), every), text[one])
            for place, one in enumerate(every, start=1)
        )

    def say(self, message: str) -> Markup:
        """A text of the page."""
        return self.said(self.speaker.text(message))


def script(spoken: Words) -> dict[str, Any]:
    return {
        "kiosk": spoken.gettext("Kiosk"),
        "waiting": spoken.forms("%(n)s person is waiting", "%(n)s people are waiting"),
        "nobody": spoken.pgettext("ticket", "nobody"),
        "nobody_waits": spoken.gettext("Nobody is waiting"),
        "desks_open_at": spoken.gettext("The desks open at %(time)s. You can take a ticket now."),
        "no_desk_yet": spoken.gettext("No desk is open yet. You can take a ticket now."),
        "take_now": spoken.gettext("You can take a ticket now."),
        "calls_paused": spoken.gettext(
            "Calls are stopped for now. Your place in the queue is kept."
        ),
        "people": spoken.forms("%(n)s person", "%(n)s people"),
        "more_services": spoken.forms("and %(n)s more service", "and %(n)s more services"),
        "you_are_next": spoken.gettext("You are next"),
        "soon": spoken.gettext("You will be called in a moment"),
        "already_called": spoken.gettext("You are being called: look at the board"),
        "early_now": spoken.gettext(
            "We may call you earlier. If you are not here, we expect you at %(time)s."
        ),
        "late_now": spoken.gettext("Your time %(time)s has passed: you are in the live queue"),
        "qr_label": spoken.gettext("QR code: your ticket on your phone"),
        "booking_qr_label": spoken.gettext("QR code: the page for booking a visit"),
        "today_at": spoken.gettext("today, %(time)s"),
        "tomorrow_at": spoken.gettext("tomorrow, %(day)s, %(time)s"),
        "day_at": spoken.gettext("%(day)s, %(time)s"),
        "opens": spoken.gettext("We open: %(when)s"),
        "tickets_from": spoken.gettext("Tickets: %(when)s. The desks open at %(time)s."),
        "works_until": spoken.gettext(
            "Until %(time)s the desks serve those who are already waiting."
        ),
        "next_tickets": spoken.gettext("The next tickets: %(when)s."),
        "seconds_left": spoken.forms(
            "This screen closes in %(n)s second", "This screen closes in %(n)s seconds"
        ),
        "start_over_in": spoken.forms(
            "We start over in %(n)s second", "We start over in %(n)s seconds"
        ),
        "digits": spoken.forms("%(n)s digit of 6 entered", "%(n)s digits of 6 entered"),
        "six_needed": spoken.gettext("Enter all 6 digits of the code"),
        "not_a_code": spoken.gettext("This is not the QR code of a booking"),
        "not_a_code_next": spoken.gettext(
            "Show the QR code from your confirmation, or enter its 6 digits."
        ),
        "called_at_once": spoken.gettext("You will be called at once"),
        "wait_unknown": spoken.gettext(
            "The wait cannot be said now: the desks for your services may not be working."
        ),
        "perhaps_not_today": spoken.gettext("We close at %(time)s: you may not be served today."),
        "not_today": spoken.gettext("We close at %(time)s: you would not be served today."),
        "other_desk": spoken.gettext("Offered at another desk: take a separate ticket for it"),
        "paused_service": spoken.gettext(
            "Not available for now; whoever is waiting keeps their place"
        ),
        "ended_service": spoken.gettext("No more tickets for this today"),
        "lost_answer": spoken.gettext(
            "The connection was lost. We are trying again: you will not get a second ticket."
        ),
        "connection_lost": spoken.gettext("No connection"),
        "connection_back": spoken.gettext("The connection is back"),
        "too_early": spoken.gettext("It is too early to check in"),
        "too_early_next": spoken.gettext("Come back to the kiosk from: %(from)s."),
        "unknown_code": spoken.gettext("No booking with the code %(code)s for today"),
        "unknown_code_next": spoken.gettext(
            "Compare the digits with your confirmation and enter them again. Or take a ticket."
        ),
        "other_day": spoken.gettext("This booking is for another day"),
        "other_day_next": spoken.gettext(
            "Your confirmation says which. If you would rather be served today, take a ticket."
        ),
        "other_branch_booking": spoken.gettext("You are expected at another branch"),
        "other_branch_booking_next": spoken.gettext(
            "Your confirmation says which. Or take a ticket here, for the live queue."
        ),
        "not_a_visit": spoken.gettext("This booking is for a phone call"),
        "not_a_visit_next": spoken.gettext(
            "We will call you at the time booked. There is no need to wait."
        ),
        "visit_over": spoken.gettext("This booking has been used already"),
        "visit_over_next": spoken.gettext("If you need something else, take a new ticket."),
        "found_nothing": spoken.gettext(
            "Nothing here fits these words. Try others, or ask the staff."
        ),
        "found_partly": spoken.gettext(
            "We did not understand all of these words. Is it one of these?"
        ),
        "group": spoken.forms(
            "For %(n)s person: come to the desk together.",
            "For %(n)s people: come to the desk together.",
        ),
        "company": {kind: spoken.gettext(said) for kind, said in TO_HOLDER.items()},
        "paper": {
            "waiting": spoken.gettext("Your ticket is being printed"),
            "printed": spoken.gettext("Take your ticket"),
            "before": spoken.gettext("This ticket has been printed before"),
            "absent": spoken.gettext("The ticket on paper:"),
            "none": spoken.gettext(
                "No paper: the number and the code on this screen are your ticket."
            ),
        },
        "aloud": {
            "welcome": spoken.gettext("The sound is on."),
            "keys": [
                spoken.gettext("The arrows lead from one choice to the next."),
                spoken.gettext("The round key, or Enter, presses what you heard last."),
                spoken.gettext("The diamond-shaped key says the screen once more."),
            ],
            "on": spoken.gettext("on"),
            "off": spoken.gettext("off"),
            "not_now": spoken.gettext("cannot be pressed now"),
            "choices": spoken.forms("%(n)s choice follows.", "%(n)s choices follow."),
        },
        "no_answer": spoken.gettext("We could not get an answer"),
        "no_answer_next": spoken.gettext(
            "Try once more: you will not get a second ticket. Or ask the staff."
        ),
    }
