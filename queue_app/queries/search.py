"""Services and notes by the words that people use, in the centre in force."""

import asyncio

from queue_app.domain.centre import Centre
from queue_app.domain.directory import Directory
from queue_app.domain.matching import Found, Index, Thing
from queue_app.queries import reference

_index: tuple[tuple[str, int], Index] | None = None


async def search(question: str) -> list[Found]:
    """What fits the question, best first; in whatever language it is asked."""
    return (await _index_of(await reference.directory())).find(question)


async def _index_of(directory: Directory) -> Index:
    """Made in a thread: a large catalogue takes longer than a server's loop may stand still."""
    global _index
    state = directory.epoch, directory.version
    if _index is None or _index[0] != state:
        _index = state, await asyncio.to_thread(index_of, directory.centre)
    return _index[1]


def index_of(centre: Centre) -> Index:
    groups = {one.code: one.title for one in centre.groups}
    services = [Thing("service", one.code, one.title, groups[one.group]) for one in centre.services]
    notes = [Thing("note", one.code, one.title, body=one.text) for one in centre.notes]
    return Index([*services, *notes], centre.search)
