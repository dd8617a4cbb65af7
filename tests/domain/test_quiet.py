"""The night: no message leaves in it but what somebody waits for."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queue_app.domain.messages import Medium, MessageKind
from queue_app.domain.quiet import Quiet, leaves_at

KYIV = ZoneInfo("Europe/Kyiv")
NIGHT = Quiet(21, 8, KYIV)
moments = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
zones = st.sampled_from(
    ["Europe/Kyiv", "Europe/Dublin", "Australia/Lord_Howe", "Atlantic/Azores", "America/New_York"]
)
hours = st.integers(0, 23)


@given(moments, zones, hours, hours)
def test_law_it_waits_for_the_first_waking_moment_and_no_longer_than_the_night(
    moment: datetime, zone: str, first: int, last: int
) -> None:
    quiet = Quiet(first, last, ZoneInfo(zone))
    leaves = quiet.ends_after(moment)
    assert moment <= leaves <= moment + timedelta(hours=25)
    assert not quiet.holds(leaves)
    assert quiet.ends_after(leaves) == leaves
    between = moment
    while between < leaves:
        assert quiet.holds(between)
        between += timedelta(minutes=30)


@given(moments, hours)
def test_law_where_the_night_has_no_length_nothing_waits(moment: datetime, hour: int) -> None:
    assert Quiet(hour, hour, KYIV).ends_after(moment) == moment


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=KYIV)


@pytest.mark.parametrize(
    ("kind", "medium", "begins_at", "leaves"),
    [
        ("booked", "mail", at(24, 10), at(23, 22)),
        ("booked", "sms", at(24, 10), at(24, 8)),
        ("booked", "sms", at(24, 7, 30), at(23, 22)),
        ("moved", "sms", at(24, 10), at(24, 8)),
        ("code", "sms", None, at(23, 22)),
        ("link", "sms", at(24, 10), at(23, 22)),
        ("plans", "mail", at(24, 10), at(24, 8)),
        ("plans", "mail", at(24, 1), at(23, 22)),
        ("plans", "sms", at(24, 1), at(23, 22)),
        ("missed", "mail", at(23, 10), at(24, 8)),
        ("missed", "sms", at(23, 10), at(24, 8)),
    ],
)
def test_at_ten_in_the_evening_only_what_is_waited_for_leaves(
    kind: MessageKind, medium: Medium, begins_at: datetime | None, leaves: datetime
) -> None:
    assert leaves_at(kind, medium, at(23, 22), NIGHT, begins_at) == leaves


def test_the_night_ends_at_eight_by_the_wall_on_the_days_of_the_change_too() -> None:
    for day in (datetime(2026, 3, 29, 1, tzinfo=KYIV), datetime(2026, 10, 25, 1, tzinfo=KYIV)):
        assert NIGHT.ends_after(day) == day.replace(hour=8)
