"""Devices: a machine asks to belong, gets its token, and says that it lives."""

from datetime import datetime, timedelta
from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.status_codes import HTTP_200_OK, HTTP_202_ACCEPTED, HTTP_204_NO_CONTENT
from msgspec import Meta, Struct

from queue_app.api.shapes import Body
from queue_app.clock import Clock
from queue_app.domain.people import DeviceKind
from queue_app.domain.rights import require
from queue_app.flow import devices
from queue_app.flow.act import By
from queue_app.queries import devices as kept
from queue_app.queries import reference
from queue_app.web.guards import right
from queue_app.web.limits import PUBLIC
from queue_app.web.pairing import address_of

HERE_SECONDS = 60.0
"""So long a sign of life holds, on the machine's clock; one is due every twenty seconds."""


class NewPairing(Body, frozen=True):
    """`kinds`: what the machine can do; `name`: how it calls itself, for whoever confirms it."""

    kinds: tuple[DeviceKind, ...]
    name: str = ""


class PairingShown(Struct, frozen=True):
    """`code`: for people to read; `secret`: by which the machine asks what became of it."""

    code: str
    secret: str


class PairingView(Struct, frozen=True):
    """`token` and `branch`: None while nobody has confirmed the code."""

    code: str
    token: str | None = None
    branch: str | None = None


class Sign(Body, frozen=True):
    """`version`: of the device's program; `battery`: percent, where it has one."""

    version: str | None = None
    battery: Annotated[int, Meta(ge=0, le=100)] | None = None


class DeviceView(Struct, frozen=True):
    """`away`: it gave signs of life once, and none for a minute."""

    id: int
    name: str
    kinds: tuple[DeviceKind, ...]
    seen_at: datetime | None
    away: bool
    version: str | None
    address: str | None
    battery: int | None


@post(
    "/pairings",
    operation_id="askPairing",
    opt=right("ask_pairing", PUBLIC),
    summary="A code for a machine that wants to be a device",
)
async def ask(request: Request[Any, Any, Any], data: NewPairing, by: By) -> PairingShown:
    shown = await devices.ask_pairing(by, data.kinds, data.name, address_of(request))
    return PairingShown(shown.code, shown.secret)


@get(
    "/pairings/{secret:str}",
    operation_id="pairing",
    opt=right("end_pairing"),
    status_code=HTTP_200_OK,
    responses={
        HTTP_202_ACCEPTED: ResponseSpec(
            PairingView, description="Nobody has confirmed the code yet", generate_examples=False
        )
    },
    summary="202 until somebody has confirmed the code, then the device's token, once",
)
async def follow(secret: str, by: By) -> Response[PairingView]:
    shown = await devices.pairing(secret)
    admitted = await devices.end_pairing(by, secret) if shown.device_id else None
    headers = {"Cache-Control": "no-store"}
    if admitted is None:
        waiting = PairingView(shown.code)
        return Response(waiting, status_code=HTTP_202_ACCEPTED, headers=headers)
    return Response(PairingView(shown.code, admitted.token, admitted.branch), headers=headers)


@post(
    "/devices/current/signs",
    operation_id="signDevice",
    opt=right("sign_device"),
    status_code=HTTP_204_NO_CONTENT,
    summary="The device that asks lives; every twenty seconds",
)
async def sign(
    request: Request[Any, Any, Any], by: By, clock: Clock, data: Sign | None = None
) -> None:
    said = data or Sign()
    holds = timedelta(seconds=clock.hall_seconds(HERE_SECONDS))
    await devices.sign_device(by, holds, said.version, address_of(request), said.battery)


@get(
    "/branches/{branch:str}/devices",
    operation_id="devices",
    opt=right("see_devices"),
    summary="The devices of a branch, and which of them are away",
)
async def listed(branch: str, by: By) -> list[DeviceView]:
    place = (await reference.directory()).branch(branch)
    require("see_devices", by.who, place.id)
    return [
        DeviceView(
            id=one.id,
            name=one.name,
            kinds=one.kinds,
            seen_at=one.seen_at,
            away=one.state(by.now) == "away",
            version=one.version,
            address=one.address,
            battery=one.battery,
        )
        for one in await kept.in_use([place.id])
    ]
