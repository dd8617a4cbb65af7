"""What `config apply` says of plans: old and new by place, and whom they hit."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from config.files import load_centre
from queue_app.cli.differences import differences
from queue_app.domain.people import OPERATOR
from queue_app.flow import configuring
from queue_app.flow.act import By
from queue_app.flow.configuring import Change, Settled
from queue_app.queries import reference
from tests.support.database import CONFIG

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
replace = msgspec.structs.replace


def hours(closes: str) -> Any:
    return [{"opens": "09:00:00", "closes": f"{closes}:00"}]


def test_hours_are_said_as_they_are_written_and_what_is_alike_is_said_once() -> None:
    long = {"mon": hours("18:00"), "tue": hours("18:00"), "fri": hours("16:45")}
    short = {"mon": hours("17:00"), "tue": hours("17:00")}
    before = {"hours": long, "closures": [], "position": 0}
    closure = {"day": "2026-12-24", "reason": {"uk": "Ремонт"}}
    after = {"hours": short, "closures": [closure], "position": 1}
    assert differences(
        Settled(Change("branch", slug, "changed", ("hours",)), before, after)
        for slug in ("one", "two")
    ) == [
        "branches.toml: branches one, two hours mon-tue: 9:00-18:00 -> 9:00-17:00",
        "branches.toml: branches one, two hours fri: 9:00-16:45 -> nothing",
        "branches.toml: branches one, two closures 2026-12-24: nothing -> closed all day",
    ]


def test_a_branch_that_goes_takes_its_desks_and_lanes_in_one_line() -> None:
    gone = [("branch", "old"), ("desk", "old/1"), ("lane", "old/visit"), ("lane", "new/visit")]
    assert differences(Settled(Change(kind, key, "retired")) for kind, key in gone) == [  # type: ignore[arg-type]
        "branches.toml: branches old: retired",
        "branches.toml: lanes new/visit: retired",
    ]


@pytest.mark.usefixtures("database")
async def test_rules_and_services_have_their_place_in_the_files() -> None:
    centre = load_centre(CONFIG)
    first, *rest = centre.services
    changed = replace(
        centre,
        rules=replace(centre.rules, lead_minutes=45),
        services=(replace(first, channels=("visit",)), *rest),
    )
    applied = await configuring.rehearse(By(OPERATOR, NOW), changed)
    assert (await reference.directory()).centre == centre
    said = differences(applied.settled)
    assert said[0] == f"centre.toml: rules lead_minutes: {centre.rules.lead_minutes} -> 45"
    assert said[1].startswith(f"catalogue.toml: services {first.code} channels: ")
