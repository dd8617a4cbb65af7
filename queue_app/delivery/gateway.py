"""SMS through a gateway's HTTP: two dialects, told apart by the gateway's file."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import msgspec

from config.sms_gateway import Gateway, Generic, TurboSms
from queue_app.delivery.adapter import Letter, NoSuchRecipient, NotNow, Undeliverable

SECONDS = 15.0
"""For the whole answer."""
MOST_PAUSE = 24 * 3600.0
"""In seconds; a gateway that asks for more is asked again all the same."""
MOST_BYTES = 64 * 1024
"""Of an answer that is read; what is longer is no gateway's."""


class SmsGateway:
    """Hands short messages to a gateway; one connection for all that is due."""

    hangs = False
    """What is given up here is cut off."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._client: httpx.AsyncClient | None = None

    async def deliver(self, letter: Letter) -> None:
        """NoSuchRecipient where the gateway refuses this number for good, Undeliverable where it
        refuses this text; NotNow for all else that it says, and where it cannot be reached."""
        request = _request(self._gateway, letter)
        if self._client is None:
            self._client = httpx.AsyncClient(timeout=SECONDS, follow_redirects=False)
        try:
            answer = await self._client.request(**request)
        except httpx.HTTPError as error:
            raise NotNow(f"the gateway cannot be used: {type(error).__name__}") from None
        _judge(self._gateway, answer)

    async def rest(self) -> None:
        client, self._client = self._client, None
        if client:
            await client.aclose()


def _request(gateway: Gateway, letter: Letter) -> dict[str, Any]:
    if isinstance(gateway, TurboSms):
        return {
            "method": "POST",
            "url": gateway.url,
            "headers": {"Authorization": f"Bearer {gateway.token}"},
            "json": {
                "recipients": [letter.recipient.removeprefix("+")],
                "sms": {"sender": gateway.sender, "text": letter.text},
                # However often it is sent: the gateway takes it once.
                "sequence_id": letter.identity,
            },
        }
    values = {
        "phone": letter.recipient,
        "digits": letter.recipient.removeprefix("+"),
        "text": letter.text,
        "identity": letter.identity,
    }
    request: dict[str, Any] = {
        "method": gateway.method,
        "url": _filled_address(gateway.url, values),
        "headers": _filled(gateway.headers, values),
    }
    if gateway.json is not None:
        request["json"] = _filled(gateway.json, values)
    if gateway.user is not None:
        request["auth"] = (gateway.user, gateway.password or "")
    if gateway.form is not None:
        request["data"] = _filled(gateway.form, values)
    return request


def _filled(template: Any, values: Mapping[str, str]) -> Any:
    if isinstance(template, str):
        return template.format_map(values)
    if isinstance(template, dict):
        return {key: _filled(one, values) for key, one in template.items()}
    if isinstance(template, list):
        return [_filled(one, values) for one in template]
    return template


def _filled_address(template: str, values: Mapping[str, str]) -> str:
    """What stands in an address is quoted, so that a text adds no field of its own."""
    quoted = {key: str(httpx.QueryParams({"": one}))[1:] for key, one in values.items()}
    return template.format_map(quoted)


_TAKEN = frozenset({0, 800, 801, 802, 803, 507})
"""OK, the four of success, and a repeat, which is answered as the first one was."""
_NO_NUMBER = (
    "NOT_ALLOWED_RECIPIENT_",
    "NOT_ALLOWED_RECIPIENTS_NUMBER",
    "NOT_ALLOWED_NUMBER_STOPLIST",
    "INVALID_RECIPIENT",
    "INVALID_PHONE",
)
_NO_TEXT = ("NOT_ALLOWED_MESSAGE_TEXT",)
"""How the names of what is refused for good begin: this number, or this text."""


def _judge(gateway: Gateway, answer: httpx.Response) -> None:
    """What a gateway says beside 429 or 503 is about itself, and tells nothing of the message."""
    after = _retry_after(answer) if answer.status_code in _BUSY else None
    if after is not None:
        raise NotNow(f"the gateway answered {answer.status_code}", after)
    if isinstance(gateway, TurboSms):
        _judge_turbosms(answer)
    else:
        _judge_generic(gateway, answer)


_BUSY = (429, 503)


def _retry_after(answer: httpx.Response) -> float | None:
    """In seconds, at most a day; a date is taken against the gateway's own clock."""
    said = answer.headers.get("Retry-After", "").strip()
    if said.isascii() and said.isdigit():
        return min(float(said), MOST_PAUSE) if len(said) < 10 else MOST_PAUSE
    until, now = _date(said), _date(answer.headers.get("Date", ""))
    if until is None or now is None:
        return None
    return min(max((until - now).total_seconds(), 0.0), MOST_PAUSE)


def _date(said: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(said)
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _judge_turbosms(answer: httpx.Response) -> None:
    """It answers 200 always, as a rule; the truth stands in a code for the whole and one for each
    recipient, of whom there is one here."""
    said = _json(answer)
    codes = [_at(said, "response_code"), _at(said, "response_result.0.response_code")]
    names = [_at(said, "response_status"), _at(said, "response_result.0.response_status")]
    if codes[0] in _TAKEN and codes[1] in (0, *([None] if codes[0] in (0, 800, 801) else [])):
        return
    for name in names:
        if isinstance(name, str) and name.startswith(_NO_NUMBER):
            raise NoSuchRecipient(f"the gateway refused it: {name}")
        if isinstance(name, str) and name.startswith(_NO_TEXT):
            raise Undeliverable(f"the gateway refused it: {name}")
    told = codes[1] if codes[0] in _TAKEN and codes[1] is not None else codes[0]
    raise NotNow(f"the gateway answered {answer.status_code if told is None else told}")


def _judge_generic(gateway: Generic, answer: httpx.Response) -> None:
    success, said = gateway.success, _json(answer)
    found = _at(said, success.path) if success.path else None
    why = _at(said, success.error_path) if success.error_path else None
    for one in (found, why):
        if one is not None and one in success.no_number:
            raise NoSuchRecipient(f"the gateway refused it with {one}")
        if one is not None and one in success.final:
            raise Undeliverable(f"the gateway refused it with {one}")
    if answer.status_code not in success.status:
        raise NotNow(f"the gateway answered {answer.status_code}")
    if success.path and found not in success.values:
        raise NotNow("the gateway did not say that it took it")


def _json(answer: httpx.Response) -> Any:
    if len(answer.content) > MOST_BYTES:
        return None
    try:
        return msgspec.json.decode(answer.content)
    except msgspec.DecodeError:
        return None


def _at(said: Any, path: str) -> Any:
    """What stands there; None where nothing does."""
    for step in path.split("."):
        if isinstance(said, dict):
            said = said.get(step)
        elif isinstance(said, list) and step.isdigit() and int(step) < len(said):
            said = said[int(step)]
        else:
            return None
    return said if isinstance(said, str | int | bool) else None
