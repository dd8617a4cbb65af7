"""A call-out as sound: recordings, a model's voice and espeak-ng, each made once and kept."""

import asyncio
import io
import os
import re
import subprocess
import sys
import time
import wave
from collections.abc import Sequence
from pathlib import Path

import pytest

from queue_app.delivery.voice import engine, voice
from queue_app.delivery.voice.engine import MuteError, SpeechEngine
from queue_app.delivery.voice.espeak import PROGRAM, Espeak
from queue_app.delivery.voice.piper import Piper
from queue_app.delivery.voice.recordings import Recordings
from queue_app.delivery.voice.voice import Voice
from queue_app.domain.callouts import Spoken
from queue_app.texts.spoken import spoken_in

RATE = 8000
VOWELS = "аеєиіїоуюя"


class Loudmouth:
    """Says of everything how often it was asked; slowly, so that others come meanwhile."""

    name = "loudmouth"

    def __init__(self, mute: bool = False) -> None:
        self.asked = 0
        self.mute = mute

    def source(self, spoken: Spoken, text: str) -> str | None:
        return text

    async def speak(self, spoken: Spoken, text: str) -> bytes:
        self.asked += 1
        await asyncio.sleep(0.05)
        if self.mute:
            raise MuteError("no voice today")
        return f"{self.asked} {text}".encode()


def seconds(sound: bytes | None) -> float:
    assert sound
    with wave.open(io.BytesIO(sound)) as file:
        assert (file.getnchannels(), file.getsampwidth()) == (1, 2)
        return float(file.getnframes() / file.getframerate())


