"""Synthetic days: repeatable, fast, and able to tell policies, estimates and rosters apart."""

import math
from datetime import date
from pathlib import Path
from random import Random
from statistics import stdev

import pytest
from click.testing import CliRunner, Result
from msgspec.structs import replace

from config.files import load_centre
from queue_app.cli.commands import main
from queue_app.domain.centre import BranchPlan, Centre
from queue_app.domain.dispatch import POLICIES, CallingDesk
from queue_app.domain.forward import Shift
from queue_app.domain.service_times import ServiceTime
from queue_app.simulation import correcting
from queue_app.simulation.compare import compare, interval, synthetic_days
from queue_app.simulation.estimates import PHASES, measure, measure_rows
from queue_app.simulation.knowledge import learn, truth
from queue_app.simulation.roster_search import StaffingTask, Target, parse_target, propose
from queue_app.simulation.run import run_day
from queue_app.simulation.synthetic_branch import KINDS, SyntheticBranch, synthetic_branch
from queue_app.simulation.synthetic_day import SyntheticDay, draw

MONDAY, SUNDAY = date(2026, 11, 23), date(2026, 11, 22)
CONFIG = Path(__file__).parents[2] / "config" / "kyiv-cks"


@pytest.fixture(scope="module")
def centre() -> Centre:
    return load_centre(CONFIG)


@pytest.fixture(scope="module")
def branch(centre: Centre) -> BranchPlan:
    return centre.branches[0]


@pytest.fixture(scope="module")
def rush(centre: Centre, branch: BranchPlan) -> SyntheticBranch:
    return synthetic_branch(centre, branch, "rush", Random(1))


@pytest.mark.parametrize("kind", KINDS)
def test_a_seed_gives_the_same_day_again(centre: Centre, branch: BranchPlan, kind: str) -> None:
    def once(seed: int) -> SyntheticDay:
        chance = Random(seed)
        return draw(synthetic_branch(centre, branch, kind, chance), MONDAY, chance)  # type: ignore[arg-type]

    assert once(1).people == once(1).people
    assert once(1).people != once(2).people
    assert run_day(once(1), POLICIES["promise"]).called == (
        run_day(once(1), POLICIES["promise"]).called
    )


def test_a_day_has_every_kind_of_visitor_and_all_are_called(rush: SyntheticBranch) -> None:
    day = draw(rush, MONDAY, Random(2))
    outcome = run_day(day, POLICIES["promise"])
    assert outcome.called.keys() == {one.person.id for one in day.people}
    came = {one.person.id for one in day.people if one.person.due is not None}
    assert came < {one.id for one in day.bookings}
    assert any(one.person.priority for one in day.people)
    assert any(len(one.person.services) == 2 for one in day.people)
    assert min(one.arrives for one in day.people) < day.opens
    assert max(one.arrives for one in day.people if one.person.due is None) < day.closes - 29
    assert any(shift.breaks for shift in day.shifts)
    assert 0 < outcome.figures["use"] < 100


def test_without_staff_the_services_stay_and_a_closed_day_is_refused(
    centre: Centre, branch: BranchPlan, rush: SyntheticBranch
) -> None:
    short = synthetic_branch(centre, branch, "short", Random(1))
    day = draw(short, MONDAY, Random(1))
    assert len(day.shifts) == len(branch.desks) - 2
    assert frozenset().union(*(one.desk.services for one in day.shifts)) == (
        frozenset().union(*(desk.services for desk in short.desks))
    )
    with pytest.raises(ValueError, match="closed"):
        draw(rush, SUNDAY, Random(1))


