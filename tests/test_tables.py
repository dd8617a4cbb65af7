"""The tables as Piccolo sees them are those that the migrations make, column by column."""

from contextlib import suppress
from inspect import signature
from typing import Any

import pytest
from msgspec import Struct
from piccolo.columns.base import Column
from piccolo.columns.defaults.uuid import UUID4
from piccolo.conf.apps import table_finder
from piccolo.table import Table

from queue_app.store import db, piccolo_app

pytestmark = pytest.mark.usefixtures("database")

TABLES: list[type[Table]] = table_finder(modules=piccolo_app.TABLES)
PICCOLOS_OWN = {"migration"}
RANDOM = "gen_random_uuid()"
"""The database's own words for what is another each time, which is Piccolo's UUID4."""
UNSAID = object()
"""A default that Piccolo has for every column of a type, without anybody having stated it."""


class UndoneError(Exception):
    """Leaves the database as it was."""


class Made(Struct, frozen=True):
    """A column of the database. `default`: what a row gets that does not say, as JSON or text."""

    type: str
    null: bool
    key: bool
    default: Any


_COLUMNS = """
SELECT c.table_name, c.column_name, format_type(a.atttypid, a.atttypmod) AS type,
    c.is_nullable = 'YES' AS "null", coalesce(a.attnum = ANY(k.conkey), false) AS key,
    c.column_default AS said
FROM information_schema.columns c
JOIN pg_attribute a ON a.attrelid = c.table_name::regclass AND a.attname = c.column_name
LEFT JOIN pg_constraint k ON k.conrelid = a.attrelid AND k.contype = 'p'
WHERE c.table_schema = 'public' AND c.table_name <> ALL($1)
"""


async def made() -> dict[str, dict[str, Made]]:
    """Every column of the migrated database by table and name."""
    found: dict[str, dict[str, Made]] = {}
    for row in await db.fetch(_COLUMNS, list(PICCOLOS_OWN)):
        said = row["said"]
        default = await db.fetch_value(f"SELECT {said}") if said and said != RANDOM else said
        column = Made(row["type"], row["null"], row["key"], default)
        found.setdefault(row["table_name"], {})[row["column_name"]] = column
    return found


def stated(column: Column) -> Any:
    """The default that Piccolo's table states, or UNSAID."""
    default = column.get_default_value()
    if column._meta.null:
        return default
    if isinstance(default, UUID4) and not column._meta.primary_key:
        return default.postgres
    return UNSAID if default is None or repr(default) == repr(usual(type(column))) else default


def usual(kind: type[Column]) -> Any:
    """What Piccolo takes for the default of such columns by itself."""
    parameter = signature(kind.__init__).parameters.get("default")
    default = parameter.default if parameter else None
    return default() if callable(default) else default


async def differences(table: type[Table], columns: dict[str, Made]) -> list[str]:
    """What Piccolo believes of this table otherwise than the database has it."""
    name = table._meta.tablename
    believed = {column._meta.db_column_name: column for column in table._meta.columns}
    wrong = [f"{name}.{one}: only in Python" for one in believed.keys() - columns.keys()]
    wrong += [f"{name}.{one}: not in Python" for one in columns.keys() - believed.keys()]
    for one in believed.keys() & columns.keys():
        wrong += [f"{name}.{one}: {what}" for what in await _of(believed[one], columns[one])]
    return sorted(wrong)


async def _of(column: Column, there: Made) -> list[str]:
    wrong = []
    written = await db.fetch_value("SELECT $1::text::regtype::text", column.column_type)
    if written != there.type:
        wrong.append(f"is {there.type}, not {written}")
    if column._meta.null != there.null:
        wrong.append("may be NULL" if there.null else "may not be NULL")
    if column._meta.primary_key and not there.key:
        wrong.append("is not part of the key")
    default = stated(column)
    if default is UNSAID and there.default is not None:
        default = column.get_default_value()
    if default is not UNSAID and default != there.default:
        wrong.append(f"is {there.default!r} where nothing is said, not {default!r}")
    return wrong


async def test_every_table_that_migrations_make_is_known_to_piccolo_and_no_other() -> None:
    assert {table._meta.tablename for table in TABLES} == (await made()).keys()


async def test_every_column_is_as_migrations_make_it() -> None:
    there = await made()
    known = [table for table in TABLES if table._meta.tablename in there]
    assert [
        one for table in known for one in await differences(table, there[table._meta.tablename])
    ] == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("ADD COLUMN floor integer", "desk.floor: not in Python"),
        ("DROP COLUMN pause_reason", "desk.pause_reason: only in Python"),
        ("ALTER COLUMN position TYPE bigint", "desk.position: is bigint, not integer"),
        ("ALTER COLUMN number DROP NOT NULL", "desk.number: may be NULL"),
        ("ALTER COLUMN roster SET DEFAULT '[]'", "desk.roster: is '[]' where nothing is said"),
        ("ALTER COLUMN state DROP DEFAULT", "desk.state: is None where nothing is said"),
        ("ALTER COLUMN since SET DEFAULT '2026-11-25Z'", "desk.since: is datetime.datetime(2026"),
        ("DROP CONSTRAINT desk_pkey CASCADE", "desk.id: is not part of the key"),
    ],
)
async def test_a_difference_is_named(change: str, said: str) -> None:
    [desk] = [table for table in TABLES if table._meta.tablename == "desk"]
    found: list[str] = []

    async def work() -> None:
        await db.fetch(f"ALTER TABLE desk {change}")
        found.extend(await differences(desk, (await made())["desk"]))
        raise UndoneError

    with suppress(UndoneError):
        await db.transact(work)
    assert len(found) == 1 and found[0].startswith(said)
