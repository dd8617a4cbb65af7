"""How long a person will wait: the branch run forward from now, many times, as a range.

Each run has a chance of its own (`domain/runs.py`) and goes through the same ranking by which the
desks call. The range is the 10th to the 90th percentile over the runs, so that four waits in five
fall into it.
"""

import math
from collections.abc import Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from queue_app.domain import dispatch
from queue_app.domain.chance import Draws
from queue_app.domain.dispatch import Person
from queue_app.domain.forward import Called, Forward, Shift
from queue_app.domain.line import Line
from queue_app.domain.runs import Run, drawn_runs, mean_run
from queue_app.domain.scene import Scene
from queue_app.domain.told_range import Wait, span, told

RUNS = 60
SURE = 0.8
"""The part of the runs in which somebody must be called to be told a range."""


def estimate(
    scene: Scene,
    newcomers: Sequence[Person] = (),
    runs: int = RUNS,
    draws: Draws | None = None,
) -> dict[int, Wait]:
    """The wait of every waiting person by id; who no desk will call is left out."""
    whole = replace(scene, waiting=[*scene.waiting, *newcomers])
    ahead = dispatch.people_before(point(whole), whole.waiting)
    services = {one.id: one.services for one in whole.waiting}
    return {
        number: told(ahead[number], *span(minutes), scene.habits, services[number])
        for number, minutes in forecast(whole, runs, draws=draws).items()
        if number in ahead
    }


def point(scene: Scene) -> dict[int, float]:
    """Minutes until each waiting person's call if every visit takes its mean and all come, in the
    order of the queue: who are called in one minute stand as one desk would call them.

    Not of who is expected later: they have their time.
    """
    wanted = {one.id for one in scene.there}
    called = _forward(scene, mean_run(scene), _line(scene)).run(wanted=wanted)
    return _in_order(scene, called, wanted)


def _in_order(scene: Scene, called: Mapping[int, Called], wanted: set[int]) -> dict[int, float]:
    standing = {one.id: dispatch.place(one, 0.0, scene.policy) for one in scene.there}
    minutes = {number: max(0.0, one.minute) for number, one in called.items() if number in wanted}
    order = sorted(minutes, key=lambda number: (minutes[number], standing[number]))
    return {number: minutes[number] for number in order}


class RunEnd(Struct, frozen=True):
    """The end of a run of means with somebody who stands last; minutes from the scene.

    `minute`: their turn. `ahead`: people who are called before them. `others`: the turns of
    everybody else who was called, sorted, that of a group once for each of them. `free`: each
    desk, and from when it may call again, as if the last one had not been there.
    """

    minute: float
    ahead: int
    others: list[float]
    free: list[tuple[Shift, float]]


def end_of(scene: Scene, last: Person) -> RunEnd | None:
    """With `last`, who is not in `scene`; None where no desk will call them."""
    scene = replace(scene, waiting=[*scene.waiting, last])
    run = mean_run(scene)
    forward = _forward(scene, run, _line(scene))
    wanted = {one.id for one in scene.there}
    called = forward.run(wanted=wanted)
    if last.id not in called:
        return None
    minute = called[last.id].minute
    free = []
    for index, shift in enumerate(run.shifts):
        serving = forward.serving.get(index)
        until = shift.free if serving is None else serving.ends
        if serving is not None and serving.person.id == last.id:
            until = minute
        free.append((shift, shift.resumes(max(minute, until))))
    turns = _in_order(scene, called, wanted)
    people = {one.id: one.people for one in scene.waiting}
    others = [
        minute
        for number, minute in turns.items()
        if number != last.id
        for _ in range(people[number])
    ]
    ahead = dispatch.people_before(turns, scene.waiting)[last.id]
    return RunEnd(max(0.0, minute), ahead, others, free)


def forecast(
    scene: Scene,
    runs: int = RUNS,
    wanted: set[int] | None = None,
    draws: Draws | None = None,
) -> dict[int, list[float]]:
    """Minutes until the call in each run, sorted: of everybody there, or of those `wanted`.

    Who is called in less than `SURE` of the runs is left out; in the rest of the runs of the others
    their desk left first, which counts as the last minute in which they were called. `draws`:
    what somebody who asks often keeps.
    """
    wanted = {one.id for one in scene.there} if wanted is None else wanted
    line = _line(scene)
    found: dict[int, list[float]] = {number: [] for number in wanted}
    for run in drawn_runs(scene, runs, draws or Draws()):
        for number, minute in _minutes(scene, run, line.copy(), wanted).items():
            found[number].append(minute)
    return {
        number: sorted(minutes) + [max(minutes)] * (runs - len(minutes))
        for number, minutes in found.items()
        if len(minutes) >= SURE * runs
    }


def _minutes(scene: Scene, run: Run, line: Line, wanted: set[int]) -> dict[int, float]:
    called = _forward(scene, run, line).run(wanted=wanted)
    return {number: max(0.0, one.minute) for number, one in called.items() if number in wanted}


def _forward(scene: Scene, run: Run, line: Line) -> Forward:
    return Forward(
        run.people,
        run.shifts,
        scene.policy,
        line=line,
        waiting=run.waiting,
        expected=scene.expected,
        minutes=scene.planned,
        stops=scene.stops,
        absent=scene.habits.absent_minutes,
    )


def _line(scene: Scene) -> Line:
    line = Line(scene.policy, [one.desk for one in scene.desks])
    for one in scene.there:
        line.add(one, -math.inf)
    return line
