"""A branch at a glance: all its desks, as the console's list of desks shows them."""

from datetime import datetime

from msgspec import Struct

from queue_app.domain.catalogue import Text
from queue_app.domain.forgotten import Reminder, grave
from queue_app.domain.hall import Hall
from queue_app.domain.machines import AwayDevice
from queue_app.screens.interruption import InterruptionView, lasting_interruptions
from queue_app.screens.out_of_paper import PaperView, paper_view


class DeskChoice(Struct, frozen=True):
    """A desk in the list. `callable`: how many of the waiting people it could call now."""

    id: int
    number: str
    skills: tuple[Text, ...]
    state: str
    clerk: str | None
    pause_reason: str | None
    callable: int
    mine: bool
    free: bool


class BranchOverview(Struct, frozen=True):
    """All desks in the order of the branch. `waiting`: how many people wait there; `calls`: how
    many wait to be phoned."""

    version: int
    epoch: str
    at: datetime
    branch: str
    desks: tuple[DeskChoice, ...]
    waiting: int
    calls: int
    interruptions: tuple[InterruptionView, ...]
    paper: PaperView
    devices_away: tuple[AwayDevice, ...]
    notice: Text | None
    forgotten: tuple[Reminder, ...] = ()
    """Whom nobody has looked after for twice as long as their desk may."""


def branch_overview(hall: Hall, viewer: int) -> BranchOverview:
    """The branch as the member of staff `viewer` sees it."""
    titles = {skill.code: skill.title for skill in hall.directory.centre.skills}
    skills = {
        desk.id: tuple(titles[code] for code in desk.skills if code in titles)
        for desk in hall.branch.desks
    }
    return BranchOverview(
        version=hall.version,
        epoch=hall.epoch,
        at=hall.at,
        branch=hall.branch.slug,
        desks=tuple(
            DeskChoice(
                id=desk.id,
                number=desk.number,
                skills=skills.get(desk.id, ()),
                state=desk.state,
                clerk=desk.clerk,
                pause_reason=desk.pause_reason,
                callable=len(hall.queue(desk.id)),
                mine=desk.staff_id == viewer,
                free=desk.staff_id is None,
            )
            for desk in hall.desks
        ),
        waiting=hall.people_waiting,
        calls=len(hall.waiting) - len(hall.visitors_waiting),
        interruptions=lasting_interruptions(hall),
        paper=paper_view(hall),
        devices_away=hall.devices_away,
        notice=hall.notice,
        forgotten=tuple(grave(hall)),
    )
