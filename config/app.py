"""The composition root: the only module that knows every face."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from importlib.metadata import version

from litestar import Litestar, Router
from litestar.config.compression import CompressionConfig
from litestar.datastructures import State
from litestar.di import Provide
from litestar.openapi import OpenAPIConfig
from litestar.plugins import PluginProtocol
from litestar.plugins.core import MsgspecDIPlugin

import booking.pages
import display.pages
import display.speech
import kiosk.pages
import queue_app.api.routes
import queue_app.api.viewer
import queue_app.console.attendance_list
import queue_app.console.counter
import queue_app.console.devices_list
import queue_app.console.leaving
import queue_app.console.pages
import queue_app.console.unsettled_list
import queue_app.console.visit_history
import queue_app.office.acts
import queue_app.office.city
import queue_app.office.desk_more_or_less
import queue_app.office.live_branch
import queue_app.trial.inbox
from config.files import CATALOGUES
from config.settings import Settings
from queue_app.api import sockets
from queue_app.api.description import TruthPlugin
from queue_app.api.docs import TextSchema, WallClockSchema
from queue_app.clock import Clock, SystemClock
from queue_app.clock import hall_clock as clock_of
from queue_app.delivery import looks
from queue_app.delivery.adapter import Adapter
from queue_app.delivery.folder import MessageFolder
from queue_app.delivery.gateway import SmsGateway
from queue_app.delivery.letters import ORGANIZER
from queue_app.delivery.mailbox import Mailbox
from queue_app.delivery.signing import signer
from queue_app.delivery.smtp import SmtpMailer
from queue_app.delivery.voice.voice import FOLDER as VOICES
from queue_app.delivery.voice.voice import Voice
from queue_app.delivery.webpush import WebPush
from queue_app.domain.errors import QueueError
from queue_app.domain.messages import MEDIA, Medium
from queue_app.domain.ranges import Forecasts
from queue_app.flow import pushing
from queue_app.flow.promising import Promises
from queue_app.jobs import reading_bounces, runner, upkeep
from queue_app.jobs.runner import Job
from queue_app.jobs.sending import Sender
from queue_app.jobs.ticket_printing import TicketPrinting
from queue_app.live.hub import Hub
from queue_app.queries import reference
from queue_app.store import db
from queue_app.store.outages import Outage
from queue_app.texts.words import also_from
from queue_app.web import health, pairing, site_files
from queue_app.web.bounds import LIMITS
from queue_app.web.errors import EXCEPTION_HANDLERS
from queue_app.web.guards import Known, guarded, provide_by, provide_staff, right
from queue_app.web.heads import HeadsAsGets
from queue_app.web.limits import limited
from queue_app.web.logs import Journal
from queue_app.web.requests import ReadableRequest
from queue_app.web.share import PublicShare
from queue_app.web.templating import Pages, add_security_headers, assets_of
from queue_app.web.typed import Hearing

PUSHES_AT_ONCE = 8
"""So that a push service that is slow holds up nobody's call at another."""
FACES = (
    "booking",
    "kiosk",
    "display",
    "queue_app.console",
    "queue_app.office",
    "queue_app.api",
    "queue_app.trial",
)


class Application(Litestar):
    """Without what the framework adds for other libraries that happen to be installed."""

    @staticmethod
    def _get_default_plugins(plugins: list[PluginProtocol]) -> list[PluginProtocol]:
        """Pydantic comes with Piccolo, and no route has a type of its or of attrs: a process would
        hold 7 MB of them for nothing."""
        return [*plugins, MsgspecDIPlugin()]


