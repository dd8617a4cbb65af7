"""Staff: stopping the calls of a branch and letting them go on."""

from uuid import UUID

from litestar import get, post
from litestar.status_codes import HTTP_200_OK

from queue_app.api.shapes import InterruptionDone, NewInterruption, Resumption
from queue_app.clock import Clock
from queue_app.domain import interruptions
from queue_app.domain.interruptions import Interruption
from queue_app.domain.people import Staff
from queue_app.flow import interrupting
from queue_app.queries import halls, reference


@post(
    "/branches/{branch:str}/interruptions",
    operation_id="interrupt",
    summary="No more calls, for all services or for those named, until it is resumed",
)
async def interrupt(
    branch: str, data: NewInterruption, staff: Staff, clock: Clock, idempotency_key: UUID | None
) -> InterruptionDone:
    begun = await interrupting.interrupt(
        branch, data.kind, data.services, data.note, staff, clock.now(), idempotency_key
    )
    return _done(begun)


@get(
    "/branches/{branch:str}/interruptions",
    operation_id="interruptions",
    summary="What stops calls now: of all services first, then whichever lasts longest",
)
async def current(branch: str, staff: Staff, clock: Clock) -> list[InterruptionDone]:
    directory = await reference.directory()
    place = directory.branch(branch)
    staff.require_branch(place.id)
    seen = await halls.load(directory, place, clock.now())
    return [_done(one) for one in interruptions.current(seen.interruptions, seen.at)]


@post(
    "/interruptions/{interruption:int}/resumption",
    operation_id="resumeCalls",
    status_code=HTTP_200_OK,
    summary="It is over: calls go on after so many minutes, or after the usual delay",
)
async def resume(
    interruption: int,
    staff: Staff,
    clock: Clock,
    idempotency_key: UUID | None,
    data: Resumption | None = None,
) -> InterruptionDone:
    after = data.after_minutes if data else None
    return _done(
        await interrupting.resume(interruption, after, staff, clock.now(), idempotency_key)
    )


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