def test_on_a_day_with_an_alert_nobody_is_called_in_it_and_nobody_is_lost(
    centre: Centre, branch: BranchPlan
) -> None:
    truth = synthetic_branch(centre, branch, "alert", Random(1))
    moved = 0
    for seed in range(5):
        day = draw(truth, MONDAY, Random(seed))
        (alert,) = day.interruptions
        (stop,) = day.stops
        assert alert.ended_at
        assert alert.resumes_at
        assert (alert.resumes_at - alert.ended_at).seconds == 600
        assert 30 <= stop.ends - stop.begins <= 100
        assert not any(stop.begins <= one.arrives < stop.ends - 10 for one in day.people)
        outcome = run_day(day, POLICIES["promise"])
        assert outcome.called.keys() == {one.person.id for one in day.people}
        assert not any(stop.begins < one.minute < stop.ends for one in outcome.called.values())
        for one in day.people:
            if one.person.late_after is not None:
                moved += 1
                assert one.person.late_after == pytest.approx(stop.ends + 10)
        assert 0 < outcome.figures["use"] < 100
    assert moved


def test_with_a_registry_down_only_its_services_stop(centre: Centre, branch: BranchPlan) -> None:
    truth = synthetic_branch(centre, branch, "registry", Random(1))
    day = draw(truth, MONDAY, Random(4))
    (stop,) = day.stops
    assert stop.services
    called = run_day(day, POLICIES["promise"]).called
    during = {
        one.person.services.isdisjoint(stop.services)
        for one in day.people
        if stop.begins < called[one.person.id].minute < stop.ends
    }
    assert during == {True}


@pytest.mark.slow
def test_ranges_are_judged_apart_by_when_they_were_told(centre: Centre, branch: BranchPlan) -> None:
    rows = measure_rows(centre, branch, "registry", MONDAY, 2, seed=5)
    phases = [one.phase for one in rows]
    assert phases == [one for one in PHASES if one in phases]
    assert {"before", "after it"} <= set(phases)


def test_our_policy_keeps_booked_times_and_first_come_first_served_does_not(
    centre: Centre, branch: BranchPlan
) -> None:
    days = synthetic_days(centre, branch, "rush", MONDAY, 20, 1)
    found = compare("rush", days, ["promise", "fcfs"])
    kept = found.figures["booked_kept"]
    assert kept["promise"].mean > 90 > kept["fcfs"].mean
    assert found.differs["booked_kept"] == {"promise": False, "fcfs": True}
    assert found.figures["overtaken"]["fcfs"].mean == 0


def test_an_interval_leaves_out_days_without_the_figure() -> None:
    assert interval([1.0, 3.0, math.nan]).mean == 2.0


@pytest.mark.parametrize(
    ("days", "student"),
    [(2, 12.706), (3, 4.303), (5, 2.776), (6, 2.571), (11, 2.228), (31, 2.042), (200, 1.972)],
)
def test_an_interval_over_few_days_is_students(days: int, student: float) -> None:
    values = [float(one % 7) for one in range(days)]
    expected = student * stdev(values) / math.sqrt(days)
    assert interval(values).half == pytest.approx(expected, rel=0.0005)


def test_what_is_learned_of_a_branch_comes_near_to_the_truth(
    centre: Centre, rush: SyntheticBranch
) -> None:
    chance = Random(3)
    past = [run_day(draw(rush, MONDAY, chance), POLICIES["promise"]) for _ in range(20)]
    learned, true = learn(centre, past, chance), truth(rush, past)
    assert learned.habits.comes == pytest.approx(true.habits.comes, abs=0.04)
    assert learned.habits.early_minutes == pytest.approx(true.habits.early_minutes, abs=1.0)
    assert learned.habits.change_over == pytest.approx(true.habits.change_over, abs=0.05)
    assert learned.average == pytest.approx(true.average, rel=0.05)


@pytest.mark.slow
@pytest.mark.parametrize(
    "kind",
    [pytest.param(one, marks=[pytest.mark.slow] if one != "calm" else []) for one in KINDS],
)
def test_estimates_hold_what_they_promise(centre: Centre, branch: BranchPlan, kind: str) -> None:
    """A few days only; docs/waits.md has the tables of many."""
    found = measure(centre, branch, kind, MONDAY, 3, seed=5, share=0.1)  # type: ignore[arg-type]
    assert found.estimates > 5
    assert found.covered > 0.5
    assert found.ratio < 1.3
    assert found.ours < found.formula


