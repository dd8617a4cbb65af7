"""Mail by SMTP: one connection for all that is due, and every refusal told by what it means."""

import asyncio
import ssl
from collections.abc import Callable

import aiosmtplib
from aiosmtplib import (
    SMTPAuthenticationError,
    SMTPDataError,
    SMTPException,
    SMTPRecipientsRefused,
    SMTPResponseException,
    SMTPSenderRefused,
)
from email_validator import EmailNotValidError, validate_email

from config.relay import Relay
from queue_app.delivery.adapter import Letter, NoSuchRecipient, NotNow, Undeliverable
from queue_app.delivery.bounces import return_path
from queue_app.delivery.mail import mail
from queue_app.domain import refusals

COMMAND_SECONDS = 20.0
"""For one answer of the server; the whole of a letter has `DELIVER_SECONDS` of `jobs/sending`."""
_FINAL = range(500, 600)

Sign = Callable[[bytes], bytes]
"""The message with its signature before it."""


class SmtpMailer:
    """Hands letters to a mail server.

    `bounces`: the address to which a letter that comes back goes, with the letter's identity in
    it (VERP); None: to `sender`. `sign`: as DKIM wants it; None where the mail server does that.
    `name`: of the sender, None: the centre's title.
    """

    hangs = False
    """What is given up here is cut off."""

    def __init__(
        self,
        relay: Relay,
        sender: str,
        bounces: str | None = None,
        sign: Sign | None = None,
        name: str | None = None,
    ) -> None:
        self._relay = relay
        self._sender = sender
        self._bounces = bounces
        self._sign = sign
        self._name = name
        self._line: aiosmtplib.SMTP | None = None

    async def deliver(self, letter: Letter) -> None:
        """NoSuchRecipient where the server refuses this recipient for good, Undeliverable where it
        refuses this letter; NotNow for all else that it says, and where it cannot be reached."""
        recipient = ascii_address(letter.recipient)
        content = mail(letter, self._sender, recipient, self._name)
        if self._sign:
            content = await asyncio.to_thread(self._sign, content)
        try:
            line = await self._connected()
            await line.sendmail(self._return_path(letter), recipient, content)
        except BaseException as error:
            if not isinstance(error, SMTPResponseException | SMTPRecipientsRefused):
                self._hang_up()  # nobody knows any more what the server has heard
            _raise_meaning(error)
            raise

    async def rest(self) -> None:
        line, self._line = self._line, None
        if line and line.is_connected:
            try:
                await line.quit(timeout=COMMAND_SECONDS)
            except (SMTPException, OSError):
                line.close()

    async def _connected(self) -> aiosmtplib.SMTP:
        """The line of the letter before, else a new one: the server may have hung up meanwhile."""
        if self._line and self._line.is_connected:
            return self._line
        relay = self._relay
        line = aiosmtplib.SMTP(
            hostname=relay.host,
            port=relay.port,
            username=relay.user,
            password=relay.password,
            use_tls=relay.tls == "always",
            start_tls={"starttls": True, "none": False}.get(relay.tls),
            tls_context=ssl.create_default_context(cafile=relay.ca) if relay.ca else None,
            timeout=COMMAND_SECONDS,
        )
        self._line = line
        await line.connect()
        return line

    def _hang_up(self) -> None:
        line, self._line = self._line, None
        if line:
            line.close()

    def _return_path(self, letter: Letter) -> str:
        if self._bounces is None:
            return self._sender
        return return_path(self._bounces, letter.identity)


def ascii_address(address: str) -> str:
    """The address as every mail server takes it. NoSuchRecipient where there is no such form."""
    try:
        known = validate_email(address, check_deliverability=False)
    except EmailNotValidError:
        raise NoSuchRecipient("not an address of mail") from None
    if known.ascii_email is None:
        raise NoSuchRecipient("an address with letters that mail servers do not take")
    return known.ascii_email


def _raise_meaning(error: BaseException) -> None:
    """What the server means by it; what it writes beside its number may hold people's data."""
    if isinstance(error, SMTPRecipientsRefused):
        refusal = error.recipients[0]
        _raise_refusal("the recipient was refused", refusal.code, refusal.message)
    if isinstance(error, SMTPDataError):
        _raise_refusal("the letter was refused", error.code, error.message)
    if isinstance(error, SMTPAuthenticationError):
        raise NotNow(f"the mail server refused our sign-in with {error.code}") from None
    if isinstance(error, SMTPSenderRefused):
        raise NotNow(f"the mail server refused us as the sender with {error.code}") from None
    if isinstance(error, SMTPResponseException):
        raise NotNow(f"the mail server answered {error.code}") from None
    if isinstance(error, SMTPException | ssl.SSLError):
        raise NotNow(f"the mail server cannot be used: {type(error).__name__}") from None


def _raise_refusal(what: str, code: int, words: str) -> None:
    """Of what is refused for good: this recipient, this letter, or we, which somebody can mend."""
    status = refusals.status_in(words)
    said = f"{what} with {code}" + (f" {status}" if status else "")
    if code not in _FINAL or refusals.wants_us_known(code, status, words):
        raise NotNow(said) from None
    named = status is not None or what == "the recipient was refused"
    if named and refusals.is_of_recipient(code, status, words):
        raise NoSuchRecipient(said) from None
    raise Undeliverable(said) from None
