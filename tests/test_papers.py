"""Every file, folder and module that the papers name is there, and what they list is whole."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from queue_app.cli.commands import main
from tests.load.__main__ import BENCHMARKS

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


README = (ROOT / "README.md").read_text()
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text()
INTERNAL = {"CLOCK_ORIGIN"}
"""Variables by which `serve` tells its own processes what it was told."""


def test_each_command_is_in_the_readme_with_all_its_options() -> None:
    described = dict(synopses(README))
    runnable = {path: one for path, one in COMMANDS.items() if can_be_run(one)}
    assert described.keys() == runnable.keys()
    for path, command in runnable.items():
        options = [one for one in command.params if isinstance(one, click.Option)]
        names = [{*one.opts, *one.secondary_opts} for one in options]
        assert [one for one in names if not one & described[path]] == [], path
        assert described[path] - set().union(*names) == set(), path


def below(
    group: click.Group, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    for name, command in group.commands.items():
        yield (*path, name), command
        if isinstance(command, click.Group):
            yield from below(command, (*path, name))


COMMANDS = dict(below(main))


def can_be_run(command: click.Command) -> bool:
    return not isinstance(command, click.Group) or command.invoke_without_command


def synopses(paper: str) -> Iterator[tuple[tuple[str, ...], set[str]]]:
    """Each command that the paper lists and its options; after " | " another of the same group."""
    for entry in re.findall(r"^queue-app (.+(?:\n +.+)*)", paper, re.MULTILINE):
        group: tuple[str, ...] = ()
        for said in entry.split(" | "):
            path = group
            for word in said.split():
                if (*path, word) not in COMMANDS:
                    break
                path = (*path, word)
            yield path, set(re.findall(r"--[a-z-]+", said))
            group = path[:-1]


def test_each_variable_of_the_environment_is_in_the_readme() -> None:
    read = re.findall(r'read\("(\w+)"', (ROOT / "config" / "settings.py").read_text())
    assert len(read) > 9
    assert [name for name in read if f"`QUEUE_APP_{name}`" not in README] == [*INTERNAL]


def test_each_paper_is_linked_in_the_readme() -> None:
    papers = [path.relative_to(ROOT).as_posix() for path in PAPERS if path.name != "README.md"]
    assert [name for name in papers if f"]({name})" not in README] == []


def test_each_benchmark_is_named_where_they_are_listed() -> None:
    lines = {
        "CONTRIBUTING.md": r"^make bench .*$",
        "Makefile": r"^.*make bench .*$",
        "docs/benchmarks.md": r"^.*python -m tests\.load boards.*$",
    }
    for name, line in lines.items():
        found = re.search(line, (ROOT / name).read_text(), re.MULTILINE)
        assert found, name
        assert [one for one in BENCHMARKS if one not in found[0]] == [], name


def test_the_rooms_are_those_of_the_contract_and_of_the_tree() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    layers = next(one["layers"] for one in contracts["contracts"] if one["id"] == "rooms")
    rooms = {room for layer in layers for room in re.split(r"\s*[|:]\s*", layer)}
    house = CONTRIBUTING.split("## The rooms")[1].split("```")[1]
    named = {name for line in house.splitlines() for name in re.split(r" {2,}", line)[0].split()}
    assert named == rooms
    tree = {f"queue_app.{path.stem}" for path in (ROOT / "queue_app").glob("[a-z]*")}
    assert tree - rooms == set()
