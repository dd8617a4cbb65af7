"""`queue-app say`: an operator reads or hears a call-out before the hall does."""

import io
import shutil
import wave
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from queue_app.cli.commands import main
from tests.support.database import CONFIG

UK = "Талон а сорок два. Пройдіть, будь ласка, до вікна п’ять.\n"


@pytest.fixture(autouse=True)
def centre(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "centre"
    shutil.copytree(CONFIG, folder)
    monkeypatch.setenv("QUEUE_APP_CONFIG", str(folder))
    return folder


def say(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["say", *arguments])


def test_it_prints_the_words_in_the_centres_first_language() -> None:
    done = say("А42", "5")
    assert (done.exit_code, done.stdout) == (0, UK)
    assert say("А42", "5", "--language", "uk", "--text").stdout == UK


def test_it_prints_them_in_another_language_of_the_centre() -> None:
    assert say("П4", "21", "--language", "en").stdout == (
        "Ticket P four. Please go to desk twenty-one.\n"
    )


def test_a_language_that_the_centre_has_not_is_said_so_and_the_first_is_spoken() -> None:
    done = say("А42", "5", "--language", "pl")
    assert (done.exit_code, done.stdout) == (0, UK)
    assert "the centre has no language 'pl'; it has uk, en" in done.stderr


def test_it_writes_the_sound(tmp_path: Path) -> None:
    file = tmp_path / "call.wav"
    done = say("А42", "5", "--wav", str(file))
    assert (done.exit_code, done.stdout) == (0, "")
    with wave.open(str(file)) as sound:
        assert 2 < sound.getnframes() / sound.getframerate() < 8
    other = tmp_path / "other.wav"
    assert say("А43", "5", "--wav", str(other), "--text").stdout.startswith("Талон а сорок три.")
    assert other.read_bytes() != file.read_bytes()


def test_the_centres_own_recordings_and_words_are_heard(centre: Path, tmp_path: Path) -> None:
    folder = centre / "voice" / "uk"
    folder.mkdir(parents=True, exist_ok=True)
    for words in ("талон а сорок два", "пройдіть будь ласка до", "нашої каси"):
        with wave.open(str(folder / f"{words}.wav"), "wb") as clip:
            clip.setnchannels(1)
            clip.setsampwidth(2)
            clip.setframerate(8000)
            clip.writeframes(b"\x01\x00" * 800)
    (folder / "speech.toml").write_text('places."Каса" = "до нашої каси"\n')
    file = tmp_path / "call.wav"
    assert say("А42", "Каса", "--wav", str(file)).exit_code == 0
    with wave.open(io.BytesIO(file.read_bytes())) as sound:
        assert sound.getframerate() == 8000


def test_a_table_that_cannot_be_read_is_said_in_one_line(centre: Path) -> None:
    table = centre / "voice" / "uk" / "speech.toml"
    table.parent.mkdir(parents=True, exist_ok=True)
    table.write_text("letters = 5\n")
    done = say("А42", "5")
    assert done.exit_code == 1
    assert "speech.toml: Expected `object`, got `int`" in done.stderr
    assert "Traceback" not in done.output
    checked = CliRunner().invoke(main, ["config", "check"])
    assert checked.exit_code == 1 and "speech.toml" in checked.stderr


def test_a_file_that_cannot_be_written_is_said_in_one_line() -> None:
    done = say("А42", "5", "--wav", "/nowhere/call.wav")
    assert done.exit_code == 1
    assert "No such file or directory" in done.stderr


def test_check_names_the_words_of_titles_whose_stress_a_kiosk_would_guess(centre: Path) -> None:
    def check() -> str:
        done = CliRunner().invoke(main, ["config", "check", str(centre)])
        assert done.exit_code == 0, done.output
        return done.stderr

    assert "without a known stress" not in check(), "each word of the centre's titles is known"
    path = centre / "catalogue.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("розшук платежу", "розшук переказу"), encoding="utf-8")
    assert "without a known stress (1), which the kiosk guesses where it reads aloud: переказу" in (
        check()
    )
    table = centre / "voice" / "uk" / "speech.toml"
    words = table.read_text(encoding="utf-8")
    words = words.replace('stressed = """', 'stressed = """пере\u0301казу', 1)
    table.write_text(words, encoding="utf-8")
    assert "without a known stress" not in check()
