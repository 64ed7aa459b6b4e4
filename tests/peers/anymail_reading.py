"""What django-anymail reads of a post: its inbound webhook views, given a request as Django has it.

Signatures are not checked here, and what providers keep is answered by a server on the loopback.
Source: https://anymail.dev/en/stable/inbound/
"""

import warnings
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from io import BytesIO
from threading import Thread
from typing import Any, Final
from urllib.parse import urlsplit

from mail_posts import Post
from readings import File, Found, Name

from domain.fetching_provider import FetchAnswer

_VIEWS: Final[Mapping[str, str]] = {
    "brevo": "BrevoInboundWebhookView",
    "mailgun": "MailgunInboundWebhookView",
    "mandrill": "MandrillCombinedWebhookView",
    "postmark": "PostmarkInboundWebhookView",
    "resend": "ResendInboundWebhookView",
    "sendgrid": "SendGridInboundWebhookView",
    "ses": "AmazonSESInboundWebhookView",
}
_NOT_KEPT: Final = FetchAnswer(status=404, headers={}, body=b"")
_CONTENT_HOST: Final = b"https://inbound-cdn.resend.com/"
_MODULES: Final[Mapping[str, str]] = {"ses": "amazon_ses"}


class Keeper(ThreadingHTTPServer):
    """Answers for the hosts of providers; the last parts of paths and queries name what is kept."""

    daemon_threads = True
    kept: Mapping[str, FetchAnswer] = {}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/"

    def keep(self, kept: Mapping[str, FetchAnswer]) -> None:
        """Answer as a provider does, and let the places that it names lead here."""
        ours = self.url.encode()
        self.kept = {
            _path_of(url): replace(answer, body=answer.body.replace(_CONTENT_HOST, ours))
            for url, answer in kept.items()
        }


class _Asked(BaseHTTPRequestHandler):
    server: Keeper  # pyright: ignore[reportIncompatibleVariableOverride]

    def do_GET(self) -> None:
        answer = self.server.kept.get(self.path, _NOT_KEPT)
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def anymail_set_up() -> Generator[Keeper]:
    """Set Django up once, and keep what providers keep until the block ends."""
    keeper = Keeper(("127.0.0.1", 0), _Asked)
    thread = Thread(target=keeper.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    settings = import_module("django.conf").settings
    if not settings.configured:
        settings.configure(
            SECRET_KEY="of no site",
            DATA_UPLOAD_MAX_MEMORY_SIZE=None,
            ALLOWED_HOSTS=["*"],
            ANYMAIL={
                "WEBHOOK_SECRET": "inlet:a password",
                "MAILGUN_WEBHOOK_SIGNING_KEY": "a key",
                "MANDRILL_WEBHOOK_KEY": "a key",
            },
        )
    try:
        yield keeper
    finally:
        keeper.shutdown()
        thread.join()
        keeper.server_close()


def read_by_anymail(post: Post, keeper: Keeper) -> Found:
    """Return what anymail makes of a post; where it raises, that it does."""
    keeper.keep(post.kept)
    try:
        with warnings.catch_warnings(action="ignore"):
            (event,) = _view_of(post, keeper).parse_events(_request(post, keeper))
            return _found(event.message)
    except Exception as error:  # of any kind: what is compared is that it raises
        return Found(raised=type(error).__name__)


def _view_of(post: Post, keeper: Keeper) -> Any:
    name = post.provider
    module = import_module(f"anymail.webhooks.{_MODULES.get(name, name)}")
    view = getattr(module, _VIEWS[name])
    if name == "ses":
        return _without_boto3(view, post)()
    needs_key = name in ("brevo", "resend")
    return view(api_key="a key", api_url=keeper.url) if needs_key else view()


def _without_boto3(view: Any, post: Post) -> Any:
    """Make a view that asks nobody for what lies in a bucket, and needs no boto3 for that."""
    auth = import_module("anymail.webhooks.base").AnymailBaseWebhookView

    def fetched(_view: Any, _bucket: str, _key: str) -> list[bytes]:
        return [post.kept[url].body for url in post.kept if "/s3." in url]

    return type("View", (view,), {"__init__": auth.__init__, "fetch_s3_chunks": fetched})


def _request(post: Post, keeper: Keeper) -> Any:
    delivery = post.delivery
    headers = {
        f"HTTP_{name.upper().replace('-', '_')}": value for name, value in delivery.headers.items()
    }
    body = delivery.body
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": urlsplit(delivery.url).path,
        "SERVER_NAME": "inlet.example",
        "SERVER_PORT": "443",
        "CONTENT_TYPE": delivery.content_type,
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": BytesIO(body),
        "wsgi.url_scheme": "https",
        **headers,
    }
    return import_module("django.core.handlers.wsgi").WSGIRequest(environ)


def _path_of(url: str) -> str:
    """Say where the keeper has what is kept: without the version of an API, and our parameters."""
    parts = urlsplit(url)
    path = parts.path.removeprefix("/v3")
    has_query = parts.query and not parts.query.startswith("html_format=")
    return f"{path}?{parts.query}" if has_query else path


def _found(message: Any) -> Found:
    bcc = [each.addr_spec for each in message.bcc]
    html, text = message.html, message.text
    return Found(
        sender=tuple(map(_name, message.get_address_header("From"))),
        to=tuple(map(_name, message.to)),
        cc=tuple(map(_name, message.cc)),
        copied=frozenset(filter(None, [*bcc, message.envelope_recipient])),
        subject=str(message.subject or ""),
        html=html if html and html.strip() else "",
        text=text or "",
        sent_at=message.date,
        files=tuple(
            _file(part) for part in message.walk() if part.is_attachment() or part.is_inline()
        ),
    )


def _name(address: Any) -> Name:
    return Name(name=str(address.display_name), address=str(address.addr_spec))


def _file(part: Any) -> File:
    return File(
        name=part.get_filename() or "",
        content_type=part.get_content_type(),
        content=part.get_content_bytes() or b"",
        content_id=(part["Content-ID"] or "").strip("<>"),
    )
