"""What the clerk's screen says; its template and its scripts take the same words."""

from collections.abc import Sequence
from typing import Any

from babel import Locale

from queue_app.domain.catalogue import Language
from queue_app.domain.company import MOST_PEOPLE
from queue_app.texts.words import Words
from queue_app.web.words import device_kinds, reminders


def speaks(spoken: Words, languages: Sequence[Language]) -> dict[Language, str]:
    """What is said of people who speak another language than the centre's first one."""
    others = {one: spoken.gettext("Language: %(language)s") for one in languages[1:]}
    page = Locale.parse(spoken.language, sep="-")
    said = {
        one: sentence % {"language": Locale.parse(one, sep="-").get_display_name(page)}
        for one, sentence in others.items()
    }
    return said | ({"en": spoken.gettext("Speaks English")} if "en" in others else {})


def refused(spoken: Words) -> dict[str, str]:
    """What staff are told of a contact at which our messages do not arrive."""
    return {
        "email": spoken.gettext("Mail refused: our letters do not arrive. Tell the person."),
        "phone": spoken.gettext("Number refused: our SMS do not arrive. Tell the person."),
    }


def stages(spoken: Words) -> dict[str, str]:
    """What the groups of a branch's day are called."""
    return {
        "late": spoken.gettext("Booked, and not here"),
        "parked": spoken.pgettext("people", "Set aside"),
        "waiting": spoken.gettext("Waiting"),
        "at_desk": spoken.gettext("At a desk"),
        "booked": spoken.gettext("Booked for later"),
        "missed": spoken.gettext("No-shows"),
        "served": spoken.gettext("Served"),
        "gone": spoken.gettext("Left or cancelled"),
    }


def whys(spoken: Words) -> dict[str, str]:
    """Why somebody is called before others."""
    return {
        "returned": spoken.gettext("Came back to finish"),
        "short": spoken.gettext("A short question"),
        "unwell": spoken.gettext("Feels unwell"),
        "with_child": spoken.gettext("With a small child"),
        "agreed": spoken.gettext("Agreed on with this desk"),
        "told": spoken.gettext("The supervisor said so"),
        "other": spoken.gettext("Another reason"),
    }


GROUPS = tuple(str(people) for people in range(2, MOST_PEOPLE + 1))


def who(spoken: Words) -> dict[str, str]:
    """Who comes to a desk on one ticket, as it is chosen at the counter."""
    group = spoken.gettext("Several with the same errand: %(n)s")
    return {
        "": spoken.gettext("One person"),
        "helped": spoken.gettext("With somebody who helps"),
        "represents": spoken.gettext("For another person, with a document"),
        **{people: group % {"n": people} for people in GROUPS},
    }


def history(spoken: Words) -> dict[str, Any]:
    """What happened in a visit, and how visits ended."""
    return {
        "whys": whys(spoken),
        "verbs": {
            "issue": spoken.gettext("Got the ticket"),
            "call": spoken.gettext("Called"),
            "recall": spoken.gettext("Called once more"),
            "start": spoken.gettext("Visit began"),
            "finish": spoken.gettext("Visit ended"),
            "no_show": spoken.gettext("Did not come"),
            "park": spoken.gettext("Was set aside"),
            "return": spoken.gettext("Was put back into the queue"),
            "transfer": spoken.gettext("Was transferred"),
            "leave": spoken.gettext("Left"),
            "expect": spoken.gettext("Was called early, expected later"),
            "rejoin": spoken.gettext("Came back"),
            "undo": spoken.gettext("The last step was taken back"),
        },
        "verbs_call": {
            "issue": spoken.gettext("Joined the queue"),
            "call": spoken.gettext("Phoned"),
            "recall": spoken.gettext("Phoned once more"),
            "start": spoken.gettext("The call began"),
            "finish": spoken.gettext("The call ended"),
            "no_show": spoken.gettext("No answer"),
            "expect": spoken.gettext("No answer, to be phoned later"),
        },
        "ends": {
            "finished": spoken.gettext("served"),
            "no_show": spoken.gettext("did not come"),
            "left": spoken.gettext("left"),
            "booked": spoken.gettext("booked"),
            "fulfilled": spoken.gettext("served"),
            "missed": spoken.gettext("did not come"),
        },
    }


