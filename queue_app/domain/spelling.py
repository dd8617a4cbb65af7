"""What was probably meant by a name that nobody knows."""

from collections.abc import Iterable
from difflib import get_close_matches

_LOOKED_AT = 60
"""Characters; nobody misspells longer names, and comparing them takes its time."""


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Of the known names the one that is most like this one, whatever the case; None: none is."""
    by_fold = {one.casefold(): one for one in known}
    close = get_close_matches(name[:_LOOKED_AT].casefold(), by_fold, n=1, cutoff=0.6)
    return by_fold[close[0]] if close else None
