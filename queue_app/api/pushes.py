"""A browser asks to be told of its visit by web push, and to be told no more."""

from litestar import get, post
from litestar.status_codes import HTTP_204_NO_CONTENT

from config.settings import Settings
from queue_app.api.visitor_shapes import NewPush, NoMorePush, PushKey
from queue_app.delivery.webpush import public_key
from queue_app.domain.pushes import read_subscription
from queue_app.flow import pushing
from queue_app.flow.act import By
from queue_app.queries import reference
from queue_app.web.guards import right
from queue_app.web.limits import PUBLIC


@get(
    "/push-key",
    operation_id="pushKey",
    opt=right("see_page"),
    summary="The centre's public key, as `pushManager.subscribe` takes it",
)
async def key() -> PushKey:
    return PushKey(public_key(await pushing.private_key()))


@post(
    "/tickets/{token:str}/pushes",
    operation_id="pushTicket",
    opt=right("allow_push", PUBLIC),
    status_code=HTTP_204_NO_CONTENT,
    summary="Tell this browser when it is soon the ticket's turn, and when it is called",
)
async def of_ticket(token: str, data: NewPush, by: By, settings: Settings) -> None:
    await _allow(by, token, "ticket", data, settings)


@post(
    "/appointments/{token:str}/pushes",
    operation_id="pushAppointment",
    opt=right("allow_push", PUBLIC),
    status_code=HTTP_204_NO_CONTENT,
    summary="Remind this browser of the appointment, and tell it of the calls of its ticket",
)
async def of_appointment(token: str, data: NewPush, by: By, settings: Settings) -> None:
    await _allow(by, token, "appointment", data, settings)


async def _allow(by: By, token: str, of: pushing.Of, data: NewPush, settings: Settings) -> None:
    told = read_subscription(data.endpoint, data.p256dh, data.auth, anywhere=settings.trial)
    spoken = (await reference.directory()).spoken(data.language)
    await pushing.allow_push(by, token, of, told, spoken)


@post(
    "/tickets/{token:str}/pushes/endings",
    operation_id="stopPushOfTicket",
    opt=right("stop_push", PUBLIC),
    status_code=HTTP_204_NO_CONTENT,
    summary="Tell this browser of the ticket no more",
)
async def stop_of_ticket(token: str, data: NoMorePush, by: By) -> None:
    await pushing.stop_push(by, token, "ticket", data.endpoint)


@post(
    "/appointments/{token:str}/pushes/endings",
    operation_id="stopPushOfAppointment",
    opt=right("stop_push", PUBLIC),
    status_code=HTTP_204_NO_CONTENT,
    summary="Tell this browser of the appointment no more",
)
async def stop_of_appointment(token: str, data: NoMorePush, by: By) -> None:
    await pushing.stop_push(by, token, "appointment", data.endpoint)