def desk(spoken: Words) -> dict[str, Any]:
    return {
        "whys": whys(spoken),
        "reminders": reminders(spoken),
        "help": {
            "ask": spoken.gettext("Ask for help"),
            "asked": spoken.gettext("Help asked for at %(time)s"),
        },
        "break_asked": spoken.gettext("Break asked for: take back"),
        "take_break": spoken.gettext("Take a break"),
        "loading": spoken.gettext("Loading…"),
        "more": spoken.gettext("and %(n)s more"),
        "modes": {
            "called": spoken.gettext("Called"),
            "serving": spoken.gettext("At the desk"),
            "call-called": spoken.gettext("Phone call"),
            "call-serving": spoken.gettext("On the phone"),
            "free": spoken.gettext("The desk is free"),
            "empty": spoken.gettext("Nobody is waiting for this desk"),
            "paused": spoken.gettext("Break"),
            "interrupted": spoken.gettext("Calls are stopped"),
            "away": spoken.gettext("You are no longer at this desk"),
        },
        "primary": {
            "called": spoken.gettext("Start"),
            "serving": spoken.gettext("Finish"),
            "free": spoken.gettext("Call next"),
            "empty": spoken.gettext("Nobody to call"),
            "paused": spoken.gettext("Back to work"),
            "interrupted": spoken.gettext("Nobody is called now"),
            "away": spoken.gettext("Choose a desk"),
        },
        "recall": {
            "visit": spoken.gettext("Call again"),
            "phone": spoken.gettext("Dial again"),
        },
        "no_show": {
            "visit": spoken.gettext("No-show"),
            "phone": spoken.gettext("No answer"),
        },
        "expect": {
            "visit": spoken.gettext("Not here: expect at %(time)s"),
            "phone": spoken.gettext("No answer: ring at %(time)s"),
        },
        "recall_soon": spoken.gettext("in %(seconds)s s"),
        "tags": {
            "phone": spoken.gettext("Phone call"),
            "booked": spoken.gettext("Booked for %(time)s"),
            "priority": spoken.gettext("Priority: %(reason)s"),
            "right_shown": spoken.gettext("document seen"),
            "calls": spoken.forms("Called %(n)s time", "Called %(n)s times"),
        },
        "services_title": spoken.gettext("Services"),
        "documents_title": spoken.gettext("Documents to ask for"),
        "refused": refused(spoken),
        "correct": {
            "button": spoken.gettext("Correct…"),
            "email": spoken.gettext("Which e-mail is right?"),
            "phone": spoken.gettext("Which number is right?"),
            "meant": spoken.gettext("Did you mean %(email)s?"),
            "unsure": spoken.gettext(
                "That is hardly an e-mail. If it is right, save it once more."
            ),
            "wrong": {
                "email": spoken.gettext("This is no e-mail."),
                "phone": spoken.gettext("This is no number that we can use."),
            },
        },
        "no_phone": spoken.gettext("No number was left: mark it as not answered."),
        "next_label": spoken.pgettext("in the queue", "Next"),
        "empty_hint": spoken.gettext("As soon as somebody comes, the button below becomes active."),
        "paused_hint": spoken.gettext("The hall does not call people to this desk."),
        "away_hint": {
            "closed": spoken.gettext("The desk was closed. Take it again, or choose another."),
            "taken": spoken.gettext("%(clerk)s works at it now. Choose another desk."),
        },
        "planned": spoken.gettext("planned: %(minutes)s"),
        "late_to_come": {
            "visit": spoken.gettext("may be marked as a no-show"),
            "phone": spoken.gettext("may be marked as not answered"),
        },
        "at_work": spoken.gettext("At work"),
        "break": spoken.gettext("Break"),
        "break_after": spoken.gettext("Break after this person"),
        "desk_title": spoken.gettext("Desk %(number)s"),
        "elsewhere": spoken.forms(
            "%(n)s person is waiting for other desks", "%(n)s people are waiting for other desks"
        ),
        "elsewhere_calls": spoken.forms(
            "%(n)s phone call for other desks", "%(n)s phone calls for other desks"
        ),
        "parked_count": spoken.gettext("Set aside: %(count)s"),
        "missed_count": spoken.gettext("No-shows: %(count)s"),
        "unreached_count": spoken.gettext("No-shows and no answers: %(count)s"),
        "gone": spoken.gettext("no longer waiting"),
        "call_in": spoken.gettext("Call in %(wait)s"),
        "pick": {
            "title": spoken.gettext("Call %(number)s now?"),
            "ahead": spoken.forms(
                "%(n)s person is ahead of this one in your queue.",
                "%(n)s people are ahead of this one in your queue.",
            ),
            "first": spoken.gettext("This person is next in your queue anyway."),
        },
        "desks": {
            "open": spoken.gettext("At work: %(clerk)s"),
            "paused": spoken.gettext("On a break: %(clerk)s"),
            "closed": spoken.gettext("Nobody works at it now"),
        },
        "paper": {
            "unprinted": spoken.forms("%(n)s ticket has no paper:", "%(n)s tickets have no paper:"),
            "again": spoken.gettext("Print %(number)s"),
        },
        "stops": {
            "since": spoken.gettext("since %(time)s"),
            "at": spoken.gettext("at %(time)s"),
            "everything": spoken.gettext("All services"),
            "end": spoken.gettext("Over: resume calls"),
            "end_after": spoken.gettext("All clear: resume in %(n)s min"),
            "now": spoken.gettext("Resume now"),
            "now_ask": spoken.gettext("Resume now…"),
            "soon": spoken.gettext(
                "People need up to %(n)s minutes to come back after the all-clear."
                " Whoever is called sooner may miss the call."
            ),
            "lasts": spoken.gettext(
                "The all-clear has not been given. People need up to %(n)s minutes to come back"
                " after it. Whoever is called sooner may miss the call."
            ),
            "stop_all": spoken.gettext("Stop all calls"),
            "stop_some": spoken.gettext("Stop these services"),
        },
        "kinds": device_kinds(spoken),
        "device_away": spoken.gettext("%(name)s (%(kinds)s), last seen at %(time)s"),
        "transfer_nowhere": spoken.gettext("Choose another desk or another service."),
        "choose_service": spoken.gettext("Choose at least one service."),
        "undo": {
            "call": spoken.gettext("Undo: call of %(number)s"),
            "recall": spoken.gettext("Undo: repeated call of %(number)s"),
            "start": spoken.gettext("Undo: start with %(number)s"),
            "finish": spoken.gettext("Undo: end with %(number)s"),
            "no_show": spoken.gettext("Undo: no-show of %(number)s"),
            "park": spoken.gettext("Undo: %(number)s set aside"),
            "return": spoken.gettext("Undo: %(number)s put back"),
            "transfer": spoken.gettext("Undo: transfer of %(number)s"),
            "expect": spoken.gettext("Undo: %(number)s expected later"),
            "prove": spoken.gettext("Undo: document of %(number)s seen"),
            "deny": spoken.gettext("Undo: %(number)s had no document"),
        },
        "undo_back": spoken.gettext("Undo: %(number)s back to the queue"),
        "undo_call": {
            "call": spoken.gettext("Undo: phone call to %(number)s"),
            "recall": spoken.gettext("Undo: dialled %(number)s again"),
            "no_show": spoken.gettext("Undo: no answer from %(number)s"),
        },
        "done": {
            "call": spoken.gettext("%(number)s is called."),
            "recall": spoken.gettext("%(number)s is called once more."),
            "reprint": spoken.gettext("%(number)s is being printed once more."),
            "correct": spoken.gettext(
                "The contact is corrected. Our messages go there from now on."
            ),
            "start": spoken.gettext("You have started with %(number)s."),
            "finish": spoken.gettext("%(number)s: finished."),
            "no_show": spoken.gettext("%(number)s: no-show."),
            "expect": spoken.gettext("%(number)s was called early: expected at %(time)s."),
            "park": spoken.gettext("%(number)s is set aside and keeps its place in the queue."),
            "transfer": spoken.gettext("%(number)s is transferred."),
            "prove": spoken.gettext("%(number)s: the document was seen."),
            "deny": spoken.gettext("%(number)s is waiting again, in the usual order."),
            "back": spoken.gettext("%(number)s is waiting again, at the same place in the queue."),
            "return": spoken.gettext(
                "%(number)s is waiting again, at the same place in the queue."
            ),
            "undo": spoken.gettext("Undone: %(number)s."),
            "pause": spoken.gettext("The break has begun."),
            "ask_break": spoken.gettext("The supervisor is asked for the break. Work goes on."),
            "end_break_ask": spoken.gettext("The break is not asked for any more."),
            "ask_help": spoken.gettext("The supervisor sees that you ask for help."),
            "end_help": spoken.gettext("Help is not asked for any more."),
            "stop": spoken.gettext("Calls are stopped. The queue keeps its order."),
            "stop_some": spoken.gettext("These services are stopped. Everybody keeps their place."),
            "calls_now": spoken.gettext("Calls go on."),
            "calls_later": spoken.gettext("Calls go on at %(time)s."),
            "resume": spoken.gettext("You are back at work."),
            "nobody": spoken.gettext("Nobody is waiting for this desk any more."),
        },
        "done_call": {
            "call": spoken.gettext("%(number)s is a phone call: dial the number."),
            "recall": spoken.gettext("%(number)s: dial the number again."),
            "no_show": spoken.gettext("%(number)s: no answer."),
            "expect": spoken.gettext("%(number)s: no answer yet, to be phoned once more."),
        },
        "lost": spoken.gettext(
            "No answer from the server. The screen shows how things stand;"
            " try again if it was not done."
        ),
    }
