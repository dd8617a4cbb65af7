"""The console's page of devices: which are here, a code to be confirmed, one to be revoked."""

from datetime import datetime
from typing import Any

from litestar import Router, get, post
from litestar.status_codes import HTTP_200_OK

from queue_app.console.pages import START
from queue_app.domain.directory import Branch, Directory
from queue_app.domain.errors import Conflict, NotFound, NotSignedIn, QueueError, RuleBroken
from queue_app.domain.numbering import digits_in
from queue_app.domain.people import Staff
from queue_app.domain.rights import RIGHTS, reach, require
from queue_app.flow import devices
from queue_app.flow.act import By
from queue_app.queries import devices as kept
from queue_app.queries import reference
from queue_app.queries.devices import Pairing
from queue_app.web.guards import require_same_origin, right
from queue_app.web.staff_pages import Asked, Page, number_at_own_desk, parts_of, see, to_sign_in
from queue_app.web.templating import render
from queue_app.web.words import device_kinds

PLACE = "/console/devices"


@get("/devices", include_in_schema=False, opt=right("see_devices"))
async def listed(request: Asked, staff: Staff, by: By) -> Page:
    """The devices of the branches of this person; for the office the code that is asked about."""
    code = request.query_params.get("code", "")
    try:
        shown = await _asked_about(staff, code) if code else None
    except NotFound as error:
        return await _page(request, staff, by.now, code=code, refused=error)
    return await _page(request, staff, by.now, code=code, shown=shown)


async def _asked_about(staff: Staff, code: str) -> Pairing:
    require("see_pairing", staff)
    found = await kept.pairing_of_code(digits_in(code))
    if found is None:
        raise NotFound("unknown_pairing")
    return found


async def _page(
    request: Asked,
    staff: Staff,
    now: datetime,
    code: str = "",
    name: str = "",
    shown: Pairing | None = None,
    refused: QueueError | None = None,
) -> Page:
    directory = await reference.directory()
    found = await kept.in_use(reach(staff, directory.branches_ever))
    return render(
        request,
        "console/devices.html",
        status=refused.status if refused else HTTP_200_OK,
        staff=staff,
        at_own_desk=await number_at_own_desk(staff),
        kinds=device_kinds,
        directory=directory,
        devices=found,
        states={one.id: one.state(now) for one in found},
        branches=_own(directory, staff),
        may_change=staff.role in RIGHTS["confirm_device"],
        code=code,
        name=name or (shown.name if shown else ""),
        shown=shown,
        problem=parts_of(request, refused) if refused else None,
        done=request.query_params.get("done", ""),
        revoked=request.query_params.get("revoked", ""),
    )


def _own(directory: Directory, staff: Staff) -> list[Branch]:
    return [one for one in directory.branches.values() if staff.branch_id in (None, one.id)]


@post(
    "/devices/confirmations",
    include_in_schema=False,
    status_code=HTTP_200_OK,
    opt=right("confirm_device"),
)
async def confirm(request: Asked, staff: Staff, by: By) -> Page:
    """The machine that shows this code is a device of the branch from now on."""
    require_same_origin(request)
    code, branch, name = await _typed(request, "code", "branch", "name")
    try:
        await devices.confirm_device(by, code, branch, name)
    except (NotFound, Conflict, RuleBroken) as error:
        still = await kept.pairing_of_code(digits_in(code))
        return await _page(request, staff, by.now, code, name, still, error)
    return see(f"{PLACE}?done=1")


@post(
    "/devices/revocations",
    include_in_schema=False,
    status_code=HTTP_200_OK,
    opt=right("revoke_device"),
)
async def revoke(request: Asked, staff: Staff, by: By) -> Page:
    """One that was lost, replaced or named wrongly; somebody else may have pressed first."""
    require_same_origin(request)
    branch, name = await _typed(request, "branch", "name")
    try:
        await devices.revoke_device(by, name, branch)
    except NotFound as error:
        return await _page(request, staff, by.now, refused=error)
    return see(f"{PLACE}?revoked=1")


async def _typed(request: Asked, *names: str) -> list[str]:
    form: Any = await request.form()
    return [str(form.get(name, "")) for name in names]


router = Router(
    START,
    route_handlers=[listed, confirm, revoke],
    exception_handlers={NotSignedIn: to_sign_in},
)
