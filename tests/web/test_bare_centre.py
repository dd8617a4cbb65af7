"""A centre whose files say no more than they must: every page stands without what is optional."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from litestar import Litestar

from queue_app.clock import FixedClock
from queue_app.domain.people import OPERATOR
from queue_app.flow.act import By
from queue_app.flow.configuring import apply
from queue_app.queries import reference
from tests.conftest import MONDAY
from tests.support.application import alive, build, speaking_to
from tests.support.centre_files import (
    EACH,
    Files,
    Keys,
    centre_of,
    keys_of,
    optional_keys,
    read_files,
    without,
)
from tests.support.database import CONFIG
from tests.support.hall import open_desk, take_ticket
from tests.support.people import BRANCH, hire, install
from tests.web.resident import CHOICE, HTML, PERSON, hold, post
from tests.web.test_rights import ways

Pages = list[tuple[str, httpx.AsyncClient]]
"""Addresses, and who asks for each."""
ADDED: dict[Keys, Any] = {
    ("branches.toml", "branches", EACH, "address"): {"uk": "вул. Тестова, 1", "en": "1 Test St"},
    ("branches.toml", "branches", EACH, "shelter"): {"uk": "Метро", "en": "The metro"},
    ("branches.toml", "branches", EACH, "closures"): [
        {"day": "2026-12-25", "reason": {"uk": "Різдво", "en": "Christmas"}}
    ],
    ("catalogue.toml", "services", EACH, "planned_minutes"): 12,
}
"""What the sample might say and does not."""
ADVICE: tuple[Keys, ...] = (
    ("catalogue.toml", "services", EACH, "documents"),
    ("advice.toml", "checklists"),
    ("advice.toml", "contacts"),
    ("advice.toml", "notes"),
)
"""Checklists can only go with whatever names them."""


def said_in_full() -> Files:
    files = read_files(CONFIG)
    for (name, table, _, key), value in ADDED.items():
        for one in files[name][table]:
            one[key] = value
    return files


def texts_of(keys: list[Keys]) -> list[Keys]:
    """Without the numbers of the rules and the hours, each of which has a default or is a day."""
    return [one for one in keys if not {"rules", "hours", "roster"} & set(one[:-1])]


@pytest.fixture
async def app(spare_database: str, clock: FixedClock, tmp_path: Path) -> AsyncIterator[Litestar]:
    """On a database of its own, as the test changes the centre."""
    async with alive(build(spare_database, tmp_path / "data", clock)) as running:
        reference.forget()
        yield running
    reference.forget()


@pytest.fixture
async def pages(app: Litestar, clock: FixedClock) -> AsyncIterator[Pages]:
    """Every page with something on it, and who may look at it."""
    clock.set(MONDAY)
    now = clock.now()
    supervisor = await hire(now, "chief", "supervisor")
    kiosk = await install(now)
    desk = await open_desk("1", now)
    ticket = await take_ticket(now)
    await desk.call()
    await take_ticket(now)
    async with speaking_to(app) as client, speaking_to(app) as machine:
        client.headers.update(HTML | supervisor.bearer)
        machine.headers.update(HTML | kiosk.bearer)
        held = (await hold(client, now + timedelta(days=1, hours=1))).url.path
        booked = (await hold(client, now + timedelta(days=1, hours=2))).url.path
        await post(client, booked, PERSON)
        values = {
            "branch": BRANCH,
            "desk": str(desk.id),
            "token": booked.rpartition("/")[2],
            "name": "web/base.css",
        }
        found = [
            (path.format(**values), machine if path.startswith("/kiosk") else client)
            for method, path, _ in ways(app)
            if method == "GET" and not path.startswith(("/api", "/t/"))
        ]
        found += [(f"{path}?{CHOICE}&day=2026-11-24", client) for path in ("/way", "/day", "/time")]
        found += [(held, client), (f"/t/{ticket.token}", client)]
        yield found


@pytest.mark.slow
async def test_every_page_stands_without_whatever_is_optional(
    pages: Pages, clock: FixedClock, tmp_path: Path
) -> None:
    files = said_in_full()
    optional = optional_keys(files, texts_of(keys_of(files)), tmp_path)
    assert {keys[-1] for keys in optional} >= {"contacts", "notes", "shelter", "address", "url"}
    in_full: dict[str, int] = {}
    broken = []
    for left_out in [(), *((keys,) for keys in optional), ADVICE, (*optional, *ADVICE)]:
        await apply(By(OPERATOR, clock.now()), centre_of(without(files, *left_out), tmp_path))
        reference.forget()
        for path, client in pages:
            status = (await client.get(path)).status_code
            if status != in_full.setdefault(path, status) or status >= 500:
                broken.append((left_out, path, status))
    assert broken == []
    assert sum(status == 200 for status in in_full.values()) > 20
