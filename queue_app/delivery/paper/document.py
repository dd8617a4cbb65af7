"""The ticket as a document: what it says, in the order of the centre, in one language.

The kiosk's screen, the page that browsers print and the picture for the printer show this.
"""

from collections.abc import Callable, Mapping
from datetime import datetime

from msgspec import Struct

from queue_app.domain.catalogue import Language, Text
from queue_app.domain.centre import Centre
from queue_app.domain.hall import Hall
from queue_app.domain.paper import OWN_WORDS, PaperPart
from queue_app.domain.tickets import Progress, Ticket
from queue_app.domain.told_range import Wait, served_by
from queue_app.texts.formats import Formats
from queue_app.texts.speaker import Speaker, speaker_of
from queue_app.texts.who_comes import to_holder
from queue_app.texts.words import N_, Words, words

LABELS: Mapping[PaperPart, str] = {
    "number": N_("Your ticket"),
    "due": N_("Your time"),
    "ahead": N_("Ahead of you"),
    "wait": N_("You will wait about"),
    "time": N_("Ticket taken"),
    "qr": N_("Point the camera at the code: the phone shows your place and calls you to the desk."),
    "ready": N_("What to have ready"),
}
"""What stands before a part, unless the centre says it in its own words."""


class PaperLine(Struct, frozen=True):
    """A part as it is said: what stands before it, if anything, and a line for each thing."""

    part: PaperPart
    label: str | None
    said: tuple[str, ...]


class TicketDocument(Struct, frozen=True):
    """`link`: the ticket's page, where its address is known. `reprint`: says that it is one."""

    number: str
    language: Language
    lines: tuple[PaperLine, ...]
    link: str | None
    reprint: str | None = None


def label_of(centre: Centre, part: PaperPart) -> Text | None:
    """What stands before a part, in every language of the centre."""
    if own := centre.paper.words.get(part):
        return own
    usual = LABELS.get(part)
    return speaker_of(centre).text(usual) if usual else None


def ticket_document(
    hall: Hall,
    ticket: Ticket,
    wait: Wait | None,
    link: str | None,
    language: Language | None = None,
    reprint: bool = False,
) -> TicketDocument:
    """The ticket as the hall has it now. `wait`: the range that its holder was told.

    Parts that have nothing to say are left out.
    """
    spoken = hall.directory.spoken(language or ticket.language)
    made = _Writing(hall, ticket, wait, link, spoken)
    lines = [line for part in hall.directory.centre.paper.parts if (line := made.line(part))]
    return TicketDocument(
        number=ticket.number,
        language=spoken,
        lines=tuple(lines),
        link=link if any(line.part == "qr" for line in lines) else None,
        reprint=made.reprinted() if reprint else None,
    )


