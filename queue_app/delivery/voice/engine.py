"""What every way to speak has in common, and a program that is asked to."""

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Protocol

from queue_app.domain.callouts import Spoken

LONGEST_SECONDS = 20.0
"""A program that has not spoken by then is ended."""


class MuteError(Exception):
    """This engine did not speak, and why."""


class SpeechEngine(Protocol):
    """A way to speak. `source`: all that the sound follows from, so that it is made once; None:
    this text in this language is beyond it. `speak` gives a WAV file; MuteError."""

    name: str

    def source(self, spoken: Spoken, text: str) -> str | None: ...

    async def speak(self, spoken: Spoken, text: str) -> bytes: ...


async def run(command: Sequence[str], text: str) -> bytes:
    """What the program writes when it is given the text, which may be nothing; MuteError where it
    fails or hangs."""
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
    except OSError as error:
        raise MuteError(f"{command[0]}: {error.strerror}") from None
    try:
        async with asyncio.timeout(LONGEST_SECONDS):
            sound, complaint = await process.communicate(text.encode())
    except TimeoutError:
        raise MuteError(f"{command[0]} took longer than {LONGEST_SECONDS:g} s") from None
    finally:
        await _end(process)
    if process.returncode:
        said = complaint.decode(errors="replace").strip().rpartition("\n")[2]
        raise MuteError(f"{command[0]} ended with {process.returncode}: {said[:200]}")
    return sound


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
