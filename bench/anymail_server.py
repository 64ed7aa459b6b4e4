"""django-anymail's inbound webhooks in a Django site that stores each mail by one INSERT.

`python -m bench.anymail_server --fd N` serves it with gunicorn. What could slow it down is left
out: other middleware, logs of requests, the ORM. Source: https://anymail.dev/en/stable/inbound/,
https://docs.gunicorn.org/en/stable/settings.html
"""

import sys
from importlib import import_module
from threading import local
from typing import Any, Final

import psycopg

from app.settings import load_settings
from bench.posted_mails import SECRET

_WORKERS: Final = 2
_THREADS: Final = 1  # more wait for each other; workers of the kind `sync` end each connection
_TABLE = b"""
    CREATE TABLE IF NOT EXISTS inbound_mails (
        esp text NOT NULL,
        event_id text NOT NULL,
        sender text,
        recipients text[] NOT NULL,
        subject text,
        message_id text,
        body text,
        html text,
        filenames text[] NOT NULL,
        files bytea[] NOT NULL,
        received_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (esp, event_id)
    )
"""
_INSERT = b"""
    INSERT INTO inbound_mails (
        esp, event_id, sender, recipients, subject, message_id, body, html, filenames, files
    )
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT DO NOTHING
"""
_CONNECTIONS = local()


def keep(event: Any, esp_name: str, **_: object) -> None:
    """Store what anymail has read; the commit is durable before the provider is answered."""
    mail = event.message
    files = [*mail.attachments, *mail.inlines]
    _connection().execute(
        _INSERT,
        (
            esp_name,
            event.event_id,
            str(mail.from_email),
            [str(address) for address in mail.to],
            mail.subject,
            mail["Message-ID"],
            mail.text,
            mail.html,
            [file.get_filename() for file in files],
            [file.get_content_bytes() for file in files],
        ),
    )


def application() -> Any:
    """Make the site; its modules declare no types."""
    settings: Any = import_module("django.conf").settings
    settings.configure(
        ALLOWED_HOSTS=["*"],
        ANYMAIL={
            "WEBHOOK_SECRET": f"inlet:{SECRET}",
            "MAILGUN_WEBHOOK_SIGNING_KEY": SECRET,
            "MANDRILL_WEBHOOK_KEY": SECRET,
        },
        INSTALLED_APPS=["anymail"],
        MIDDLEWARE=["django.middleware.common.CommonMiddleware"],  # says how long an answer is
        ROOT_URLCONF="bench.anymail_urls",
        SECRET_KEY=SECRET,
        USE_I18N=False,
    )
    made = import_module("django.core.wsgi").get_wsgi_application()
    import_module("anymail.signals").inbound.connect(keep, weak=False)
    return made


def main() -> None:
    """Serve until told to stop."""
    with psycopg.connect(load_settings().database_url, autocommit=True) as conn:
        conn.execute(_TABLE)
    gunicorn: Any = import_module("gunicorn.app.base")
    options = {
        "bind": [f"fd://{sys.argv[-1]}"],
        "workers": _WORKERS,
        "worker_class": "gthread",
        "threads": _THREADS,
        "keepalive": 75,
        "graceful_timeout": 2,
        "loglevel": "error",
    }

    def load_config(self: Any) -> None:
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(_self: Any) -> Any:
        return application()

    methods = {"load_config": load_config, "load": load}
    type("Site", (gunicorn.BaseApplication,), methods)().run()


def _connection() -> psycopg.Connection:
    """Return the connection of this thread, which stays."""
    if not hasattr(_CONNECTIONS, "held"):
        _CONNECTIONS.held = psycopg.connect(load_settings().database_url, autocommit=True)
    return _CONNECTIONS.held


if __name__ == "__main__":
    main()