class _Writing:
    """One ticket in one language."""

    def __init__(
        self, hall: Hall, ticket: Ticket, wait: Wait | None, link: str | None, language: Language
    ) -> None:
        self._hall = hall
        self._ticket = ticket
        self._progress: Progress = ticket.progress
        self._wait = wait
        self._link = link
        self._language = language
        self._speaker: Speaker = speaker_of(hall.directory.centre)
        self._formats: Formats = self._speaker.formats(language)
        self._words: Words = words(language)

    def line(self, part: PaperPart) -> PaperLine | None:
        said = () if part in OWN_WORDS else tuple(filter(None, _SAID[part](self)))
        label = label_of(self._hall.directory.centre, part)
        if not said and not (part in OWN_WORDS and label):
            return None
        return PaperLine(part, label[self._language] if label else None, said)

    def reprinted(self) -> str:
        at = self._formats.time(self._hall.at)
        return self._words.gettext("Printed again at %(time)s") % {"time": at}

    def centre(self) -> list[str]:
        return [self._hall.directory.centre.title[self._language]]

    def branch(self) -> list[str]:
        branch = self._hall.branch
        address = branch.address[self._language] if branch.address else ""
        return [branch.title[self._language], address]

    def number(self) -> list[str]:
        return [self._ticket.number]

    def services(self) -> list[str]:
        known = self._hall.directory.services_ever
        chosen = self._progress.services
        return [known[code].title[self._language] for code in chosen if code in known]

    def priority(self) -> list[str]:
        title = next(
            (
                one.title[self._language]
                for one in self._hall.directory.centre.priorities
                if one.code == self._ticket.priority
            ),
            None,
        )
        if title is None:
            return []
        return [self._words.gettext("Served first: %(priority)s") % {"priority": title}]

    def company(self) -> list[str]:
        return [to_holder(self._words, self._ticket.people, self._ticket.company)]

    def due(self) -> list[str]:
        due_at = self._ticket.due_at
        return [self._formats.time(due_at)] if due_at and not self._is_late else []

    @property
    def _is_late(self) -> bool:
        """A booking that came too late for its time waits in the live queue."""
        return self._hall.is_late(self._ticket.as_waiting())

    @property
    def _waits(self) -> bool:
        return self._progress.state == "waiting"

    @property
    def _paused(self) -> bool:
        return self._hall.stop_of(self._progress.services) is not None

    def ahead(self) -> list[str]:
        if not self._waits:
            return []
        own = self._hall.waits.get(self._ticket.id)
        people = self._hall.people_ahead(self._ticket.as_waiting(), own)
        if not people:
            is_next = self._wait is not None and not self._paused
            said = self._words.gettext("You are next")
            return [said if is_next else self._words.pgettext("ticket", "nobody")]
        spoken = self._words.ngettext("%(n)s person", "%(n)s people", people)
        return [spoken % {"n": people}]

    def wait(self) -> list[str]:
        if not self._waits or self._wait is None:
            return []
        if not self._wait.high_minutes:
            return [self._words.gettext("You will be called in a moment")]
        return [self._formats.minutes(self._wait.low_minutes, self._wait.high_minutes)]

    def note(self) -> list[str]:
        """What else whoever holds it must know, first what matters most."""
        if not self._waits:
            return [self._words.gettext("You are being called: look at the board")]
        return [self._stands(), self._of_booking(), self._of_closing()]

    def _stands(self) -> str:
        if self._paused:
            return self._words.gettext(
                "Calls are stopped for now. Your place in the queue is kept."
            )
        if self._wait is None:
            return self._words.gettext(
                "The wait cannot be said now: the desks for your services may not be working."
            )
        return ""

    def _of_booking(self) -> str:
        due_at = self._ticket.due_at
        if due_at is None:
            return ""
        if self._is_late:
            said = self._words.gettext("Your time %(time)s has passed: you are in the live queue")
        elif self._hall.at < due_at:
            said = self._words.gettext(
                "We may call you earlier. If you are not here, we expect you at %(time)s."
            )
        else:
            return ""
        return said % {"time": self._formats.time(due_at)}

    def _of_closing(self) -> str:
        closes_at: datetime | None = self._hall.day.shuts(self._hall.at)
        if closes_at is None or served_by(self._wait, self._hall.at, closes_at) == "today":
            return ""
        said = self._words.gettext("We close at %(time)s: you may not be served today.")
        return said % {"time": self._formats.time(closes_at)}

    def time(self) -> list[str]:
        at = self._ticket.issued_at
        return [f"{self._formats.short_day(at)}, {self._formats.time(at)}"]

    def qr(self) -> list[str]:
        return [self._link] if self._link else []

    def ready(self) -> list[str]:
        """What one brings for the services; of several lists, under the name of each."""
        lists = self._hall.directory.to_bring(self._progress.services)
        if len(lists) == 1:
            return [item[self._language] for item in lists[0].items]
        return [
            f"{one.title[self._language]}: {'; '.join(item[self._language] for item in one.items)}"
            for one in lists
        ]


_SAID: Mapping[PaperPart, Callable[[_Writing], list[str]]] = {
    "centre": _Writing.centre,
    "branch": _Writing.branch,
    "number": _Writing.number,
    "services": _Writing.services,
    "priority": _Writing.priority,
    "company": _Writing.company,
    "due": _Writing.due,
    "ahead": _Writing.ahead,
    "wait": _Writing.wait,
    "note": _Writing.note,
    "time": _Writing.time,
    "qr": _Writing.qr,
    "ready": _Writing.ready,
}
