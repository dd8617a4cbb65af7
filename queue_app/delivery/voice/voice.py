"""The voice of the hall: each call-out is made once, by the first engine that can, and kept."""

import asyncio
import hashlib
import logging
import os
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from queue_app.delivery.voice.engine import MuteError, SpeechEngine
from queue_app.delivery.voice.espeak import Espeak
from queue_app.delivery.voice.piper import Piper
from queue_app.delivery.voice.recordings import Recordings
from queue_app.domain.aloud import read_aloud
from queue_app.domain.callouts import Spoken, call_out
from queue_app.domain.catalogue import Language
from queue_app.texts.spoken import UnreadableTableError, spoken_in

FOLDER = "voice"
"""Of a centre: a folder for each language, with recordings, a model or a table of words."""
MOST_KEPT_BYTES = 200 * 2**20
REST_SECONDS = 60.0
"""So long an engine that failed is not asked again."""

_log = logging.getLogger(__name__)


class Voice:
    """`own`: the operator's folder. `kept`: where what was made is kept; None: nowhere."""

    def __init__(self, own: Path, kept: Path | None, engines: Sequence[SpeechEngine] = ()) -> None:
        self._own = own
        self._kept = kept
        self._engines = engines or (Recordings(own), Piper(own), Espeak())
        self._rests_until: dict[str, float] = {}
        self._making = asyncio.Lock()
        self._spoken: dict[tuple[Language, ...], Spoken] = {}

    def say(self, languages: Iterable[Language], number: str, desk: str) -> tuple[Spoken, str]:
        """What is said, in the first of the languages that can be spoken, else in English."""
        spoken = self._in(tuple(languages))
        return spoken, call_out(spoken, number, desk)

    def read(self, language: Language, text: str) -> tuple[Spoken, str]:
        """A text of a screen in words; in English where the language cannot be spoken."""
        spoken = self._in((language,))
        return spoken, read_aloud(spoken, text)

    def _in(self, order: tuple[Language, ...]) -> Spoken:
        if order not in self._spoken:
            self._spoken[order] = self._read(order)
        return self._spoken[order]

    def _read(self, order: tuple[Language, ...]) -> Spoken:
        """A table of the operator's that cannot be read silences nobody."""
        try:
            return spoken_in(order, self._own)
        except UnreadableTableError as error:
            _log.error("the words of the product are said instead: %s", error)
            return spoken_in(order)

    async def sound(self, spoken: Spoken, text: str) -> bytes | None:
        """A WAV file of it; None where no engine can speak it now."""
        for engine in self._engines:
            if self._rests_until.get(engine.name, 0.0) > time.monotonic():
                continue
            try:
                found = await self._sound_by(engine, spoken, text)
            except (MuteError, OSError) as error:
                _log.warning("%s did not speak: %s", engine.name, error)
                self._rests_until[engine.name] = time.monotonic() + REST_SECONDS
                continue
            if found:
                return found
        return None

    async def _sound_by(self, engine: SpeechEngine, spoken: Spoken, text: str) -> bytes | None:
        """One at a time: whoever asks for the same meanwhile finds it kept."""
        source = await asyncio.to_thread(engine.source, spoken, text)
        if source is None:
            return None
        name = hashlib.sha256(f"{engine.name} {spoken.language} {source}".encode()).hexdigest()
        if found := await asyncio.to_thread(self._find, name):
            return found
        async with self._making:
            if found := await asyncio.to_thread(self._find, name):
                return found
            sound = await engine.speak(spoken, text)
            await asyncio.to_thread(self._keep, name, sound)
        return sound

    def _find(self, name: str) -> bytes | None:
        if self._kept is None:
            return None
        try:
            return (self._kept / f"{name}.wav").read_bytes()
        except OSError:
            return None

    def _keep(self, name: str, sound: bytes) -> None:
        """Whole or not at all; a disk that is full takes nothing from the hall."""
        if self._kept is None:
            return
        draft = self._kept / f"{name}.{os.getpid()}.part"
        try:
            self._kept.mkdir(parents=True, exist_ok=True)
            draft.write_bytes(sound)
            draft.replace(self._kept / f"{name}.wav")
            _forget_oldest(self._kept, MOST_KEPT_BYTES)
        except OSError as error:
            _log.warning("a call-out was not kept: %s", error)


def _forget_oldest(folder: Path, most: int) -> None:
    files = [(path.stat().st_mtime_ns, path.stat().st_size, path) for path in folder.glob("*.wav")]
    total = sum(size for _, size, _ in files)
    for _, size, path in sorted(files):
        if total <= most:
            return
        path.unlink(missing_ok=True)
        total -= size
