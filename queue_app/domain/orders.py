"""What a supervisor orders for the rest of a day: it ends by itself with the day.

A desk may give other skills than its plan says, and fewer walk-ins may be given a ticket for a
service, or none. The plan stays as it is, and with it what can be booked for later days.
"""

from collections.abc import Iterable, Mapping

from msgspec import Struct
from msgspec.structs import replace

from queue_app.domain.centre import Centre
from queue_app.domain.directory import Branch, Desk


class Orders(Struct, frozen=True):
    """`skills`: of the desks that give others than planned, by id. `remaining`: how many walk-ins
    are still given a ticket, by service; 0: nobody."""

    skills: Mapping[int, tuple[str, ...]] = {}
    remaining: Mapping[str, int] = {}

    def ended(self, services: Iterable[str]) -> bool:
        """Whether no more tickets are given for a visit with all these services."""
        return any(self.remaining.get(code) == 0 for code in services)

    def end_tickets_of(self, branch: Branch) -> bool:
        """Whether no more are given for whatever the branch offers."""
        given = frozenset[str]().union(*(desk.services for desk in branch.desks))
        return bool(given) and all(self.ended([code]) for code in given)


def under_orders(branch: Branch, centre: Centre, orders: Orders) -> Branch:
    """The branch as it works today."""
    if not orders.skills:
        return branch
    given = {one.code: frozenset(one.services) for one in centre.skills}
    return replace(branch, desks=tuple(_desk(one, given, orders) for one in branch.desks))


def _desk(desk: Desk, given: Mapping[str, frozenset[str]], orders: Orders) -> Desk:
    """A skill that the files have taken away since is none any more."""
    skills = tuple(code for code in orders.skills.get(desk.id, ()) if code in given)
    if not skills:
        return desk
    return replace(desk, skills=skills, services=frozenset().union(*(given[one] for one in skills)))


def left_by(visits: Iterable[frozenset[str]], branch: Branch) -> list[frozenset[str]]:
    """The visits, each a set of services, that no one desk of the branch can give whole."""
    asked = dict.fromkeys(visits)
    return [one for one in asked if not any(desk.services >= one for desk in branch.desks)]
