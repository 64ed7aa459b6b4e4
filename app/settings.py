"""Every setting, read once from the environment and `.env`; the only file that looks there.

The name of a setting is its field's name in capitals. `.env.example` explains each in a line.
"""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Literal, cast
from urllib.parse import urlsplit

from dotenv import dotenv_values

from domain.consumer import CONSUMERS, ConsumerName
from domain.errors import OperatorError

LogLevel = Literal["debug", "info", "warning", "error"]
LogFormat = Literal["auto", "text", "json"]

_SHORTEST_KEY = 16
_FEWEST_EVENT_DAYS = 7
# One of those that libpq tries in turn, with commas between.
_HOST_AND_PORT = re.compile(r"(\[[^\]]*\]|[^:\[\]]*)(:(0*[1-9][0-9]{0,4})?)?")
_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?")
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
_BUCKET = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9/_.=-]*)?")
ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  # compared, not bound


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Settings:
    """What an operator can set, with the defaults."""

    database_url: str = ""
    owner_database_url: str = ""
    data_dir: Path = Path("data")
    files: str = ""
    files_s3_endpoint: str = ""
    files_s3_region: str = ""
    files_s3_key_id: str = ""
    files_s3_key_secret: str = ""
    host: str = "127.0.0.1"
    port: int = 8025
    public_url: str = ""
    secret_key: str = ""
    old_secret_key: str = ""
    inlet_admin_key: str = ""
    batch_size: int = 128
    claim_timeout_seconds: float = 60.0
    max_retries: int = 8
    backoff_base_ms: int = 1000
    poll_seconds: float = 0.5
    outbox_days: int = 7
    event_days: int = 0
    dead_letter_days: int = 90
    quarantine_days: int = 30
    max_body_bytes: int = 67_108_864
    spool_max_bytes: int = 1 << 30
    max_connections_per_address: int = 200
    api_requests_per_minute: int = 6000
    search_requests_per_minute: int = 600
    search_timeout_ms: int = 250
    cors_origins: tuple[str, ...] = ()
    consumers_off: tuple[str, ...] = ()
    mend_derived: bool = False
    media_private_hosts: tuple[str, ...] = ()
    hook_private_hosts: tuple[str, ...] = ()
    smtp_listen: str = ""
    smtp_hostname: str = ""
    smtp_certificate: str = ""
    smtp_certificate_key: str = ""
    smtp_metrics_listen: str = ""
    prepared_statements: bool = True
    log_level: LogLevel = "info"
    log_format: LogFormat = "auto"
    otel_exporter_otlp_endpoint: str = ""

    @classmethod
    def load(cls, environ: Mapping[str, str], dotenv_path: Path) -> "Settings":
        """Read every setting; the environment beats `.env`, and empty means the default.

        Raises: OperatorError naming every setting that is wrong, never its value.
        """
        in_file = dotenv_values(dotenv_path, interpolate=False)
        values: dict[str, Any] = {}
        problems: list[str] = []
        for field in fields(cls):
            name = field.name.upper()
            raw = (environ.get(name, in_file.get(name)) or "").strip()
            try:
                if raw:
                    values[field.name] = _READERS[field.name](raw)
            except ValueError as error:
                problems.append(f"{name} must be {error}")
        if "owner_database_url" in values and "database_url" not in values:
            problems.append("OWNER_DATABASE_URL needs DATABASE_URL beside it")
        if ("files_s3_key_id" in values) != ("files_s3_key_secret" in values):
            problems.append("FILES_S3_KEY_ID and FILES_S3_KEY_SECRET need each other")
        if problems:
            raise OperatorError("; ".join(problems))
        return cls(**values)

    @property
    def web_url(self) -> str:
        """Where people and providers reach the web process."""
        return self.public_url or self.local_url

    @property
    def local_url(self) -> str:
        """Where the web process is reached on its own machine."""
        host = ANYWHERE.get(self.host, self.host)
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    @property
    def place_of_files(self) -> str:
        """Where files are moved to: `database` (nowhere), a folder, or `s3://BUCKET/PREFIX`.

        Several machines share the database and nothing else; the embedded one is on this machine.
        """
        if self.files == "folder" or (not self.files and not self.database_url):
            return str(self.data_dir.expanduser().absolute() / "files")
        return self.files or "database"

    def is_on(self, consumer: ConsumerName) -> bool:
        """Say whether a consumer of the outbox is at work."""
        return consumer not in self.consumers_off

    @property
    def listens_on_loopback(self) -> bool:
        """Say whether only programs on this machine reach the web process."""
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    def environment(self) -> dict[str, str]:
        """Write the settings as a child process reads them again."""
        return {field.name.upper(): _raw(getattr(self, field.name)) for field in fields(self)}

    def __repr__(self) -> str:
        shown = [
            f"{field.name}={'***' if field.name in _SECRETS and value else repr(value)}"
            for field in fields(self)
            for value in [getattr(self, field.name)]
        ]
        return f"Settings({', '.join(shown)})"


