"""A centre's files as data, to be spoiled or thinned and written again."""

import tomllib
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import tomli_w

from config.files import FILES, ConfigError, load_centre
from queue_app.domain.centre import Centre

Files = dict[str, Any]
Keys = tuple[str, ...]
"""The way to a key, from the file on; EACH stands for every entry of a list."""
EACH = "[]"


def read_files(folder: Path) -> Files:
    return {name: tomllib.loads((folder / name).read_text()) for name in FILES}


def centre_of(files: Files, folder: Path) -> Centre:
    """ConfigError as for the files themselves."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_text(tomli_w.dumps(content))
    return load_centre(folder)


def keys_of(files: Files) -> list[Keys]:
    """Every key that stands anywhere in the files, once."""
    return list(dict.fromkeys(key for key in _keys(files) if len(key) > 1))


def _keys(value: Any, before: Keys = ()) -> Iterator[Keys]:
    if isinstance(value, dict):
        for name, below in value.items():
            yield (*before, name)
            yield from _keys(below, (*before, name))
    elif isinstance(value, list):
        for one in value:
            yield from _keys(one, (*before, EACH))


def without(files: Files, *left_out: Keys) -> Files:
    """The same with these keys left out, wherever they stand."""
    found = deepcopy(files)
    for keys in left_out:
        _leave_out(found, keys)
    return found


def _leave_out(value: Any, keys: Keys) -> None:
    first, *rest = keys
    if first == EACH:
        for one in value if isinstance(value, list) else ():
            _leave_out(one, tuple(rest))
    elif isinstance(value, dict) and first in value:
        if rest:
            _leave_out(value[first], tuple(rest))
        else:
            del value[first]


def optional_keys(files: Files, among: list[Keys], folder: Path) -> list[Keys]:
    """The keys without each of which the files are read as well."""
    found = []
    for keys in among:
        try:
            centre_of(without(files, keys), folder)
        except ConfigError:
            continue
        found.append(keys)
    return found
