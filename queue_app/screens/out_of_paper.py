"""What staff are told of the printers: what is to be done at which, and who has no paper."""

from collections.abc import Mapping

from msgspec import Struct

from queue_app.domain.catalogue import Text
from queue_app.domain.hall import Hall
from queue_app.domain.machines import PrinterStanding, Unprinted
from queue_app.domain.paper import PRINTS, PrinterState
from queue_app.texts.speaker import Speaker, speaker_of
from queue_app.texts.words import N_

_TITLES: Mapping[PrinterState, str] = {
    "paper_low": N_("Ticket printer %(place)s: the paper is running out"),
    "paper_out": N_("Ticket printer %(place)s: no paper"),
    "cover_open": N_("Ticket printer %(place)s: the cover is open"),
    "error": N_("Ticket printer %(place)s: it reports a fault"),
    "off": N_("Ticket printer %(place)s: no connection"),
}
_ADVICE: Mapping[PrinterState, str] = {
    "paper_low": N_("Have a new roll ready."),
    "paper_out": N_("Put in a new roll. Until then tickets are on the kiosk’s screen only."),
    "cover_open": N_("Close it. Until then tickets are on the kiosk’s screen only."),
    "error": N_("Switch it off and on. Until then tickets are on the kiosk’s screen only."),
    "off": N_("See whether it is on and its cable is in. Tickets are on the kiosk’s screen only."),
}


class PrinterNotice(Struct, frozen=True):
    """A printer at which something is to be done; not `prints`: it takes no ticket now."""

    code: str
    state: PrinterState
    prints: bool
    title: Text
    advice: Text


class PaperView(Struct, frozen=True):
    """`printers`: those at which something is to be done. `unprinted`: who waits without paper."""

    printers: tuple[PrinterNotice, ...] = ()
    unprinted: tuple[Unprinted, ...] = ()


def paper_view(hall: Hall) -> PaperView:
    speaker = speaker_of(hall.directory.centre)
    found = [_notice(speaker, one) for one in hall.printers if one.state in _TITLES]
    return PaperView(tuple(found), hall.unprinted)


def _notice(speaker: Speaker, one: PrinterStanding) -> PrinterNotice:
    return PrinterNotice(
        code=one.code,
        state=one.state,
        prints=one.state in PRINTS,
        title=speaker.text(_TITLES[one.state], place=one.kiosk or one.code),
        advice=speaker.text(_ADVICE[one.state]),
    )
