"""A neural voice, where an operator has put a model and installed the program `piper`."""

import asyncio
import os
import shutil
import sys
import tempfile
from pathlib import Path

from queue_app.delivery.voice.engine import MuteError, run
from queue_app.domain.callouts import Spoken


class Piper:
    """Speaks with the first `*.onnx` in the folder of a language; `folder`: of the operator."""

    name = "piper"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def source(self, spoken: Spoken, text: str) -> str | None:
        model = self._model(spoken)
        if model is None or _program() is None:
            return None
        return f"{model.name} {model.stat().st_mtime_ns} {text}"

    def _model(self, spoken: Spoken) -> Path | None:
        return next(iter(sorted((self._folder / spoken.language).glob("*.onnx"))), None)

    async def speak(self, spoken: Spoken, text: str) -> bytes:
        """It writes no whole WAV file to a pipe, so it is given one to write."""
        program, model = _program(), self._model(spoken)
        if program is None or model is None:
            raise MuteError("piper or its model is gone")
        with tempfile.TemporaryDirectory(prefix="queue-app-voice-") as folder:
            sound = Path(folder) / "said.wav"
            command = [program, "--model", str(model), "--output_file", str(sound)]
            await run(command, f"{text}\n")
            return await asyncio.to_thread(sound.read_bytes)


def _program() -> str | None:
    """Beside this Python, else on the path."""
    own = Path(sys.executable).parent
    return shutil.which("piper", path=os.pathsep.join([str(own), os.environ.get("PATH", "")]))
