"""The ticket as a document and as a picture: what it says, in whose order, and whether it fits."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import zxingcpp
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]
from msgspec.structs import replace
from PIL import Image

from config.files import load_centre
from queue_app.delivery.paper.document import PaperLine, TicketDocument, ticket_document
from queue_app.delivery.paper.lettering import FOLDER, OWN, Lettering
from queue_app.delivery.paper.picture import LONGEST_DOTS, drawn
from queue_app.delivery.paper.sample import sample_ticket
from queue_app.domain.directory import Directory
from queue_app.domain.hall import HallTicket
from queue_app.domain.machines import PrinterStanding, Unprinted
from queue_app.domain.paper import DOTS, Paper, PaperPart, PaperStatus
from queue_app.domain.told_range import Wait
from queue_app.screens.out_of_paper import paper_view
from tests.domain.screen_halls import (
    CENTRE,
    DIRECTORY,
    TEN,
    after,
    both,
    desk,
    hall,
    own,
    stop,
    ticket,
)
from tests.support.database import CONFIG

CENTRES = Path(__file__).parents[1] / "centres"
LINK = "https://queue.example.org/t/1-AbCdEfGhIjKlMnOpQrStUv"
SOON = Wait(2, 15, 25)


def centre(*parts: PaperPart, **words: str) -> Directory:
    paper = Paper(parts or Paper().parts, {part: both(said) for part, said in words.items()})  # type: ignore[misc]
    return replace(DIRECTORY, centre=replace(CENTRE, paper=paper))


def document(
    one: HallTicket | None = None,
    *,
    wait: Wait | None = SOON,
    directory: Directory | None = None,
    language: str = "en",
    reprint: bool = False,
    at: datetime = TEN,
    **known: Any,
) -> TicketDocument:
    one = one or ticket(20)
    others = [ticket(1), ticket(2)]
    seen = hall(*others, one, directory=directory or centre(), at=at, **known)
    return ticket_document(seen, own(one), wait, LINK, language, reprint)


def said(document: TicketDocument) -> dict[str, str]:
    return {line.part: " / ".join(line.said) for line in document.lines}


def test_a_ticket_says_whose_it_is_what_for_when_and_how_long_it_takes() -> None:
    made = document()
    assert said(made) == {
        "centre": "Centre",
        "branch": "Main / Street 1",
        "number": "А20",
        "services": "bill",
        "ahead": "2 people",
        "wait": "15–25\u00a0min",
        "time": "23\u00a0November, 09:50",
        "qr": LINK,
        "ready": "the passport / its copy",
    }
    assert (made.number, made.link, made.reprint) == ("А20", LINK, None)


def test_a_ticket_speaks_the_language_of_its_holder() -> None:
    labels = {line.part: line.label for line in document(language="uk").lines}
    assert labels["ahead"] == "Перед вами" and labels["ready"] == "Що підготувати"
    assert said(document(language="uk"))["ahead"] == "2 особи"


def test_the_centre_says_what_stands_on_it_in_which_order_and_in_which_words() -> None:
    own_words = centre("head", "wait", "number", "foot", head="Hello", wait="Roughly", foot="Bye")
    made = document(directory=own_words)
    assert [line.part for line in made.lines] == ["head", "wait", "number", "foot"]
    assert [line.label for line in made.lines] == ["Hello", "Roughly", "Your ticket", "Bye"]
    assert made.link is None, "no code is printed where the centre wants none"


def test_of_what_one_brings_each_list_has_its_name_and_what_is_sent_has_no_place() -> None:
    made = document(ticket(20, "waiting", "meter"))
    assert said(made)["ready"] == "Passport: the passport; its copy / Photo: a photo"


def test_a_booking_has_its_time_and_what_it_may_count_on() -> None:
    early = document(ticket(20, due_at=after(40)))
    assert said(early)["due"] == "10:40"
    assert "expect you at 10:40" in said(early)["note"]
    late = document(ticket(29, due_at=after(-40)))
    assert "due" not in said(late) and "has passed" in said(late)["note"]


def test_a_booking_whose_time_fell_into_an_alert_is_as_late_on_paper_as_on_every_screen() -> None:
    """Calls resumed at five to ten, so whoever came a minute before is in time."""
    came = ticket(29, due_at=after(-40))
    over = stop(started_at=after(-45), ended_at=after(-5), resumes_at=after(-5))
    made = document(came, interruptions=(over,))
    assert said(made)["due"] == "09:20" and "has passed" not in said(made).get("note", "")


def test_a_right_to_go_first_stands_on_it() -> None:
    assert said(document(ticket(20, priority="veteran")))["priority"] == "Served first: War veteran"


def test_a_group_and_whoever_comes_along_stand_on_it() -> None:
    group = document(ticket(20, people=3), language="uk")
    assert said(group)["company"] == "Цей талон на 3 особи: підходьте до вікна разом."
    helped = document(ticket(20, company="helped"))
    assert said(helped)["company"] == "Come to the desk together with whoever helps you."


@pytest.mark.parametrize(
    ("known", "note"),
    [
        ({"interruptions": [stop()]}, "Calls are stopped"),
        ({"desks": [desk(1, "closed")]}, "cannot be said now"),
        ({"at": after(470), "wait": Wait(2, 15, 25)}, "We close at 18:00"),
    ],
)
def test_what_must_be_known_besides_is_noted(known: dict[str, Any], note: str) -> None:
    assert note in said(document(**({"wait": None} | known)))["note"]


@pytest.mark.parametrize(
    ("known", "ahead"),
    [
        ({}, "You are next"),
        ({"interruptions": [stop()]}, "nobody"),
        ({"desks": [desk(1, "closed")], "wait": None}, "nobody"),
    ],
)
def test_nobody_is_next_while_no_desk_works(known: dict[str, Any], ahead: str) -> None:
    """Told beside "the desks are not working now", it would be heard as a call."""
    alone = ticket(20)
    known = {"wait": Wait(0, 1, 5)} | known
    wait = known.pop("wait")
    seen = hall(alone, directory=centre(), at=TEN, **known)
    assert said(ticket_document(seen, own(alone), wait, LINK, "en", False))["ahead"] == ahead


def test_whoever_is_called_by_then_reads_so_and_no_forecast() -> None:
    made = said(document(ticket(20, "called", desk_id=1, called_at=after(-1), calls=1)))
    assert made["note"] == "You are being called: look at the board"
    assert not {"ahead", "wait"} & made.keys()


@pytest.mark.parametrize("dots", DOTS.values())
@pytest.mark.parametrize("reprint", [False, True])
def test_the_picture_is_as_wide_as_the_line_and_its_code_is_read(dots: int, reprint: bool) -> None:
    made = document(reprint=reprint)
    picture = drawn(made, dots)
    assert (picture.width, picture.mode) == (dots, "1")
    [code] = zxingcpp.read_barcodes(picture.convert("L"))
    assert code.text == LINK
    assert bool(made.reprint) is reprint


def test_a_reprint_says_so_at_its_top() -> None:
    first, again = drawn(document(), 576), drawn(document(reprint=True), 576)
    assert black(again, 60) > 4 * black(first, 60)
    assert document(reprint=True).reprint == "Printed again at 10:00"


def black(picture: Image.Image, rows: int) -> int:
    return picture.crop((0, 0, picture.width, rows)).convert("L").histogram()[0]


@pytest.mark.parametrize("dots", DOTS.values())
def test_nothing_is_cut_at_the_sides_whatever_the_words(dots: int) -> None:
    endless = "Ї" * 90 + " Є" * 40
    wide = centre("head", "number", "wait", "foot", head=endless, wait=endless, foot=endless)
    picture = drawn(document(ticket(20, number="ЩЩ1000000"), directory=wide), dots)
    for side in (0, dots - 3):
        assert not picture.crop((side, 0, side + 3, picture.height)).convert("L").histogram()[0]


def test_no_ticket_empties_the_roll() -> None:
    endless = centre("number", "foot", foot="word " * 3000)
    assert drawn(document(directory=endless), 576).height == LONGEST_DOTS


def test_every_letter_is_drawn_and_no_two_alike() -> None:
    """A font without a letter draws the same box for each that it lacks."""
    letters = "АБВГҐДЕЄЖЗИІЇЙКЛМНОПРСТУФХЦЧШЩЬЮЯабвгґдеєжзиіїйклмнопрстуфхцчшщьюяʼ’ħġżŁß№₴"
    seen: dict[bytes, str] = {}
    for letter in letters:
        own_words = centre("head", "number", head=letter)
        picture = drawn(document(directory=own_words), 384).crop((0, 0, 384, 60)).tobytes()
        assert picture not in seen or {letter, seen[picture]} <= set("ʼ’"), letter
        seen[picture] = letter


@pytest.mark.parametrize(
    "letters", ["ابتثجحخدذرزسشصضطظعغفقكلمنهوي", "אבגדהוזחטיכלמנסעפצקרשת", "აბგდევზ"]
)
def test_letters_that_roboto_lacks_come_from_another_font(letters: str) -> None:
    assert Lettering().missing([letters]) == ""
    assert Lettering().file(letters, "Bold") == OWN / "DejaVuSans-Bold.ttf"
    assert len({head_of(letter) for letter in letters}) == len(letters)


def head_of(words: str) -> bytes:
    own_words = centre("head", "number", head=words)
    return drawn(document(directory=own_words), 384).crop((0, 0, 384, 60)).tobytes()


def test_letters_for_which_there_is_no_font_are_named_until_the_centre_has_one(
    tmp_path: Path,
) -> None:
    assert Lettering(tmp_path).missing(["Квиток 票, 號", "票"]) == "票號"
    mine = tmp_path / FOLDER / "Mine.ttf"
    mine.parent.mkdir()
    mine.write_bytes((OWN / "DejaVuSans.ttf").read_bytes())
    assert Lettering(tmp_path).file("שלום", "Regular") == mine
    assert Lettering(tmp_path).file("Квиток", "Regular") == OWN / "Roboto-Regular.ttf"


def test_a_font_without_figures_has_them_from_another_and_a_bold_one_need_not_be_there(
    tmp_path: Path,
) -> None:
    """As Noto's of Devanagari: "क42" was an empty box and 42, "7/12" six boxes."""
    mine = tmp_path / FOLDER / "Mine-Regular.ttf"
    mine.parent.mkdir()
    with TTFont(OWN / "DejaVuSans.ttf") as font:
        for table in font["cmap"].tables:
            table.cmap = {ord("क"): "A", ord("ि"): "B"}
        font.save(mine)
    lettering = Lettering(tmp_path)
    assert lettering.missing(["क42", "कि (7/12)"]) == ""
    number = lettering.font("क42", 40, "Bold")
    runs = [(Path(str(font.path)).name, part) for font, part in number.runs("क42")]
    assert runs == [("Mine-Regular.ttf", "क"), ("Roboto-Bold.ttf", "42")]
    assert [part for _, part in number.runs("कि 7")] == ["कि ", "7"], "marks and blanks stay"
    assert number.getlength("क42") == pytest.approx(number.getlength("क") + number.getlength("42"))
    top, bottom = number.height("क42")
    assert top < -20 and abs(bottom) < 5


