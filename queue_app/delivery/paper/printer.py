"""One ticket at one ESC/POS printer: asked how it stands, sent, asked whether it is done.

What ends before the first byte of the ticket can be tried again. What ends after it is in doubt:
the paper may lie in the tray, so it is never sent again by itself.
"""

import asyncio
from collections.abc import Awaitable, Callable

from queue_app.delivery.paper.ends import PrinterEnd, line_to
from queue_app.delivery.paper.escpos import ASK, ASK_DONE, is_done, is_status, status_of
from queue_app.delivery.paper.outcome import CutShort, NotBegun
from queue_app.domain.paper import PRINTS, PrinterState

ANSWER_SECONDS = 1.5
"""A printer answers DLE EOT within milliseconds, whatever it is at."""
SEND_SECONDS = 12.0
"""Twenty centimetres of paper take three seconds; what takes longer stands still."""
DONE_SECONDS = 5.0
"""From the last byte to the cut."""


async def state_of(address: str) -> PrinterState:
    """How a printer that answers stands."""
    try:
        async with line_to(address) as end:
            return await _asked(end)
    except (OSError, TimeoutError):
        return "off"


async def print_at(
    address: str, answers: bool, ticket: bytes, begin: Callable[[], Awaitable[bool]]
) -> PrinterState:
    """Print it; how the printer stands afterwards. NotBegun, CutShort.

    `begin` is awaited right before the first byte: whoever calls notes that there is no second
    try. Where it says no, nothing is sent.
    """
    begun = False
    try:
        async with line_to(address) as end:
            state: PrinterState = await _asked(end) if answers else "unknown"
            if state not in PRINTS:
                raise NotBegun(state)
            begun = await begin()
            if not begun:
                raise NotBegun(state)
            async with asyncio.timeout(SEND_SECONDS):
                await end.send(ticket)
            return await _done(end) if answers else state
    except (OSError, TimeoutError) as error:
        if not begun:
            raise NotBegun("off") from error
        raise CutShort(await state_of(address) if answers else "off") from error


async def _done(end: PrinterEnd) -> PrinterState:
    """Told in turn, so that all before it is on the paper. A printer that does not know the
    question but stands ready has printed, too. TimeoutError, CutShort."""
    await end.send(ASK_DONE)
    told = True
    try:
        async with asyncio.timeout(DONE_SECONDS):
            await _answer(end, is_done)
    except TimeoutError:
        told = False
    state = await _asked(end)
    if not told and state not in PRINTS:
        raise CutShort(state)
    return state


async def _asked(end: PrinterEnd) -> PrinterState:
    """The answers to DLE EOT 1 to 4. TimeoutError, OSError."""
    answers = []
    for question in ASK:
        await end.send(question)
        async with asyncio.timeout(ANSWER_SECONDS):
            answers.append(await _answer(end, is_status))
    return status_of(*answers).state


async def _answer(end: PrinterEnd, fits: Callable[[int], bool]) -> int:
    """The first byte that can be it; others are the rest of what was told before."""
    while heard := await end.receive():
        for one in heard:
            if fits(one):
                return one
    raise ConnectionResetError("the printer has hung up")
