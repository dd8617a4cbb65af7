"""How many requests are answered, how, and how fast: `/metrics`, by the pattern of their address.

What has no page (an unknown address, whoever is given no turn) is not counted here: addresses are
made up without end.
"""

from functools import cache

from litestar.types import HTTPScope
from prometheus_client import Counter, Gauge, Histogram

_LABELS = ("method", "path", "status_code", "app_name")
_APP = "queue_app"
_FAILED = 500

UNDER_WAY = Gauge(
    "queue_app_requests_in_progress",
    "Requests that are being answered",
    multiprocess_mode="livesum",
)
_ANSWERED = Counter("queue_app_requests", "Requests answered", _LABELS)
_ERRORS = Counter("queue_app_requests_error", "Requests answered by a fault of ours", _LABELS)
_SECONDS = Histogram(
    "queue_app_request_duration_seconds", "Seconds until the whole answer was given", _LABELS
)


def count_answer(scope: HTTPScope, status: int, seconds: float) -> None:
    """It was answered so, after so long."""
    path = scope.get("path_template")
    if path:
        answered, duration = _figures_of(scope["method"], path, status)
        answered.inc()
        duration.observe(seconds)
        if status >= _FAILED:
            _ERRORS.labels(scope["method"], path, str(status), _APP).inc()


@cache
def _figures_of(method: str, path: str, status: int) -> tuple[Counter, Histogram]:
    """Finding these by their labels costs more than counting; of patterns there are few."""
    labels = method, path, str(status), _APP
    return _ANSWERED.labels(*labels), _SECONDS.labels(*labels)
