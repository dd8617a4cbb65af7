"""What the check of the files lets pass is put in force, and the centre works with it."""

from collections.abc import AsyncIterator, Iterator
from copy import deepcopy
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
import tomli_w

from config.files import ConfigError, load_centre
from config.rules import BOUNDS
from queue_app.clock import FixedClock
from queue_app.delivery import samples
from queue_app.domain.centre import Centre
from queue_app.domain.people import OPERATOR
from queue_app.flow.act import By
from queue_app.flow.configuring import apply
from queue_app.queries import reference
from queue_app.store import db
from tests.conftest import MONDAY
from tests.domain.mutations import Mutation, Tables, of_keys, of_texts, of_values, originals, write
from tests.support.application import alive, build, speaking_to
from tests.support.people import hire, install

TRIED = frozenset(
    {"zero", "one", "a day", "a week", "a line break", "rather long", "markup", "left out"}
)
BRANCH = "darnytskyi"
"""The second one, which keeps its name."""


class Centred(NamedTuple):
    """The application on a centre that changes, and who uses it."""

    client: httpx.AsyncClient
    kiosk: dict[str, str]
    clerk: dict[str, str]


@pytest.fixture
async def centred(spare_database: str, tmp_path: Path) -> AsyncIterator[Centred]:
    kept, config = db.engine.pool, db.engine.config
    async with db.pool(spare_database, max_size=2):
        await db.fetch("TRUNCATE centre, service, branch, branch_version, desk, lane CASCADE")
        folder = write(originals(), tmp_path / "first")
        await apply(By(OPERATOR, MONDAY), load_centre(folder))
        kiosk = await install(MONDAY, branch=BRANCH)
        clerk = await hire(MONDAY, branch=BRANCH)
    db.engine.pool, db.engine.config = kept, config
    app = build(spare_database, tmp_path, FixedClock(MONDAY), config=folder)
    async with alive(app), speaking_to(app) as client:
        yield Centred(client, kiosk.bearer, clerk.bearer)


def extremes(raw: dict[str, Tables]) -> Iterator[Mutation]:
    """Each rule at its least and at its most."""
    for name, bounds in BOUNDS.items():
        for value in bounds:
            tables = deepcopy(raw["centre.toml"])
            tables["rules"][name] = value
            if name == "lead_minutes" and value:
                tables["rules"]["horizon_days"] = 366
            yield Mutation("centre.toml", f"{name} = {value}", tomli_w.dumps(tables).encode())


def tried(raw: dict[str, Tables]) -> Iterator[Mutation]:
    yield from extremes(raw)
    seen = set()
    for one in (*of_keys(raw), *of_values(raw)):
        place, _, how = one.what.partition(" is " if " is " in one.what else " left ")
        how = "left out" if how == "out" else how
        name = next(part for part in reversed(place.split(".")) if not part.isdigit())
        if how in TRIED and (name, how) not in seen:
            seen.add((name, how))
            yield one
    yield from (one for one in of_texts(raw) if "saved" in one.what or "CRLF" in one.what)


def centres(folder: Path, raw: dict[str, Tables]) -> Iterator[tuple[str, Centre]]:
    """Those that the check lets pass."""
    for one in tried(raw):
        path = folder / one.file
        before = path.read_bytes()
        path.write_bytes(one.content)
        try:
            yield str(one), load_centre(folder)
        except ConfigError:
            continue
        finally:
            path.write_bytes(before)


async def faults(centred: Centred, centre: Centre) -> list[str]:
    """What does not work: an answer of 500, or a message that cannot be written."""
    asked: list[tuple[str, str, Any, dict[str, str]]] = [
        ("GET", "/", None, {}),
        ("GET", "/api/v1/catalogue", None, {}),
        ("GET", "/api/v1/branches", None, {}),
        ("GET", f"/display/{BRANCH}", None, {}),
        ("GET", f"/api/v1/branches/{BRANCH}/board", None, {}),
        ("GET", f"/api/v1/branches/{BRANCH}/desks", None, centred.clerk),
        ("GET", "/console", None, centred.clerk),
    ]
    services = [one.code for one in centre.services if "visit" in one.channels][:1]
    here = f"/api/v1/branches/{BRANCH}"
    asked += [
        ("POST", f"{here}/tickets", {"services": services}, centred.kiosk),
        ("GET", f"{here}/prospects?service={services[0]}", None, {}),
        ("GET", f"{here}/slots?service={services[0]}&days=62", None, {}),
    ]
    found = []
    for method, path, body, who in asked:
        answer = await centred.client.request(method, path, json=body, headers=who)
        found += [f"{path}: {answer.status_code}"] if answer.status_code >= 500 else []
    days = answer.json().get("days", [])
    for start in [day["starts"][0] for day in days if day["starts"]][:1]:
        body = {"services": services, "starts_at": start}
        held = await centred.client.post(f"{here}/appointments", json=body)
        found += [f"hold: {held.status_code}"] if held.status_code not in (201, 422, 429) else []
        if held.status_code == 201:
            found += await _booked(centred, held.json()["token"])
    return found


async def _booked(centred: Centred, token: str) -> list[str]:
    name = {"name": "Олена", "phone": "+380671234567"}
    path = f"/api/v1/appointments/{token}"
    answers = [
        await centred.client.post(f"{path}/confirmation", json=name),
        await centred.client.get(f"/visit/{token}"),
        await centred.client.get(f"/visit/{token}/calendar.ics"),
        await centred.client.post(f"{path}/cancellation"),
    ]
    return [f"{one.url.path}: {one.status_code}" for one in answers if one.status_code >= 500]


@pytest.mark.slow
async def test_a_centre_that_passes_the_check_works(centred: Centred, tmp_path: Path) -> None:
    raw = originals()
    folder = write(raw, tmp_path / "changed")
    broken, count = [], 0
    for count, (what, centre) in enumerate(centres(folder, raw), start=1):
        now = MONDAY + timedelta(seconds=count)
        try:
            await apply(By(OPERATOR, now), centre, accept=True)
            reference.forget()
            found = await faults(centred, centre)
        except Exception as error:
            found = [f"{type(error).__name__}: {error}"]
        found += samples.problems(centre, folder / "messages")
        broken += [f"{what}: {found}"] if found else []
    assert broken == []
    assert count > 100
