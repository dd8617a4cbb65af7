"""What every screen says of an interruption."""

from datetime import datetime

from msgspec import Struct

from queue_app.domain import interruptions
from queue_app.domain.catalogue import Text
from queue_app.domain.hall import Hall
from queue_app.domain.interruptions import Interruption, Kind, resume_minutes
from queue_app.screens import notices
from queue_app.screens.titles import titles
from queue_app.texts.speaker import speaker_of


class InterruptionView(Struct, frozen=True):
    """Why calls are stopped, for everybody or for the named services.

    `services`: their titles, None for all. `resumes_at`: once the end has been said; until then
    calls resume `resume_minutes` after it. `shelter`: in an alert, where the branch has one.
    `title`, `advice` and `resumption` say it to people.
    """

    id: int
    kind: Kind
    since: datetime
    services: tuple[Text, ...] | None
    note: str | None
    shelter: Text | None
    ended_at: datetime | None
    resumes_at: datetime | None
    resume_minutes: int
    title: Text
    advice: Text
    resumption: Text


def interruption_now(hall: Hall) -> InterruptionView | None:
    """What the hall as a whole should know: see `interruptions.current`."""
    lasting = interruptions.current(hall.interruptions, hall.at)
    return interruption_view(hall, lasting[0]) if lasting else None


def lasting_interruptions(hall: Hall) -> tuple[InterruptionView, ...]:
    """All interruptions that last now, the one of everything first."""
    found = interruptions.current(hall.interruptions, hall.at)
    return tuple(interruption_view(hall, one) for one in found)


def interruption_view(hall: Hall, one: Interruption) -> InterruptionView:
    services = None if one.services is None else titles(hall, one.services)
    shelter = hall.branch.shelter if one.kind == "alert" else None
    usual = resume_minutes(one, hall.day)
    centre = hall.directory.centre
    return InterruptionView(
        id=one.id,
        kind=one.kind,
        since=one.started_at,
        services=services,
        note=one.note,
        shelter=shelter,
        ended_at=one.ended_at,
        resumes_at=one.resumes_at,
        resume_minutes=usual,
        title=notices.title(centre, one),
        advice=notices.advice(centre, one, services or (), shelter),
        resumption=notices.resumption(speaker_of(centre), one, usual),
    )
