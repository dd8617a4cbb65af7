"""The code of the hall: the same on every board, another one soon, and none that one can keep."""

from datetime import UTC, datetime, timedelta

from queue_app.domain.hall_code import changes_at, code_at, is_shown

HERE, THERE = bytes(15) + b"1", bytes(15) + b"2"
TEN = datetime(2026, 11, 23, 10, tzinfo=UTC)
FIVE = timedelta(minutes=5)


def test_it_has_four_digits_and_changes_every_five_minutes() -> None:
    codes = [code_at(HERE, TEN + minute * timedelta(minutes=1), 5) for minute in range(600)]
    assert all(len(code) == 4 and code.isdigit() for code in codes)
    assert [code == codes[0] for code in codes[:5]] == [True] * 5
    assert len(set(codes)) > 100, "120 codes, few of them twice"
    assert changes_at(TEN + timedelta(minutes=3), 5) == TEN + FIVE
    assert changes_at(TEN, 5) == TEN + FIVE


def test_what_was_shown_a_moment_ago_still_counts_and_what_was_before_it_does_not() -> None:
    shown = code_at(HERE, TEN, 5)
    assert is_shown(HERE, shown, TEN, 5)
    assert is_shown(HERE, f" {shown[:2]} {shown[2:]}", TEN + FIVE, 5)
    arabic = "".join(chr(ord("٠") + int(one)) for one in shown)
    assert is_shown(HERE, arabic, TEN, 5)
    assert not is_shown(HERE, shown, TEN + 2 * FIVE, 5)
    assert not is_shown(HERE, "", TEN, 5)


def test_another_hall_shows_another_one() -> None:
    moments = [TEN + n * FIVE for n in range(50)]
    alike = sum(code_at(HERE, at, 5) == code_at(THERE, at, 5) for at in moments)
    assert alike <= 2
