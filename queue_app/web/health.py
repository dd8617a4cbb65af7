"""For whoever runs it: alive, ready, and what is measured."""

from datetime import timedelta

from litestar import Response, get
from litestar.di import NamedDependency
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, Gauge, generate_latest

from queue_app import db
from queue_app.clock import Clock
from queue_app.domain.errors import QueueError
from queue_app.queries import reference
from queue_app.queries.accuracy import accuracy

ACCURACY_DAYS = 7
_PROMISES = Gauge(
    "queue_app_wait_promises", "Waits promised in the last 7 days that came true", ["branch"]
)
_COVERED = Gauge(
    "queue_app_wait_coverage", "Share of promised waits that held; 0.8 is promised", ["branch"]
)
_ERROR = Gauge(
    "queue_app_wait_error_minutes", "Mean distance of a wait from its range's middle", ["branch"]
)


@get("/health/live", include_in_schema=False, sync_to_thread=False)
def live() -> dict[str, str]:
    return {"status": "live"}


@get("/health/ready", include_in_schema=False)
async def ready() -> Response[dict[str, str]]:
    """200 when the database answers and the centre is loaded, else 503 with what is missing."""
    try:
        await db.fetch_value("SELECT 1")
        await reference.directory()
    except QueueError as error:
        return Response({"status": "not ready", "reason": error.code}, status_code=503)
    except Exception:  # whatever the driver says, the answer is the same
        return Response({"status": "not ready", "reason": "no_database"}, status_code=503)
    return Response({"status": "ready"})


@get("/metrics", include_in_schema=False)
async def metrics(clock: NamedDependency[Clock]) -> Response[bytes]:
    """In the Prometheus format: this process' requests, and the accuracy of all branches."""
    for one in await accuracy(clock.now() - timedelta(days=ACCURACY_DAYS)):
        _PROMISES.labels(one.branch).set(one.promises)
        _COVERED.labels(one.branch).set(one.covered)
        _ERROR.labels(one.branch).set(one.error_minutes)
    return Response(generate_latest(REGISTRY), headers={"Content-Type": CONTENT_TYPE_LATEST})
