"""What the webhook side counts. Label values are closed word sets: no token, no address."""

from prometheus_client import Counter, Gauge, Histogram

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)

_REQUESTS = Counter("ingest_requests", "Webhook requests by result.", ["result"])
ACCEPTED = _REQUESTS.labels("accepted")
UNREADABLE = _REQUESTS.labels("unreadable")
BAD_SIGNATURE = _REQUESTS.labels("bad_signature")
UNKNOWN_CHANNEL = _REQUESTS.labels("unknown_channel")
TOO_LARGE = _REQUESTS.labels("too_large")
CHANNEL_DISABLED = _REQUESTS.labels("channel_disabled")
UNAVAILABLE = _REQUESTS.labels("unavailable")

_MAILS = Counter("smtp_mails", "Mails that came by SMTP, by result.", ["result"])
MAIL_ACCEPTED = _MAILS.labels("accepted")
MAIL_UNAVAILABLE = _MAILS.labels("unavailable")
MAIL_TOO_LARGE = _MAILS.labels("too_large")
MAIL_LOOP = _MAILS.labels("loop")
_RECIPIENTS = Counter(
    "smtp_recipients", "Recipients that were named by SMTP, by result.", ["result"]
)
RECIPIENT_ACCEPTED = _RECIPIENTS.labels("accepted")
RECIPIENT_UNKNOWN = _RECIPIENTS.labels("unknown")
RECIPIENT_DISABLED = _RECIPIENTS.labels("channel_disabled")
RECIPIENT_UNAVAILABLE = _RECIPIENTS.labels("unavailable")
RECIPIENT_TOO_MANY = _RECIPIENTS.labels("too_many")
SMTP_CONNECTIONS = Gauge("smtp_connections", "Connections of SMTP that are open.")
_SMTP_ENDED = Counter("smtp_connections_ended", "Connections of SMTP that we ended.", ["why"])
SMTP_TOO_MANY = _SMTP_ENDED.labels("too_many")
SMTP_IDLE = _SMTP_ENDED.labels("idle")
SMTP_STRANGERS = _SMTP_ENDED.labels("too_many_refused")

FLAGGED = Counter("ingest_flagged", "Deliveries accepted in report mode despite their signature.")
DUPLICATES = Counter("ingest_duplicates", "Events that were kept already.")
REQUEST_SECONDS = Histogram(
    "ingest_request_seconds", "From the end of the body to the commit.", buckets=_SECONDS
)
COMMIT_SECONDS = Histogram("ingest_commit_seconds", "One group commit.", buckets=_SECONDS)
BATCH_ROWS = Histogram(
    "ingest_batch_rows", "Events in one group commit.", buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256)
)
WAITING_ROWS = Gauge("ingest_waiting_rows", "Events waiting for the next group commit.")
WAITING_BYTES = Gauge("ingest_waiting_bytes", "How long they are together.")

DATABASE_AWAY = Gauge("ingest_database_away", "1 while events go to the spool.")
SPOOL_ROWS = Gauge("ingest_spool_rows", "Events on the disk that the database does not have yet.")
SPOOL_BYTES = Gauge("ingest_spool_bytes", "How much of the spool is in use, refused events too.")
SPOOLED = Counter("ingest_spooled", "Events that went to the spool.")
SPOOL_DRAINED = Counter("ingest_spool_drained", "Events moved from the spool to the database.")
SPOOL_REFUSED = Counter("ingest_spool_refused", "Events of the spool that the database refused.")
