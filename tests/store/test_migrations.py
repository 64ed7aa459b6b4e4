"""The migrations: forward, back, forward again, twice at once, and when they fail."""

import asyncio
from hashlib import sha256
from pathlib import Path
from shutil import copytree
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from databases import as_owner

from app.migration_files import MIGRATIONS, migration_ids, scaffold_migration
from app.migrations import (
    apply_migrations,
    list_migrations,
    roll_back_migrations,
    schema_is_current,
)
from domain.errors import OperatorError
from store.database import connect

_SCHEMA = """
    SELECT 'column', table_name, column_name, data_type, is_nullable, column_default
    FROM information_schema.columns WHERE table_schema = 'public'
    UNION ALL
    SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid), '', ''
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    UNION ALL
    SELECT 'index', tablename, indexname, indexdef, '', ''
    FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL
    SELECT 'view', viewname, '', definition, '', '' FROM pg_views
    WHERE schemaname IN ('public', 'analytics')
    UNION ALL
    SELECT 'function', proname, '', prosrc, '', ''
    FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    UNION ALL
    SELECT 'comment', objoid::regclass::text, objsubid::text, description, '', ''
    FROM pg_description
    JOIN pg_class ON pg_class.oid = objoid AND relnamespace = 'public'::regnamespace
    ORDER BY 1, 2, 3, 4
"""

_WITHOUT_COMMENT = """
    SELECT c.relname, a.attname
    FROM pg_class AS c
    JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum >= 0 AND NOT a.attisdropped
    WHERE c.relnamespace IN ('public'::regnamespace, 'analytics'::regnamespace)
        AND c.relkind IN ('r', 'v')
        AND c.relname <> '_yoyo_migration' AND col_description(c.oid, a.attnum) IS NULL
    UNION ALL
    SELECT c.relname, 'itself'
    FROM pg_class AS c
    WHERE c.relnamespace IN ('public'::regnamespace, 'analytics'::regnamespace)
        AND c.relkind IN ('r', 'v')
        AND c.relname <> '_yoyo_migration' AND obj_description(c.oid, 'pg_class') IS NULL
"""


@pytest.fixture
def fresh_database_url(fresh_database_url: str) -> str:
    """Migrate as the owner."""
    return as_owner(fresh_database_url)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return copytree(MIGRATIONS, tmp_path / "migrations")


@pytest.fixture
def escaped_socket_url(fresh_database_url: str, tmp_path: Path) -> str:
    """Reach the same server through a folder whose name needs escaping in a URL."""
    parts = urlsplit(fresh_database_url)
    link = tmp_path / "with space & 100%"
    link.symlink_to(parse_qs(parts.query)["host"][0])
    return f"postgresql://postgres@{parts.path}?host={quote(str(link), safe='')}"


async def _rows(url: str, query: str) -> list[tuple[object, ...]]:
    async with await connect(url, "tests") as conn:
        return await (await conn.execute(query.encode())).fetchall()


def _drop(folder: Path, migration_id: str) -> None:
    (folder / f"{migration_id}.sql").unlink()
    (folder / f"{migration_id}.rollback.sql").unlink()


async def _execute(url: str, command: str) -> None:
    async with await connect(url, "tests", prepare=False) as conn:
        await conn.execute(command.encode())


async def test_applying_rolling_back_and_applying_again_ends_in_the_same_schema(
    empty_database_url: str,
) -> None:
    assert await apply_migrations(empty_database_url) == migration_ids()
    first = await _rows(empty_database_url, _SCHEMA)

    undone = await roll_back_migrations(empty_database_url, len(migration_ids()))
    between = await _rows(empty_database_url, _SCHEMA)

    assert undone == migration_ids()[::-1]
    assert not [row for row in between if "_yoyo_migration" not in str(row[1])]
    assert await apply_migrations(empty_database_url) == migration_ids()
    assert await _rows(empty_database_url, _SCHEMA) == first


async def test_a_channel_goes_on_sending_with_the_secret_it_had(
    empty_database_url: str, folder: Path
) -> None:
    """The migration that keeps them apart may come after one of a higher number."""
    _drop(folder, "0017_send_credential")
    await apply_migrations(empty_database_url, folder=folder)
    await _execute(
        empty_database_url,
        """
        INSERT INTO channels (customer_id, id, token, kind, provider, name, own_address, secrets)
        VALUES (1, gen_random_uuid(), 'a token of the tests', 'sms', 'twilio', 'a', '+1', 'sealed')
        """,
    )

    assert await apply_migrations(empty_database_url) == ["0017_send_credential"]

    kept = await _rows(empty_database_url, "SELECT secrets, credential FROM channels")
    assert kept == [(b"sealed", b"sealed")]


async def test_applying_twice_applies_nothing_the_second_time(fresh_database_url: str) -> None:
    assert await apply_migrations(fresh_database_url) == []


async def test_rolling_back_takes_the_newest_only(fresh_database_url: str) -> None:
    assert await roll_back_migrations(fresh_database_url) == migration_ids()[-1:]