def record(folder: Path, words: str, level: int, rate: int = RATE) -> None:
    """A tenth of a second in which every sample is `level`."""
    folder.mkdir(parents=True, exist_ok=True)
    with wave.open(str(folder / f"{words}.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(level.to_bytes(2, "little") * (rate // 10))


def levels(sound: bytes | None) -> list[int]:
    """The levels that follow one another in it."""
    assert sound
    with wave.open(io.BytesIO(sound)) as file:
        samples = file.readframes(file.getnframes())
    found = [int.from_bytes(samples[at : at + 2], "little") for at in range(0, len(samples), 2)]
    return [one for place, one in enumerate(found) if place == 0 or found[place - 1] != one]


def heard(tmp_path: Path, *engines: SpeechEngine) -> Voice:
    return Voice(tmp_path / "own", tmp_path / "kept", engines)


async def said(
    by: Voice, number: str = "А42", desk: str = "5", language: str = "uk"
) -> bytes | None:
    return await by.sound(*by.say([language], number, desk))


async def test_espeak_speaks_both_languages_and_a_longer_number_takes_longer(
    tmp_path: Path,
) -> None:
    by = heard(tmp_path, Espeak())
    short, long = seconds(await said(by, "А1", "1")), seconds(await said(by, "А999", "22"))
    assert 2 < short < long < 8
    assert 1 < seconds(await said(by, language="en")) < 6


async def test_phonemes_change_what_espeak_says(tmp_path: Path) -> None:
    espeak, spoken = Espeak(), spoken_in(["uk"])
    plain = Spoken("uk", spoken.to_desk, spoken.to_name, spoken.to_place)
    assert await espeak.speak(spoken, "сорок") != await espeak.speak(plain, "сорок")
    assert await espeak.speak(spoken, "три") == await espeak.speak(plain, "три")


def test_espeak_stresses_every_known_word_where_a_dictionary_does() -> None:
    """The vowel behind the mark of the phonemes is, counted, that with the accent."""
    words = list(spoken_in(["uk"], Path("config/kyiv-cks") / voice.FOLDER).stressed.values())
    said = stressed_by_espeak(words)
    assert len(words) > 500
    for word, phonemes in zip(words, said, strict=True):
        found = re.fullmatch(r"\[\[([^'\]]*)'(?:i:|[aEIou])([^'\]]*)\]\]", phonemes)
        assert found, (word, phonemes)
        before, after = (len(re.findall("i:|I2|[aEIou@]", part)) for part in found.groups())
        place = sum(letter in VOWELS for letter in word.partition("\u0301")[0])
        several = sum(letter in VOWELS for letter in word)
        assert (before + 1, before + after + 1) == (place, several), (word, phonemes)


def stressed_by_espeak(words: list[str]) -> list[str]:
    """By a process of its own, as the product does."""
    program = f"""
import ctypes, runpy, sys
of = runpy.run_path({str(PROGRAM)!r})
library = ctypes.CDLL(of["espeakng_loader"].get_library_path())
library.espeak_Initialize(2, 0, of["espeakng_loader"].get_data_path().encode(), 0)
library.espeak_SetVoiceByName(b"uk")
for word in sys.stdin.buffer.read().decode().split():
    sys.stdout.buffer.write((of["_stressed"](library, word) + "\\n").encode())
"""
    done = subprocess.run(
        [sys.executable, "-I", "-c", program],
        input=" ".join(words).encode(),
        capture_output=True,
        check=True,
    )
    return done.stdout.decode().splitlines()


async def test_a_stress_changes_what_espeak_says_and_one_in_the_text_goes_first(
    tmp_path: Path,
) -> None:
    espeak, spoken = Espeak(), spoken_in(["uk"])
    plain = Spoken("uk", spoken.to_desk, spoken.to_name, spoken.to_place)
    guessed = await espeak.speak(plain, "телефони")
    assert await espeak.speak(plain, "телефони\u0301") != guessed
    assert await espeak.speak(spoken, "Виклики") != await espeak.speak(plain, "Виклики")
    assert await espeak.speak(spoken, "отримати\u0301") == await espeak.speak(
        plain, "отримати\u0301"
    )
    assert await espeak.speak(plain, "hh\u0301") == await espeak.speak(plain, "hh")


async def test_a_language_that_espeak_does_not_know_is_left_to_the_browser(
    tmp_path: Path,
) -> None:
    by = heard(tmp_path, Espeak())
    spoken, text = by.say(["en"], "А1", "1")
    nowhere = Spoken("xx-none", spoken.to_desk, spoken.to_name, spoken.to_place)
    assert await by.sound(nowhere, text) is None


async def test_espeak_is_in_no_process_of_the_product(tmp_path: Path) -> None:
    await said(heard(tmp_path, Espeak()))
    assert "espeakng_loader" not in sys.modules
    with Path("/proc/self/maps").open() as maps:
        assert "espeak" not in maps.read()


async def test_recordings_are_joined_in_order_the_longest_first(tmp_path: Path) -> None:
    folder = tmp_path / "own" / "uk"
    clips = ("талон", "а", "сорок", "два", "Пройдіть, будь ласка, до вікна", "вікна", "П'ять")
    for level, words in enumerate(clips, start=1):
        record(folder, words, level)
    sound = await said(heard(tmp_path, Recordings(tmp_path / "own"), Espeak()))
    assert levels(sound) == [1, 2, 3, 4, 0, 5, 7]
    assert seconds(sound) == pytest.approx(6 * 0.1 + 0.35)


async def test_what_is_not_recorded_whole_is_said_by_the_next_engine(tmp_path: Path) -> None:
    record(tmp_path / "own" / "uk", "талон", 1)
    mouth = Loudmouth()
    by = heard(tmp_path, Recordings(tmp_path / "own"), mouth)
    assert (await said(by) or b"").startswith(b"1 ")


async def test_recordings_of_two_kinds_are_not_joined_and_the_next_engine_speaks(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "own" / "uk"
    record(folder, "талон а сорок два", 1)
    record(folder, "пройдіть будь ласка до вікна п’ять", 2, rate=2 * RATE)
    mouth = Loudmouth()
    assert await said(heard(tmp_path, Recordings(tmp_path / "own"), mouth))
    assert mouth.asked == 1


async def test_a_new_recording_is_heard_at_once(tmp_path: Path) -> None:
    folder = tmp_path / "own" / "uk"
    by = heard(tmp_path, Recordings(tmp_path / "own"))
    assert await said(by) is None
    record(folder, "талон а сорок два", 1)
    record(folder, "пройдіть будь ласка до вікна п’ять", 2)
    assert levels(await said(by)) == [1, 0, 2]
    record(folder, "талон а сорок два", 3)
    os.utime(folder / "талон а сорок два.wav", ns=(1, 1))
    assert levels(await said(by)) == [3, 0, 2]


async def test_piper_speaks_where_there_is_a_model_and_its_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The program here is a stand-in with piper's options, which writes what it was told."""
    program = tmp_path / "bin" / "piper"
    program.parent.mkdir()
    program.write_text(
        f"#!{sys.executable}\nimport sys\n"
        "model, output = sys.argv[sys.argv.index('--model') + 1], sys.argv[-1]\n"
        "open(output, 'w').write(model + '|' + sys.stdin.read())\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent))
    by = heard(tmp_path, Piper(tmp_path / "own"))
    assert await said(by) is None
    model = tmp_path / "own" / "uk" / "lada.onnx"
    model.parent.mkdir(parents=True)
    model.write_bytes(b"")
    text = "Талон а сорок два. Пройдіть, будь ласка, до вікна п’ять."
    assert (await said(by) or b"").decode() == f"{model}|{text}\n"


async def test_a_text_is_made_once_also_for_many_who_ask_at_once_and_after_a_restart(
    tmp_path: Path,
) -> None:
    mouth = Loudmouth()
    by = heard(tmp_path, mouth)
    first, *others = await asyncio.gather(*(said(by) for _ in range(20)))
    assert first and set(others) == {first}
    assert await said(heard(tmp_path, mouth)) == first
    assert mouth.asked == 1
    assert await said(by, "А43") != first
    assert mouth.asked == 2


async def test_an_engine_that_fails_rests_and_the_next_one_speaks(tmp_path: Path) -> None:
    mute, mouth = Loudmouth(mute=True), Loudmouth()
    mouth.name = "other"
    by = heard(tmp_path, mute, mouth)
    assert await said(by) and await said(by, "А43")
    assert (mute.asked, mouth.asked) == (1, 2)


@pytest.mark.parametrize(
    "program",
    [
        "import os; os.abort()",
        "import sys; sys.exit('no model')",
        "import time; time.sleep(60)",
        "print(1, flush=True); import time; time.sleep(60)",
    ],
)
async def test_a_program_that_crashes_or_hangs_is_ended_and_makes_no_sound(
    program: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "LONGEST_SECONDS", 0.5)
    began = time.monotonic()
    with pytest.raises(MuteError):
        await engine.run([sys.executable, "-c", program], "text")
    assert time.monotonic() - began < 5


async def test_a_program_that_is_not_there_makes_no_sound() -> None:
    with pytest.raises(MuteError, match="No such file"):
        await engine.run(["/nowhere/speaks"], "text")


async def test_what_is_kept_stays_within_its_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(voice, "MOST_KEPT_BYTES", 300)
    by = heard(tmp_path, Loudmouth())
    for count in range(1, 6):
        await said(by, f"А{count}")
    kept: Sequence[Path] = sorted((tmp_path / "kept").iterdir())
    assert sum(path.stat().st_size for path in kept) <= 300
    assert {path.suffix for path in kept} == {".wav"}


def test_a_table_of_words_that_cannot_be_read_silences_nobody(tmp_path: Path) -> None:
    table = tmp_path / "own" / "uk" / "speech.toml"
    table.parent.mkdir(parents=True)
    table.write_text("letters = 5")
    _, text = heard(tmp_path, Loudmouth()).say(["uk"], "К3", "1")
    assert text == "Талон ка три. Пройдіть, будь ласка, до вікна один."


async def test_a_folder_that_cannot_be_written_takes_no_sound_from_the_hall(
    tmp_path: Path,
) -> None:
    (tmp_path / "kept").write_text("a file stands in the way")
    assert await said(heard(tmp_path, Loudmouth()))