def load_settings() -> Settings:
    """Read the settings of this process: its environment, and `.env` where it was started."""
    return Settings.load(os.environ, Path(".env"))


def child_environment(added: Mapping[str, str]) -> dict[str, str]:
    """Write the environment of a child process: ours, with what is added."""
    return {**os.environ, **added}


def host_and_port(place: str) -> tuple[str, int]:
    """Take `HOST:PORT` apart; an address of IPv6 stands in brackets. Raises: ValueError."""
    host, colon, port = place.strip().rpartition(":")
    bare = host.removeprefix("[").removesuffix("]")
    if not colon or not bare or (":" in host and not host.startswith("[")):
        raise ValueError("HOST:PORT, as 0.0.0.0:25")
    return _host(bare), _whole(0, 65_535)(port)


def _raw(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, tuple):
        return ",".join(map(str, cast("tuple[str, ...]", value)))
    return str(value)


def _whole(least: int, most: int) -> Callable[[str], int]:
    def read(raw: str) -> int:
        if not re.fullmatch(r"[0-9]{1,12}", raw) or not least <= int(raw) <= most:
            raise ValueError(f"a whole number from {least} to {most}")
        return int(raw)

    return read


def _event_days(raw: str) -> int:
    """Accept what leaves providers the time to repeat themselves, or 0."""
    days = _whole(0, 36_500)(raw)
    if 0 < days < _FEWEST_EVENT_DAYS:
        raise ValueError(f"0, or a whole number from {_FEWEST_EVENT_DAYS} to 36500")
    return days


def _seconds(least: float, most: float) -> Callable[[str], float]:
    def read(raw: str) -> float:
        if not re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,6})?", raw) or not least <= float(raw) <= most:
            raise ValueError(f"a number of seconds from {least} to {most}")
        return float(raw)

    return read


def _one_of(*words: str) -> Callable[[str], str]:
    def read(raw: str) -> str:
        if raw.lower() not in words:
            raise ValueError(f"one of {', '.join(words)}")
        return raw.lower()

    return read


def _switch(raw: str) -> bool:
    return _one_of("on", "off")(raw) == "on"


def _key(raw: str) -> str:
    if len(raw) < _SHORTEST_KEY:
        raise ValueError(f"at least {_SHORTEST_KEY} characters")
    return raw


def _database_url(raw: str) -> str:
    """Accept what libpq would read as we do.

    An unescaped @ / # or ? in a password moves the borders: part of it would be taken for the
    host, and repeated in an error message.
    """
    try:
        parts = urlsplit(raw)
    except ValueError:
        raise ValueError("a postgresql:// URL") from None
    if parts.scheme not in ("postgresql", "postgres"):
        raise ValueError("a postgresql:// URL")
    if not all(_HOST_AND_PORT.fullmatch(one) for one in parts.netloc.rpartition("@")[2].split(",")):
        raise ValueError("a postgresql:// URL whose port is a number")
    astray = parts.path + parts.fragment + ("" if "@" in parts.netloc else parts.query)
    if parts.netloc.count("@") > 1 or "@" in astray or "#" in raw:
        raise ValueError("a URL with @ / # ? in user and password percent-encoded")
    return raw