async def test_each_migration_is_reported_when_it_is_done(fresh_database_url: str) -> None:
    reported: list[str] = []
    await roll_back_migrations(fresh_database_url, 2, reported.append)
    await apply_migrations(fresh_database_url, reported.append)

    last, newest = migration_ids()[-2:]
    assert reported == [newest, last, last, newest]


async def test_two_at_once_apply_each_migration_once(empty_database_url: str) -> None:
    both = await asyncio.gather(*(apply_migrations(empty_database_url) for _ in range(2)))

    assert sorted([*both[0], *both[1]]) == migration_ids()


async def test_two_at_once_wait_for_an_index_that_is_built_beside_other_work(
    fresh_database_url: str, folder: Path
) -> None:
    """CREATE INDEX CONCURRENTLY waits for every snapshot: who waits for the lock keeps none."""
    forward, _ = scaffold_migration("index_bodies", folder)
    forward.write_text(
        "-- Built while others write.\n-- transactional: false\n"
        "CREATE INDEX CONCURRENTLY IF NOT EXISTS bodies_by_length ON bodies (length(text));\n"
    )

    both = await asyncio.gather(
        *(apply_migrations(fresh_database_url, folder=folder) for _ in range(3))
    )

    assert sorted(applied for done in both for applied in done) == [forward.stem]
    valid = "SELECT indisvalid FROM pg_index WHERE indexrelid = 'bodies_by_length'::regclass"
    assert await _rows(fresh_database_url, valid) == [(True,)]


async def test_a_killed_process_leaves_no_lock_behind(fresh_database_url: str) -> None:
    async with await connect(fresh_database_url, "tests") as killed:
        await killed.execute(b"SELECT pg_advisory_lock(hashtext('inlet migrations'))")
        waiting = asyncio.create_task(roll_back_migrations(fresh_database_url))
        await asyncio.wait([waiting], timeout=0.3)
        assert not waiting.done()

    assert await waiting == migration_ids()[-1:]


# What yoyo-migrations 9.0.0 made in a database, which applied migrations until 0.2.0.
_FORMER_TABLES = """
    DROP TABLE _yoyo_migration;
    CREATE TABLE _yoyo_log (
        id VARCHAR(36), migration_hash VARCHAR(64), migration_id VARCHAR(255),
        operation VARCHAR(10), username VARCHAR(255), hostname VARCHAR(255),
        comment VARCHAR(255), created_at_utc TIMESTAMP, PRIMARY KEY (id)
    );
    CREATE TABLE _yoyo_version (version INT NOT NULL PRIMARY KEY, installed_at_utc TIMESTAMP);
    CREATE TABLE yoyo_lock (
        locked INT DEFAULT 1, ctime TIMESTAMP, pid INT NOT NULL, PRIMARY KEY (locked)
    );
    CREATE TABLE _yoyo_migration (
        migration_hash VARCHAR(64), migration_id VARCHAR(255), applied_at_utc TIMESTAMP,
        PRIMARY KEY (migration_hash)
    );
    INSERT INTO _yoyo_version VALUES (2, now());
    INSERT INTO yoyo_lock VALUES (1, now(), 999999);
"""


async def test_a_database_of_a_former_version_gets_what_it_lacks(fresh_database_url: str) -> None:
    newest = await roll_back_migrations(fresh_database_url, 2)
    await _execute(fresh_database_url, _FORMER_TABLES)
    async with await connect(fresh_database_url, "tests") as conn:
        for applied in migration_ids()[:-2]:
            note = b"INSERT INTO _yoyo_migration VALUES (%s, %s, now())"
            await conn.execute(note, (sha256(applied.encode()).hexdigest(), applied))

    assert await apply_migrations(fresh_database_url) == newest[::-1]
    noted = await _rows(
        fresh_database_url,
        "SELECT migration_id, migration_hash FROM _yoyo_migration ORDER BY migration_id",
    )
    assert noted == [(found, sha256(found.encode()).hexdigest()) for found in migration_ids()]


async def test_a_lower_number_that_comes_later_is_pending_and_is_applied(
    empty_database_url: str, tmp_path: Path
) -> None:
    for number in ("0001", "0003"):
        (tmp_path / f"{number}_table.sql").write_text(f"CREATE TABLE t{number} (id bigint);")
    await apply_migrations(empty_database_url, folder=tmp_path)
    (tmp_path / "0002_second.sql").write_text("CREATE TABLE second (id bigint);")

    async with await connect(empty_database_url, "tests") as conn:
        states = await list_migrations(conn, tmp_path)
        is_current = await schema_is_current(conn, tmp_path)

    assert [state.id for state in states if not state.is_applied] == ["0002_second"]
    assert not is_current
    assert await apply_migrations(empty_database_url, folder=tmp_path) == ["0002_second"]


async def test_a_bad_statement_is_one_clear_line_and_undoes_its_migration(
    fresh_database_url: str, folder: Path
) -> None:
    forward, _ = scaffold_migration("broken", folder)
    forward.write_text("CREATE TABLE half (id bigint); CREATE TABLE half (id bigint);")

    with pytest.raises(OperatorError) as caught:
        await apply_migrations(fresh_database_url, folder=folder)

    assert caught.value.detail == (
        f'migration {forward.stem} does not apply: relation "half" already exists'
    )
    assert await _rows(fresh_database_url, "SELECT to_regclass('half')") == [(None,)]


