"""The gateway for SMS, described in a file: `QUEUE_APP_SMS_GATEWAY`."""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from string import Formatter
from typing import Any, Literal
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

KINDS = ("turbosms", "generic")
FIELDS = frozenset({"phone", "digits", "text", "identity"})
"""What a template may hold: +380671234567, 380671234567, the words, the name of the message."""


class Success(Struct, frozen=True, forbid_unknown_fields=True):
    """How it looks when the gateway has taken a message.

    `status`: of HTTP, any of these. `path`: keys and places in the JSON of the answer, such as
    "result.0.code"; None: the status says it all. `values`: what may stand there then.
    `no_number`: what stands there where nothing can ever reach this number; `final`: where it is
    useless to send this message again. `error_path`: another place where these two may stand.
    """

    status: tuple[int, ...] = (200, 201, 202)
    path: str | None = None
    values: tuple[str | int | bool, ...] = ()
    error_path: str | None = None
    no_number: tuple[str | int, ...] = ()
    final: tuple[str | int, ...] = ()


class TurboSms(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="turbosms"):
    """The dialect of TurboSMS, which SMSBAT speaks as well."""

    token: str
    sender: str
    url: str = "https://api.turbosms.ua/message/send.json"

    def __repr__(self) -> str:
        return f"TurboSms({self.url})"


class Generic(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="generic"):
    """Any other: one request a message. Templates have {phone}, {digits}, {text}, {identity}.

    `json`: a body of which each text is a template; `form`: the same as fields of a form; neither:
    all stands in `url`.
    """

    url: str
    method: Literal["POST", "GET", "PUT"] = "POST"
    headers: dict[str, str] = {}
    json: dict[str, Any] | None = None
    form: dict[str, str] | None = None
    user: str | None = None
    password: str | None = None
    success: Success = Success()

    def __repr__(self) -> str:
        return f"Generic({urlsplit(self.url).netloc})"


Gateway = TurboSms | Generic


def read_gateway(raw: str, environment: Mapping[str, str] = os.environ) -> Gateway:
    """The gateway of this file. ValueError says what is wrong, and never what is secret.

    A value "env:NAME" is that of a variable, so that no secret has to stand in the file.
    """
    path = Path(raw).expanduser()
    try:
        table = tomllib.loads(path.read_text())
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        raise ValueError(f"{path} is not TOML") from None
    if table.get("kind") not in KINDS:
        raise ValueError(f"{path}: kind must be one of {', '.join(KINDS)}")
    try:
        templates = {"url", "headers", "json", "form"} if table["kind"] == "generic" else set()
        filled = {
            key: _with_secrets(value, environment, key in templates) for key, value in table.items()
        }
        gateway: Gateway = msgspec.convert(filled, Gateway)
    except msgspec.ValidationError as error:
        raise ValueError(f"{path}: {error}") from None
    _check(gateway)
    return gateway


def _with_secrets(value: Any, environment: Mapping[str, str], template: bool) -> Any:
    """What a variable holds stands for itself: in a template its braces are no fields."""
    if isinstance(value, dict):
        return {key: _with_secrets(one, environment, template) for key, one in value.items()}
    if isinstance(value, list):
        return [_with_secrets(one, environment, template) for one in value]
    if not isinstance(value, str) or not value.startswith("env:"):
        return value
    name = value.removeprefix("env:")
    secret = environment.get(name)
    if not secret:
        raise ValueError(f"the variable {name}, which the gateway's file names, is not set")
    return secret.replace("{", "{{").replace("}", "}}") if template else secret


def _check(gateway: Gateway) -> None:
    parts = urlsplit(gateway.url)
    if parts.scheme not in ("https", "http") or not parts.netloc:
        raise ValueError("the gateway's url is not an address such as https://sms.example.org/send")
    if isinstance(gateway, TurboSms):
        return
    if gateway.json is not None and gateway.form is not None:
        raise ValueError("the gateway has a json and a form; one of them is sent")
    told = gateway.success
    judged = told.no_number or told.final
    if told.path is None and (told.values or (judged and told.error_path is None)):
        raise ValueError("the gateway's success has values without a path to them")
    used = set()
    for template in texts_in([gateway.url, gateway.headers, gateway.json, gateway.form]):
        used |= _fields_of(template)
    if unknown := sorted(used - FIELDS):
        raise ValueError(f"the gateway's {{{unknown[0]}}} is unknown; there are {sorted(FIELDS)}")
    if "text" not in used or not used & {"phone", "digits"}:
        raise ValueError("the gateway's request has no {text} or no {phone} in it")


def texts_in(value: Any) -> list[str]:
    """Every text of a body, however deep."""
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for one in inner for text in texts_in(one)]


def _fields_of(template: str) -> set[str]:
    try:
        return {name for _, name, _, _ in Formatter().parse(template) if name is not None}
    except ValueError:
        raise ValueError("the gateway has a template with an unpaired brace") from None
