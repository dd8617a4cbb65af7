"""One name, one thing: across the rooms no two classes and no two modules are called alike."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("queue_app", "booking", "kiosk", "display", "config")
ROWS = "tables.py"
"""Piccolo's tables: each is the row of what the domain calls by the same name."""

SAME_CLASS: dict[str, str] = {}
SAME_MODULE = {
    "appointments": "the rules and how their rows are read",
    "attendance": "the rule and how its people are read",
    "centre": "the structs and their routes",
    "demand": "the rule and its records",
    "desks": "the routes of desks and what is read of them",
    "devices": "what is done to them, how they stand, and their routes",
    "errors": "the tree and how the web says it",
    "habits": "the rule and its records",
    "interruptions": "the rules, how their rows are read, and their routes",
    "outbox": "how messages are written and claimed, and how they stand",
    "pages": "each face's pages",
    "pushes": "the rules, what is said, and the routes",
    "slots": "the rule and its records",
    "sockets": "the routes and what they share",
    "tickets": "the transitions and how their rows are read",
    "words": "what each face says, and how words are found",
}


def sources() -> Iterator[Path]:
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path.relative_to(ROOT)


def classes() -> dict[str, list[str]]:
    found = defaultdict[str, list[str]](list)
    for path in sources():
        for node in ast.parse((ROOT / path).read_text()).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                found[node.name].append(str(path))
    return found


def modules() -> dict[str, list[str]]:
    found = defaultdict[str, list[str]](list)
    for path in sources():
        if path.stem != "__init__":
            found[path.stem].append(str(path))
    return found


def shared(found: dict[str, list[str]]) -> dict[str, list[str]]:
    return {name: paths for name, paths in sorted(found.items()) if len(paths) > 1}


def test_no_two_classes_share_a_name() -> None:
    called = {
        name: [path for path in paths if not path.endswith(ROWS)]
        for name, paths in classes().items()
    }
    assert {name: at for name, at in shared(called).items() if name not in SAME_CLASS} == {}


def test_no_two_modules_share_a_name_for_different_things() -> None:
    assert {name: at for name, at in shared(modules()).items() if name not in SAME_MODULE} == {}


@pytest.mark.parametrize("reasons", [SAME_CLASS, SAME_MODULE], ids=["classes", "modules"])
def test_no_exception_outlives_its_cause(reasons: dict[str, str]) -> None:
    found = classes() if reasons is SAME_CLASS else modules()
    assert reasons.keys() <= shared(found).keys()
