"""The settings: where they come from, what is refused, and what is never shown."""

from dataclasses import replace
from pathlib import Path

import pytest

from app.settings import Settings, host_and_port
from domain.errors import OperatorError

_NO_FILE = Path("/nonexistent/.env")


def _load(**environ: str) -> Settings:
    return Settings.load(environ, _NO_FILE)


def test_nothing_set_is_the_defaults() -> None:
    assert _load() == Settings()


def test_the_environment_beats_the_file(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("PORT=1111\nBATCH_SIZE=7\nHOST='0.0.0.0'\n")

    settings = Settings.load({"PORT": "2222", "HOST": ""}, file)

    assert (settings.port, settings.batch_size) == (2222, 7)
    assert settings.host == Settings().host


def test_all_problems_are_reported_together_without_their_values() -> None:
    with pytest.raises(OperatorError) as caught:
        _load(PORT="seventy", BATCH_SIZE="0", INLET_ADMIN_KEY="short", LOG_LEVEL="loud")

    assert caught.value.detail == (
        "PORT must be a whole number from 0 to 65535; "
        "INLET_ADMIN_KEY must be at least 16 characters; "
        "BATCH_SIZE must be a whole number from 1 to 10000; "
        "LOG_LEVEL must be one of debug, info, warning, error"
    )


@pytest.mark.parametrize(
    "url",
    [
        "mysql://somewhere/inlet",
        "host=somewhere dbname=inlet",
        "postgresql://inlet:se@cret@somewhere/inlet",
        "postgresql://inlet:se/cret@somewhere/inlet",
        "postgresql://inlet:se#cret@somewhere/inlet",
        "postgresql://inlet:se?cret@somewhere/inlet",
        "postgresql://inlet:secret@one:5432,two:port/inlet",
        "postgresql://inlet:secret@one:0,two/inlet",
    ],
)
def test_a_database_url_that_would_be_read_wrongly_is_refused(url: str) -> None:
    with pytest.raises(OperatorError) as caught:
        _load(DATABASE_URL=url)

    assert caught.value.detail.startswith("DATABASE_URL must be")
    assert "cret" not in caught.value.detail


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://inlet:se%40cret@somewhere:5433/inlet?sslmode=require",
        "postgres://somewhere/inlet",
        "postgresql:///inlet?host=%2Frun%2Fpostgresql",
        "postgresql://inlet:se%40cret@one:5432,two:5433,[::1]/inlet?target_session_attrs=read-write",
        "postgresql://one,two/inlet",
    ],
)
def test_database_urls_of_every_shape_are_taken(url: str) -> None:
    assert _load(DATABASE_URL=url).database_url == url


def test_an_owner_of_a_database_that_is_not_named_is_refused() -> None:
    with pytest.raises(OperatorError, match="OWNER_DATABASE_URL needs DATABASE_URL"):
        _load(OWNER_DATABASE_URL="postgresql://owner@somewhere/inlet")


def test_secrets_are_never_shown() -> None:
    secret = "do-not-show-this-one"
    url = f"postgresql://u:{secret}@h/d"
    settings = _load(
        SECRET_KEY=secret, INLET_ADMIN_KEY=secret, DATABASE_URL=url, OWNER_DATABASE_URL=url
    )

    assert secret not in repr(settings)
    assert secret not in str(settings)


def test_a_child_process_reads_the_same_settings() -> None:
    settings = replace(
        _load(PORT="8100", PREPARED_STATEMENTS="off", POLL_SECONDS="0.25"), data_dir=Path("/d")
    )

    assert Settings.load(settings.environment(), _NO_FILE) == settings


@pytest.mark.parametrize(
    ("host", "public_url", "web_url"),
    [
        ("127.0.0.1", "", "http://127.0.0.1:8025"),
        ("0.0.0.0", "", "http://127.0.0.1:8025"),  # noqa: S104  # shown, not bound
        ("::1", "", "http://[::1]:8025"),
        ("127.0.0.1", "https://inlet.example.com/", "https://inlet.example.com"),
    ],
)
def test_people_are_told_an_address_that_works(host: str, public_url: str, web_url: str) -> None:
    assert _load(HOST=host, PUBLIC_URL=public_url).web_url == web_url


@pytest.mark.parametrize(
    ("place", "host", "port"),
    [
        ("192.0.2.1:25", "192.0.2.1", 25),
        ("[::]:25", "::", 25),
        ("localhost:2525", "localhost", 2525),
        ("127.0.0.1:0", "127.0.0.1", 0),
    ],
)
def test_a_place_to_listen_is_a_host_and_a_port(place: str, host: str, port: int) -> None:
    assert host_and_port(place) == (host, port)
    assert _load(SMTP_LISTEN=place).smtp_listen == place


@pytest.mark.parametrize("place", ["25", ":25", "host", "host:", "host:99999", "::1:25", "a b:25"])
def test_what_is_no_place_to_listen_is_refused(place: str) -> None:
    with pytest.raises(OperatorError, match="SMTP_LISTEN must be"):
        _load(SMTP_LISTEN=place)


@pytest.mark.parametrize(
    ("files", "database_url", "place"),
    [
        ("", "", "/srv/inlet/files"),
        ("", "postgresql://somewhere/inlet", "database"),
        ("folder", "postgresql://somewhere/inlet", "/srv/inlet/files"),
        ("database", "", "database"),
        ("/var/files", "", "/var/files"),
        ("s3://attachments/of/inlet/", "", "s3://attachments/of/inlet"),
        ("s3://attachments", "", "s3://attachments"),
    ],
)
def test_files_lie_where_all_processes_reach_them(
    files: str, database_url: str, place: str
) -> None:
    settings = _load(FILES=files, DATABASE_URL=database_url, DATA_DIR="/srv/inlet")
    assert settings.place_of_files == place
    # A child process is told of the embedded database by its URL.
    told = replace(settings, database_url="postgresql://x", files=settings.place_of_files)
    assert _load(**told.environment()).place_of_files == place


@pytest.mark.parametrize("files", ["databse", "files", "./files", "s3://", "s3://a", "gs://bucket"])
def test_a_place_of_files_misspelt_is_refused(files: str) -> None:
    with pytest.raises(OperatorError, match="FILES must be database, folder"):
        _load(FILES=files)


def test_a_key_to_a_bucket_has_two_halves_and_its_secret_is_not_shown() -> None:
    with pytest.raises(OperatorError, match="need each other"):
        _load(FILES_S3_KEY_ID="an-id")
    settings = _load(FILES_S3_KEY_ID="an-id", FILES_S3_KEY_SECRET="a-secret")
    assert "a-secret" not in repr(settings)
