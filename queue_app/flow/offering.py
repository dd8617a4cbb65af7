"""The waiting list: a time that comes free is held for the first whom it suits, then goes on.

An offer is an ordinary hold that belongs to a wish. So what keeps two people from one slot keeps
an offer, too, and it ends like every hold: confirmed, given back, or when its time runs out.
"""

from datetime import UTC, date, datetime, timedelta

from msgspec.structs import replace

from queue_app.domain import slots
from queue_app.domain import wish as rules_of
from queue_app.domain.appointments import Appointment
from queue_app.domain.directory import Branch
from queue_app.domain.messages import Medium, MessageKind, Outgoing
from queue_app.domain.quiet import leaves_at
from queue_app.domain.slots import Occupied
from queue_app.domain.wish import Listed, Wish
from queue_app.flow import sparing
from queue_app.flow.act import Act, verb
from queue_app.flow.taking import take
from queue_app.queries import slots as free
from queue_app.queries import waiting_list


async def give_back(act: Act, given: Appointment) -> None:
    """What becomes of the time of an appointment that has just left it; `given`: as it was.

    What was offered goes on to the next at once. Anything else first waits for the moment at which
    it is shown again, where the centre wishes that.
    """
    was_offered = given.wish_id is not None and given.state == "held"
    if was_offered and await _pass_on(act, given):
        return
    await sparing.keep_back(act, given)
    if not was_offered:
        await _pass_on(act, given)


async def _pass_on(act: Act, given: Appointment) -> bool:
    """Offer what came free to the first whom it suits; whether it is offered."""
    branch = act.directory.branch_of(given.branch_id)
    day = act.directory.local(given.starts_at).date()
    return await _offer(act, branch, first=day, last=day, most=1, not_to=given.wish_id) > 0


@verb
async def offer_times(act: Act, branch_id: int) -> int:
    """Whatever is free in this branch is offered to whom it suits; how many offers were made."""
    branch = act.directory.branch_of(branch_id)
    today = act.directory.local(act.now).date()
    last = today + timedelta(days=act.directory.rules.horizon_days)
    return await _offer(act, branch, first=today, last=last)


async def _offer(
    act: Act,
    branch: Branch,
    first: date,
    last: date,
    most: int | None = None,
    not_to: int | None = None,
) -> int:
    """Of these days, to at most so many."""
    rules, quiet = act.directory.rules, act.directory.quiet
    if branch.retired or not rules.offer_minutes or quiet.holds(act.now):
        return 0
    line = [
        one
        for one in await waiting_list.listed(branch.id, rules.max_bookings, act.now)
        if one.wish.wanted.first_day <= last and first <= one.wish.wanted.last_day
        if one.wish.id != not_to
    ]
    if not line:
        return 0
    await act.plans_stand()
    branch = act.directory.branch_of(branch.id)
    first = max(first, min(one.wish.wanted.first_day for one in line))
    last = min(last, max(one.wish.wanted.last_day for one in line))
    free_times = await _FreeTimes.of(act, branch, first, (last - first).days + 1)
    made = 0
    for one in line:
        if made == most:
            break
        start = free_times.first_for(one)
        if start is None or not await waiting_list.unless_taken(one.wish):
            continue
        offer = await _hold(act, branch, one.wish, start)
        if offer is not None:
            free_times.take(offer)
            made += 1
    return made


class _FreeTimes:
    """The free starts of some days of one branch that can be offered now."""

    def __init__(self, act: Act, branch: Branch, first: date, days: int) -> None:
        self._act = act
        self._branch = branch
        self._first = first
        self._days = days
        self._capacity: slots.Capacity
        self._starts: dict[tuple[tuple[str, ...], str], dict[date, list[datetime]]] = {}

    @classmethod
    async def of(cls, act: Act, branch: Branch, first: date, days: int) -> "_FreeTimes":
        made = cls(act, branch, first, days)
        made._capacity = await free.capacity_of(act.directory, branch, first, days, act.now)
        return made

    def first_for(self, listed: Listed) -> datetime | None:
        wanted = listed.wish.wanted
        visit = free.visit_of(self._act.directory, wanted.services, wanted.channel)
        key = (wanted.services, wanted.channel)
        if key not in self._starts:
            self._starts[key] = self._find(visit)
        return rules_of.first_fit(listed, self._branch.id, self._starts[key], visit.minutes)

    def _find(self, visit: slots.Visit) -> dict[date, list[datetime]]:
        """By date; none of a service that is not given any more."""
        act, known = self._act, self._act.directory.services
        earliest = rules_of.first_offered(act.now, act.directory.rules, act.directory.quiet)
        if earliest is None or any(
            code not in known or visit.channel not in known[code].channels
            for code in visit.services
        ):
            return {}
        found = slots.free_starts(self._capacity, visit, self._first, self._days, act.now)
        return {
            day: [start for start in starts if start >= earliest] for day, starts in found.items()
        }

    def take(self, offer: Appointment) -> None:
        occupied = Occupied(offer.lane_id, offer.starts_at, offer.ends_at)
        self._capacity = replace(self._capacity, occupied=[*self._capacity.occupied, occupied])
        self._starts.clear()


async def _hold(act: Act, branch: Branch, wish: Wish, start: datetime) -> Appointment | None:
    """None where somebody else was first, at the slot or with this wish."""
    starts_at = start.astimezone(UTC)
    rules, quiet = act.directory.rules, act.directory.quiet
    until = rules_of.stands_until(act.now, starts_at, rules, quiet)
    assert until
    wanted = wish.wanted
    offer = await take(
        act, branch, wanted.services, starts_at, wanted.channel, wish.language, until, wish.id
    )
    if offer is not None:
        tell(act, wish, "offer", f"appointment {offer.id} {offer.revision}", offer)
    return offer


def tell(
    act: Act, wish: Wish, kind: MessageKind, event: str, offer: Appointment | None = None
) -> None:
    """By mail where there is an address, else by SMS."""
    medium: Medium = "mail" if wish.email else "sms"
    recipient = wish.email or wish.phone
    assert recipient
    act.tell(
        Outgoing(
            branch_id=offer.branch_id if offer else wish.wanted.branches[0],
            event=event,
            kind=kind,
            channel=medium,
            recipient=recipient,
            language=wish.language,
            due_at=leaves_at(kind, medium, act.now, act.directory.quiet, None),
            appointment_id=offer.id if offer else None,
        )
    )
