"""The first centre, loaded, and a copy of its files."""

import shutil
from pathlib import Path

import pytest

from config.files import load_centre
from queue_app.domain.centre import Centre
from tests.domain.spoiling import KYIV_CKS


@pytest.fixture(scope="module")
def centre() -> Centre:
    return load_centre(KYIV_CKS)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the first centre's files, to be spoilt."""
    return Path(shutil.copytree(KYIV_CKS, tmp_path / "centre"))
