"""Every file, folder and module that the papers name is there."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAPERS = sorted([ROOT / "CONTRIBUTING.md", ROOT / "README.md", *(ROOT / "docs").glob("*.md")])
PACKAGES = ("queue_app", "booking", "kiosk", "display", "config", "tests")
FOLDERS = (*PACKAGES, "docs", ".ci", *(
    path.name for path in (ROOT / "queue_app").iterdir() if (path / "__init__.py").exists()
))  # fmt: skip
"""What begins with one of these is a path; `domain/slots.py` is short for one in queue_app."""
MADE_LATER = re.compile(r"(\./)?data(/|$)|FILE\.\w+$|\.venv(/|$)")
"""Paths of a running centre, or of whoever reads."""

_URL = re.compile(r"\w+://\S+")
_LINK = re.compile(r"\]\(([^)#\s]+)[^)]*\)")
_PATH = re.compile(r"(?<![\w/.~:@-])\.?\w[\w.-]*(?:/[\w.-]+)*/?")
_FILE = re.compile(r"\.(py|md|toml|lock|css|js|html|svg|png|po|sh|txt|cfg|ini|sql)$")
_MODULE = re.compile(rf"(?<![\w/.-])(?:{'|'.join(PACKAGES)})(?:\.[A-Za-z_]\w*)+(?![\w/-])")


def missing(text: str, folder: Path) -> list[str]:
    """What this text names and is not there; links are relative to `folder`."""
    text = _URL.sub("", text)
    links = set(_LINK.findall(text))
    modules = {name for name in _MODULE.findall(text) if not _FILE.search(name)}
    paths = set(_paths(text)) - links - modules
    return sorted(
        [name for name in links if not (folder / name).exists()]
        + [name for name in paths if not _is_there(name, folder)]
        + [name for name in modules if not _is_module(name)]
    )


def _paths(text: str) -> Iterator[str]:
    for found in _PATH.findall(text):
        name = found.rstrip(".")
        first, _, rest = name.partition("/")
        if (_FILE.search(name) or (rest and first in FOLDERS)) and not MADE_LATER.match(name):
            yield name


def _is_there(name: str, folder: Path) -> bool:
    """Below the root, in queue_app, or beside the paper; a bare file's name anywhere in those."""
    if any((start / name).exists() for start in (ROOT, ROOT / "queue_app", folder)):
        return True
    return "/" not in name and any(
        next((ROOT / top).rglob(name), None) for top in (*PACKAGES, "docs")
    )


def _is_module(name: str) -> bool:
    """A module, or a name at the top of one."""
    path = ROOT / name.replace(".", "/")
    if path.is_dir() or path.with_suffix(".py").exists():
        return True
    source = path.parent / "__init__.py" if path.parent.is_dir() else path.parent.with_suffix(".py")
    return source.exists() and path.name in _names_in(source)


def _names_in(module: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.parse(module.read_text()).body:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                found.add(node.name)
            case ast.Assign(targets=targets):
                found.update(one.id for one in targets if isinstance(one, ast.Name))
            case ast.AnnAssign(target=ast.Name(id=name)):
                found.add(name)
            case ast.ImportFrom(names=names) | ast.Import(names=names):
                found.update(one.asname or one.name for one in names)
    return found


@pytest.mark.parametrize("paper", PAPERS, ids=lambda path: path.name)
def test_everything_that_a_paper_names_is_there(paper: Path) -> None:
    assert missing(paper.read_text(), paper.parent) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("See `queue_app/domain/moods.py`.", ["queue_app/domain/moods.py"]),
        ("See `domain/moods.py` and domain/slots.py.", ["domain/moods.py"]),
        ("The rooms `queue_app.domain` and `queue_app.cellar`", ["queue_app.cellar"]),
        ("queue_app.domain.slots.no_such_thing", ["queue_app.domain.slots.no_such_thing"]),
        ("queue_app.store.db.fetch, `config.app`, tests.load", []),
        ("[waits](docs/weights.md#top) and [more](docs/waits.md)", ["docs/weights.md"]),
        ("the folders tests/flow and tests/attic", ["tests/attic"]),
        ("`.ci/run` and `.ci/walk`", [".ci/walk"]),
        ("branches.toml, or twigs.toml", ["twigs.toml"]),
        ("`data/trial.txt`, ./data, /etc/cron.d/queue-app, https://example.org/a.html", []),
        ("a kiosk. booking.Then and/or https://docs.rs/tests/attic", ["booking.Then"]),
    ],
)
def test_a_name_of_nothing_is_found(text: str, found: list[str]) -> None:
    assert missing(text, ROOT) == found
