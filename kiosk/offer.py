"""What a branch offers at its kiosk: services by group, cut into screens of few choices."""

from collections.abc import Sequence
from typing import TypeVar

from msgspec import Struct

from queue_app.domain.catalogue import Group, Service
from queue_app.domain.directory import Branch, Directory
from queue_app.domain.matching import PlainWord
from queue_app.queries.search import search

T = TypeVar("T")

MOST_CHOICES = 7
"""On one screen, the choice that leads to further ones included."""
MOST_GROUPS = 8
"""The same for groups, whose titles are shorter: "other questions" should hide none."""

MOST_TOPICS = 10
"""In two columns, as they are single words."""
MOST_FOUND = 4
"""What comes after these has less to do with the word."""


class OfferedService(Struct, frozen=True):
    """`desks`: the ids of the desks that give it; one desk must give all of a visit."""

    service: Service
    desks: tuple[int, ...]


class OfferedTopic(Struct, frozen=True):
    """A plain word, and what of it this branch gives, best first."""

    topic: PlainWord
    services: tuple[OfferedService, ...]


class OfferedGroup(Struct, frozen=True):
    group: Group
    screens: tuple[tuple[OfferedService, ...], ...]

    @property
    def services(self) -> tuple[OfferedService, ...]:
        return tuple(one for screen in self.screens for one in screen)


def screens_of_groups(directory: Directory, branch: Branch) -> list[tuple[OfferedGroup, ...]]:
    """The groups that have anything to offer, screen by screen."""
    groups = [_group(directory, branch, group) for group in directory.centre.groups]
    return cut([group for group in groups if group.services], MOST_GROUPS)


async def screens_of_topics(directory: Directory, branch: Branch) -> list[tuple[OfferedTopic, ...]]:
    """The words that lead to anything here, by the search that booking has."""
    offered = {
        one.service.code: one
        for screen in screens_of_groups(directory, branch)
        for group in screen
        for one in group.services
    }
    found = []
    for topic in directory.centre.search.topics:
        codes = [one.code for one in await search(topic.title[directory.languages[0]])]
        services = tuple(offered[code] for code in codes if code in offered)[:MOST_FOUND]
        if services:
            found.append(OfferedTopic(topic, services))
    return cut(found, MOST_TOPICS)


def _group(directory: Directory, branch: Branch, group: Group) -> OfferedGroup:
    offered = [
        OfferedService(service, desks)
        for service in directory.centre.services
        if service.group == group.code and "visit" in service.channels
        if (desks := tuple(desk.id for desk in branch.desks if service.code in desk.services))
    ]
    return OfferedGroup(group, tuple(cut(offered)))


def cut(choices: Sequence[T], most: int = MOST_CHOICES) -> list[tuple[T, ...]]:
    """Screens of at most `most` choices; all but the last leave one place for "more"."""
    if not choices:
        return []
    if len(choices) <= most:
        return [tuple(choices)]
    return [tuple(choices[: most - 1]), *cut(choices[most - 1 :], most)]
