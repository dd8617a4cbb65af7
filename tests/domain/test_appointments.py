"""The life of an appointment: what may follow what, and a row that its events lead to."""

from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from queue_app.domain.appointments import (
    OPEN,
    TRANSITIONS,
    Appointment,
    AppointmentEvent,
    AppointmentProgress,
    AppointmentState,
    AppointmentVerb,
    apply,
    as_of,
    ending,
    fold,
    require_changeable,
)
from queue_app.domain.errors import Conflict

TEN = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
VERBS: tuple[AppointmentVerb, ...] = get_args(AppointmentVerb)
SLOT: dict[str, Any] = {
    "lane_id": 1,
    "starts_at": TEN + timedelta(hours=2),
    "ends_at": TEN + timedelta(hours=2, minutes=10),
}
FACTS: dict[str, dict[str, Any]] = {
    "hold": SLOT
    | {"held_until": TEN + timedelta(minutes=10), "language": "uk", "services": ("bill",)},
    "extend": {"held_until": TEN + timedelta(minutes=20)},
    "confirm": {"language": "en"},
    "move": SLOT | {"lane_id": 2},
    "change": {"lane_id": 3, "ends_at": SLOT["ends_at"], "services": ("bill", "debt")},
}


def event(seq: int, verb: AppointmentVerb) -> AppointmentEvent:
    at = TEN + timedelta(seconds=seq)
    return AppointmentEvent(seq, at, verb, "resident", **FACTS.get(verb, {}))


def history(*verbs: AppointmentVerb) -> list[AppointmentEvent]:
    return [event(seq, verb) for seq, verb in enumerate(verbs, start=1)]


def appointment(*verbs: AppointmentVerb) -> Appointment:
    progress = fold(history(*verbs))
    values = {name: getattr(progress, name) for name in AppointmentProgress.__struct_fields__}
    return Appointment(1, 1, "1-token", "123456", "visit", **values)


@given(st.lists(st.sampled_from(VERBS), max_size=8))
def test_what_may_follow_is_what_the_table_says_and_nothing_else(verbs: list[Any]) -> None:
    progress: AppointmentProgress | None = None
    for seq, verb in enumerate(verbs, start=1):
        allowed, then = TRANSITIONS[verb]
        state = progress.state if progress else None
        if state not in allowed:
            with pytest.raises(Conflict, match="appointment_state"):
                apply(progress, event(seq, verb))
            return
        progress = apply(progress, event(seq, verb))
        assert progress.state == (then or state)
        assert (progress.revision, progress.changed_at) == (seq, event(seq, verb).at)
        assert (progress.held_until is None) == (progress.state not in ("held", "expired"))


def test_a_moved_booking_keeps_everything_but_its_place_in_time() -> None:
    before, after = fold(history("hold", "confirm")), fold(history("hold", "confirm", "move"))
    assert (after.lane_id, after.state, after.language) == (2, "booked", "en")
    assert after.held_until is before.held_until is None


def test_other_services_keep_the_start_unless_they_bring_another() -> None:
    before, after = fold(history("hold", "confirm")), fold(history("hold", "confirm", "change"))
    assert (after.services, after.lane_id) == (("bill", "debt"), 3)
    assert (after.starts_at, after.state) == (before.starts_at, "booked")
    later = TEN + timedelta(hours=3)
    elsewhen = structs.replace(event(4, "change"), starts_at=later)
    assert apply(after, elsewhen).starts_at == later


def test_checking_in_leaves_the_booking_and_says_when() -> None:
    came = appointment("hold", "confirm", "check_in")
    assert (came.state, came.checked_in_at) == ("booked", TEN + timedelta(seconds=3))
    with pytest.raises(Conflict, match="already_checked_in"):
        require_changeable(came, TEN)


def test_a_hold_whose_time_ran_out_is_shown_as_expired_before_it_is_swept() -> None:
    held = appointment("hold")
    assert as_of(held, TEN + timedelta(minutes=9)).state == "held"
    lapsed = as_of(held, TEN + timedelta(minutes=10))
    assert lapsed.state == "expired"
    with pytest.raises(Conflict, match="appointment_state") as refused:
        require_changeable(held, TEN + timedelta(minutes=10))
    assert refused.value.details == {"state": "expired"}


@given(
    st.sampled_from([("hold",), ("hold", "extend"), ("hold", "expire"), ("hold", "cancel")]),
    st.integers(-90, 90),
)
def test_whatever_has_ended_says_who_ended_it_also_on_a_clock_that_was_set_back(
    verbs: tuple[AppointmentVerb, ...], minutes: int
) -> None:
    now = TEN + timedelta(minutes=minutes)
    over = as_of(appointment(*verbs), now).state in ("expired", "cancelled")
    found = ending(history(*verbs), now)
    assert (found is not None) == over
    if found and verbs[-1] in ("hold", "extend"):
        assert found.by == "time" and found.at <= now


def test_what_has_begun_cannot_be_changed_any_more() -> None:
    booked = appointment("hold", "confirm")
    require_changeable(booked, booked.starts_at - timedelta(seconds=1))
    with pytest.raises(Conflict, match="too_late_to_change"):
        require_changeable(booked, booked.starts_at)


def test_every_state_is_reached_and_only_open_ones_go_on() -> None:
    reached = {then for _, then in TRANSITIONS.values() if then}
    assert reached == set(get_args(AppointmentState))
    assert {state for allowed, _ in TRANSITIONS.values() for state in allowed if state} == set(OPEN)


def test_the_row_is_the_fold_and_the_fold_is_the_row() -> None:
    booked = appointment("hold", "extend", "confirm", "move", "check_in", "fulfil")
    assert booked.progress == fold(
        history("hold", "extend", "confirm", "move", "check_in", "fulfil")
    )
    assert booked.at(fold(history("hold"))).state == "held"
