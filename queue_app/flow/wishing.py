"""Whoever found no time says what would suit, changes that, answers an offer, and leaves."""

import secrets
from collections.abc import Sequence

from msgspec.structs import replace

from queue_app.domain.appointments import Appointment, lapsed, require_confirmable
from queue_app.domain.catalogue import Channel, Language
from queue_app.domain.contacts import Resident
from queue_app.domain.errors import Conflict, NotFound, RuleBroken
from queue_app.domain.numbering import link_token
from queue_app.domain.wish import Wanted, Wish, check_wanted, ends_at, gives_up, require_open
from queue_app.flow import offering, proving, reaching, sparing, wish_records
from queue_app.flow.act import Act, verb
from queue_app.flow.admission import check_services
from queue_app.queries import appointments, slots, unsettled, waiting_list
from queue_app.store import db


@verb
async def make_wish(
    act: Act,
    language: Language | None,
    wanted: Wanted,
    person: Resident,
    as_it_is: Sequence[str] = (),
    proofs: Sequence[str] = (),
    instead: str | None = None,
) -> str:
    """The token of a new wish, last on the list. `instead`: the link of a booking that changed
    plans left without a place, and which is given up for what comes of the wish.

    RuleBroken `no_waiting_list`, `nobody_serves`, what `check_services`, `check_wanted` and
    `check_contact` say, `too_many_wishes`, `contact_unproven` unless one of `proofs` proves it
    where the centre asks for that at all; TooMany `too_many_from_address`.
    """
    spoken = act.directory.spoken(language)
    wanted = _checked(act, wanted)
    known = reaching.read(act.directory, wanted.channel, person, as_it_is)
    await _require_few_wishes(act, known, None, proofs)
    await sparing.require_few(act, "wish")
    token = link_token(wanted.branches[0], secrets.token_urlsafe(16))
    left = await _left_without_a_place(instead)
    made = await wish_records.insert(token, wanted, known, spoken, act.who.actor, act.now, left)
    return made.token


async def _left_without_a_place(link: str | None) -> tuple[int, int] | None:
    """The booking behind the link, by branch and id; None of any that has its place."""
    try:
        found = await appointments.by_token(link) if link else None
    except NotFound:
        return None
    if found is None or await unsettled.reason(found.branch_id, found.id) is None:
        return None
    return found.branch_id, found.id


@verb
async def change_wish(
    act: Act,
    token: str,
    wanted: Wanted,
    person: Resident,
    as_it_is: Sequence[str] = (),
    proofs: Sequence[str] = (),
) -> None:
    """What would suit is something else; the place on the list stays. An empty part of `person`
    leaves it as it is.

    As `make_wish`; Conflict `wish_state`, and `offer_open` while something is held for it.
    """
    wish = await waiting_list.by_token(token, lock=True)
    require_open(wish)
    if await _offer_of(wish):
        raise Conflict("offer_open")
    wanted = _checked(act, wanted)
    said = Resident(
        person.name or wish.name or "", person.phone or wish.phone, person.email or wish.email
    )
    known = reaching.read(act.directory, wanted.channel, said, as_it_is)
    if known != wish.person:
        await _require_few_wishes(act, known, wish, proofs)
        await sparing.require_few(act, "wish")
    await wish_records.write(
        wish,
        "change",
        act.who.actor,
        act.now,
        wanted=wanted,
        name=known.name,
        phone=known.phone,
        email=known.email,
    )


def _checked(act: Act, wanted: Wanted) -> Wanted:
    """Of the branches, those that are open and give it."""
    directory = act.directory
    if not directory.rules.offer_minutes:
        raise RuleBroken("no_waiting_list")
    if wanted.channel == "site":
        raise RuleBroken("not_by_visit", services=list(wanted.services))
    services = check_services(directory, list(wanted.services), wanted.channel)
    giving = _giving_branches(act, services, wanted.channel)
    branches = tuple(one for one in wanted.branches if one in giving)
    if wanted.branches and not branches:
        raise RuleBroken("nobody_serves", services=list(services))
    today = directory.local(act.now).date()
    return check_wanted(replace(wanted, services=services, branches=branches), today)


def _giving_branches(act: Act, services: tuple[str, ...], channel: Channel) -> set[int]:
    return {
        branch.id for branch in act.directory.branches.values() if branch.gives(services, channel)
    }


async def _require_few_wishes(
    act: Act, person: Resident, wish: Wish | None, proofs: Sequence[str]
) -> None:
    """The lock makes two wishes of one person wait for each other."""
    limit = act.directory.rules.max_wishes
    before = wish.person if wish else wish_records.NOBODY
    for field, contact, kept in (
        ("phone", person.phone, before.phone),
        ("email", person.email and person.email.lower(), before.email and before.email.lower()),
    ):
        if not contact or contact == kept:
            continue
        await db.fetch("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", contact)
        others = await waiting_list.with_contact(contact, contact)
        if sum(one.id != (wish and wish.id) for one in others) >= limit:
            raise RuleBroken("too_many_wishes", limit=limit, field=field)
        # Of a wish come messages, by which others' contacts could be pestered.
        await proving.require_proven(act, field, contact, 1, proofs)


