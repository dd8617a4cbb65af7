"""The demo's alert: everything stands still, nobody is lost, and it may end in the middle."""

import signal
import time
from datetime import UTC, date, datetime, timedelta

import httpx
import msgspec
import pytest

from queue_app.clock import ShiftedClock
from queue_app.demo.floor import Floor
from queue_app.demo.plan import ALERT_MINUTES, MINUTE, DemoPlan, alert_of, plan_of
from queue_app.queries import reference
from tests.flow.test_demo import MONDAY, Demo, StartDemo, demo

__all__ = ["demo"]

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


async def plan_on(day: date) -> DemoPlan:
    directory = await reference.directory()
    found = plan_of(directory, next(iter(directory.branches.values())), day)
    assert found
    return found


async def test_the_alert_is_at_noon_or_in_the_middle_of_a_day_without_one(database: str) -> None:
    plan = await plan_on(MONDAY)
    alert = alert_of(plan)
    assert alert.opens.astimezone(plan.zone).hour == 12
    assert (alert.closes - alert.opens) / MINUTE == ALERT_MINUTES
    short = msgspec.structs.replace(plan, closes=alert.opens + 30 * MINUTE)
    assert short.opens < alert_of(short).opens < alert_of(short).closes < short.closes


async def test_work_and_patience_stand_still_during_the_alert(database: str) -> None:
    clock = ShiftedClock(NOON, 6_000.0, datetime.now(UTC))
    floor = Floor(await plan_on(MONDAY), clock, None, None)  # type: ignore[arg-type]
    hour = timedelta(hours=1)
    began = floor.now()
    assert floor.put_off(began, began + hour) == began + hour
    floor.stop()
    assert not floor.calls_go_on.is_set()
    stopped = floor.now()
    await floor.sleep(1200)
    floor.go_on()
    lasted = floor.now() - stopped
    assert lasted >= 20 * MINUTE
    put_off = floor.put_off(began, began + hour) - (began + hour)
    assert abs(put_off - lasted) < 10 * MINUTE, "a tenth of a real second"
    later = floor.now()
    assert floor.put_off(later, later + hour) == later + hour


@pytest.mark.slow
@pytest.mark.server
def test_ctrl_c_in_the_middle_of_an_alert_leaves_nothing(demo: StartDemo) -> None:
    day = demo("--rate", "120", "--visitors", "10", "--clock", "2026-11-23T11:57+02:00")
    day.until("CALLS STOPPED")
    assert _kind_on_the_board(day) == "alert"
    day.signal_all(signal.SIGINT)
    assert day.end() == 0, day.said
    assert "every invariant holds" in day.said
    assert day.leftovers() == []


def _kind_on_the_board(day: Demo) -> str:
    """The siren sounds before a clerk has pressed the button."""
    address = f"http://127.0.0.1:{day.port}/api/v1/branches/holosiivskyi/board"
    with httpx.Client(timeout=30, trust_env=False) as screen:
        for _ in range(200):
            if stopped := screen.get(address).json()["interruption"]:
                return str(stopped["kind"])
            time.sleep(0.02)
    return "none"