def test_a_ticket_in_a_language_written_from_the_right_begins_there() -> None:
    facts = (PaperLine("wait", "לחכות", ("15–25 דק׳",)), PaperLine("ready", None, ("תעודה",)))
    hebrew, english = (
        drawn(TicketDocument("A1", language, facts, None), 384) for language in ("he", "en")
    )
    label, value = "לחכות", "15–25 דק׳"
    assert Lettering().font(label, 28, "Regular").getlength(label) < (
        Lettering().font(value, 36, "Bold").getlength(value)
    )
    assert ink(hebrew.crop((0, 0, 192, 70))) > ink(hebrew.crop((192, 0, 384, 70)))
    assert ink(english.crop((0, 0, 192, 70))) < ink(english.crop((192, 0, 384, 70)))
    bullet = 20
    assert ink(hebrew.crop((384 - bullet, 100, 384, 136))) and not ink(
        hebrew.crop((0, 100, bullet, 136))
    )


def ink(picture: Image.Image) -> int:
    """How many dots are black."""
    return picture.histogram()[0]


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (PaperStatus(), "ready"),
        (PaperStatus(paper_low=True), "paper_low"),
        (PaperStatus(offline=True, cover_open=True, paper_out=True), "cover_open"),
        (PaperStatus(offline=True, paper_out=True, paper_low=True), "paper_out"),
        (PaperStatus(offline=True), "error"),
    ],
)
def test_a_printer_stands_by_what_is_to_be_done_first(status: PaperStatus, state: str) -> None:
    assert status.state == state


