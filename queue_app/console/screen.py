"""What the console's working screen knows of the centre beyond a desk's snapshot."""

from typing import Any

from queue_app.console.words import speaks
from queue_app.domain.catalogue import Language, planned_minutes
from queue_app.domain.hall import Hall
from queue_app.texts.formats import Formats, offsets
from queue_app.texts.words import words


def reference_data(
    seen: Hall, desk_id: int, language: Language, formats: Formats
) -> dict[str, Any]:
    """What the screen's script and dialogs know of the centre, in the language of the page."""
    centre = seen.directory.centre
    open_minutes = centre.rules.open_service_minutes
    return {
        "zone": offsets(seen.directory.zone, seen.at.year),
        "speaks": speaks(words(language), centre.languages),
        "services": {
            code: {
                "title": service.title[language],
                "minutes": planned_minutes(service, open_minutes),
                "published": formats.published(service.duration),
            }
            for code, service in seen.directory.services_ever.items()
        },
        "transferable": _transferable(seen),
        "groups": {group.code: group.title[language] for group in centre.groups},
        "checklists": {
            one.code: {
                "title": one.title[language],
                "items": [item[language] for item in one.items],
            }
            for one in centre.checklists
        },
        "usual": _usual(seen, desk_id),
        "outcomes": [{"code": one.code, "title": one.title[language]} for one in centre.outcomes],
        "ask_outcome": centre.rules.ask_outcome and bool(centre.outcomes),
        "ask_breaks": centre.rules.ask_breaks,
        "retention_days": centre.rules.retention_days,
        "desks": [
            {"id": desk.id, "number": desk.number}
            for desk in seen.branch.desks
            if desk.id != desk_id
        ],
    }


USUAL = 9
"""So many services have a digit of their own."""


def _usual(seen: Hall, desk_id: int) -> list[str]:
    """What this desk gives, what the branch gives most often first."""
    times = seen.times
    given = seen.desk_view(desk_id).services
    in_order = [one.code for one in seen.directory.centre.services if one.code in given]
    visits = {code: times[code].visits if code in times else 0.0 for code in in_order}
    return sorted(in_order, key=lambda code: -visits[code])[:USUAL]


def _transferable(seen: Hall) -> list[dict[str, Any]]:
    """The services that some desk of the branch gives to visitors, by group."""
    given = frozenset[str]().union(*(desk.services for desk in seen.branch.desks))
    centre = seen.directory.centre
    groups = [
        {
            "group": group.code,
            "services": [
                service.code
                for service in centre.services
                if service.group == group.code
                and service.code in given
                and "visit" in service.channels
            ],
        }
        for group in centre.groups
    ]
    return [group for group in groups if group["services"]]
