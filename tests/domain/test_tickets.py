"""The life of a ticket: the transition table, the fold, and what can be taken back."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from queue_app.domain.errors import Conflict
from queue_app.domain.tickets import (
    AT_DESK,
    LIVE,
    TRANSITIONS,
    UNDOABLE,
    Event,
    Progress,
    State,
    Verb,
    apply,
    effective,
    fold,
    undoable,
)

NINE = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
UNDO_MINUTES = 5
STATES: tuple[State, ...] = (
    "waiting", "called", "serving", "parked", "finished", "no_show", "left",
)  # fmt: skip
VERBS = tuple(verb for verb in TRANSITIONS if verb != "issue")


def event(seq: int, verb: Verb, minutes: float = 0, desk: int | None = None) -> Event:
    services = ("bill",) if verb == "issue" else None
    return Event(seq, NINE + timedelta(minutes=minutes), verb, "staff:1", desk, services)


def history(*verbs: Verb) -> list[Event]:
    return [event(seq, verb, seq, desk=4) for seq, verb in enumerate(verbs, 1)]


class Life(RuleBasedStateMachine):
    """Any sequence of verbs, possible or not, with undos between, as time goes on."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NINE
        self.events = [event(1, "issue")]
        self.progress = apply(None, self.events[0])
        self.past = [self.progress]
        """What undo may lead back to: the progress after each event that still counts."""

    @rule(seconds=st.integers(0, 400))
    def time_passes(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule(
        verb=st.sampled_from(VERBS),
        desk=st.integers(1, 3),
        services=st.sampled_from([("bill",), ("meter", "bill")]),
    )
    def somebody_says(self, verb: Verb, desk: int, services: tuple[str, ...]) -> None:
        happened = Event(
            seq=self.progress.revision + 1,
            at=self.now,
            verb=verb,
            actor="staff:1",
            desk_id=desk,
            services=services if verb == "transfer" else None,
            for_desk_id=desk if verb == "transfer" else None,
        )
        allowed, then = TRANSITIONS[verb]
        if self.progress.state not in allowed:
            with pytest.raises(Conflict, match="ticket_state"):
                apply(self.progress, happened)
            return
        self.progress = apply(self.progress, happened)
        assert self.progress.state == then
        self.events.append(happened)
        self.past.append(self.progress)

    @precondition(lambda self: undoable(self.events, self.now, UNDO_MINUTES) is not None)
    @rule()
    def the_last_is_undone(self) -> None:
        last = undoable(self.events, self.now, UNDO_MINUTES)
        assert last
        assert last.verb in UNDOABLE
        assert self.now - last.at <= timedelta(minutes=UNDO_MINUTES)
        self.events.append(Event(self.progress.revision + 1, self.now, "undo", "staff:1"))
        self.progress = fold(self.events)
        self.past.pop()
        revision = self.progress.revision
        assert self.progress == replaced(self.past[-1], revision), "as before what was undone"

    @invariant()
    def the_fold_of_the_events_is_what_was_built_step_by_step(self) -> None:
        assert fold(self.events) == self.progress
        assert self.progress.revision == len(self.events)

    @invariant()
    def the_state_and_its_timestamps_agree(self) -> None:
        one = self.progress
        assert (one.state in AT_DESK) <= (one.desk_id is not None and one.called_at is not None)
        assert (one.state == "serving") <= (one.started_at is not None)
        assert (one.state in ("finished", "no_show", "left")) == (one.ended_at is not None)
        assert (one.state in ("waiting", "parked")) <= (one.desk_id is None and one.calls == 0)
        assert (one.state in LIVE) == (one.ended_at is None)

    @invariant()
    def nobody_loses_the_place_they_had_in_the_order(self) -> None:
        assert self.progress.queued_at == NINE


def replaced(progress: Progress, revision: int) -> Progress:
    """The same progress at another revision."""
    return Progress(**{name: getattr(progress, name) for name in progress.__struct_fields__
                       if name != "revision"}, revision=revision)  # fmt: skip


TestLife = Life.TestCase


@pytest.mark.parametrize("verb", TRANSITIONS)
@pytest.mark.parametrize("state", STATES)
def test_a_verb_starts_only_from_the_states_of_its_row(verb: Verb, state: State) -> None:
    progress = Progress(7, state, ("bill",), NINE, called_at=NINE, calls=1)
    if state in TRANSITIONS[verb][0]:
        assert apply(progress, event(8, verb)).state == TRANSITIONS[verb][1]
    else:
        with pytest.raises(Conflict, match="ticket_state") as refused:
            apply(progress, event(8, verb))
        assert refused.value.details == {"state": state, "verb": verb}


def test_a_clerk_brings_back_only_a_no_show_and_a_booking_whoever_did_not_begin() -> None:
    ends = ("finished", "no_show", "left")
    after = {
        end: {verb for verb, (given, _) in TRANSITIONS.items() if end in given} for end in ends
    }
    assert after == {"finished": set(), "no_show": {"return", "rejoin"}, "left": {"rejoin"}}


def test_a_recall_counts_and_keeps_the_time_of_the_call() -> None:
    called = fold(history("issue", "call", "recall", "recall"))
    assert called.calls == 3
    assert called.called_at == NINE + timedelta(minutes=2)


def test_a_transfer_changes_what_for_and_where_to_and_forgets_the_desk() -> None:
    events = history("issue", "call", "start")
    moved = Event(4, NINE, "transfer", "staff:1", 4, ("meter",), 9)
    progress = fold([*events, moved])
    assert (progress.services, progress.for_desk_id, progress.desk_id) == (("meter",), 9, None)
    assert progress.started_at is None


def test_undone_events_do_not_count_and_neither_do_their_undos() -> None:
    events = history("issue", "call", "start", "undo", "no_show", "undo", "undo")
    assert [one.verb for one in effective(events)] == ["issue"]
    assert fold(events).state == "waiting"
    assert fold(events).revision == 7


@given(st.integers(0, 2 * UNDO_MINUTES * 60))
def test_a_verb_can_be_undone_for_the_stated_minutes_and_not_after(seconds: int) -> None:
    events = history("issue", "call")
    last = undoable(events, events[-1].at + timedelta(seconds=seconds), UNDO_MINUTES)
    assert (last == events[-1]) == (seconds <= UNDO_MINUTES * 60)


@pytest.mark.parametrize("verbs", [("issue",), ("issue", "leave"), ("issue", "call", "undo")])
def test_an_issue_and_a_leaving_stay(verbs: tuple[Verb, ...]) -> None:
    assert undoable(history(*verbs), NINE + timedelta(minutes=3), UNDO_MINUTES) is None