@pytest.mark.slow
def test_corrected_ranges_stand_beside_the_same_days_uncorrected(
    centre: Centre, branch: BranchPlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(correcting, "TOGETHER", 1)
    rows = correcting.measure_mistaken(centre, branch, "rush", MONDAY, 2, 1, 40)
    spans = ("day 1", "day 2", "days 1 to 2")
    assert [one.phase for one in rows] == [
        f"{span}, {title}" for span in spans for title in ("uncorrected", "corrected")
    ]
    for without, told in zip(rows[::2], rows[1::2], strict=True):
        assert (without.estimates, without.mean_wait) == (told.estimates, told.mean_wait)
    assert rows[0].width == rows[1].width
    assert rows[2].width < rows[3].width


def task(target: str = "90% within 15 min") -> StaffingTask:
    """Two services, each with a desk of its own, and a crowd for three desks at nine."""
    one, two = frozenset({"one"}), frozenset({"two"})
    desks = [CallingDesk(0, one), CallingDesk(1, two)]
    asked = {540: {one: 4.0, two: 1.0}, 555: {one: 2.0, two: 1.0}, 570: {one: 1.0, two: 1.0}}
    present = [Shift(desk, 540.0) for desk in desks]
    time_of = ServiceTime(math.log(8), 0.4, 50)
    return StaffingTask(
        asked, desks, present, lambda _: time_of, parse_target(target), POLICIES["promise"]
    )


def test_a_proposal_keeps_the_promise_and_has_desks_where_they_are_wanted() -> None:
    found = propose(task())
    assert [one.begins for one in found] == [540, 555, 570]
    for one in found:
        assert one.proposed_waits
        assert one.proposed_waits.within >= 0.86
        assert {0, 1} <= set(one.proposed)
    assert found[0].proposed.count(0) > found[0].proposed.count(1)
    assert found[0].present == (0, 1)
    assert found[0].present_waits
    assert found[0].present_waits.within < 0.9
    assert propose(task()) == found


def test_whoever_works_when_the_last_tickets_are_given_stays_until_closing() -> None:
    found = propose(replace(task(), closes=615.0))
    before, after = found[:3], found[3:]
    assert before == propose(task())
    assert [one.begins for one in after] == [585, 600]
    for one in after:
        assert (one.present, one.proposed) == (before[-1].present, before[-1].proposed)
        assert (one.arrivals, one.present_waits, one.proposed_waits) == (0, None, None)


def test_a_stricter_promise_takes_no_fewer_desks() -> None:
    easy, strict = propose(task("70% within 30 min")), propose(task("99% within 5 min"))
    assert sum(len(one.proposed) for one in easy) < sum(len(one.proposed) for one in strict)


def test_a_service_that_no_desk_gives_cannot_be_staffed() -> None:
    wanted = task()
    impossible = StaffingTask(
        {540: {frozenset({"three"}): 1.0}},
        wanted.desks,
        [],
        wanted.time_of,
        wanted.target,
        wanted.policy,
    )
    with pytest.raises(ValueError, match="no desk offers three"):
        propose(impossible)


@pytest.mark.parametrize("text", ["90% within 15 min", " 90 % WITHIN 15 minutes "])
def test_a_target_is_read(text: str) -> None:
    assert parse_target(text) == Target(0.9, 15.0)


@pytest.mark.parametrize(
    "text", ["soon", "100% within 5 min", "0% within 5 min", "9% within 0 min"]
)
def test_another_target_is_refused_with_its_form(text: str) -> None:
    with pytest.raises(ValueError, match="90% within 15 min"):
        parse_target(text)


def simulate(*arguments: str) -> Result:
    environment = {"QUEUE_APP_CONFIG": str(CONFIG), "QUEUE_APP_DATA": "/nowhere"}
    return CliRunner(env=environment).invoke(main, ["simulate", *arguments])


def test_the_command_compares_policies_without_a_database(tmp_path: Path) -> None:
    done = simulate("--days", "5", "--kind", "calm", "--policies", "promise,merge")
    assert done.exit_code == 0, done.output
    lines = done.output.splitlines()
    assert lines[0].startswith("holosiivskyi, 5 days, calm, seed 1")
    assert lines[1].split() == ["promise", "merge"]
    assert "±" in lines[2]


@pytest.mark.slow
def test_the_command_draws_a_picture(tmp_path: Path) -> None:
    file = tmp_path / "policies.svg"
    done = simulate("--days", "2", "--kind", "calm", "--plot", str(file))
    assert done.exit_code == 0, done.output
    assert file.read_text().startswith("<?xml")
    assert simulate("--days", "2", "--plot", str(tmp_path / "no" / "where.svg")).exit_code == 1


@pytest.mark.slow
def test_the_command_measures_accuracy_and_proposes_a_roster() -> None:
    two_branches = ("--branch", "obolonskyi", "--branch", "darnytskyi", "--branch", "obolonskyi")
    done = simulate("accuracy", "--days", "1", "--kind", "short")
    assert done.exit_code == 0, done.output
    assert done.output.splitlines()[2].startswith("short of staff")
    done = simulate("accuracy", "--days", "1", "--kind", "short", *two_branches)
    assert done.exit_code == 0, done.output
    head, _, *rows = done.output.splitlines()
    assert head.startswith("2 branches, 1 day of each kind, seeds 1 to 2;")
    assert [row.split(",")[0] for row in rows] == ["obolonskyi", "darnytskyi"]
    done = simulate("accuracy", "--days", "2", "--kind", "short", "--mistaken", "40%")
    assert done.exit_code == 0, done.output
    _, _, *rows = done.output.splitlines()
    assert [row.split("  ")[0] for row in rows] == [
        "short of staff, days 1 to 2, uncorrected",
        "short of staff, days 1 to 2, corrected",
    ]
    done = simulate("staffing", "--date", "2026-11-23")
    assert done.exit_code == 0, done.output
    lines = done.output.splitlines()
    assert lines[1] == "There is no database in /nowhere: this is a synthetic day, not a forecast."
    assert lines[3].startswith("09:00")
    assert lines[-3].startswith("17:45   0.0")
    assert lines[-2].startswith("Desk hours until closing: ")
    assert lines[-1].startswith("The kiosk issues its last ticket at 17:30; ")
    assert "until 18:00" in lines[-1]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--branch", "nowhere"], "is none of: holosiivskyi"),
        (["--kind", "odd"], "'calm', 'rush', 'short'"),
        (["--policies", "ours"], "of: promise, fcfs, merge, fair"),
        (["--days", "1"], "2<=x<=100000"),
        (["accuracy", "--days", "0"], "1<=x<=10000"),
        (["accuracy", "--branch", "nowhere"], "is none of: holosiivskyi"),
        (["accuracy", "--branch", "all", "--branch", "nowhere"], "is none of: holosiivskyi"),
        (["accuracy", "--mistaken", "91%"], "from -300 to 90"),
        (["accuracy", "--mistaken", "some"], "from -300 to 90"),
        (["--branch", "obolonskyi", "kept"], "--branch is given before kept"),
        (["--seed", "1", "accuracy"], "--seed is given before accuracy"),
        (["kept", "--days", "31"], "1<=x<=30"),
        (["kept", "--now", "2026-11-23T10:00"], "is not an instant such as"),
        (
            ["staffing", "--date", "2026-11-23", "--now", "2026-11-23T10:00:00+02:00"],
            "--now is for records",
        ),
        (["staffing"], "Missing option '--date'"),
        (["staffing", "--date", "2026-11-22"], "closed on 2026-11-22"),
        (["staffing", "--date", "2026-11-23", "--target", "soon"], "90% within 15 min"),
    ],
)
def test_a_mistake_is_answered_by_what_is_allowed(arguments: list[str], says: str) -> None:
    done = simulate(*arguments)
    assert done.exit_code in (1, 2)
    assert says in done.output
    assert "Traceback" not in done.output
