"""SQL stands where the database is: in flow, jobs, queries and store, and nowhere else."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HOUSE = ("queue_app", "booking", "kiosk", "display", "config")
ROOMS_WITH_SQL = tuple(f"queue_app/{room}/" for room in ("flow", "jobs", "queries", "store"))
EXCEPTIONS: set[str] = set()
"""Files that are still to be cleared; one that has no SQL any more is to leave this list."""

SQL = re.compile(
    r"\b(SELECT|INSERT INTO|UPDATE \w+ SET|DELETE FROM|TRUNCATE|(CREATE|ALTER|DROP) [A-Z]+"
    r"|ON CONFLICT|RETURNING|SET TRANSACTION|ANALYZE|LISTEN|NOTIFY|pg_\w+\()\b"
)
"""In capitals, as the house writes it; whoever writes it small has to call one of these too."""
ASKING = {
    "fetch", "fetch_row", "fetch_value", "fetchrow", "fetchval", "execute", "executemany",
    "copy_records_to_table", "copy_to_table", "cursor", "raw",
}  # fmt: skip
STORE = "queue_app.store."
TABLES = ("tables", "letter_tables", "wait_tables")
"""The modules of Piccolo's tables, by which one can ask as well."""


def sql_in(source: str) -> list[str]:
    """What this module has of SQL: `line: what`, in order."""
    tree = ast.parse(source)
    prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    found = {
        (node.lineno, what)
        for node in ast.walk(tree)
        if isinstance(node, ast.expr | ast.stmt) and id(node) not in prose
        for what in _sql_of(node)
    }
    return [f"{line}: {what}" for line, what in sorted(found)]


def _sql_of(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Constant(value=str(text)) if word := SQL.search(text):
            yield word[0]
        case ast.JoinedStr(values=parts) if word := SQL.search(_filled(parts)):
            yield word[0]
        case ast.Call(func=ast.Attribute(attr=name)) if name in ASKING:
            yield f".{name}()"
        case ast.Call(func=ast.Attribute(value=ast.Name("db"), attr="copy")):
            yield "db.copy()"
        case ast.ImportFrom(module="queue_app.store.db", names=names):
            yield from (f"import {one.name}" for one in names if one.name in {*ASKING, "copy"})
        case ast.ImportFrom(module="queue_app.store", names=names):
            yield from (f"import {STORE}{one.name}" for one in names if one.name in TABLES)
        case ast.ImportFrom(module=str(module)) if _is_of_tables(module):
            yield f"import {module}"
        case ast.Import(names=names):
            yield from (f"import {one.name}" for one in names if _is_of_tables(one.name))


def _is_of_tables(module: str) -> bool:
    return module.startswith(STORE) and module.removeprefix(STORE) in TABLES


def _filled(parts: list[ast.expr]) -> str:
    """An f-string with something in its gaps."""
    return "".join(str(one.value) if isinstance(one, ast.Constant) else "x" for one in parts)


def modules() -> list[Path]:
    return sorted(path for room in HOUSE for path in (ROOT / room).rglob("*.py"))


@cache
def found_outside() -> dict[str, list[str]]:
    """The files outside those rooms that have SQL, and where."""
    names = {path.relative_to(ROOT).as_posix(): path for path in modules()}
    outside = {
        name: sql_in(path.read_text())
        for name, path in names.items()
        if not name.startswith(ROOMS_WITH_SQL)
    }
    return {name: found for name, found in outside.items() if found}


def test_no_sql_stands_outside_the_rooms_that_may_have_it() -> None:
    assert {name: at for name, at in found_outside().items() if name not in EXCEPTIONS} == {}


def test_no_exception_has_outlived_its_reason() -> None:
    assert EXCEPTIONS - found_outside().keys() == set()


def test_the_rooms_of_sql_are_full_of_it() -> None:
    for room in ("flow", "queries", "store"):
        folder = ROOT / "queue_app" / room
        assert sum(len(sql_in(path.read_text())) for path in folder.rglob("*.py")) > 5, room


@pytest.mark.parametrize(
    ("planted", "found"),
    [
        ("rows = await db.fetch(asked, 1)", ["1: .fetch()"]),
        ('await db.fetch_value("select 1")', ["1: .fetch_value()"]),
        ('await db.copy("ticket", columns, rows)', ["1: db.copy()"]),
        ("await db.engine.pool.execute(text)", ["1: .execute()"]),
        ("await connection.fetchval(text)", ["1: .fetchval()"]),
        ('ASKED = "SELECT id FROM ticket"', ["1: SELECT"]),
        ('ASKED = """\nWITH gone AS (DELETE FROM ticket RETURNING id) TABLE gone"""',
         ["1: DELETE FROM"]),
        ('ASKED = f"UPDATE {table} SET {what}"\nelse_ = f"{verb} desk ON CONFLICT DO NOTHING"',
         ["1: UPDATE x SET", "2: ON CONFLICT"]),
        ('ASKED = ("INSERT" " INTO desk VALUES (1)")', ["1: INSERT INTO"]),
        ('ASKED = "UPDATE desk SET state = $1"', ["1: UPDATE desk SET"]),
        ('ASKED = "ALTER TABLE desk ADD COLUMN floor int"', ["1: ALTER TABLE"]),
        ('def f():\n    def g():\n        return h("TRUNCATE desk")', ["3: TRUNCATE"]),
        ("from queue_app.store.db import fetch, OUTAGES", ["1: import fetch"]),
        ("from queue_app.store.tables import Desk", ["1: import queue_app.store.tables"]),
        ("from queue_app.store import tables", ["1: import queue_app.store.tables"]),
        ("import queue_app.store.tables", ["1: import queue_app.store.tables"]),
        ("from queue_app.store.wait_tables import Promise",
         ["1: import queue_app.store.wait_tables"]),
        ("await Desk.raw(text)", ["1: .raw()"]),
    ],
)  # fmt: skip
def test_sql_is_found_wherever_it_hides(planted: str, found: list[str]) -> None:
    assert sql_in(planted) == found


@pytest.mark.parametrize(
    "innocent",
    [
        '"""Says in a docstring what a SELECT would do."""',
        'label = "Select a service from the list and update it"',
        "twin = line.copy()",
        "async with db.snapshot():\n    pass",
        "from queue_app.store.db import OUTAGES",
        "answer = await client.get(url)",
    ],
)
def test_words_that_are_not_sql_are_left_alone(innocent: str) -> None:
    assert sql_in(innocent) == []
