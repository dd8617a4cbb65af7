"""Every route of API v1, readable in one place."""

from collections.abc import Sequence

from litestar import Router
from litestar.handlers import BaseRouteHandler

from queue_app.api import (
    centre,
    desks,
    devices,
    docs,
    interruptions,
    plain_verbs,
    proofs,
    pushes,
    reprints,
    supervision_routes,
    visitors,
    waits_routes,
    wish_routes,
)
from queue_app.web.sockets import Channel, snapshot_of, websocket_of

router = Router(
    "/api/v1",
    route_handlers=[
        centre.catalogue,
        centre.search_catalogue,
        centre.branches,
        centre.free_slots,
        centre.prospect,
        waits_routes.waits,
        centre.board,
        visitors.hold,
        visitors.confirm,
        visitors.extend,
        visitors.correct,
        visitors.look_up,
        proofs.ask,
        proofs.prove,
        proofs.proven,
        wish_routes.make,
        wish_routes.wish,
        wish_routes.change,
        wish_routes.accept,
        wish_routes.decline,
        wish_routes.withdraw,
        visitors.move,
        visitors.change,
        visitors.cancel,
        visitors.appointment,
        visitors.ticket,
        visitors.leave,
        pushes.key,
        pushes.of_ticket,
        pushes.stop_of_ticket,
        pushes.of_appointment,
        pushes.stop_of_appointment,
        visitors.issue,
        visitors.check_in,
        visitors.arrive,
        devices.ask,
        devices.follow,
        devices.sign,
        devices.listed,
        desks.sign_in,
        desks.sign_out,
        desks.desks,
        desks.open_desk,
        desks.pause_desk,
        desks.ask_break,
        desks.close_desk,
        desks.call,
        desks.finish,
        desks.check_right,
        desks.transfer,
        desks.correct_contact,
        desks.queue,
        *plain_verbs.HANDLERS,
        reprints.reprint,
        *supervision_routes.HANDLERS,
        interruptions.interrupt,
        interruptions.current,
        interruptions.resume,
    ],
)


def live(channels: Sequence[Channel]) -> list[BaseRouteHandler]:
    """The websockets, what stands in for them, and the document that describes both."""
    return [
        *map(websocket_of, channels),
        *map(snapshot_of, channels),
        docs.asyncapi(channels),
    ]
