"""Words that stand on a screen without having come through gettext.

In a template only markup and calls of gettext may carry words, in a script no literal may, in a
stylesheet no `content`. Run as a program, prints what is outside: python -m tests.web.outside
"""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

from jinja2 import Environment

from tests.web.messages import KEYWORDS, ROOMS

LANGUAGE_NAMES = {"Укр", "Українська", "Eng", "English"}
"""Each language is called by its own name in every language."""
KEY_NAMES = {"Backspace", "Enter", "Escape", "Shift", "Space"}
"""As the browser calls them, whatever a screen does."""
SPOKEN_ATTRIBUTES = {"alt", "aria-label", "content", "label", "placeholder", "title", "summary"}
SILENT_ELEMENTS = {"script", "style", "svg", "code", "kbd"}
TRANSLATING = frozenset(KEYWORDS)

LETTERS = r"[^\W\d_]"
CYRILLIC = re.compile(r"[\u0400-\u04ff]{2,}")
WORD = re.compile(rf"{LETTERS}{{2,}}")
SENTENCE = re.compile(rf"{LETTERS}+['’]?{LETTERS}*[,:;]?\s+{LETTERS}{{2,}}|^[A-Z][a-z]+[.!?…]?$")
CONTENT = re.compile(r"""\bcontent\s*:\s*("[^"]*"|'[^']*')""")
CLASSES = re.compile(r"\{% block \w+_class %\}[^{]*\{% endblock %\}")
MARKUP = re.compile(
    r"\b(?:class|className)\s*[:=]\s*$|\b(?:querySelector|querySelectorAll|closest|matches)\(\s*$"
)
"""What comes before a literal that names classes or elements."""
SHOWN = re.compile(r"\b(?:text|textContent|innerText|title|placeholder|ariaLabel)\s*[:=]\s*$")
"""What comes before a literal that is shown, however short it is."""


class Found(NamedTuple):
    line: int
    text: str


def in_template(source: str) -> Iterator[Found]:
    """Words in the markup, and literals of expressions that no call of gettext encloses."""
    yield from _in_expressions(source)
    reader = _Markup()
    reader.feed(_without_jinja(source))
    yield from reader.found


class _Markup(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[Found] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in SILENT_ELEMENTS
        for name, value in attrs:
            if name in SPOKEN_ATTRIBUTES and tag != "meta":
                self._hear(value or "")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in SILENT_ELEMENTS:
            self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in SILENT_ELEMENTS

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self._hear(data)

    def _hear(self, text: str) -> None:
        if WORD.search(text) and text.strip() not in LANGUAGE_NAMES:
            self.found.append(Found(self.getpos()[0], " ".join(text.split())))


def _without_jinja(source: str) -> str:
    """The markup alone."""
    source = CLASSES.sub("", source)
    return re.sub(r"\{#.*?#\}|\{\{.*?\}\}|\{%.*?%\}", _lines_of, source, flags=re.DOTALL)


def _lines_of(part: re.Match[str]) -> str:
    """What is left out leaves its lines, so that every line keeps its number."""
    return "\n" * part[0].count("\n")


def _in_expressions(source: str) -> Iterator[Found]:
    """What a template says in a literal: a sentence, or anything in Cyrillic."""
    called: list[str] = []
    name = target = ""
    for line, token, value in Environment(extensions=["jinja2.ext.loopcontrols"]).lex(source):
        if token == "block_begin":
            target = ""
        elif token == "name":
            target = value if name == "set" else target
            name = value
        elif token == "operator" and value in "([{":
            called.append(name if value == "(" else "")
            name = ""
        elif token == "operator" and value in ")]}":
            called.pop()
            name = ""
        elif token == "string":
            text = value[1:-1]
            translated = TRANSLATING.intersection(called) or text in LANGUAGE_NAMES
            if _is_said(text) and not translated and not target.endswith("_class"):
                yield Found(line, text)
        elif token != "whitespace":
            name = ""


def in_script(source: str) -> Iterator[Found]:
    for at, text in _literals(source):
        before = source[:at]
        said = WORD.search(text) if SHOWN.search(before) else _is_said(text)
        if said and text not in KEY_NAMES and not MARKUP.search(before):
            yield Found(before.count("\n") + 1, text)


def _is_said(text: str) -> bool:
    return bool(CYRILLIC.search(text) or SENTENCE.search(text))


def _literals(source: str) -> Iterator[tuple[int, str]]:
    """Where each string or template begins, and its fixed words; no comments, no patterns."""
    scan = _Script(source)
    scan.code(until="")
    yield from scan.found


class _Script:
    """As much of JavaScript's grammar as tells where its strings are."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.at = 0
        self.found: list[tuple[int, str]] = []

    def code(self, until: str) -> None:
        depth = 0
        before = ""
        while self.at < len(self.source):
            here = self.source[self.at]
            two = self.source[self.at : self.at + 2]
            if two == "//":
                self._skip(r"[^\n]*")
            elif two == "/*":
                self._skip(r"/\*.*?\*/")
            elif here in "\"'":
                start = self.at
                self.found.append((start, self._skip(rf"{here}(?:[^{here}\\]|\\.)*{here}")[1:-1]))
            elif here == "`":
                self._template()
            elif here == "/" and (not before or before in "(,=:[!&|?{};>+"):
                self._skip(r"/(?:[^/\\\[\n]|\\.|\[(?:[^\]\\]|\\.)*\])+/\w*")
            elif here == until and depth == 0:
                return
            else:
                depth += (here == "{") - (here == "}")
                self.at += 1
            if not here.isspace() and two not in ("//", "/*"):
                before = here

    def _template(self) -> None:
        """A text between backquotes: its fixed words are one literal, its values are code."""
        start = self.at
        self.at += 1
        words = ""
        while self.source[self.at] != "`":
            if self.source.startswith("${", self.at):
                self.at += 2
                self.code(until="}")
                words += "0"
            elif self.source[self.at] == "\\":
                self.at += 1
            else:
                words += self.source[self.at]
            self.at += 1
        self.found.append((start, words))
        self.at += 1

    def _skip(self, pattern: str) -> str:
        part = re.compile(pattern, re.DOTALL).match(self.source, self.at)
        assert part, self.source[self.at : self.at + 40]
        self.at = part.end()
        return part[0]


def in_stylesheet(source: str) -> Iterator[Found]:
    rules = re.sub(r"/\*.*?\*/", _lines_of, source, flags=re.DOTALL)
    for part in CONTENT.finditer(rules):
        if WORD.search(part[1]):
            yield Found(rules.count("\n", 0, part.start()) + 1, part[1])


READERS = {".html": in_template, ".js": in_script, ".css": in_stylesheet}


def outside() -> list[str]:
    """Every place of every face where words stand outside gettext."""
    return [
        f"{path}:{line}: {text}"
        for face in ROOMS
        for path in sorted(Path(str(files(face))).rglob("*"))
        if path.suffix in READERS
        for line, text in READERS[path.suffix](path.read_text())
    ]


if __name__ == "__main__":
    print("\n".join(outside()))
