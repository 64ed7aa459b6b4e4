"""Where the site of `anymail_server` takes mails, and says that it is ready. Django reads it."""

from importlib import import_module
from typing import Any, Final

# Read as a module of any type: it declares none.
_URLS: Any = import_module("django.urls")
_HTTP: Any = import_module("django.http")


def ready(_request: object) -> Any:
    """Answer that the site is there."""
    return _HTTP.HttpResponse("ready")


urlpatterns: Final = [
    _URLS.path("anymail/", _URLS.include("anymail.urls")),
    _URLS.path("readyz", ready),
]
