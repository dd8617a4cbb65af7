"""The slip on the kiosk's screen: the parts of the paper, in the centre's order."""

from msgspec.structs import replace

from kiosk.slip import SlipRow, slip_of
from queue_app.domain.centre import Centre
from queue_app.domain.paper import Paper, PaperPart
from tests.domain.screen_halls import CENTRE, both


def centre(*parts: PaperPart) -> Centre:
    words: dict[PaperPart, object] = {"head": both("Hello"), "foot": both("Bye")}
    return replace(CENTRE, paper=Paper(parts or Paper().parts, words))  # type: ignore[arg-type]


def test_the_usual_slip_has_number_services_facts_and_notes_in_rows() -> None:
    assert slip_of(centre()) == [
        SlipRow(("number",)),
        SlipRow(("services",)),
        SlipRow(("priority",)),
        SlipRow(("company",)),
        SlipRow(("due", "ahead", "wait")),
        SlipRow(("note",)),
    ]


def test_the_centre_s_order_is_that_of_the_screen() -> None:
    rows = slip_of(centre("head", "wait", "number", "ahead", "due", "services", "note", "foot"))
    assert [row.parts for row in rows] == [
        ("head",),
        ("wait",),
        ("number",),
        ("ahead", "due"),
        ("services",),
        ("note",),
        ("foot",),
        ("priority",),
        ("company",),
    ]


def test_what_the_centre_leaves_out_is_there_for_the_script_and_seen_by_nobody() -> None:
    rows = slip_of(centre("number", "ahead"))
    hidden = {part for row in rows if not row.seen for part in row.parts}
    assert hidden == {"services", "priority", "company", "due", "wait", "note"}
    every = [part for row in rows for part in row.parts]
    assert len(every) == len(set(every))
