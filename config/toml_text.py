"""The text of a TOML file as tables, or where it stops being TOML, in an operator's words."""

import re
import tomllib
from typing import Any

UTF_8 = "is not UTF-8 text; save the file as UTF-8"
_PLACE = re.compile(r" \(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)$")
_SPECIAL = re.compile(r"\"\"\"|'''|[\"'#\n\\]")
_CURLY = "“”„«»‘’‚‹›"
_SAID: tuple[tuple[str, str], ...] = (
    ("Cannot overwrite", "this key is given twice, or is a value and a table at once"),
    ("Duplicate inline", "this key is given twice between the braces"),
    ("Cannot declare", "this table is given twice; each entry of a list begins with [[two]]"),
    ("Cannot mutate", "this table was finished before; move the line up to where it belongs"),
    ("Cannot redefine", "this table was finished before; move the line up to where it belongs"),
    ("Expected '='", "after a key there must be = and a value"),
    ("Expected ']]'", "the name of an entry of a list ends with two brackets: [[branches]]"),
    ("Expected ']'", "the name of a table ends with a bracket: [rules]"),
    ("Expected newline", ("after a value the line must end; decimal points, leading zeros and"
     " words outside quotation marks are none of a value")),
    ("Unclosed array", "a list lacks a comma between two values, or its closing bracket ]"),
    ("Unclosed inline", ("a table lacks a comma between two values, or its closing brace } in the"
     " same line")),
    ("Unescaped", 'a backslash in "…" is written twice: \\\\'),
    ("Invalid hex", 'a backslash in "…" is written twice: \\\\'),
    ("Escaped character", "this escaped sign is none that a text can have"),
    ("Invalid date", "there is no such day or time; a day is written 2027-01-31"),
    ("Invalid value", ('there must be a value: a number such as 7, a text in quotation marks "…",'
     " a list in brackets […], true or false")),
    ("Invalid initial", 'a key that begins so stands in quotation marks: "…"'),
    ("Invalid statement", ("a line begins with a key, [a table] or # for a comment; a key with"
     ' other letters than a to z stands in quotation marks: "…"')),
    ("Illegal character", "there is a sign that no text can have"),
    ("Found invalid", "there is a sign that no text can have"),
)  # fmt: skip


class UnreadableTextError(Exception):
    """Where in the file (`line 3, column 5`, or `file`), and what to do about it."""

    def __init__(self, where: str, reason: str) -> None:
        super().__init__(f"{where}: {reason}")
        self.where = where
        self.reason = reason


def parse(data: bytes) -> dict[str, Any]:
    """The tables of a file; UnreadableTextError."""
    text = _text(data)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _unreadable(text, str(error)) from None
    except ValueError:
        raise UnreadableTextError("file", "a number in it is far too long") from None
    except RecursionError:
        raise UnreadableTextError("file", "has brackets within brackets, far too many") from None


def _text(data: bytes) -> str:
    if b"\0" in data:
        # UTF-16 has one in every other place; it has no lines in the sense of bytes
        where = "file" if data.count(b"\0") > 8 else f"line {_lines(data[: data.index(0)])}"
        reason = UTF_8 if where == "file" else "has a NUL, which no text can have; delete it"
        raise UnreadableTextError(where, reason)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = bytes(error.object)[: error.start]
        where = "file" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else f"line {_lines(before)}"
        raise UnreadableTextError(where, UTF_8) from None
    lone = text.replace("\r\n", "").find("\r")
    if lone >= 0:
        raise UnreadableTextError(
            f"line {text.count(chr(10), 0, text.find(chr(13))) + 1}",
            "has a line end of an old kind (CR alone); save the file with LF or CRLF",
        )
    return text.replace("\r\n", "\n")


def _lines(before: bytes) -> int:
    return before.count(b"\n") + 1


def _unreadable(text: str, message: str) -> UnreadableTextError:
    """The parser's words as an operator's; an unclosed quotation mark is named where it stands."""
    found = _PLACE.search(message)
    known = found is not None and found["line"] is not None
    line = int(found["line"]) if found and known else max(text.rstrip().count("\n") + 1, 1)
    column = int(found["column"]) if found and known else None
    if opened := _open_quote(text):
        begins, at = opened
        if begins <= line:
            return UnreadableTextError(
                f"line {begins}, column {at}",
                f"a quotation mark is not closed: look in line {begins} for one without a partner",
            )
    sign = text.splitlines()[line - 1 : line][0][column - 1 :][:1] if column else ""
    if sign and sign in _CURLY:
        reason = f'{sign} is no quotation mark of these files; texts stand in straight ones: "…"'
    else:
        raw = _PLACE.sub("", message)
        reason = next((said for start, said in _SAID if raw.startswith(start)), raw)
    where = f"line {line}, column {column}" if column else f"line {line}"
    return UnreadableTextError(where, f"is not valid TOML: {reason}")


def _open_quote(text: str) -> tuple[int, int] | None:
    """Line and column, from 1, of the first quotation mark that opens a text without an end."""
    quote, begun, skip = "", 0, -1
    for found in _SPECIAL.finditer(text):
        sign, at = found[0], found.start()
        if at < skip:
            continue
        if not quote and sign == "#":
            skip = text.find("\n", at) if "\n" in text[at:] else len(text)
        elif not quote and sign[0] in "\"'":
            quote, begun = sign, at
        elif sign == "\\" and quote.startswith('"'):
            skip = at + 2
        elif quote and (sign == quote or (len(quote) == 1 and sign[0] == quote)):
            # of three marks in a text in single ones, the first closes it
            if len(sign) > len(quote):
                skip = at + 1
            quote = ""
        elif sign == "\n" and len(quote) == 1:
            break
    if not quote:
        return None
    return text.count("\n", 0, begun) + 1, begun - text.rfind("\n", 0, begun)
