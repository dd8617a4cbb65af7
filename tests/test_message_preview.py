"""`queue-app message preview`: an operator sees a message before anybody is sent it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from queue_app.cli.commands import main
from queue_app.delivery import looks
from queue_app.delivery.letters import KINDS
from tests.support.database import CONFIG

ROOT = Path(__file__).parents[1]


@pytest.fixture
def centre(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A centre of one's own, with a folder for its templates."""
    folder = tmp_path / "centre"
    shutil.copytree(CONFIG, folder)
    (folder / looks.FOLDER).mkdir(exist_ok=True)
    monkeypatch.setenv("QUEUE_APP_CONFIG", str(folder))
    monkeypatch.setenv("QUEUE_APP_PUBLIC_URL", "https://q.example.org")
    yield folder
    looks.also_from(Path("nowhere"))


def preview(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["message", "preview", *map(str, arguments)])


def shown(*arguments: object) -> str:
    done = preview(*arguments)
    assert done.exit_code == 0, done.output
    return done.output


def refused(*arguments: object) -> str:
    done = preview(*arguments)
    assert done.exit_code != 0
    assert done.exception is None or isinstance(done.exception, SystemExit)
    return done.output


@pytest.mark.usefixtures("centre")
@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_shown_by_mail_and_by_sms_in_each_language(kind: str) -> None:
    for language in ("uk", "en"):
        by_mail = shown(kind, "--language", language)
        head, _, text = by_mail.partition("\n\n")
        title = {"uk": "Центр комунального сервісу", "en": "Municipal Service Centre"}[language]
        assert head.startswith(f"From: {title} <")
        assert "To: name@example.org" in head and f"Content-Language: {language}" in head
        assert text.startswith(head.partition("Subject: ")[2].partition("\n")[0])
        by_sms = shown(kind, "--language", language, "--by", "sms", "--call")
        assert " SMS (" in by_sms and "Subject" not in by_sms


@pytest.mark.usefixtures("centre")
def test_an_sms_is_counted_and_a_reminder_has_its_headers() -> None:
    text, _, size = shown("code", "--by", "sms").strip().rpartition("\n")
    characters = len(text.strip().rpartition("\n")[2])
    assert size == f"{characters} characters, 1 SMS (70 fit in one)"
    assert "(67 fit in each)" in shown("plans", "--by", "sms")
    assert "(160 fit in one)" in shown("reminder", "--by", "sms", "--language", "en")
    by_mail = shown("reminder")
    assert "List-Unsubscribe: <https://q.example.org/reminders/" in by_mail
    assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click" in by_mail
    assert "List-Unsubscribe" not in shown("booked")


def test_the_operators_own_templates_are_in_effect_for_every_kind(centre: Path) -> None:
    for kind in KINDS:
        (centre / looks.FOLDER / f"{kind}.sms.txt").write_text(f"наше {kind} {{{{ centre }}}}")
        assert f"наше {kind} Центр комунального сервісу" in shown(kind, "--by", "sms")
    (centre / looks.FOLDER / "code.txt").write_text("Код {{ digits }}\n\nВід нас.")
    assert "Subject: Код 123456" in shown("code")


def test_a_template_that_cannot_be_filled_in_is_named_with_its_line(centre: Path) -> None:
    (centre / looks.FOLDER / "moved.txt").write_text("{{ when }}\n{% if %}")
    assert "moved.txt, line 2: " in refused("moved")
    assert "Вас записано" in shown("booked")


@pytest.mark.usefixtures("centre")
def test_html_goes_to_a_file_that_is_never_replaced_unasked(tmp_path: Path) -> None:
    file = tmp_path / "reminder.html"
    shown("reminder", "--html", file)
    whole = file.read_text()
    assert whole.startswith("<!doctype html>") and "Не надсилати мені нагадувань" in whole
    file.write_text("mine")
    assert "--force replaces it" in refused("reminder", "--html", file)
    assert file.read_text() == "mine"
    shown("reminder", "--html", file, "--force")
    assert file.read_text() == whole
    assert "No such file" in refused("reminder", "--html", tmp_path / "nowhere" / "x.html")
    assert "has no HTML" in refused("reminder", "--by", "sms", "--html", tmp_path / "y.html")


@pytest.mark.usefixtures("centre")
def test_what_there_is_is_said_to_whoever_asks_for_something_else() -> None:
    said = refused("remindr")
    assert all(f"'{kind}'" in said for kind in KINDS)
    assert "has no language 'de'; it has uk, en" in refused("booked", "--language", "de")


def test_the_handbook_names_every_kind_of_message() -> None:
    handbook = (ROOT / "docs" / "operating.md").read_text()
    assert [kind for kind in KINDS if f"`{kind}`" not in handbook] == []
