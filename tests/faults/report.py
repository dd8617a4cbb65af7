"""What trials showed, as lines for whoever waits and as one table of Markdown."""

from collections.abc import Sequence

from tests.faults.book import COLUMNS, TOO_LONG
from tests.faults.trial import Result
from tests.load.table import Table, part

HEADS = (
    "trial", "2xx", "4xx", "503", "500", "broken", f"> {TOO_LONG:.0f} s", "longest answer",
    "no ticket for", "ready: no after", "yes after", "boards still for", "lost", "twice", "numbers",
    "log lines", "tracebacks", "doctor", "stands", "worker",
)  # fmt: skip
SHOWN = 5
"""Of a long list of findings."""


def table(results: Sequence[Result]) -> Table:
    return Table("Faults", HEADS, [row(one) for one in results])


def row(result: Result) -> tuple[str, ...]:
    if result.skipped:
        return (result.name, *("–" for _ in HEADS[1:]))
    verdict = result.verdict
    return (
        result.name,
        *(str(result.answers[column]) for column in COLUMNS),
        seconds(result.longest_answer),
        seconds(result.no_ticket_for),
        seconds(result.no_after, "–"),
        seconds(result.yes_after, "never"),
        seconds(result.boards_still_for),
        str(len(verdict.lost)),
        str(len(verdict.twice)),
        str(len(verdict.numbers)),
        str(result.log_lines),
        str(result.tracebacks),
        str(len(result.findings)) if result.findings else "clean",
        "yes" if result.stands else "no",
        f"{result.memory:.0f} MB",
    )


def seconds(value: float | None, never: str = "") -> str:
    return never if value is None else f"{value:.1f} s"


def told(result: Result) -> str:
    """One trial, for whoever watches."""
    if result.skipped:
        return f"{result.name}: skipped, {result.skipped}"
    cells = [f"{head} {cell}" for head, cell in zip(HEADS[1:], row(result)[1:], strict=True)]
    return "\n  ".join([f"{result.name}:", ", ".join(cells), *remarks(result)])


def remarks(result: Result) -> list[str]:
    """What a number in the table does not say."""
    found = [
        *(("lost", one) for one in result.verdict.lost[:SHOWN]),
        *(("twice", one) for one in result.verdict.twice[:SHOWN]),
        *(("number", one) for one in result.verdict.numbers[:SHOWN]),
        *(("doctor", one) for one in result.findings[:SHOWN]),
    ]
    refused = [f"refused: {', '.join(result.refusals[:SHOWN])}"] if result.refusals else []
    return [*result.notes, *refused, *(f"{kind}: {one}" for kind, one in found)]


def markdown(results: Sequence[Result]) -> str:
    """The table, and under it the remarks of each trial that has some."""
    notes = [
        f"- **{one.name}**: "
        + "; ".join(said.rstrip(".") for said in ([one.skipped] if one.skipped else remarks(one)))
        + "."
        for one in results
        if one.skipped or remarks(one)
    ]
    starts = [one.started_in for one in results if one.started_in]
    usual = f"From `serve` to ready without a fault: {part(starts, 0.5):.1f} s." if starts else ""
    return "\n".join([str(table(results)), "", usual, "", *notes])
