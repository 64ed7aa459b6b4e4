"""What the live stream counts. No customer and no key."""

from prometheus_client import Counter, Gauge

STREAMS = Gauge("live_streams", "Streams that are open in this process.")
CHANGES = Counter("live_changes", "Changes that were fanned out to streams.")
RESETS = Counter("live_resets", "Times a client was told to load everything anew.")
HELD_BACK = Gauge(
    "live_held_back_seconds", "How long an open transaction has been keeping changes from streams."
)
