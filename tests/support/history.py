"""Fills a database with a branch's synthetic past, to try what depends on one.

`python -m tests.support.history --weeks 8 --until 2026-11-23` fills the database of QUEUE_APP_DATA
or QUEUE_APP_DATABASE_URL with the open days before that Monday and the bookings of that day.
"""

from datetime import UTC, datetime, time, timedelta
from random import Random

import click

from config.settings import from_environment
from queue_app import installation
from queue_app.clock import FixedClock
from queue_app.flow.history import write
from queue_app.jobs import learning
from queue_app.queries import reference
from queue_app.simulation.past import day_to_come, write_past
from queue_app.simulation.run import run_day
from queue_app.simulation.synthetic_branch import KINDS, DayKind, synthetic_branch
from queue_app.simulation.synthetic_day import draw


@click.command()
@click.option("--branch", "slug", help="The first unless given.")
@click.option("--kind", type=click.Choice(KINDS), default="calm")
@click.option("--weeks", type=click.IntRange(1, 12), default=8)
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), required=True)
@click.option("--seed", type=int, default=1)
def fill(slug: str | None, kind: DayKind, weeks: int, until: datetime, seed: int) -> None:
    """Fill the centre's database, made where there is none, with a branch's synthetic past."""
    settings, day = from_environment(), until.date()
    chance = Random(f"history {seed}")

    async def work() -> None:
        now = datetime.combine(day, time(8), UTC)
        await installation.prepare(settings, FixedClock(now))
        directory = await reference.directory()
        branch = directory.branch(slug or next(iter(directory.branches)))
        plan = next(one for one in directory.centre.branches if one.slug == branch.slug)
        truth = synthetic_branch(directory.centre, plan, kind, chance)
        days = [
            one
            for ago in range(7 * weeks, 0, -1)
            if truth.on(one := day - timedelta(days=ago)).periods
        ]
        past = [run_day(draw(truth, one, chance), truth.policy) for one in days]
        await write_past(directory, branch, past)
        ahead = day_to_come(directory, branch, draw(truth, day, chance))
        await write(directory, branch, [ahead])
        await learning.learn(directory, now)
        await learning.learn_habits(directory, now)
        click.echo(f"{branch.slug}: {len(days)} days before {day}, {kind}, seed {seed}.")

    with installation.server(settings) as dsn:
        installation.run(dsn, work)


if __name__ == "__main__":
    fill()
