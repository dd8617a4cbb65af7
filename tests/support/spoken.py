"""What a page says, and in which language it claims to say it."""

from collections.abc import Iterator
from html.parser import HTMLParser

_EMPTY = frozenset(
    [
        "area",
        "base",
        "br",
        "col",
        "embed",
        "hr",
        "img",
        "input",
        "link",
        "meta",
        "source",
        "track",
        "wbr",
    ]
)
_NOT_TEXT = frozenset({"script", "style", "title", "textarea", "option"})
"""In these no other element may stand, so that their text cannot be marked."""


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[tuple[str, str]] = []
        self.said: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _EMPTY:
            around = self.open[-1][1] if self.open else ""
            self.open.append((tag, dict(attrs).get("lang") or around))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop()[0] == tag, f"</{tag}> closes another element"

    def handle_data(self, data: str) -> None:
        text = " ".join(data.split())
        if text and self.open and self.open[-1][0] not in _NOT_TEXT:
            self.said.append((text, self.open[-1][1]))


def texts(html: str) -> Iterator[tuple[str, str]]:
    """Every piece of text, and the language of the element that it stands in. AssertionError where
    the elements of the page do not end as they began."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    assert not reader.open, reader.open
    yield from reader.said
