"""Looks at the machine and the way to it: disk, spool, the URL that providers were told.

Knows no table. Nothing is changed.
"""

import asyncio
import shutil
from collections.abc import AsyncGenerator
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from app.finding import Finding, ok, warn, wrong
from app.settings import ANYWHERE, Settings, host_and_port

_MIB = 1024 * 1024
_SCARCE_BYTES = 1024 * _MIB
_TOO_SCARCE_BYTES = 200 * _MIB
_OPEN_TO_OTHERS = 0o077
_SECONDS = 5.0
_OK = 200
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})


async def examine_machine(settings: Settings) -> AsyncGenerator[Finding]:
    """Examine the data folder and the ways in."""
    yield _disk(settings)
    keys = _keys(settings)
    if keys:
        yield keys
    yield _spool(settings)
    async with httpx.AsyncClient(timeout=_SECONDS, trust_env=False) as client:
        yield await _web(client, settings)
        yield await _public_url(client, settings)
    if settings.smtp_listen:
        yield await _smtp(settings)


def _disk(settings: Settings) -> Finding:
    folder = _nearest(settings.data_dir.expanduser().absolute())
    try:
        free = shutil.disk_usage(folder).free
    except OSError as error:
        return wrong("disk", f"DATA_DIR cannot be read: {error.strerror}", "give us the folder")
    detail = f"{free // _MIB} MiB free where DATA_DIR is"
    if free < _TOO_SCARCE_BYTES:
        return wrong("disk", detail, "free some, or move DATA_DIR: the spool needs room")
    if free < max(_SCARCE_BYTES, settings.spool_max_bytes):
        return warn(
            "disk", detail, "a full spool would not fit: lower SPOOL_MAX_BYTES or free some"
        )
    return ok("disk", detail)


def _keys(settings: Settings) -> Finding | None:
    """Look at the key files, if they are ours to make."""
    for name in ("secret_key", "secret_key.old", "admin_key"):
        path = settings.data_dir.expanduser() / name
        if path.exists() and path.stat().st_mode & _OPEN_TO_OTHERS:
            detail = f"others on this machine can read {name}"
            return wrong("keys", detail, f"chmod 600 {name} in DATA_DIR, and consider a new key")
    return None


def _spool(settings: Settings) -> Finding:
    if not settings.spool_max_bytes:
        mend = "set SPOOL_MAX_BYTES: without it, webhooks are refused while the database is away"
        return warn("spool", "off", mend)
    folder = settings.data_dir.expanduser() / "spool"
    used = sum(path.stat().st_size for path in folder.glob("*.sqlite*")) if folder.exists() else 0
    detail = f"{used // _MIB} of {settings.spool_max_bytes // _MIB} MiB used on this machine"
    if used > settings.spool_max_bytes * 0.8:
        return wrong("spool", detail, "bring the database back: a full spool refuses webhooks")
    return ok("spool", detail)


async def _web(client: httpx.AsyncClient, settings: Settings) -> Finding:
    status = await _status(client, f"{settings.local_url}/healthz")
    if status == _OK:
        return ok("web", f"answers on port {settings.port}")
    found = "does not answer" if status is None else f"answers {status}"
    return warn("web", f"{found} on port {settings.port}", "run `inlet up` or `inlet serve` here")


async def _public_url(client: httpx.AsyncClient, settings: Settings) -> Finding:
    subject = "public url"
    parts = urlsplit(settings.web_url)
    if not settings.public_url or parts.hostname in _LOCAL:
        mend = "set PUBLIC_URL to what providers call: they cannot reach this machine otherwise"
        return warn(subject, "not set, or this machine itself", mend)
    if parts.scheme != "https":
        return warn(subject, "no https", "put TLS before the web process, and https in PUBLIC_URL")
    status = await _status(client, f"{settings.web_url}/healthz")
    if status is None:
        mend = "check DNS, the proxy and its certificate; some networks cannot reach themselves"
        return warn(subject, "not reachable from here", mend)
    if status != _OK:
        mend = "let the proxy pass every path on, unchanged: providers sign the URL"
        return wrong(subject, f"answers {status} instead of us", mend)
    return ok(subject, "reachable by https")


async def _smtp(settings: Settings) -> Finding:
    host, port = host_and_port(settings.smtp_listen)
    try:
        async with asyncio.timeout(_SECONDS):
            reader, writer = await asyncio.open_connection(ANYWHERE.get(host, host), port)
            greeting = await reader.readline()
            writer.write(b"QUIT\r\n")
            writer.close()
    except OSError:
        greeting = b""
    if not greeting.startswith(b"220"):
        mend = "run `inlet up` or `inlet smtp` here, and see what it logs"
        return wrong("smtp", f"does not answer at {settings.smtp_listen}", mend)
    if not settings.smtp_certificate:
        mend = "set SMTP_CERTIFICATE: without it, mail comes unencrypted"
        return warn("smtp", f"answers on port {port}, without a certificate", mend)
    return ok("smtp", f"answers on port {port}, with a certificate")


async def _status(client: httpx.AsyncClient, url: str) -> int | None:
    try:
        return (await client.get(url)).status_code
    except (httpx.HTTPError, httpx.InvalidURL):
        return None


def _nearest(folder: Path) -> Path:
    """Return the folder, or the innermost one around it that exists."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder
