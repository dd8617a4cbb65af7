"""What can be loaded and is probably a mistake: said, but no reason to refuse the files."""

from datetime import date

from config.checking import RawFiles, tables_in
from config.notation import LATEST, format_periods, format_weekly
from config.reading import Place, Reader, label_of
from config.rules import warn_of_prefixes
from config.wording import listed, quoted
from queue_app.domain.catalogue import planned_minutes
from queue_app.domain.centre import WEEKDAYS, BranchPlan, Centre, Period, Weekday, Weekly
from queue_app.domain.hours import DAY_MINUTES, bounds, period_of
from queue_app.domain.phones import read_phone

LONG_SERVICE = 480
"""Minutes; whoever plans more for one service probably meant something else."""


def warn(reader: Reader, raw: RawFiles, centre: Centre, today: date | None) -> None:
    """What can be loaded but is probably a mistake, in a centre without problems."""
    warn_of_prefixes(reader, Place("centre.toml", "rules"), centre.rules)
    _warn_of_paper(reader, centre)
    _warn_of_the_example(reader, centre)
    _warn_of_long_services(reader, centre)
    _warn_of_unknown_places(reader, centre)
    layouts = {
        label_of(table, "code"): (place, table)
        for place, table in tables_in(raw, "capacity.toml", "layouts", "code")
    }
    found = tables_in(raw, "branches.toml", "branches", "slug")
    for (place, table), branch in zip(found, centre.branches, strict=True):
        layout, shared = layouts.get(table.get("layout"), (place, {}))
        places = {
            key: (layout if key in shared and key not in table else place).at(key)
            for key in ("hours", "desks", "lanes")
        }
        _warn_of_past_closures(reader, place.at("closures"), branch, today)
        _warn_of_cut_nights(reader, places["hours"], branch.hours)
        _warn_of_rosters(reader, places, branch)
        _warn_of_offers(reader, places, centre, branch)


def _warn_of_paper(reader: Reader, centre: Centre) -> None:
    """A list of parts from before one could come in company: without it, nobody is told."""
    if "company" not in centre.paper.parts:
        reader.warning(
            Place("centre.toml", "paper").at("parts"),
            'leaves out "company": the paper does not say who came along, nor for whom',
        )


def _warn_of_the_example(reader: Reader, centre: Centre) -> None:
    """Whoever writes a number as the page shows it must not be refused."""
    if centre.phone_example and not read_phone(centre.phone_example, centre.country).value:
        where = f"as {centre.country} writes numbers" if centre.country else "without a country"
        reader.warning(
            Place("centre.toml", "phone_example"),
            f"{quoted(centre.phone_example)} is none {where}: people who follow it are refused",
        )


def _warn_of_long_services(reader: Reader, centre: Centre) -> None:
    for service in centre.services:
        minutes = planned_minutes(service, centre.rules.open_service_minutes)
        if minutes > LONG_SERVICE:
            key = "duration" if service.planned_minutes is None else "planned_minutes"
            reader.warning(
                Place("catalogue.toml", "services").item(service.code).at(key),
                f"is planned with {minutes} minutes, which is {minutes / 60:.0f} hours for one"
                " visit; durations are minutes",
            )


def _warn_of_unknown_places(reader: Reader, centre: Centre) -> None:
    """One line for all of them: whoever has no addresses yet knows it after the first."""
    unknown = [one.slug for one in centre.branches if one.kind == "office" and not one.address]
    if unknown:
        told = (
            "residents are told whom to ask where it is"
            if centre.contacts
            else "residents are not told where it is, nor whom to ask: advice.toml has no contacts"
        )
        reader.warning(
            Place("branches.toml", "branches"), f"no address: {told} ({listed(unknown)})"
        )
    for one in centre.branches:
        if one.map and not (-90 <= one.map[0] <= 90 and -180 <= one.map[1] <= 180):
            reader.warning(
                Place("branches.toml", "branches").item(one.slug).at("map"),
                "is latitude, then longitude, in degrees: [50.4501, 30.5234]",
            )