def _public_url(raw: str) -> str:
    parts = urlsplit(raw)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("an http:// or https:// URL without query")
    return raw.rstrip("/")


def _origins(raw: str) -> tuple[str, ...]:
    """Read web origins as browsers write them: scheme, host and port, nothing behind."""
    origins = tuple(dict.fromkeys(origin.strip().lower().rstrip("/") for origin in raw.split(",")))
    if not all(_ORIGIN.fullmatch(origin) for origin in origins):
        raise ValueError("origins such as https://desk.example.com, with commas between")
    return origins


def _host(raw: str) -> str:
    if any(char.isspace() or char == "/" for char in raw):
        raise ValueError("a host name or address")
    return raw


def _place(raw: str) -> str:
    host_and_port(raw)
    return raw


def _places(raw: str) -> tuple[str, ...]:
    """Read places as URLs name them, with commas between."""
    places = tuple(dict.fromkeys(place.strip().lower() for place in raw.split(",")))
    for place in places:
        host_and_port(place)
    return places


def _consumers(raw: str) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(name.strip().lower() for name in raw.split(",")))
    if not set(names) <= set(CONSUMERS):
        raise ValueError(f"some of {', '.join(CONSUMERS)}, with commas between")
    return names


def _word(raw: str) -> str:
    if any(char.isspace() for char in raw):
        raise ValueError("without spaces")
    return raw


def _files(raw: str) -> str:
    """Accept `database`, `folder`, the path of a folder, or a bucket; never a word misspelt."""
    if raw.lower() in ("database", "folder"):
        return raw.lower()
    if _BUCKET.fullmatch(raw) or Path(raw).expanduser().is_absolute():
        return str(Path(raw).expanduser()) if raw[:1] in "/~" else raw.rstrip("/")
    raise ValueError("database, folder, the absolute path of a folder, or s3://BUCKET/PREFIX")


_SECRETS = frozenset(
    {
        "database_url", "owner_database_url", "secret_key", "old_secret_key", "inlet_admin_key",
        "files_s3_key_secret",
    }
)  # fmt: skip

_READERS: Mapping[str, Callable[[str], object]] = {
    "database_url": _database_url,
    "owner_database_url": _database_url,
    "data_dir": Path,
    "files": _files,
    "files_s3_endpoint": _public_url,
    "files_s3_region": _word,
    "files_s3_key_id": _word,
    "files_s3_key_secret": _word,
    "host": _host,
    "port": _whole(0, 65_535),
    "public_url": _public_url,
    "secret_key": _key,
    "old_secret_key": _key,
    "inlet_admin_key": _key,
    "batch_size": _whole(1, 10_000),
    "claim_timeout_seconds": _seconds(1, 3600),
    "max_retries": _whole(0, 1000),
    "backoff_base_ms": _whole(1, 3_600_000),
    "poll_seconds": _seconds(0.01, 60),
    "outbox_days": _whole(1, 3650),
    "event_days": _event_days,
    "dead_letter_days": _whole(1, 36_500),
    "quarantine_days": _whole(1, 36_500),
    "max_body_bytes": _whole(1024, 1 << 30),
    "spool_max_bytes": _whole(0, 1 << 39),
    "max_connections_per_address": _whole(0, 100_000),
    "api_requests_per_minute": _whole(0, 1_000_000),
    "search_requests_per_minute": _whole(0, 1_000_000),
    "search_timeout_ms": _whole(10, 60_000),
    "cors_origins": _origins,
    "consumers_off": _consumers,
    "mend_derived": _switch,
    "media_private_hosts": _places,
    "hook_private_hosts": _places,
    "smtp_listen": _place,
    "smtp_hostname": _host,
    "smtp_certificate": str,
    "smtp_certificate_key": str,
    "smtp_metrics_listen": _place,
    "prepared_statements": _switch,
    "log_level": _one_of("debug", "info", "warning", "error"),
    "log_format": _one_of("auto", "text", "json"),
    "otel_exporter_otlp_endpoint": _public_url,
}