async def _offer_of(wish: Wish) -> Appointment | None:
    """What is held for it, locked."""
    held = [one for one in await waiting_list.offers(wish.id) if one.state == "held"]
    found = await appointments.locked([(one.branch_id, one.id) for one in held])
    return next((one for one in found if one.state == "held"), None)


@verb
async def accept_offer(act: Act, token: str) -> str:
    """Book what is held for this wish, with its contact: the token of the booking. Twice is the
    same as once.

    Conflict `offer_over` where nothing is held for it any more, `plans_changed`; RuleBroken
    `too_many_bookings`, `branch_retired`.
    """
    await act.plans_stand()
    offer = await _offer_of(await waiting_list.by_token(token))
    wish = await waiting_list.by_token(token, lock=True)
    if wish.state == "booked":
        return await _booked(wish)
    if offer is None or lapsed(offer, act.now) or wish.state != "open":
        raise Conflict("offer_over")
    require_confirmable(offer, act.now)
    if why := await slots.why_not(act.directory, offer):
        raise Conflict("plans_changed", why=why)
    known = await reaching.checked(act, offer, wish.person, ("email", "overlap"), proven=True)
    await act.record(known, "confirm", language=wish.language)
    await wish_records.write(wish, "book", act.who.actor, act.now)
    return known.token


@verb
async def give_up_unsettled(act: Act, token: str) -> bool:
    """What changed plans left without a place is given up once this wish in its stead is booked;
    whether so. Apart from `accept_offer`, as it may be of another branch; what is interrupted in
    between stays on the list of staff."""
    wish = await waiting_list.by_token(token)
    left = await waiting_list.instead_of(wish.id) if wish.state == "booked" else None
    found = await appointments.locked([left] if left else [])
    if not found or found[0].state != "booked" or found[0].checked_in_at is not None:
        return False
    if await unsettled.reason(found[0].branch_id, found[0].id) is None:
        return False
    await act.record(found[0], "cancel")
    await offering.give_back(act, found[0])
    return True


async def _booked(wish: Wish) -> str:
    for one in await waiting_list.offers(wish.id):
        if one.state not in ("held", "expired"):
            return one.token
    raise Conflict("offer_over")


@verb
async def decline_offer(act: Act, token: str) -> None:
    """What is held goes on to the next; the wish stays on the list. Twice is the same as once."""
    offer = await _offer_of(await waiting_list.by_token(token))
    if offer is not None and not lapsed(offer, act.now):
        await act.record(offer, "cancel")
        await offering.give_back(act, offer)


@verb
async def withdraw_wish(act: Act, token: str) -> None:
    """Nobody waits any more; what is held goes on to the next. Twice is the same as once."""
    await _leave(act, token, "withdraw")


@verb
async def forget_wish(act: Act, token: str) -> None:
    """The same, and who waited and what was sent to them goes."""
    await _forget(act, token)


@verb
async def erase_wishes(act: Act, phone: str | None, email: str | None) -> int:
    """Of everything that a person ever wished for; how many."""
    found = await waiting_list.with_contact(phone, email, only_open=False)
    for one in found:
        await _forget(act, one.token)
    return len(found)


async def _forget(act: Act, token: str) -> None:
    wish = await _leave(act, token, "forget")
    await db.fetch("UPDATE wish SET name = NULL, phone = NULL, email = NULL WHERE id = $1", wish.id)
    await db.fetch(
        "DELETE FROM message m USING appointment a WHERE a.wish_id = $1 AND m.kind = 'offer'"
        " AND m.branch_id = a.branch_id AND m.appointment_id = a.id",
        wish.id,
    )
    await db.fetch(
        "DELETE FROM message WHERE branch_id = $1 AND event = $2",
        wish.wanted.branches[0],
        f"wish {wish.id}",
    )


async def _leave(act: Act, token: str, why: str) -> Wish:
    offer = await _offer_of(await waiting_list.by_token(token))
    wish = await waiting_list.by_token(token, lock=True)
    if wish.state != "open":
        return wish
    left = await wish_records.write(wish, "withdraw", act.who.actor, act.now, why)
    if offer is not None:
        await act.record(offer, "cancel")
        await offering.give_back(act, offer)
    return left


@verb
async def end_wish(act: Act, wish_id: int) -> bool:
    """Nothing that suits can come free any more, which is said, or nobody answers; whether so."""
    wish = await waiting_list.by_id(wish_id, lock=True)
    if wish is None or wish.state != "open" or await _is_held(wish):
        return False
    silent = gives_up((await waiting_list.unanswered([wish.id])).get(wish.id, 0))
    if not silent and not _is_over(act, wish):
        return False
    await wish_records.write(
        wish, "end", act.who.actor, act.now, "unanswered" if silent else "over"
    )
    if not silent:
        offering.tell(act, wish, "unmet", f"wish {wish.id}")
    return True


async def _is_held(wish: Wish) -> bool:
    return any(one.state == "held" for one in await waiting_list.offers(wish.id))


def _is_over(act: Act, wish: Wish) -> bool:
    """Its last time has come, or nobody gives it any more."""
    directory = act.directory
    return act.now >= ends_at(wish.wanted, directory.rules, directory.zone)
