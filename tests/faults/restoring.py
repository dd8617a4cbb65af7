"""A backup that is put back beside a running server."""

import asyncio
import subprocess
import sys
import time
from pathlib import Path

from tests.faults.trial import Scene, Trial
from tests.support.server import ROOT

WITHIN = 60.0


async def restore(scene: Scene) -> None:
    """A backup is taken, and 3 s later put back while the server runs (restore --while-served)."""
    file = scene.service.log.with_name("hall.dump")
    await asyncio.to_thread(_command, scene, "backup", file)
    await asyncio.sleep(3)
    scene.began = time.monotonic()
    said = await asyncio.to_thread(_command, scene, "restore", file, "--force", "--while-served")
    scene.forgiven = time.monotonic()
    scene.note(f"it took {scene.forgiven - scene.began:.1f} s: {said}")


def _command(scene: Scene, command: str, file: Path, *options: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "queue_app.cli", command, str(file), *options],
        cwd=ROOT, env=scene.service.environment, capture_output=True, text=True, check=False,
        timeout=WITHIN,
    )  # fmt: skip
    return (done.stdout + done.stderr).strip().partition("\n")[0].replace(str(file), file.name)


TRIALS = (Trial("restore", restore),)