def create_app(settings: Settings, clock: Clock | None = None, works: bool = True) -> Litestar:
    """The application on the database of `settings.database_url`, with `clock` as its time.

    `works`: the process does what falls due by itself, too: ends holds, sends messages, learns.
    """
    also_from(settings.config / CATALOGUES)
    looks.also_from(settings.config / looks.FOLDER)
    hall_clock = clock or SystemClock()
    promises = Promises()
    forecasts = Forecasts(time.monotonic)
    staffing_answers = queue_app.office.desk_more_or_less.StaffingAnswers()
    channels = (
        sockets.desk(),
        sockets.board(),
        sockets.ticket(promises),
        sockets.supervision(),
    )
    hub = Hub(hall_clock, [one.screen for one in channels], forecasts)
    folder = MessageFolder(settings.data / "messages")
    ways: dict[Medium, Adapter] = {"mail": folder, "sms": folder}
    voice = Voice(settings.config / VOICES, settings.data / "voice")
    public_url = settings.public_url or _trial_url(settings)
    organizer = settings.mail_from.address if settings.mail_from else None
    by_push: tuple[Medium, ...] = ("push",)
    letters = tuple(one for one in MEDIA if one not in (*by_push, "print"))
    sender = Sender(
        ways | _providers(settings), public_url, organizer, settings.ways_out, only=letters
    )
    push = WebPush(_whom_to_ask(settings), anywhere=settings.trial)
    pusher = Sender({"push": push}, only=by_push, at_once=PUSHES_AT_ONCE)
    paper = TicketPrinting(public_url, forecasts, settings.config)
    jobs = [
        *upkeep.with_delivery(sender, folder, pusher, forecasts, paper),
        *_read_bounces(settings),
    ]

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        assert settings.database_url, "the server is started before the application"
        app.state.public_url = settings.public_url
        app.state.pages = Pages(FACES, assets, reference.last_known, hall_clock)
        async with (
            db.pool(settings.database_url, limits=db.BRIEF),
            db.beside(settings.database_url) as patient,
            promises.running(),
            hub.running(),
            runner.running(hall_clock, jobs if works else [], patient),
        ):
            await _first_look()
            yield

    assets = assets_of(FACES)
    known = Known()
    app = Application(
        route_handlers=[
            queue_app.api.routes.router,
            *queue_app.api.routes.live(channels),
            queue_app.api.viewer.api_page,
            booking.pages.router,
            kiosk.pages.router,
            display.pages.router,
            display.speech.router,
            queue_app.console.pages.router,
            queue_app.console.devices_list.router,
            queue_app.console.visit_history.router,
            queue_app.console.leaving.router,
            queue_app.console.counter.router,
            queue_app.console.attendance_list.router,
            queue_app.console.unsettled_list.router,
            queue_app.office.city.router,
            queue_app.office.live_branch.router,
            queue_app.office.acts.router,
            queue_app.office.desk_more_or_less.router,
            *pairing.routes,
            site_files.favicon,
            site_files.robots,
            health.live,
            health.ready,
            health.metrics,
            assets.handler(),
            *([queue_app.trial.inbox.router] if settings.trial else []),
        ],
        dependencies={
            "settings": Provide(lambda: settings, sync_to_thread=False),
            "clock": Provide(lambda: hall_clock, sync_to_thread=False),
            "hub": Provide(lambda: hub, sync_to_thread=False),
            "forecasts": Provide(lambda: forecasts, sync_to_thread=False),
            "voice": Provide(lambda: voice, sync_to_thread=False),
            "staffing_answers": Provide(lambda: staffing_answers, sync_to_thread=False),
            "promises": Provide(lambda: promises, sync_to_thread=False),
            "by": Provide(provide_by, sync_to_thread=False),
            "staff": Provide(provide_staff, sync_to_thread=False),
        },
        plugins=[TextSchema(), WallClockSchema()],
        state=State(
            {
                "clock": hall_clock,
                "forecasts": forecasts,
                "readiness": health.Readiness(),
                "known": known,
                "limited": settings.rate_limits,
            }
        ),
        lifespan=[lifespan],
        middleware=[*([limited] if settings.rate_limits else []), guarded],
        compression_config=CompressionConfig(
            "gzip", gzip_compress_level=5, exclude=[r"^/api/", r"\.wav$"]
        ),
        before_send=[add_security_headers],
        exception_handlers=EXCEPTION_HANDLERS,
        openapi_config=OpenAPIConfig(
            title="queue-app",
            version=version("queue-app"),
            description="Booking, kiosk, desks and boards of a service centre. Errors are"
            " application/problem+json (RFC 9457) with a stable `code`. Websockets: asyncapi.json.",
            openapi_router=Router(
                "/api/v1/openapi.json",
                route_handlers=[],
                opt=right("see_page"),
                include_in_schema=False,
            ),
            render_plugins=[TruthPlugin(path=["/", "/openapi.json"])],
        ),
        request_class=ReadableRequest,
        request_max_body_size=LIMITS.body_bytes,
        logging_config=None,
        debug=False,
    )
    if settings.rate_limits:
        app.asgi_handler = PublicShare(app.asgi_handler, known)
    journal = Journal(Hearing(app.asgi_handler), settings.slow_seconds)
    app.asgi_handler = HeadsAsGets(journal)
    return app


def _providers(settings: Settings) -> dict[Medium, Adapter]:
    """The ways out that are set up; what goes by another is a file."""
    ways: dict[Medium, Adapter] = {}
    if settings.smtp:
        assert settings.mail_from, "the settings see to it"
        who, bounces_to = settings.mail_from, settings.mail_bounces
        sign = signer(settings.dkim) if settings.dkim else None
        ways["mail"] = SmtpMailer(settings.smtp, who.address, bounces_to, sign, who.name)
    if settings.sms_gateway:
        ways["sms"] = SmsGateway(settings.sms_gateway)
    return ways


def _read_bounces(settings: Settings) -> list[Job]:
    """Where mail that comes back lies in a mailbox."""
    if settings.bounces_imap is None:
        return []
    assert settings.mail_bounces, "the settings see to it"
    mailbox = Mailbox(settings.bounces_imap, settings.mail_bounces)
    return [reading_bounces.job(mailbox, settings.mail_bounces, settings.ways_out)]


def _whom_to_ask(settings: Settings) -> str:
    """Where push services would write to about this centre, as they wish to be told."""
    if settings.mail_from:
        return f"mailto:{settings.mail_from.address}"
    if settings.public_url and settings.public_url.startswith("https:"):
        return settings.public_url
    return f"mailto:{ORGANIZER}"


def _trial_url(settings: Settings) -> str | None:
    """Links in the messages of a trial are opened on its machine."""
    return f"http://127.0.0.1:{settings.port}" if settings.trial else None


async def _first_look() -> None:
    """The centre's name and zone for the first page, and its key for pushes. A database that is
    away at this moment is waited for like at any other: by whoever asks."""
    with suppress(Outage, QueueError):
        await reference.directory()
        await pushing.private_key()


def serve(settings: Settings) -> Litestar:
    """The application of a server process."""
    clock = clock_of(settings.clock, settings.rate, settings.clock_origin)
    return create_app(settings, clock)
