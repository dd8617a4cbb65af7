"""What the fault trials call lost, done twice, and ready again."""

from pathlib import Path

import pytest

from tests.faults.__main__ import TRIALS
from tests.faults.boards import Boards
from tests.faults.book import Book, Kept, Reply, judge, wrong_numbers
from tests.faults.probe import Asked, Probe
from tests.faults.report import markdown
from tests.faults.service import tracebacks
from tests.faults.trial import Result


def kept(
    tickets: tuple[str, ...] = (),
    bookings: tuple[tuple[str, str], ...] = (),
    verbs: dict[str, int] | None = None,
) -> Kept:
    return Kept(frozenset(tickets), bookings, verbs or {}, ())


def book(**told: tuple[str, str]) -> Book:
    """A book in which each kind was told one thing under one key."""
    made = Book()
    for kind, (key, thing) in told.items():
        made.tell(kind, key, thing, asked=1.0)
    return made


def test_what_was_acknowledged_and_is_there_once_is_neither() -> None:
    told = book(ticket=("k1", "t1"), booking=("Olena", "b1"), verb=("k2", "7 call"))
    verdict = judge(told, kept(("t1",), (("b1", "Olena"),), {"7 call": 1}))
    assert (verdict.lost, verdict.twice, verdict.numbers) == ([], [], [])


def test_what_was_acknowledged_and_is_not_there_is_lost() -> None:
    told = book(ticket=("k1", "t1"), booking=("Olena", "b1"), verb=("k2", "7 call"))
    assert judge(told, kept()).lost == ["ticket t1", "booking b1", "verb 7 call"]


def test_a_booking_that_is_there_without_its_name_is_lost() -> None:
    verdict = judge(book(booking=("Olena", "b1")), kept(bookings=(("b1", "Taras"),)))
    assert verdict.lost == ["booking b1"]


def test_what_has_no_answer_may_be_done_once_or_not() -> None:
    told = Book()
    told.unanswered["ticket"].add("k1")
    assert judge(told, kept()).twice == []
    assert judge(told, kept(("t1",))).twice == []
    assert judge(told, kept(("t1", "t2"))).twice == ["ticket t2, which nobody was told of"]


def test_a_hold_without_an_answer_excuses_no_booking() -> None:
    told = Book()
    told.unanswered["hold"].add("k1")
    verdict = judge(told, kept(bookings=(("b1", "Olena"),)))
    assert verdict.twice == ["booking b1, which nobody was told of"]


def test_a_key_that_is_told_two_things_has_done_twice() -> None:
    told = book(ticket=("k1", "t1"))
    told.tell("ticket", "k1", "t1", asked=2.0)
    assert judge(told, kept(("t1",))).twice == []
    told.tell("ticket", "k1", "t2", asked=3.0)
    assert judge(told, kept(("t1", "t2"))).twice[0] == "ticket t1, then t2"


def test_one_ticket_for_two_keys_is_wrong() -> None:
    told = book(ticket=("k1", "t1"))
    told.tell("ticket", "k2", "t1", asked=2.0)
    assert judge(told, kept(("t1",))).twice == ["ticket t1 under two keys"]


def test_a_verb_that_happened_twice_and_a_name_that_has_two_bookings_are_found() -> None:
    told = book(verb=("k1", "7 call"), booking=("Olena", "b1"))
    told.unanswered["booking"].add("k2")
    verdict = judge(told, kept((), (("b1", "Olena"), ("b2", "Olena")), {"7 call": 2}))
    assert verdict.twice == ["booking of Olena", "verb 7 call 2 times"]


def test_what_was_asked_for_before_a_backup_was_put_back_may_be_gone_or_there() -> None:
    told = book(ticket=("k1", "t1"), verb=("k2", "7 call"))
    told.tell("ticket", "k3", "t3", asked=5.0)
    assert judge(told, kept(("t3",)), since=4.0).lost == []
    assert judge(told, kept(("t1", "t3")), since=4.0).twice == []
    assert judge(told, kept(), since=4.0).lost == ["ticket t3"]


@pytest.mark.parametrize(
    ("numbers", "wrong"),
    [
        ((), []),
        (("А1", "А2", "К1"), []),
        (("А1", "А3", "К2"), ["no А2", "no К1"]),
        (("А1", "А1"), ["А1 2 times"]),
    ],
)
def test_numbers_with_a_gap_or_a_double_are_named(
    numbers: tuple[str, ...], wrong: list[str]
) -> None:
    assert wrong_numbers(numbers) == wrong


def test_answers_are_counted_by_what_they_say() -> None:
    replies = [Reply("page", 0, 0.1, status) for status in (200, 204, 409, 503, 500, 502, 0)]
    counted = Book([*replies, Reply("page", 0, 10.0, late=True)]).counted()
    assert dict(counted) == {"2xx": 2, "4xx": 1, "503": 1, "500": 2, "broken": 1, "timeout": 1}


def test_the_longest_stretch_without_a_ticket_begins_and_ends_with_the_trial() -> None:
    told = Book(issued=[3.0, 4.0, 9.0])
    assert told.longest_without(0.0, 10.0) == 5.0
    assert told.longest_without(0.0, 20.0) == 11.0
    assert Book().longest_without(2.0, 5.0) == 3.0


def probe(*answers: tuple[float, bool]) -> Probe:
    """Each question is answered a tenth of a second later."""
    made = Probe("http://127.0.0.1:1")
    made.asked = [Asked(sent, sent + 0.1, ready) for sent, ready in answers]
    return made


def test_ready_says_no_and_yes_again() -> None:
    asked = probe((1, True), (3, False), (4, True), (5, False), (6, True))
    assert asked.said_no_after(2) == pytest.approx(1.1)
    assert asked.said_yes_after(2, 4.5) == pytest.approx(1.6)
    assert asked.said_yes_after(2, 8) == 0
    assert probe((1, True), (3, False)).said_yes_after(2, 4) is None
    assert probe((1, False), (3, True)).said_no_after(2) is None


def test_a_board_stands_still_while_it_shows_nothing_new() -> None:
    boards = Boards("http://127.0.0.1:1", "hall", 2)
    first, second = boards.screens
    first.news, second.news = [1.0, 2.0, 9.0], [1.0, 5.0, 9.0]
    assert boards.stood_still(0.0, 10.0) == 7.0
    assert not boards.are_fresh()
    for version in (7, 7, 3):
        for screen in boards.screens:
            boards._show(screen, f'{{"version":{version},"called":[]}}')
    assert boards.are_fresh()
    assert len(first.news) == 5


def test_tracebacks_are_runs_of_frames() -> None:
    lines = ["error 1: X", '  File "a"', "    act()", "warning", "error 2: Y", '  File "b"']
    assert tracebacks(lines) == 2


def test_a_table_names_what_was_skipped_and_what_was_lost() -> None:
    lost = Result("worker")
    lost.verdict.lost.append("ticket t1")
    assert not lost.sound
    text = markdown([lost, Result("disk", skipped="no small disk")])
    assert "- **worker**: lost: ticket t1." in text
    assert "- **disk**: no small disk." in text


def test_every_trial_says_what_it_does_and_is_in_the_paper() -> None:
    paper = (Path(__file__).parents[1] / "docs" / "faults.md").read_text()
    assert [name for name, trial in TRIALS.items() if not trial.what] == []
    assert [name for name in TRIALS if f"`{name}`" not in paper] == []
