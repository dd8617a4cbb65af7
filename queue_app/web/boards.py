"""Who may watch boards and panels: a rule of the centre."""

from queue_app.domain.people import Actor
from queue_app.domain.rights import require
from queue_app.queries import reference
from queue_app.web.guards import Connection, admit, own_device


async def admit_to_board(asked: Connection) -> Actor:
    """Who asks for a board of the branch that the address names, if they may see it: anybody or,
    where the centre says so, its devices with a screen and its staff.

    NotFound `unknown_branch`; NotSignedIn `not_a_device`; NotAllowed.
    """
    directory = await reference.directory()
    branch = directory.branch(asked.path_params["branch"])
    closed = directory.rules.boards_open_to == "devices"
    if not closed:
        who = await admit(asked, "see_board")
        return await own_device(asked, branch.id) or who
    who = await admit(asked, "see_closed_board")
    require("see_closed_board", who, branch.id)
    return who
