"""A line that the office puts on the boards of its branch."""

from collections.abc import Mapping

import msgspec

from queue_app.domain.catalogue import Language
from queue_app.domain.errors import RuleBroken
from queue_app.domain.people import one_line
from queue_app.flow.act import Act, verb
from queue_app.store import db

LINE_LENGTH = 120
"""Characters: what a board shows large enough to be read from across a hall."""


@verb
async def say_line(act: Act, branch_slug: str, said: Mapping[Language, str]) -> None:
    """Every board of the branch shows it until the end of the branch's day; nothing said in any of
    the centre's languages takes the line off.

    NotFound `unknown_branch`; NotAllowed `other_branch`; RuleBroken `long_line`.
    """
    branch = act.branch(branch_slug)
    lines = {code: one_line(said.get(code, "")) for code in act.directory.languages}
    lines = {code: line for code, line in lines.items() if line}
    if any(len(line) > LINE_LENGTH for line in lines.values()):
        raise RuleBroken("long_line", most=LINE_LENGTH)
    if lines:
        await db.fetch(
            "INSERT INTO board_line (branch_id, said, until) VALUES ($1, $2::jsonb, $3)"
            " ON CONFLICT (branch_id) DO UPDATE SET said = excluded.said, until = excluded.until",
            branch.id,
            msgspec.json.encode(lines).decode(),
            act.directory.today(branch, act.now).ends,
        )
    else:
        await db.fetch("DELETE FROM board_line WHERE branch_id = $1", branch.id)
    await act.note("board", branch.slug, "say", after=lines or None, branch_id=branch.id)
    act.touch(branch.id)
