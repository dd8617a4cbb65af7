"""What screens say about an interruption or about the order of calls, in every language."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from queue_app.domain.catalogue import Text
from queue_app.domain.centre import Centre
from queue_app.domain.interruptions import Interruption, Kind
from queue_app.texts.speaker import Speaker, speaker_of
from queue_app.texts.words import N_

NAMED_AT_MOST = 2
"""Longer lists of services would be cut off on a board."""

_REASONS: dict[Kind, str] = {
    "alert": N_("Emergency alert"),
    "power": N_("Power cut"),
    "registry": N_("The systems are down"),
    "other": N_("Another reason"),
}
_ADVICE: dict[Kind, str] = {
    "alert": N_("Please leave the hall for a safe place."),
    "power": N_("Calls are stopped until the power is back."),
    "registry": N_("Calls are stopped until they work again."),
    "other": N_("Please wait."),
}


def reasons(centre: Centre) -> dict[Kind, Text]:
    """By what calls are stopped, for whoever stops them to choose, in the centre's own words."""
    speaker, own = speaker_of(centre), centre.stop_words
    said: dict[Kind, Text | None] = {
        "alert": own.alert,
        "power": own.power,
        "registry": own.registry,
    }
    return {kind: said.get(kind) or speaker.text(usual) for kind, usual in _REASONS.items()}


def title(centre: Centre, one: Interruption) -> Text:
    """What happens, in a few words. Where only some services stop, calls go on: for another reason
    than the usual ones, the title is that reason, as a line of the board is cut off at its end."""
    speaker = speaker_of(centre)
    part = one.services is not None
    if one.ended_at is not None:
        if one.kind == "alert":
            return speaker.text(N_("All clear"))
        if part:
            return speaker.text(N_("Some services are about to resume"))
        return speaker.text(N_("Calls are about to resume"))
    if part and one.kind == "other":
        reason = (one.note or "").rstrip(". ")
        if reason:
            return speaker.same(reason)
        return speaker.text(N_("Not every service is given now"))
    if one.kind == "other":
        return speaker.text(N_("Calls are stopped for now"))
    return reasons(centre)[one.kind]


def advice(
    centre: Centre, one: Interruption, services: Sequence[Text], shelter: Text | None
) -> Text:
    """What to do now. `services`: the titles of those that are stopped, none for all."""
    speaker = speaker_of(centre)
    if len(services) > NAMED_AT_MOST:
        return speaker.text(
            N_("Some services (%(count)s) are not available for now: the kiosk shows which."),
            count=len(services),
        )
    if services:
        return speaker.text(
            N_("Not available for now: %(services)s."), services=_listed(speaker, services)
        )
    if one.ended_at is not None:
        return speaker.text(N_("You can come back to the hall."))
    if one.kind == "alert" and shelter:
        return speaker.text(N_("Please go to the shelter: %(shelter)s."), shelter=shelter)
    if one.kind == "alert" and centre.stop_words.alert_advice:
        return centre.stop_words.alert_advice
    if one.kind == "other" and one.note:
        return speaker.same(one.note)
    return speaker.text(_ADVICE[one.kind])


def _listed(speaker: Speaker, texts: Sequence[Text]) -> Text:
    listed = speaker.each(lambda formats: "; ".join(one[formats.language] for one in texts))
    return listed.like(texts[0]) if texts else listed


def resumption(speaker: Speaker, one: Interruption, usual_minutes: int) -> Text:
    """When calls, or the services that are stopped, resume, as far as it is known."""
    part = one.services is not None
    if one.resumes_at is not None:
        at = _minute_from(one.resumes_at).astimezone(speaker.zone)
        ended = (one.ended_at or one.resumes_at).astimezone(speaker.zone)
        time = speaker.each(lambda formats: formats.time(at))
        if at.date() != ended.date():
            on_day = (
                N_("These services resume on %(day)s at %(time)s.")
                if part
                else N_("Calls resume on %(day)s at %(time)s.")
            )
            return speaker.text(on_day, day=speaker.day_figures(at), time=time)
        at_time = (
            N_("These services resume at %(time)s.") if part else N_("Calls resume at %(time)s.")
        )
        return speaker.text(at_time, time=time)
    if usual_minutes:
        after = (
            N_("These services resume %(minutes)s min after the all-clear.")
            if part
            else N_("Calls resume %(minutes)s min after the all-clear.")
        )
        return speaker.text(after, minutes=usual_minutes)
    return speaker.text(
        N_("These services resume as soon as possible.")
        if part
        else N_("Calls resume as soon as possible.")
    )


def _minute_from(moment: datetime) -> datetime:
    """The minute, rounded up, so that nobody comes back too early."""
    whole = moment.replace(second=0, microsecond=0)
    if whole < moment:
        whole += timedelta(minutes=1)
    return whole


def overtaken(speaker: Speaker, *, booked: bool, priority: bool) -> Text | None:
    """Why people who came later are called first, said to the person they overtake."""
    if booked and priority:
        return speaker.text(
            N_("Some came later but go first: they have a booking or a right to be served first.")
        )
    if booked:
        return speaker.text(N_("Some came later but go first: they are booked for their time."))
    if priority:
        return speaker.text(
            N_("Some came later but go first: they have a right to be served first.")
        )
    return None


def expected(speaker: Speaker, due_at: datetime, *, away: bool) -> Text:
    """What whoever has checked in before their time may count on; `away`: called, and not there."""
    at = speaker.each(lambda formats: formats.time(due_at))
    if away:
        return speaker.text(
            N_(
                "You were called early and were not here. We expect you at %(time)s. If you are"
                " back, enter the code of your booking at the kiosk: we may call you earlier."
            ),
            time=at,
        )
    return speaker.text(
        N_("We may call you earlier. If you are not here, we expect you at %(time)s."), time=at
    )


def checks_in_again(speaker: Speaker, due_at: datetime) -> Text:
    """Told to whoever left, or did not come when called, while their booking still holds."""
    at = speaker.each(lambda formats: formats.time(due_at))
    return speaker.text(
        N_("Your booking for %(time)s still holds: enter its code at the kiosk to wait again."),
        time=at,
    )
