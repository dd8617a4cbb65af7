"""Whichever way a printer is spoken to: ESC/POS over a line, or IPP."""

import asyncio
from collections.abc import Awaitable, Callable

from PIL import Image

from queue_app.delivery.paper import printer
from queue_app.delivery.paper.escpos import ticket_bytes
from queue_app.delivery.paper.ipp import ipp_state, print_by_ipp
from queue_app.domain.paper import PrinterState, is_ipp


async def state_at(address: str) -> PrinterState:
    """How a printer that answers stands."""
    return await (ipp_state if is_ipp(address) else printer.state_of)(address)


async def print_picture(
    address: str, answers: bool, picture: Image.Image, begin: Callable[[], Awaitable[bool]]
) -> PrinterState:
    """Print a ticket of mode "1"; how the printer stands afterwards. NotBegun, CutShort.

    `begin` is awaited right before the first byte; where it says no, nothing is sent.
    """
    if is_ipp(address):
        return await print_by_ipp(address, answers, picture, begin)
    ticket = await asyncio.to_thread(ticket_bytes, picture)
    return await printer.print_at(address, answers, ticket, begin)
