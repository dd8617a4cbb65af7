"""`queue-app person`: what is known of somebody who asks, and that it goes."""

import json
from datetime import timedelta
from pathlib import Path

from queue_app.domain.contacts import Resident
from queue_app.domain.people import RESIDENT
from queue_app.domain.wish import Wanted
from queue_app.flow import booking, wishing
from queue_app.flow.act import By
from queue_app.queries import reference
from queue_app.store import db
from tests.conftest import MONDAY
from tests.flow.letters import ELEVEN
from tests.support.people import BRANCH
from tests.test_cli import Terminal

PHONE = "+380671234567"


async def book(minutes: int, phone: str, email: str | None, branch: str = BRANCH) -> str:
    by = By(RESIDENT, MONDAY)
    start = ELEVEN + timedelta(days=365, minutes=minutes)
    held = await booking.hold(by, branch, ["debt-amount"], ELEVEN + timedelta(minutes=minutes))
    booked = await booking.confirm(by, held.token, "Олена", phone, email, "uk")
    # Where the command has the real time, the visit is still to come.
    await db.fetch(
        "UPDATE appointment SET period = tstzrange($2, $3) WHERE token = $1",
        booked.token,
        start,
        start + timedelta(minutes=10),
    )
    return booked.code


async def test_a_person_is_shown_exported_and_erased_and_that_is_recorded(
    database: str, tmp_path: Path
) -> None:
    codes = [
        await book(0, PHONE, None),
        await book(30, PHONE, "Olena@example.com"),
        await book(0, PHONE, None, "podilskyi"),
    ]
    other = await book(60, "+380672222222", None)
    terminal = Terminal(tmp_path / "data", database)
    directory = await reference.directory()
    day = MONDAY.date() + timedelta(days=20)
    wanted = Wanted(("debt-amount",), "visit", (directory.branch(BRANCH).id,), day, day)
    person = Resident("Олена", PHONE, None)
    await wishing.make_wish(By(RESIDENT, MONDAY), "uk", wanted, person)
    shown = terminal.succeeds("person", "show", "8 067 123 45 67")
    assert all(code in shown for code in codes) and other not in shown
    exported = json.loads(terminal.succeeds("person", "export", "olena@EXAMPLE.com"))
    assert [one["code"] for one in exported["bookings"]] == [codes[1]]
    assert exported["bookings"][0]["phone"] == PHONE and exported["wishes"] == []
    assert "waiting list: open  Олена" in shown
    erased = terminal.succeeds("person", "erase", PHONE, "--yes")
    assert "Deleted: 3." in erased and "Deleted from the waiting list: 1." in erased
    assert terminal.succeeds("person", "show", PHONE) == ""
    assert "bad_contact" in terminal.fails("person", "show", "nobody")
    kept = await db.fetch(
        "SELECT a::text AS all FROM appointment a UNION SELECT m::text FROM message m"
        " UNION SELECT w::text FROM wish w"
    )
    assert not [row for row in kept if PHONE in row["all"] or "Olena" in row["all"]]
    events = await db.fetch(
        "SELECT actor, subject, verb, after, e::text AS all FROM office_event e"
        " WHERE kind = 'person' ORDER BY id"
    )
    assert [row["verb"] for row in events] == ["show", "export", "erase", "show"]
    assert {row["actor"] for row in events} == {"operator"}
    assert json.loads(events[2]["after"]) == {"bookings": 3}
    assert not [row for row in events if "67123" in row["all"] or "lena" in row["all"]]
    states = await db.fetch("SELECT state FROM appointment WHERE code <> $1", other)
    assert {row["state"] for row in states} == {"cancelled"}
