"""The settings from the environment: defaults, values, and what is refused."""

from pathlib import Path

import pytest

from config.files import load_centre
from config.settings import Settings, SettingsError, from_environment
from tests.domain.spoiling import KYIV_CKS


def test_an_empty_environment_gives_the_documented_defaults() -> None:
    settings = from_environment({})
    assert (settings.port, settings.workers, settings.rate_limits) == (8000, 1, True)
    assert settings.database_url is None
    assert settings.clock is None
    assert settings.data == Path.cwd() / "data"
    assert load_centre(settings.config)


def test_the_centres_folder_is_found_from_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert from_environment({}).config == KYIV_CKS
    own = tmp_path / "own"
    own.mkdir()
    assert from_environment({"QUEUE_APP_CONFIG": "own"}).config == own


def test_the_environment_is_read() -> None:
    settings = from_environment(
        {
            "QUEUE_APP_PORT": "9000",
            "QUEUE_APP_RATE_LIMITS": "off",
            "QUEUE_APP_CLOCK": "2026-11-23T10:00:00+02:00",
            "QUEUE_APP_RATE": "60",
            "QUEUE_APP_DATABASE_URL": "postgresql://queue@db/queue",
            "QUEUE_APP_WORKERS": " ",
        }
    )
    assert isinstance(settings, Settings)
    assert (settings.port, settings.rate_limits, settings.rate) == (9000, False, 60.0)
    assert settings.clock
    assert settings.clock.isoformat() == "2026-11-23T10:00:00+02:00"
    assert settings.workers == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eighty"),
        ("PORT", "70000"),
        ("WORKERS", "0"),
        ("RATE_LIMITS", "maybe"),
        ("CLOCK", "2026-11-23T10:00:00"),
        ("CLOCK", "noon"),
        ("RATE", "0"),
        ("RATE", "nan"),
        ("LOG", "xml"),
        ("SLOW_SECONDS", "0"),
        ("METRICS_TOKEN", "hunter2"),
        ("DATABASE_URL", "mysql://root:hunter2@db/queue"),
    ],
)
def test_a_bad_variable_is_named_with_the_reason(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=rf"^QUEUE_APP_{name}: \S+") as caught:
        from_environment({f"QUEUE_APP_{name}": value})
    assert "hunter2" not in str(caught.value)
