"""What the API counts: seconds by route and kind of answer. No path, no customer, no key."""

from collections.abc import Generator
from contextlib import contextmanager
from time import perf_counter

from prometheus_client import Histogram

from domain.errors import Refusal

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)

REQUEST_SECONDS = Histogram(
    "api_request_seconds",
    "API requests by route and class of status.",
    ["route", "status"],
    buckets=_SECONDS,
)


@contextmanager
def timed(route: str) -> Generator[None]:
    """Record one request; an error that is no refusal counts as the server's."""
    began = perf_counter()
    status = 500
    try:
        yield
        status = 200
    except Refusal as refusal:
        status = refusal.status
        raise
    finally:
        seconds = perf_counter() - began
        REQUEST_SECONDS.labels(route, f"{status // 100}xx").observe(seconds)
