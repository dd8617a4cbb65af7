"""The rules do no I/O, ask no clock and throw no dice of their own.

The import contract cannot see what is asked of a module that the rules do import.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import queue_app.domain

HERE = Path(queue_app.domain.__path__[0])
MODULES = sorted(HERE.glob("*.py"))

MAY_IMPORT = {
    "base64", "bisect", "collections", "csv", "datetime", "difflib", "email_validator", "functools",
    "hashlib", "heapq", "ipaddress", "itertools", "math", "msgspec", "operator", "phonenumbers",
    "random", "rapidfuzz", "re", "statistics", "typing", "unicodedata", "zoneinfo",
}  # fmt: skip
ASKS_THE_MACHINE = {"now", "utcnow", "today", "open", "print", "input", "getenv", "SystemRandom"}
KEEPS = {"cache", "lru_cache"}
MAY_KEEP = {"grid_day", "_open_evenly"}
"""The same few grids over and over: values of their arguments alone."""


def nodes(module: Path) -> Iterator[ast.AST]:
    return ast.walk(ast.parse(module.read_text()))


def imported(module: Path) -> set[str]:
    found = set[str]()
    for node in nodes(module):
        if isinstance(node, ast.Import):
            found.update(one.name for one in node.names)
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return {name for name in found if not name.startswith("queue_app.domain")}


def name_of(node: ast.AST) -> str:
    if isinstance(node, ast.Call):
        return name_of(node.func)
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.stem)
def test_a_rule_imports_other_rules_and_mere_arithmetic(module: Path) -> None:
    assert {name.split(".")[0] for name in imported(module)} <= MAY_IMPORT


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.stem)
def test_a_rule_is_told_the_time_and_given_its_dice(module: Path) -> None:
    """`random.Random(seed)` is a rule's only chance; the module's own dice are everybody's."""
    asked = [
        ast.unparse(node)
        for node in nodes(module)
        if isinstance(node, ast.Call)
        and (
            (name_of(node) in ASKS_THE_MACHINE and not is_rule(node))
            or (ast.unparse(node.func).startswith("random.") and name_of(node) != "Random")
            or (name_of(node) == "Random" and not node.args)
        )
    ]
    assert asked == []


def is_rule(call: ast.Call) -> bool:
    """`Directory.today(branch, now)` is told the time, `date.today()` asks for it."""
    return name_of(call) in {"now", "today"} and bool(call.args)


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.stem)
def test_no_module_remembers_anything_by_itself(module: Path) -> None:
    remembering = {
        node.name
        for node in nodes(module)
        if isinstance(node, ast.FunctionDef)
        and any(name_of(one) in KEEPS for one in node.decorator_list)
    }
    assert remembering <= MAY_KEEP
    rebound = [ast.unparse(node) for node in nodes(module) if isinstance(node, ast.Global)]
    assert rebound == []