def _warn_of_past_closures(
    reader: Reader, place: Place, branch: BranchPlan, today: date | None
) -> None:
    for one in branch.closures:
        if today is not None and one.day < today:
            reader.warning(place.item(str(one.day)), "is over, so it changes nothing")


def _warn_of_cut_nights(reader: Reader, place: Place, hours: Weekly) -> None:
    """A night that is written as two days is two: its numbers begin anew at midnight."""
    for at, day in enumerate(WEEKDAYS):
        after = WEEKDAYS[(at + 1) % len(WEEKDAYS)]
        if not (hours.get(day) and hours.get(after)):
            continue
        evening, morning = hours[day][-1], hours[after][0]
        closes = bounds(morning)[1]
        if (bounds(evening)[1], bounds(morning)[0]) == (
            DAY_MINUTES,
            0,
        ) and closes <= LATEST - DAY_MINUTES:
            whole = period_of(bounds(evening)[0], closes + DAY_MINUTES)
            reader.warning(
                place.at(day),
                f"ends at midnight and {after} goes on; one night of one day is written"
                f" {day} = {format_periods((whole,))!r}",
            )


def _warn_of_rosters(reader: Reader, places: dict[str, Place], branch: BranchPlan) -> None:
    """A lane is booked within its branch's hours only, and nobody is called outside them."""
    rosters = [
        *((places["desks"].item(desk.number), desk.roster) for desk in branch.desks),
        *((places["lanes"].item(lane.code), lane.roster) for lane in branch.lanes),
    ]
    hours = places["hours"]
    for place, roster in rosters:
        for days, periods in format_weekly(_outside(roster, branch.hours)).items():
            said = periods if isinstance(periods, str) else ", ".join(periods)
            reader.warning(
                place.at("roster"),
                f"{days} {said} reaches beyond the hours of the branch ({hours.file}: {hours.key})",
            )


def _outside(roster: Weekly, hours: Weekly) -> Weekly:
    """The periods of the roster in which the branch is not open throughout.

    Whoever works in a night may be written under the day on which it opens, or under the next.
    """
    found: dict[Weekday, tuple[Period, ...]] = {}
    for place, day in enumerate(WEEKDAYS):
        opened = _openings(hours, place)
        found[day] = tuple(
            period
            for period in roster.get(day, ())
            for opens, closes in [bounds(period)]
            if not any(first <= opens and closes <= last for first, last in opened)
        )
    return found


def _openings(hours: Weekly, place: int) -> list[tuple[int, int]]:
    """Those of a weekday and the two around it in its minutes, what meets as one."""
    joined: list[tuple[int, int]] = []
    for ahead in (-1, 0, 1):
        for period in hours.get(WEEKDAYS[(place + ahead) % len(WEEKDAYS)], ()):
            opens, closes = (one + ahead * DAY_MINUTES for one in bounds(period))
            if joined and opens <= joined[-1][1]:
                opens = joined.pop()[0]
            joined.append((opens, closes))
    return joined


def _warn_of_offers(
    reader: Reader, places: dict[str, Place], centre: Centre, branch: BranchPlan
) -> None:
    """What can be booked at a branch should be given there, by some desk."""
    given = {skill.code: skill.services for skill in centre.skills}
    by_desk = {one for desk in branch.desks for skill in desk.skills for one in given[skill]}
    channels = {service.code: service.channels for service in centre.services}
    for lane in branch.lanes:
        offered = {one for skill in lane.skills for one in given[skill]}
        bookable = {service for service in offered if lane.channel in channels[service]}
        if alone := sorted(bookable - by_desk):
            reader.warning(
                places["lanes"].item(lane.code).at("skills"),
                f"no desk of the branch ({places['desks'].file}: {places['desks'].key}) offers what"
                f" can be booked here: {listed(alone)}",
            )
