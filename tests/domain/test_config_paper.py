"""What a ticket may say and which printers give it, as the files have it."""

from pathlib import Path

import pytest

from config.files import check_centre, load_centre
from queue_app.domain.paper import Paper, PrinterPlan
from tests.domain.spoiling import problems_after

FIRST = 'title.en = "Holosiivskyi District"\nlayout = "district"'
PARTS = "parts = ["


def printer(*lines: str, code: str = "hall") -> str:
    told = "\n".join(lines or ('address = "tcp://10.0.0.5"',))
    return f'\n\n[[branches.printers]]\ncode = "{code}"\n{told}\n'


def test_a_centre_that_says_nothing_of_paper_has_the_usual_ticket(folder: Path) -> None:
    centre = folder / "centre.toml"
    text = centre.read_text()
    begin, end = text.index("[paper]"), text.index("[[priorities]]")
    centre.write_text(text[:begin] + text[end:])
    assert load_centre(folder).paper == Paper()


def test_the_sample_says_what_is_usual(folder: Path) -> None:
    assert load_centre(folder).paper == Paper()


def test_printers_are_read_with_what_is_usual_of_them(folder: Path) -> None:
    branches = folder / "branches.toml"
    own = printer('address = "/dev/usb/lp0"', "width_mm = 58", 'kiosk = "Door"', code="door")
    branches.write_text(branches.read_text().replace(FIRST, FIRST + printer() + own, 1))
    assert load_centre(folder).branches[0].printers == (
        PrinterPlan("hall", "tcp://10.0.0.5", 80, None, answers=True),
        PrinterPlan("door", "/dev/usb/lp0", 58, "Door", answers=True),
    )


@pytest.mark.parametrize(
    ("new", "said"),
    [
        ('parts = ["foot", ', 'paper.words.foot: is missing: "foot" says nothing else'),
        ('parts = ["wait", ', 'paper.parts: "wait" is given twice'),
    ],
)
def test_a_ticket_has_each_part_once_and_words_for_it(folder: Path, new: str, said: str) -> None:
    assert f"centre.toml: {said}" in problems_after(folder, "centre.toml", PARTS, new)


def test_a_ticket_without_its_number_is_none(folder: Path) -> None:
    said = problems_after(folder, "centre.toml", '"number", ', "")
    assert 'centre.toml: paper.parts: has no "number"' in said


def test_an_unknown_part_is_said_with_those_that_are_known(folder: Path) -> None:
    [said] = problems_after(folder, "centre.toml", PARTS, 'parts = ["logo", ')
    assert said.startswith("centre.toml: paper.parts[1]: ") and "logo" in said


def test_words_for_what_is_not_printed_are_probably_a_mistake(folder: Path) -> None:
    centre = folder / "centre.toml"
    centre.write_text(
        centre.read_text().replace("[paper]", '[paper]\nwords.foot = {uk = "Б", en = "B"}', 1)
    )
    _, warnings = check_centre(folder)
    told = [str(one) for one in warnings if one.key != "branches"]
    assert told == ['centre.toml: paper.words.foot: is not printed: no "foot" in parts'], (
        "beside the addresses that are not published"
    )


@pytest.mark.parametrize(
    ("added", "key", "said"),
    [
        (printer('address = "10.0.0.5"'), "[hall].address", "is neither"),
        (printer('address = "tcp://10.0.0.5:0"'), "[hall].address", "ports are from 1 to 65535"),
        (printer(code="Hall 1"), "[Hall 1].code", "lower-case Latin words"),
        (printer() + printer(code="door"), "[door].kiosk", "has the printer hall already"),
        (printer('address = "tcp://a"', "width_mm = 76"), "[hall].width_mm", "58, 80"),
    ],
)
def test_a_printer_that_cannot_be_is_refused(folder: Path, added: str, key: str, said: str) -> None:
    found = problems_after(folder, "branches.toml", FIRST, FIRST + added)
    place = f"branches.toml: branches[holosiivskyi].printers{key}: "
    assert any(one.startswith(place) and said in one for one in found), found


def test_a_ticket_that_hides_who_came_along_is_warned_of(folder: Path) -> None:
    centre = folder / "centre.toml"
    text = centre.read_text()
    assert text.count('"company", ') == 1
    centre.write_text(text.replace('"company", ', ""))
    said = [str(doubt) for doubt in check_centre(folder)[1] if doubt.key == "paper.parts"]
    lost = "the paper does not say who came along, nor for whom"
    assert said == [f'centre.toml: paper.parts: leaves out "company": {lost}']
