"""A comparison of policies as an SVG file."""

import math
from pathlib import Path

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from queue_app.simulation.compare import Comparison
from queue_app.simulation.run import FIGURES
from queue_app.simulation.synthetic_branch import TITLES

_SHOWN = ("walk_in", "walk_in_90", "booked", "booked_90", "priority", "longest")


def draw_comparison(comparison: Comparison, file: Path) -> None:
    """Each wait as a point for each policy, with its 95 % confidence interval."""
    with rc_context({"svg.hashsalt": "queue-app", "svg.fonttype": "none"}):
        figure = Figure(figsize=(9, 5.5), layout="constrained")
        figure.suptitle(
            f"{comparison.days} days, {TITLES[comparison.kind]}: minutes, 95 % intervals"
        )
        for axes, name in zip(figure.subplots(2, 3, sharey=True).flat, _SHOWN, strict=True):
            _panel(axes, comparison, name)
        figure.savefig(file, format="svg", metadata={"Date": None})


def _panel(axes: Axes, comparison: Comparison, name: str) -> None:
    intervals = [comparison.figures[name][policy] for policy in comparison.policies]
    places = range(len(intervals))
    axes.errorbar(
        [one.mean for one in intervals],
        places,
        xerr=[0.0 if math.isnan(one.half) else one.half for one in intervals],
        fmt="o",
        capsize=4,
    )
    axes.set_title(FIGURES[name], fontsize=9)
    axes.set_yticks(places, comparison.policies)
    axes.set_ylim(len(intervals) - 0.5, -0.5)
    axes.set_xlim(left=0)
    axes.grid(axis="x", alpha=0.3)