def test_staff_are_told_what_to_do_at_which_printer_and_who_has_no_paper() -> None:
    standing = (
        PrinterStanding("hall", None, "ready", TEN),
        PrinterStanding("door", "Entrance", "paper_out", TEN),
        PrinterStanding("side", None, "paper_low", TEN),
        PrinterStanding("new", None, "unknown", None),
    )
    seen = replace(hall(), printers=standing, unprinted=(Unprinted(7, "А7"),))
    view = paper_view(seen)
    assert [(one.code, one.prints) for one in view.printers] == [("door", False), ("side", True)]
    assert view.printers[0].title["en"] == "Ticket printer Entrance: no paper"
    assert view.unprinted == (Unprinted(7, "А7"),)


@pytest.mark.parametrize("name", ["kyiv-cks", "valletta", "night"])
def test_every_centre_can_look_at_its_ticket_before_anybody_takes_one(name: str) -> None:
    folder = CONFIG.parent / name if name == "kyiv-cks" else CENTRES / name
    loaded = load_centre(folder)
    for language in loaded.languages:
        made = sample_ticket(loaded, language, "https://queue.example.org")
        assert {"number", "services", "wait", "qr"} <= said(made).keys()
        assert said(made)["ahead"].startswith("4")
        assert zxingcpp.read_barcodes(drawn(made, 384).convert("L"))
