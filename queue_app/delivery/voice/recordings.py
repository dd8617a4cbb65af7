"""Recorded words and phrases, joined: an operator's own voice."""

import asyncio
import io
import re
import wave
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path

from queue_app.delivery.voice.engine import MuteError
from queue_app.domain.callouts import Spoken, words_of_speech

PAUSE_SECONDS = 0.35
"""Between two sentences."""
_SENTENCE = re.compile(r"[.!?]+")


class Recordings:
    """Speaks what the WAV files in the folder of a language can be joined to.

    A file is named for the words in it: "сорок.wav", or "до вікна.wav", which then goes before
    single words. All of them must be of one rate, width and number of channels.
    """

    name = "recordings"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def source(self, spoken: Spoken, text: str) -> str | None:
        sentences = self._clips(spoken, text)
        if sentences is None:
            return None
        every = [clip for clips in sentences for clip in clips]
        return " ".join(f"{clip.name} {clip.stat().st_mtime_ns}" for clip in every)

    async def speak(self, spoken: Spoken, text: str) -> bytes:
        sentences = self._clips(spoken, text)
        if not sentences:
            raise MuteError("a recording is gone")
        return await asyncio.to_thread(joined, sentences)

    def _clips(self, spoken: Spoken, text: str) -> list[list[Path]] | None:
        """The files of each sentence in order; None where a word has none."""
        known = recorded(self._folder / spoken.language)
        sentences = [words_of_speech(one) for one in _SENTENCE.split(text)]
        found = [_cover(words, known) for words in sentences if words]
        return [clips for clips in found if clips] if found and all(found) else None


def recorded(folder: Path) -> dict[tuple[str, ...], Path]:
    """Every recording of a folder by the words in it."""
    try:
        changed = folder.stat().st_mtime_ns
    except OSError:
        return {}
    return _recorded(folder, changed)


@lru_cache(maxsize=16)
def _recorded(folder: Path, _changed: int) -> dict[tuple[str, ...], Path]:
    return {tuple(words_of_speech(path.stem)): path for path in sorted(folder.glob("*.wav"))}


def _cover(words: list[str], known: Mapping[tuple[str, ...], Path]) -> list[Path] | None:
    """The recordings that say these words, the longest first."""
    clips, at = [], 0
    while at < len(words):
        for end in range(len(words), at, -1):
            if clip := known.get(tuple(words[at:end])):
                clips.append(clip)
                at = end
                break
        else:
            return None
    return clips


def joined(sentences: list[list[Path]]) -> bytes:
    """One WAV file of all; MuteError where they cannot be read or are not of one kind."""
    content = io.BytesIO()
    try:
        with wave.open(str(sentences[0][0])) as first:
            kind = first.getparams()
        with wave.open(content, "wb") as file:
            file.setparams(kind)
            for samples in _samples(sentences, kind):
                file.writeframes(samples)
    except (OSError, EOFError, wave.Error) as error:
        raise MuteError(f"a recording cannot be used: {error}") from None
    return content.getvalue()


def _samples(sentences: list[list[Path]], kind: "wave._wave_params") -> Iterator[bytes]:
    for number, clips in enumerate(sentences):
        if number:
            pause = int(PAUSE_SECONDS * kind.framerate)
            yield bytes(pause * kind.sampwidth * kind.nchannels)
        for clip in clips:
            with wave.open(str(clip)) as file:
                if file.getparams()[:3] != kind[:3]:
                    raise MuteError(f"{clip.name} is of another kind than {sentences[0][0].name}")
                yield file.readframes(file.getnframes())
