"""What a browser loads for a page: its files as sent, and the modules that its scripts import."""

import re
from urllib.parse import urljoin

import httpx

_LINKED = re.compile(r'(?:href|src)="(/static/[^"]+)"')
_IMPORTED = re.compile(r'^(?:import|export)\b[^;]*?"([^"]+\.js)";', re.MULTILINE)


async def files_of(client: httpx.AsyncClient, html: str) -> dict[str, int]:
    """The size of each file in bytes as it is sent, by its path."""
    sizes: dict[str, int] = {}
    todo = [path.partition("?")[0] for path in _LINKED.findall(html)]
    while todo:
        path = todo.pop()
        if path in sizes:
            continue
        answer = await client.get(path)
        assert answer.status_code == 200, path
        sizes[path] = answer.num_bytes_downloaded
        if path.endswith(".js"):
            todo += [urljoin(path, name) for name in _IMPORTED.findall(answer.text)]
    return sizes
