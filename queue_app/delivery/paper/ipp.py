"""A printer that speaks IPP, of the network or of a CUPS: one ticket, by the same three questions.

RFC 8010 and 8011, as far as a ticket needs them: how the printer stands, a job, what became of it.
"""

import asyncio
import io
import struct
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Self

import httpx
from msgspec import Struct
from PIL import Image

from queue_app.delivery.paper.outcome import CutShort, NotBegun
from queue_app.domain.paper import PRINTS, PaperStatus, PrinterState, ipp_url

ANSWER_SECONDS = 3.0
SEND_SECONDS = 12.0
DONE_SECONDS = 40.0
"""A printer of an office wakes for half a minute, and a CUPS tells that a job is done when its
printer does. What is not done by then is taken back: it would come out for somebody else."""
ASK_EVERY_SECONDS = 0.25
DPI = 203

_VERSION = b"\x01\x01"
"""1.1, which every printer and every CUPS knows."""
_PRINT_JOB, _CANCEL_JOB, _JOB, _PRINTER = 0x0002, 0x0008, 0x0009, 0x000B
_OPERATION, _JOB_PART, _END = 0x01, 0x02, 0x03
_INTEGER, _BOOLEAN, _ENUM = 0x21, 0x22, 0x23
_NAME, _KEYWORD, _URI, _CHARSET, _LANGUAGE, _MEDIA_TYPE = 0x42, 0x44, 0x45, 0x47, 0x48, 0x49
_STOPPED = 5
_COMPLETED, _CANCELED, _ABORTED = 9, 7, 8
_LAST_SUCCESS = 0x00FF
_FORMATS = ("application/pdf", "image/jpeg")
"""A PDF keeps its size through a CUPS; what has no PDF, such as a small printer of IPP Everywhere,
takes a JPEG."""

Attributes = Mapping[str, Sequence[Any]]
_Attribute = tuple[int, str, bytes]


class IppError(Exception):
    """An answer that is none, or one that refuses."""


class IppAnswer(Struct, frozen=True):
    """`status` up to 0x00FF is success; `attributes`: those of all groups by name."""

    status: int
    attributes: Attributes


async def ipp_state(address: str) -> PrinterState:
    """How a printer that answers stands."""
    try:
        async with _Line(address) as line:
            return _state(await line.printer())
    except (httpx.HTTPError, IppError):
        return "off"


async def print_by_ipp(
    address: str, answers: bool, picture: Image.Image, begin: Callable[[], Awaitable[bool]]
) -> PrinterState:
    """Print it; how the printer stands afterwards. NotBegun, CutShort; `begin` as for `print_at`.

    Not `answers`: what the printer accepted counts as printed.
    """
    begun = False
    try:
        async with _Line(address) as line:
            told = await line.printer()
            state: PrinterState = _state(told) if answers else "unknown"
            if state not in PRINTS:
                raise NotBegun(state)
            kind = _format(told)
            document = await asyncio.to_thread(_document, picture, kind)
            begun = await begin()
            if not begun:
                raise NotBegun(state)
            job = await line.print_job(kind, document)
            return await _done(line, job) if answers else state
    except (httpx.HTTPError, IppError) as error:
        if not begun:
            raise NotBegun("off") from error
        raise CutShort(await ipp_state(address) if answers else "off") from error


async def _done(line: "_Line", job: int) -> PrinterState:
    """Until the job is on paper. CutShort where it ends otherwise, or not in time."""
    try:
        async with asyncio.timeout(DONE_SECONDS):
            while (state := await line.job_state(job)) != _COMPLETED:
                if state in (_CANCELED, _ABORTED):
                    raise CutShort(_state(await line.printer()))
                await asyncio.sleep(ASK_EVERY_SECONDS)
    except TimeoutError:
        await line.cancel(job)
        stands = _state(await line.printer())
        raise CutShort(stands if stands not in PRINTS else "error") from None
    return _state(await line.printer())


class _Line:
    """Requests to one printer."""

    def __init__(self, address: str) -> None:
        self._url = ipp_url(address)
        self._address = address
        self._client = httpx.AsyncClient(timeout=ANSWER_SECONDS, follow_redirects=False)
        self._number = 0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def printer(self) -> Attributes:
        wanted = ("printer-state", "printer-state-reasons", "printer-is-accepting-jobs",
                  "document-format-supported")  # fmt: skip
        asked = [
            (_KEYWORD, "" if place else "requested-attributes", name.encode())
            for place, name in enumerate(wanted)
        ]
        return (await self._ask(_PRINTER, asked)).attributes

    async def print_job(self, kind: str, document: bytes) -> int:
        """The number of the job."""
        about = [(_NAME, "job-name", b"ticket"), (_MEDIA_TYPE, "document-format", kind.encode())]
        wishes = [(_KEYWORD, "print-scaling", b"none")]
        answer = await self._ask(_PRINT_JOB, about, wishes, document, SEND_SECONDS)
        return _number(answer.attributes, "job-id")

    async def job_state(self, job: int) -> int:
        asked = [_job(job), (_KEYWORD, "requested-attributes", b"job-state")]
        return _number((await self._ask(_JOB, asked)).attributes, "job-state")

    async def cancel(self, job: int) -> None:
        await self._ask(_CANCEL_JOB, [_job(job)])

    async def _ask(
        self,
        operation: int,
        asked: Sequence[_Attribute],
        wishes: Sequence[_Attribute] = (),
        document: bytes = b"",
        seconds: float = ANSWER_SECONDS,
    ) -> IppAnswer:
        self._number += 1
        target = [_of_target(self._address), *_who(asked)]
        body = request(operation, self._number, target, wishes) + document
        said = await self._client.post(
            self._url, content=body, headers={"Content-Type": "application/ipp"}, timeout=seconds
        )
        if said.status_code != httpx.codes.OK:
            raise IppError(f"HTTP {said.status_code}")
        answer = read_answer(said.content)
        if answer.status > _LAST_SUCCESS:
            raise IppError(f"IPP status {answer.status:#06x}")
        return answer