async def test_what_was_applied_before_a_bad_migration_stays(
    fresh_database_url: str, folder: Path
) -> None:
    good, _ = scaffold_migration("good", folder)
    good.write_text("CREATE TABLE good (id bigint);")
    bad, _ = scaffold_migration("bad", folder)
    bad.write_text("SELECT 1/0;")
    reported: list[str] = []

    with pytest.raises(OperatorError):
        await apply_migrations(fresh_database_url, reported.append, folder)
    bad.write_text("CREATE TABLE mended (id bigint);")

    assert reported == [good.stem]
    assert await apply_migrations(fresh_database_url, folder=folder) == [bad.stem]


async def test_a_bad_rollback_leaves_its_migration(fresh_database_url: str, folder: Path) -> None:
    forward, backward = scaffold_migration("stays", folder)
    forward.write_text("CREATE TABLE stays (id bigint);")
    backward.write_text("DROP TABLE stays; DROP TABLE stays;")
    await apply_migrations(fresh_database_url, folder=folder)

    with pytest.raises(OperatorError) as caught:
        await roll_back_migrations(fresh_database_url, folder=folder)

    assert caught.value.detail.startswith(f"migration {forward.stem} does not roll back: ")
    assert await _rows(fresh_database_url, "SELECT count(*) FROM stays") == [(0,)]
    async with await connect(fresh_database_url, "tests") as conn:
        assert await schema_is_current(conn, folder)


async def test_scaffolded_files_that_say_nothing_yet_apply_and_roll_back(
    fresh_database_url: str, folder: Path
) -> None:
    forward, _ = scaffold_migration("empty", folder)

    assert await apply_migrations(fresh_database_url, folder=folder) == [forward.stem]
    assert await roll_back_migrations(fresh_database_url, folder=folder) == [forward.stem]


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://inlet:hidden-word@127.0.0.1:1/inlet",
        "postgresql:hidden-word",
        "postgresql://inlet@127.0.0.1/inlet?hidden-word",
    ],
)
async def test_a_wrong_database_url_is_one_clear_line_without_the_password(url: str) -> None:
    with pytest.raises(OperatorError) as caught:
        await apply_migrations(url)

    assert "hidden-word" not in caught.value.detail
    assert "\n" not in caught.value.detail


async def test_status_tells_applied_from_missing(fresh_database_url: str, folder: Path) -> None:
    scaffold_migration("later", folder)

    async with await connect(fresh_database_url, "tests") as conn:
        states = await list_migrations(conn, folder)
        is_current = await schema_is_current(conn, folder)
        is_current_for_this_program = await schema_is_current(conn)

    assert [state.id for state in states if not state.is_applied] == [migration_ids(folder)[-1]]
    assert not is_current
    assert is_current_for_this_program


async def test_an_empty_database_is_not_current(empty_database_url: str) -> None:
    async with await connect(empty_database_url, "tests") as conn:
        assert not await schema_is_current(conn)


def test_a_new_migration_gets_the_next_number(folder: Path) -> None:
    last = migration_ids(folder)[-1]

    forward, backward = scaffold_migration("add_labels", folder)

    assert forward.name == f"{int(last[:4]) + 1:04d}_add_labels.sql"
    assert backward.name == forward.name.replace(".sql", ".rollback.sql")


@pytest.mark.parametrize("name", ["Add", "a-b", "", "../x", "1st"])
def test_a_new_migration_needs_a_plain_name(folder: Path, name: str) -> None:
    with pytest.raises(OperatorError):
        scaffold_migration(name, folder)


def test_every_migration_has_its_rollback() -> None:
    for migration_id in migration_ids():
        assert (MIGRATIONS / f"{migration_id}.rollback.sql").exists()


async def test_statements_survive_being_told_apart(empty_database_url: str, folder: Path) -> None:
    """Semicolons and quotes in comments, function bodies and text are not ends of statements."""
    forward, _ = scaffold_migration("quirks", folder)
    forward.write_text(
        "-- it's a comment; with an end in it\n"
        "CREATE FUNCTION quirk() RETURNS text LANGUAGE plpgsql AS $$\n"
        "BEGIN\n  -- don't; stop\n  RETURN 'a;b%s';\nEND;\n$$;\n"
        "/* another; isn't it */ COMMENT ON FUNCTION quirk IS 'one; two''s';\n"
    )

    await apply_migrations(empty_database_url, folder=folder)

    assert await _rows(empty_database_url, "SELECT quirk()") == [("a;b%s",)]


async def test_every_table_view_and_column_has_a_comment(fresh_database_url: str) -> None:
    assert await _rows(fresh_database_url, _WITHOUT_COMMENT) == []


async def test_a_socket_url_with_an_escaped_path_works(escaped_socket_url: str) -> None:
    assert await apply_migrations(escaped_socket_url) == []
