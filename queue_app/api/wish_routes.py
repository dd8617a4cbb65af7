"""The waiting list: residents say what would suit, and answer what is offered."""

from litestar import get, post
from litestar.status_codes import HTTP_200_OK

from queue_app.api.visitor_shapes import FirstWish, NewWish, OfferView, WishView
from queue_app.domain.appointments import Appointment
from queue_app.domain.centre import WEEKDAYS
from queue_app.domain.contacts import Resident, hidden
from queue_app.domain.directory import Directory
from queue_app.domain.wish import Wanted
from queue_app.flow import wishing
from queue_app.flow.act import By
from queue_app.queries import reference, waiting_list
from queue_app.web.guards import right
from queue_app.web.limits import PUBLIC


@post(
    "/wishes",
    operation_id="joinWaitingList",
    opt=right("make_wish", PUBLIC),
    summary="Wait for a time that suits",
)
async def make(data: FirstWish, by: By) -> WishView:
    token = await wishing.make_wish(
        by,
        data.language,
        await _wanted(data),
        _person(data),
        data.as_it_is,
        data.proofs,
        data.instead,
    )
    return await _shown(token, by)


async def _wanted(data: NewWish) -> Wanted:
    directory = await reference.directory()
    return Wanted(
        services=tuple(data.services),
        channel=data.channel,
        branches=tuple(directory.branch(slug).id for slug in data.branches),
        first_day=data.first_day,
        last_day=data.last_day,
        weekdays=tuple(WEEKDAYS.index(one) for one in data.weekdays),
        from_hour=data.from_hour,
        until_hour=data.until_hour,
    )


def _person(data: NewWish) -> Resident:
    return Resident(data.name, data.phone, data.email)


@get(
    "/wishes/{token:str}",
    operation_id="wish",
    opt=right("see_wish"),
    summary="One's own place on the waiting list, and what is held for it",
)
async def wish(token: str, by: By) -> WishView:
    return await _shown(token, by)


@post(
    "/wishes/{token:str}/changes",
    operation_id="changeWish",
    opt=right("change_wish", PUBLIC),
    status_code=HTTP_200_OK,
    summary="Wait for something else; the place on the list stays",
)
async def change(token: str, data: NewWish, by: By) -> WishView:
    await wishing.change_wish(
        by, token, await _wanted(data), _person(data), data.as_it_is, data.proofs
    )
    return await _shown(token, by)


@post(
    "/wishes/{token:str}/acceptance",
    operation_id="acceptOffer",
    opt=right("accept_offer", PUBLIC),
    status_code=HTTP_200_OK,
    summary="Book what is held for it",
)
async def accept(token: str, by: By) -> WishView:
    await wishing.accept_offer(by, token)
    await wishing.give_up_unsettled(by, token)
    return await _shown(token, by)


@post(
    "/wishes/{token:str}/refusal",
    operation_id="declineOffer",
    opt=right("decline_offer", PUBLIC),
    status_code=HTTP_200_OK,
    summary="Let what is held go on to the next, and stay on the list",
)
async def decline(token: str, by: By) -> WishView:
    await wishing.decline_offer(by, token)
    return await _shown(token, by)


@post(
    "/wishes/{token:str}/withdrawal",
    operation_id="leaveWaitingList",
    opt=right("withdraw_wish", PUBLIC),
    status_code=HTTP_200_OK,
    summary="Wait no more",
)
async def withdraw(token: str, by: By) -> WishView:
    await wishing.withdraw_wish(by, token)
    return await _shown(token, by)


async def _shown(token: str, by: By) -> WishView:
    directory = await reference.directory()
    found = await waiting_list.standing(directory, await waiting_list.by_token(token), by.now)
    one, wanted = found.wish, found.wish.wanted
    known = hidden(one.person)
    return WishView(
        token=one.token,
        state=one.state,
        services=wanted.services,
        channel=wanted.channel,
        branches=tuple(directory.branch_of(branch).slug for branch in wanted.branches),
        first_day=wanted.first_day,
        last_day=wanted.last_day,
        weekdays=tuple(WEEKDAYS[day] for day in wanted.weekdays),
        from_hour=wanted.from_hour,
        until_hour=wanted.until_hour,
        before=found.before,
        offer=_offer(directory, found.offer) if found.offer else None,
        appointment=found.booked.token if found.booked else None,
        name=one.name,
        phone=known.phone,
        email=known.email,
    )


def _offer(directory: Directory, offer: Appointment) -> OfferView:
    assert offer.held_until, "it is held"
    return OfferView(
        branch=directory.branch_of(offer.branch_id).slug,
        starts_at=directory.local(offer.starts_at),
        ends_at=directory.local(offer.ends_at),
        held_until=directory.local(offer.held_until),
    )
