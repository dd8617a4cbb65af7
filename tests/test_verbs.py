"""A verb says only what is particular to it: what every change needs stands around it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
AROUND = ROOT / "queue_app" / "flow" / "act.py"
"""The one place that opens a verb's transaction and announces what it changed."""
BY_HAND = {
    "transact", "raise_version", "raise_version_with_commit", "say_with_commit", "keep",
    "answered", "directory",
}  # fmt: skip
"""What the unit of work does; a verb that calls it does it a second time."""


def is_verb(node: ast.AST) -> bool:
    return isinstance(node, ast.AsyncFunctionDef) and any(
        ast.unparse(one) in ("verb", "verb.secret") for one in node.decorator_list
    )


def verbs_of(source: str) -> Iterator[ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(source)):
        if is_verb(node):
            assert isinstance(node, ast.AsyncFunctionDef)
            yield node


def wrong_in(source: str) -> list[str]:
    """What verbs of this source do that is not theirs to do."""
    found = []
    for one in verbs_of(source):
        for node in ast.walk(one):
            if node is not one and isinstance(
                node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
            ):
                found.append(f"{one.name} nests a function")
            if isinstance(node, ast.Call):
                called = node.func
                name = getattr(called, "attr", getattr(called, "id", ""))
                if name in BY_HAND and ast.unparse(called) != "act.directory":
                    found.append(f"{one.name} calls {name}")
    return found


def sources() -> list[Path]:
    rooms = (ROOT / "queue_app" / "flow", ROOT / "queue_app" / "jobs")
    return sorted(path for room in rooms for path in room.glob("*.py") if path != AROUND)


def test_no_verb_nests_a_function_opens_a_transaction_or_announces_by_hand() -> None:
    wrong = {path.name: found for path in sources() if (found := wrong_in(path.read_text()))}
    assert wrong == {}
    assert sum(len(list(verbs_of(path.read_text()))) for path in sources()) > 25


def test_only_the_unit_of_work_raises_the_version_of_a_branch() -> None:
    found = [
        path.relative_to(ROOT)
        for path in (ROOT / "queue_app").rglob("*.py")
        if re.search(r"records\.raise_version\w*\(", path.read_text())
    ]
    assert found == [AROUND.relative_to(ROOT)]
    written = [
        path.relative_to(ROOT)
        for path in (ROOT / "queue_app").rglob("*.py")
        if "UPDATE branch_version" in path.read_text()
    ]
    assert written == [Path("queue_app/flow/records.py")]


@pytest.mark.parametrize(
    ("planted", "found"),
    [
        ("async def work(): ...", "call nests a function"),
        ("return await db.transact(lambda: 1)", "call nests a function"),
        ("await db.transact(work)", "call calls transact"),
        ("await records.raise_version(1)", "call calls raise_version"),
        ("directory = await reference.directory()", "call calls directory"),
    ],
)
def test_what_a_verb_must_not_do_is_found(planted: str, found: str) -> None:
    assert found in wrong_in(f"@verb\nasync def call(act):\n    {planted}")


def test_a_verb_as_it_should_be_is_let_alone() -> None:
    source = "@verb\nasync def call(act):\n    return await act.record(act.directory, 'call')"
    assert wrong_in(source) == []
