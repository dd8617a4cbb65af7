"""Messages leave the house: claimed, sent outside any transaction, and marked."""

import logging
import random
from collections.abc import Mapping
from datetime import timedelta

from queue_app.clock import Clock
from queue_app.delivery.adapter import Adapter, Undeliverable
from queue_app.delivery.letters import letter_of
from queue_app.domain.messages import Medium, Message
from queue_app.flow import outbox
from queue_app.queries import reference

_log = logging.getLogger(__name__)


class Sender:
    """Delivers by one adapter for each medium."""

    def __init__(self, adapters: Mapping[Medium, Adapter]) -> None:
        self._adapters = adapters

    async def deliver(self, clock: Clock) -> int:
        """Everything that is due; how many messages went out."""
        lease = timedelta(seconds=clock.hall_seconds(outbox.LEASE.total_seconds()))
        sent = 0
        while messages := await outbox.claim(clock.now(), lease):
            for message in messages:
                sent += await self._send(clock, message)
        return sent

    async def _send(self, clock: Clock, message: Message) -> bool:
        """Whether it went out; whatever happened stands in its row."""
        adapter = self._adapters.get(message.channel)
        try:
            if adapter is None:
                raise Undeliverable(f"no way to send by {message.channel}")
            letter = await letter_of(await reference.directory(), message)
            await adapter.deliver(letter)
        except Exception as error:
            final = isinstance(error, Undeliverable)
            reason = str(error) if final else type(error).__name__
            _log.warning("message %s not sent: %s", message.id, reason)
            await outbox.mark_failed(message, clock.now(), reason, random.random(), final)
            return False
        await outbox.mark_sent(message, clock.now())
        return True
