"""What one process is told by its environment, checked once at the start."""

import os
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Literal, TypeVar, cast, get_args
from urllib.parse import urlsplit

from msgspec import Struct

from config.dkim import Dkim, PrivateKey, parse_name, read_key
from config.imap import Inbox, parse_inbox
from config.relay import MailFrom, Relay, parse_address, parse_relay, parse_sender
from config.sms_gateway import Gateway, read_gateway

T = TypeVar("T")
Log = Literal["text", "json"]

PROJECT = Path(__file__).resolve().parent.parent
"""Where `config/kyiv-cks` is found when the process starts elsewhere."""
STAY_ROOT = "root"
YEARS = range(2000, 2101)
"""What a clock may show and a date may be given: far from where calendars end."""


class SettingsError(Exception):
    """A variable of the environment that cannot be used, and why."""

    def __init__(self, variable: str, reason: str) -> None:
        super().__init__(f"{variable}: {reason}")
        self.variable = variable
        self.reason = reason


class Settings(Struct, frozen=True, kw_only=True):
    """How this process runs.

    `database_url` None: the embedded PostgreSQL in `data`. `public_url`: the address by which
    residents' phones reach this site, None for the one that each request names. `clock` is what
    the hall's clock showed at the real instant `clock_origin`, None for the real time; `rate`
    is how many of its seconds pass in one. `smtp` None: mail is files in `data`; it goes out from
    `mail_from`, and to `mail_bounces`, if given, with what says whose it was, if it comes back;
    `bounces_imap`: the mailbox in which that arrives, None where a mail server hands it over.
    `dkim` None: the mail server signs, if anybody does.
    `sms_gateway` None: SMS are files, too. `metrics_token`: with which `/metrics` may be asked for
    from elsewhere than this machine. `log`: how its lines are written; a request that takes longer
    than `slow_seconds` is one. `account`: as whom the processes answer where root starts them,
    `STAY_ROOT` for root. `trial`: what lies in files can be read at
    `/trial/inbox`.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    data: Path = Path("data")
    database_url: str | None = None
    config: Path = PROJECT / "config" / "kyiv-cks"
    public_url: str | None = None
    workers: int = 1
    rate_limits: bool = True
    smtp: Relay | None = None
    mail_from: MailFrom | None = None
    mail_bounces: str | None = None
    bounces_imap: Inbox | None = None
    dkim: Dkim | None = None
    sms_gateway: Gateway | None = None
    metrics_token: str | None = None
    log: Log = "text"
    slow_seconds: float = 1.0
    account: str = "queue-app"
    trial: bool = False
    clock: datetime | None = None
    clock_origin: datetime | None = None
    rate: float = 1.0

    @property
    def ways_out(self) -> tuple[Literal["mail", "sms"], ...]:
        """The media by which messages leave the house; what goes by another is a file."""
        return (
            *(("mail",) if self.smtp else ()),
            *(("sms",) if self.sms_gateway else ()),
        )


def from_environment(environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings of QUEUE_APP_*; SettingsError names the variable. Empty counts as not given."""

    def read(name: str, parse: Callable[[str], T], default: T) -> T:
        raw = environment.get(f"QUEUE_APP_{name}", "").strip()
        if not raw:
            return default
        try:
            return parse(raw)
        except ValueError as error:
            raise SettingsError(f"QUEUE_APP_{name}", str(error)) from None

    mail_from = read("MAIL_FROM", parse_sender, None)
    settings = Settings(
        host=read("HOST", str, "127.0.0.1"),
        port=read("PORT", _port, 8000),
        data=read("DATA", Path, Path("data")).expanduser().absolute(),
        database_url=read("DATABASE_URL", _database_url, None),
        config=read("CONFIG", _folder, _folder("config/kyiv-cks")),
        public_url=read("PUBLIC_URL", _public_url, None),
        workers=read("WORKERS", _workers, 1),
        rate_limits=read("RATE_LIMITS", _switch, True),
        metrics_token=read("METRICS_TOKEN", _token, None),
        log=read("LOG", _log, "text"),
        slow_seconds=read("SLOW_SECONDS", _seconds, 1.0),
        account=read("ACCOUNT", str, "queue-app"),
        trial=read("TRIAL", _switch, False),
        smtp=read("SMTP_URL", parse_relay, None),
        mail_from=mail_from,
        mail_bounces=read("MAIL_BOUNCES", parse_address, None),
        bounces_imap=read("BOUNCES_IMAP", parse_inbox, None),
        dkim=_dkim(
            read("DKIM_KEY", read_key, None),
            read("DKIM_SELECTOR", parse_name, None),
            read("DKIM_DOMAIN", parse_name, None),
            mail_from,
        ),
        sms_gateway=read("SMS_GATEWAY", lambda raw: read_gateway(raw, environment), None),
        clock=read("CLOCK", parse_clock, None),
        clock_origin=read("CLOCK_ORIGIN", parse_clock, None),
        rate=read("RATE", parse_rate, 1.0),
    )
    if settings.smtp and settings.mail_from is None:
        raise SettingsError("QUEUE_APP_MAIL_FROM", "is needed beside QUEUE_APP_SMTP_URL")
    if settings.bounces_imap and settings.mail_bounces is None:
        raise SettingsError("QUEUE_APP_MAIL_BOUNCES", "is needed beside QUEUE_APP_BOUNCES_IMAP")
    return settings


