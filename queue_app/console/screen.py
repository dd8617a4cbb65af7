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
        "desks": [
            {"id": desk.id, "number": desk.number}
            for desk in seen.branch.desks
            if desk.id != desk_id
        ],
    }


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