def _of_target(address: str) -> _Attribute:
    return _URI, "printer-uri", address.encode()


def _who(asked: Sequence[_Attribute]) -> list[_Attribute]:
    """Whose request it is stands after its target, and after the number of a job."""
    job = [one for one in asked if one[1] == "job-id"]
    rest = [one for one in asked if one[1] != "job-id"]
    return [*job, (_NAME, "requesting-user-name", b"queue-app"), *rest]


def _job(number: int) -> _Attribute:
    return _INTEGER, "job-id", struct.pack(">i", number)


def request(
    operation: int, number: int, asked: Sequence[_Attribute], wishes: Sequence[_Attribute] = ()
) -> bytes:
    """An IPP request without its document; an attribute without a name is one more value."""
    always = [
        (_CHARSET, "attributes-charset", b"utf-8"),
        (_LANGUAGE, "attributes-natural-language", b"en"),
    ]
    told = _VERSION + struct.pack(">HI", operation, number) + bytes([_OPERATION])
    told += b"".join(_written(*one) for one in [*always, *asked])
    if wishes:
        told += bytes([_JOB_PART]) + b"".join(_written(*one) for one in wishes)
    return told + bytes([_END])


def _written(tag: int, name: str, value: bytes) -> bytes:
    said = name.encode()
    return struct.pack(">BH", tag, len(said)) + said + struct.pack(">H", len(value)) + value


def read_answer(content: bytes) -> IppAnswer:
    """IppError where it is none."""
    found: dict[str, list[Any]] = {}
    try:
        (status,) = struct.unpack_from(">H", content, 2)
        at, name = 8, ""
        while (tag := content[at]) != _END:
            at += 1
            if tag < 0x10:
                continue
            said, at = _sized(content, at)
            value, at = _sized(content, at)
            name = said.decode() or name
            found.setdefault(name, []).append(_read(tag, value))
    except (struct.error, IndexError, UnicodeDecodeError) as error:
        raise IppError("no answer of IPP") from error
    return IppAnswer(status, found)


def _sized(content: bytes, at: int) -> tuple[bytes, int]:
    (size,) = struct.unpack_from(">H", content, at)
    if at + 2 + size > len(content):
        raise IndexError
    return content[at + 2 : at + 2 + size], at + 2 + size


def _read(tag: int, value: bytes) -> Any:
    if tag in (_INTEGER, _ENUM):
        return struct.unpack(">i", value)[0]
    if tag == _BOOLEAN:
        return value != b"\0"
    return value.decode(errors="replace")


def _number(attributes: Attributes, name: str) -> int:
    for one in attributes.get(name, ()):
        if isinstance(one, int):
            return one
    raise IppError(f"no {name}")


def _state(told: Attributes) -> PrinterState:
    """After `printer-state` and `printer-state-reasons` (RFC 8011, 5.4.11 and 5.4.12)."""
    reasons = [str(one) for one in told.get("printer-state-reasons", ())]

    def any_of(*named: str) -> bool:
        return any(one.startswith(named) for one in reasons)

    if any_of("offline", "connecting-to-device", "timed-out", "shutdown"):
        return "off"
    return PaperStatus(
        offline=_STOPPED in told.get("printer-state", ())
        or False in told.get("printer-is-accepting-jobs", ()),
        cover_open=any_of("cover-open", "door-open", "interlock-open"),
        paper_out=any_of("media-empty", "media-needed"),
        paper_low=any_of("media-low"),
        error=any_of("media-jam", "cutter", "paused"),
    ).state


def _format(told: Attributes) -> str:
    """The first that the printer takes; a PDF where it does not say."""
    known = told.get("document-format-supported", _FORMATS)
    return next((one for one in _FORMATS if one in known), _FORMATS[0])


def _document(picture: Image.Image, kind: str) -> bytes:
    content = io.BytesIO()
    grey = picture.convert("L")
    if kind == "application/pdf":
        grey.save(content, "PDF", resolution=float(DPI), quality=95)
    else:
        grey.save(content, "JPEG", dpi=(DPI, DPI), quality=95)
    return content.getvalue()