def _dkim(
    key: PrivateKey | None, selector: str | None, domain: str | None, mail_from: MailFrom | None
) -> Dkim | None:
    if key is None:
        if selector or domain:
            raise SettingsError("QUEUE_APP_DKIM_KEY", "is needed beside the other QUEUE_APP_DKIM_*")
        return None
    if selector is None:
        raise SettingsError("QUEUE_APP_DKIM_SELECTOR", "is needed beside QUEUE_APP_DKIM_KEY")
    if mail_from is None:
        raise SettingsError("QUEUE_APP_MAIL_FROM", "is needed beside QUEUE_APP_DKIM_KEY")
    return Dkim(key, selector, domain or mail_from.address.rpartition("@")[2].lower())


def _port(raw: str) -> int:
    return _whole(raw, 0, 65535)


def _workers(raw: str) -> int:
    return _whole(raw, 1, 256)


def _whole(raw: str, least: int, most: int) -> int:
    if not (raw.isascii() and raw.isdigit() and least <= int(raw) <= most):
        raise ValueError(f"{raw!r} is not a whole number from {least} to {most}")
    return int(raw)


def _database_url(raw: str) -> str:
    """A PostgreSQL DSN; the reason never repeats it, as it may hold a password."""
    if urlsplit(raw).scheme not in ("postgresql", "postgres"):
        raise ValueError("is not a DSN such as postgresql://user@host/database")
    return raw


def _public_url(raw: str) -> str:
    """A site's address without a path, such as https://queue.example.org."""
    parts = urlsplit(raw)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.path not in ("", "/"):
        raise ValueError(f"{raw!r} is not an address such as https://queue.example.org")
    return f"{parts.scheme}://{parts.netloc}"


def _folder(raw: str) -> Path:
    """The folder seen from here, else from the project's root."""
    path = Path(raw).expanduser()
    return path.absolute() if path.is_dir() else PROJECT / path


def _switch(raw: str) -> bool:
    if raw not in ("on", "off"):
        raise ValueError(f"{raw!r} is neither on nor off")
    return raw == "on"


def _token(raw: str) -> str:
    """The reason never repeats it."""
    if len(raw) < 16 or not raw.isascii() or any(sign.isspace() for sign in raw):
        raise ValueError("is not a token of 16 or more letters, digits and signs")
    return raw


def _log(raw: str) -> Log:
    if raw not in get_args(Log):
        raise ValueError(f"{raw!r} is neither text nor json")
    return cast(Log, raw)


def _seconds(raw: str) -> float:
    try:
        seconds = float(raw)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= 3600:
        raise ValueError(f"{raw!r} is not a number of seconds above 0 and up to 3600")
    return seconds


def parse_clock(raw: str) -> datetime:
    """An instant such as 2026-11-23T10:00:00+02:00; ValueError without its offset."""
    try:
        instant = datetime.fromisoformat(raw)
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        raise ValueError(f"{raw!r} is not an instant such as 2026-11-23T10:00:00+02:00")
    if instant.year not in YEARS:
        raise ValueError(f"{raw!r} is not in the years {YEARS.start} to {YEARS.stop - 1}")
    return instant


def parse_rate(raw: str) -> float:
    """Seconds of the hall's clock in one real second, above 0 and at most 3600."""
    try:
        rate = float(raw)
    except ValueError:
        rate = 0.0
    if not 0 < rate <= 3600:
        raise ValueError(f"{raw!r} is not a rate above 0 and up to 3600")
    return rate
