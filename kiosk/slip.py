"""The ticket on the kiosk's screen: the parts of the paper that a screen shows, in their order."""

from itertools import groupby

from msgspec import Struct

from queue_app.domain.centre import Centre
from queue_app.domain.paper import PaperPart

FACTS: tuple[PaperPart, ...] = ("due", "ahead", "wait")
"""Those that stand beside one another."""
SHOWN: tuple[PaperPart, ...] = (
    "head", "number", "services", "priority", "company", *FACTS, "note", "foot",
)  # fmt: skip
"""Where the kiosk stands is on top of its every screen, the code beside the slip, and what to have
ready was asked before."""
_OUTLINE: tuple[PaperPart, ...] = ("number", "services", "priority", "company", *FACTS, "note")
"""What the script fills; the parts of these that the centre leaves out are there, unseen."""


class SlipRow(Struct, frozen=True):
    """Parts that stand in one row; not `seen`: the centre leaves them out."""

    parts: tuple[PaperPart, ...]
    seen: bool = True


def slip_of(centre: Centre) -> list[SlipRow]:
    shown = [part for part in centre.paper.parts if part in SHOWN]
    rows = [
        row
        for facts, parts in groupby(shown, key=FACTS.__contains__)
        for row in ([SlipRow(tuple(parts))] if facts else [SlipRow((part,)) for part in parts])
    ]
    rest = tuple(part for part in _OUTLINE if part not in shown)
    hidden = [SlipRow((part,), seen=False) for part in rest]
    return [*rows, *hidden]
