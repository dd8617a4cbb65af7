"""The garbage collector of an answering process never looks at very much in one go."""

import subprocess
import sys

import pytest

from tests.support.server import ROOT

SCREENS_LEAVE = """
import gc, time
from queue_app.cli import serve

def longest(tidy):
    tidy()
    pauses, began = [], [0.0]

    def note(phase, _):
        if phase == "start":
            began[0] = time.thread_time()
        else:
            pauses.append(time.thread_time() - began[0])

    gc.callbacks.append(note)
    stays = [[{"of": [n, {}], "to": (n, [])} for _ in range(30)] for n in range(2000)]
    gc.callbacks.remove(note)
    return max(pauses) / sum(pauses)

print(longest(serve._tidy_up_seldom))
serve.TIDY_UP_AFTER = 20_000, 5, 20
print(longest(serve._tidy_up_seldom))
"""


@pytest.mark.slow
def test_what_two_thousand_screens_leave_is_looked_at_in_many_short_moments() -> None:
    """Of all that looking at it takes, no moment is more than a small part; with the usual numbers
    of processes that collect seldom, one is a third."""
    said = subprocess.run(
        [sys.executable, "-c", SCREENS_LEAVE], cwd=ROOT, capture_output=True, text=True, check=True
    )
    ours, rare = map(float, said.stdout.split())
    assert ours < 0.15
    assert rare > 0.25
