"""What screens say of an interruption or an order, in both languages, in words people know."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from queue_app.domain.catalogue import Text
from queue_app.domain.interruptions import Interruption, Kind

NAMED_AT_MOST = 2
"""Longer lists of services would be cut off on a board."""

_TITLES: dict[Kind, Text] = {
    "alert": Text(uk="Повітряна тривога", en="Air-raid alert"),
    "power": Text(uk="Знеструмлення", en="Power cut"),
    "registry": Text(uk="Реєстри недоступні", en="The registries are down"),
    "other": Text(uk="Прийом тимчасово зупинено", en="Calls are paused"),
}
_ADVICE: dict[Kind, Text] = {
    "alert": Text(
        uk="Пройдіть, будь ласка, до найближчого укриття.", en="Please go to the nearest shelter."
    ),
    "power": Text(
        uk="Прийом зупинено, доки немає світла.", en="Calls are stopped until the power is back."
    ),
    "registry": Text(
        uk="Прийом зупинено, доки реєстри не запрацюють.",
        en="Calls are stopped until the registries work again.",
    ),
    "other": Text(uk="Зачекайте, будь ласка.", en="Please wait."),
}


def title(one: Interruption) -> Text:
    """What happens, in a few words."""
    if one.ended_at is None:
        return _TITLES[one.kind]
    if one.kind == "alert":
        return Text(uk="Відбій тривоги", en="All clear")
    return Text(uk="Прийом відновлюється", en="Calls are about to resume")


def advice(one: Interruption, services: Sequence[Text], shelter: Text | None) -> Text:
    """What to do now. `services`: the titles of those that are stopped, none for all."""
    if len(services) > NAMED_AT_MOST:
        return Text(
            uk=f"Деяких послуг ({len(services)}) тимчасово не надаємо: яких саме, видно на кіоску.",
            en=f"Some services ({len(services)}) are not given for now: the kiosk shows which.",
        )
    if services:
        return Text(
            uk=f"Тимчасово не надаємо: {'; '.join(each.uk for each in services)}.",
            en=f"Not given for now: {'; '.join(each.en for each in services)}.",
        )
    if one.ended_at is not None:
        return Text(uk="Можна повертатися до зали.", en="You can come back to the hall.")
    if one.kind == "alert" and shelter:
        return Text(
            uk=f"Пройдіть, будь ласка, в укриття: {shelter.uk}.",
            en=f"Please go to the shelter: {shelter.en}.",
        )
    if one.kind == "other" and one.note:
        return Text(uk=one.note, en=one.note)
    return _ADVICE[one.kind]


def resumption(one: Interruption, usual_minutes: int, zone: ZoneInfo) -> Text:
    """When it goes on, as far as anybody knows."""
    if one.resumes_at is not None:
        at = _minute_from(one.resumes_at, zone)
        ended = (one.ended_at or one.resumes_at).astimezone(zone)
        if at.date() != ended.date():
            return Text(
                uk=f"Відновимо виклики {at:%d.%m} о {at:%H:%M}.",
                en=f"Calls resume on {at:%d.%m} at {at:%H:%M}.",
            )
        return Text(uk=f"Відновимо виклики о {at:%H:%M}.", en=f"Calls resume at {at:%H:%M}.")
    if usual_minutes:
        return Text(
            uk=f"Відновимо виклики через {usual_minutes} хв після відбою.",
            en=f"Calls resume {usual_minutes} min after the all-clear.",
        )
    return Text(uk="Відновимо виклики, щойно буде змога.", en="Calls resume as soon as they can.")


def _minute_from(moment: datetime, zone: ZoneInfo) -> datetime:
    """The local minute; a begun one counts as whole, so that nobody is early."""
    whole = moment.replace(second=0, microsecond=0)
    if whole < moment:
        whole += timedelta(minutes=1)
    return whole.astimezone(zone)


def overtaken(*, booked: bool, priority: bool) -> Text | None:
    """Why people who came later go first, said to the one whom they pass."""
    if booked and priority:
        return Text(
            uk="Дехто прийшов пізніше, але піде раніше: за записом або за правом "
            "першочергового прийому.",
            en="Some came later but go first: by a booking or by a right to be served first.",
        )
    if booked:
        return Text(
            uk="Дехто прийшов пізніше, але піде раніше: за записом на свій час.",
            en="Some came later but go first: they are booked for their time.",
        )
    if priority:
        return Text(
            uk="Дехто прийшов пізніше, але піде раніше: за правом першочергового прийому.",
            en="Some came later but go first: by a right to be served first.",
        )
    return None
