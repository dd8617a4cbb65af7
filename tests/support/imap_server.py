"""A real IMAP server on loopback, with the few commands that reading a mailbox needs."""

import asyncio
import re
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes
from pathlib import Path

from config.imap import Inbox

USER, PASSWORD = "bounces@example.org", 'p"a\\ss'


@dataclass
class Kept:
    """A mail in the mailbox, and whether it was read."""

    content: bytes
    seen: bool = False


@dataclass
class Post:
    """`say`: what goes wrong at which command: "hang", "hang up" or a reply."""

    mails: list[Kept] = field(default_factory=list)
    say: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    port: int = 0

    def add(self, content: bytes) -> Kept:
        self.mails.append(Kept(content))
        return self.mails[-1]

    def inbox(
        self, certificate: Path, password: str = PASSWORD, folder: str = "Came back"
    ) -> Inbox:
        return Inbox("localhost", self.port, USER, password, folder, certificate)

    def answer(self, command: str, rest: str) -> tuple[list[bytes], str]:
        """The lines before the last one, and what stands there."""
        match command:
            case "CAPABILITY":
                return [b"* CAPABILITY IMAP4rev1"], "OK done"
            case "LOGIN":
                right = _unquoted(rest) == [USER, PASSWORD]
                return [], "OK welcome" if right else f"NO {USER} is not known"
            case "SELECT":
                known = _unquoted(rest) == ["Came back"]
                return [b"* %d EXISTS" % len(self.mails)], "OK it is" if known else "NO no folder"
            case "UID SEARCH":
                return [b"* SEARCH " + " ".join(self._found(rest)).encode()], "OK done"
            case "UID FETCH":
                return [self._fetched(rest)], "OK done"
            case "UID STORE":
                number, flags = rest.split(" ", 1)
                assert flags == r"+FLAGS.SILENT (\Seen)"
                self.mails[int(number) - 1].seen = True
                return [], "OK done"
            case "LOGOUT":
                return [b"* BYE"], "OK bye"
        return [], "BAD what"

    def _found(self, rest: str) -> list[str]:
        wanted = re.fullmatch(r'UNSEEN HEADER TO "(.+)"', rest)
        assert wanted, rest
        return [
            str(number)
            for number, one in enumerate(self.mails, 1)
            if not one.seen and wanted[1] in str(message_from_bytes(one.content)["To"])
        ]

    def _fetched(self, rest: str) -> bytes:
        asked = re.fullmatch(r"(\d+) \(BODY\.PEEK\[\]<0\.(\d+)>\)", rest)
        assert asked, rest
        content = self.mails[int(asked[1]) - 1].content[: int(asked[2])]
        head = f"* {asked[1]} FETCH (UID {asked[1]} BODY[]<0> {{{len(content)}}}\r\n"
        return head.encode() + content + b")"


def _unquoted(rest: str) -> list[str]:
    found = re.findall(r'"((?:[^"\\]|\\.)*)"|(\S+)', rest)
    return [re.sub(r"\\(.)", r"\1", quoted) or bare for quoted, bare in found]


@asynccontextmanager
async def imap_server(certificate: Path, *mails: bytes) -> AsyncIterator[Post]:
    """Over TLS, with a certificate and its key in one file."""
    post = Post([Kept(one) for one in mails])
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            await _converse(post, reader, writer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    post.port = server.sockets[0].getsockname()[1]
    try:
        yield post
    finally:
        server.close()


async def _converse(post: Post, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"* OK here I am\r\n")
    while line := (await reader.readline()).decode():
        tag, command, *more = line.rstrip("\r\n").split(" ", 2)
        rest = more[0] if more else ""
        if command == "UID":
            second, _, rest = rest.partition(" ")
            command = f"UID {second}"
        post.asked.append(command)
        wrong = post.say.get(command)
        if wrong == "hang up":
            return
        if wrong == "hang":
            await reader.read()  # until the other side has had enough
            return
        lines, last = ([], wrong) if wrong else post.answer(command, rest)
        writer.write(b"".join(one + b"\r\n" for one in lines) + f"{tag} {last}\r\n".encode())
        await writer.drain()
        if command == "LOGOUT":
            return
