"""Staff: stopping the calls of a branch and letting them go on."""

from litestar import get, post
from litestar.status_codes import HTTP_200_OK

from queue_app.api.staff_shapes import InterruptionDone, NewInterruption, Resumption
from queue_app.domain import interruptions
from queue_app.domain.interruptions import Interruption
from queue_app.domain.rights import require
from queue_app.flow import interrupting
from queue_app.flow.act import By
from queue_app.queries import halls, reference
from queue_app.web.guards import right


@post(
    "/branches/{branch:str}/interruptions",
    operation_id="interrupt",
    opt=right("interrupt"),
    summary="No more calls, for all services or for those named, until it is resumed",
)
async def interrupt(branch: str, data: NewInterruption, by: By) -> InterruptionDone:
    return _done(await interrupting.interrupt(by, branch, data.kind, data.services, data.note))


@get(
    "/branches/{branch:str}/interruptions",
    operation_id="interruptions",
    opt=right("see_interruptions"),
    summary="What stops calls now: of all services first, then whichever lasts longest",
)
async def current(branch: str, by: By) -> list[InterruptionDone]:
    directory = await reference.directory()
    place = directory.branch(branch)
    require("see_interruptions", by.who, place.id)
    seen = await halls.load(directory, place, by.now)
    return [_done(one) for one in interruptions.current(seen.interruptions, seen.at)]


@post(
    "/interruptions/{interruption:int}/resumption",
    operation_id="resumeCalls",
    opt=right("resume"),
    status_code=HTTP_200_OK,
    summary="It is over: calls go on after so many minutes, or after the usual delay",
)
async def resume(
    interruption: int,
    by: By,
    data: Resumption | None = None,
) -> InterruptionDone:
    after = data.after_minutes if data else None
    return _done(await interrupting.resume(by, interruption, after))


def _done(one: Interruption) -> InterruptionDone:
    return InterruptionDone(
        id=one.id,
        kind=one.kind,
        services=one.services,
        note=one.note,
        started_at=one.started_at,
        ended_at=one.ended_at,
        resumes_at=one.resumes_at,
    )
