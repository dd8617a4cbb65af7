"""`queue-app history`: a log is looked through, written, worked on top of, and taken back."""

from datetime import timedelta
from pathlib import Path

import pytest

from queue_app.queries import doctor
from queue_app.store import db
from tests.conftest import MONDAY
from tests.support.hall import open_desk, take_ticket
from tests.test_cli import Terminal

FRIDAY = MONDAY - timedelta(days=3)
NOW = MONDAY.isoformat()
HEAD = "came;what;begins;ends;left_at;desk;priority;due"


def log(people: int = 40) -> str:
    """At two desks, every six minutes; each fourth was booked, each tenth left; one never came."""
    rows = [HEAD]
    for number in range(people):
        came = FRIDAY + timedelta(minutes=6 * number)
        times = [came, came + timedelta(minutes=2), came + timedelta(minutes=6)]
        came_at, begins, ends = (f"{one:%d.%m.%Y %H:%M:%S}" for one in times)
        due = begins if number % 4 == 0 else ""
        if number % 10 == 9:
            rows.append(f"{came_at};Arrears;;;{begins};;;{due}")
        else:
            desk = f"Olena {number % 2}"
            rows.append(f"{came_at};Arrears;{begins};{ends};;{desk};{number % 7 == 0:d};{due}")
    rows.append(f";Arrears;;;;;;{FRIDAY:%d.%m.%Y %H:%M}")
    return "\n".join(rows)


DESKS = f"""desk,state,from,until
Olena 0,open,{FRIDAY:%Y-%m-%d} 09:00,{FRIDAY:%Y-%m-%d} 18:00
Olena 1,open,{FRIDAY:%Y-%m-%d} 09:00,{FRIDAY:%Y-%m-%d} 15:00
Olena 1,paused,{FRIDAY:%Y-%m-%d} 15:00,{FRIDAY:%Y-%m-%d} 15:40"""


def written(folder: Path, name: str, text: str) -> str:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return str(file)


COLUMNS = ("--map", "arrival=came", "--map", "service=what", "--map", "start=begins",
           "--map", "end=ends")  # fmt: skip


async def count(table: str) -> int:
    return int(await db.fetch_value(f"SELECT count(*) FROM {table}"))


@pytest.mark.slow
async def test_an_import_a_day_in_the_hall_and_forgetting_leave_doctor_nothing_to_say(
    database: str, tmp_path: Path
) -> None:
    terminal = Terminal(tmp_path / "data", database)
    past: tuple[str, ...] = (
        "history",
        "import",
        written(tmp_path, "log.csv", log()),
        *COLUMNS,
        "--now",
        NOW,
    )
    unknown = terminal.fails(*past)
    assert "these services are unknown; name them with --services:" in unknown
    assert "Arrears (41 rows, the first is line 2)" in unknown
    past = (*past, "--services", written(tmp_path, "names.csv", "Arrears,debt-amount\n"),
            "--desks", written(tmp_path, "desks.csv", DESKS))  # fmt: skip

    looked = terminal.succeeds(*past, "--dry-run")
    assert "log.csv: 41 rows." in looked and "desks.csv: 3 rows." in looked
    assert "1 day, 2026-11-20 to 2026-11-20: 40 tickets, 36 served, 4 left." in looked
    assert "Waits: median 2.0 minutes, nine in ten at most 2.0." in looked
    assert "Desks: 2, of which 2 to 2 work on a day, which give 1 to 1 services." in looked
    assert "Pauses that nothing tells of: 1, median 40 minutes." in looked
    assert "Bookings: 11, of which 1 were missed." in looked
    assert "Nothing was written: --dry-run." in looked
    assert await count("ticket") == 0

    done = terminal.succeeds(*past)
    assert "41 rows of 1 day written, 11 bookings among them." in done
    assert "Learned, in minutes:" in done and "debt-amount" in done
    assert "Olena" not in looked + done
    again = terminal.succeeds(*past)
    assert "0 rows of 0 days written; 41 rows had been before." in again

    desk = await open_desk("1", MONDAY)
    mine = await take_ticket(MONDAY)
    await take_ticket(MONDAY)
    await desk.call(mine.id)
    await desk.start(mine.id)
    await desk.finish(mine.id)
    assert await doctor.check(MONDAY) == []
    assert "41 imported rows taken back." in terminal.succeeds("history", "forget", "--now", NOW)
    assert [await count(table) for table in ("ticket", "appointment", "imported_mark")] == [2, 0, 0]
    terminal.succeeds("doctor")
    dump = await db.fetch("SELECT e::text AS text FROM ticket_event e")
    assert not any("Olena" in row["text"] for row in dump)


@pytest.mark.slow
async def test_what_cannot_be_imported_is_said_by_its_line_and_nothing_is_written(
    database: str, tmp_path: Path
) -> None:
    terminal = Terminal(tmp_path / "data", database)
    names = written(tmp_path, "names.csv", "Arrears,debt-amount\n")

    def refused(text: str, *options: str) -> str:
        file = written(tmp_path, "log.csv", text)
        return terminal.fails(
            "history", "import", file, *COLUMNS, "--services", names, "--now", NOW, *options
        )

    bad = "soon;Arrears;;;;;;\n" * 5
    assert "5 of 46 rows of log.csv cannot be true, over 5 %" in refused(f"{log()}\n{bad}")
    today = log(5).replace(f"{FRIDAY:%d.%m.%Y}", f"{MONDAY:%d.%m.%Y}")
    assert "log.csv, line 2: this is not over yet" in refused(today)
    await open_desk("1", FRIDAY)
    await take_ticket(FRIDAY)
    assert "log.csv, line 2: holosiivskyi has tickets of its own on 2026-11-20" in refused(log())
    wrong = written(tmp_path, "desks.csv", "desk,state,from\n")
    assert "line 1: there is no column 'until'" in refused(log(), "--desks", wrong)
    no_code = written(tmp_path, "names.csv", "Arrears\n")
    assert "line 1: this is not THEIRS,CODE" in refused(log(), "--services", no_code)
    assert await count("imported") == 0
