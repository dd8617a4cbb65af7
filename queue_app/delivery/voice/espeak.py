"""espeak-ng, from its wheel, in a process of its own for each call-out."""

import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from queue_app.delivery.voice.engine import run
from queue_app.domain.callouts import Spoken, pronounced

PROGRAM = Path(__file__).with_name("espeak_program.py")


class Espeak:
    """Speaks every language that it knows, with the phonemes of the language's table."""

    name = "espeak"

    def __init__(self) -> None:
        try:
            self._version: str | None = version("espeakng-loader")
        except PackageNotFoundError:
            self._version = None

    def source(self, spoken: Spoken, text: str) -> str | None:
        if self._version is None:
            return None
        return f"{self._version} {spoken.language} {pronounced(spoken, text)}"

    async def speak(self, spoken: Spoken, text: str) -> bytes:
        command = [sys.executable, "-I", str(PROGRAM), spoken.language]
        return await run(command, pronounced(spoken, text))
