"""The embedded Postgres: shared, stopped by the last one out, in folders of any name."""

from collections.abc import Generator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from app.embedded_postgres import embedded_postgres
from domain.errors import OperatorError
from store.database import DatabaseUnavailable, connect


@pytest.fixture
def folder() -> Generator[Path]:
    with TemporaryDirectory(prefix="inlet-pg-", dir="/tmp") as path:
        yield Path(path)


async def _answers(url: str) -> bool:
    try:
        async with await connect(url, "tests"):
            return True
    except DatabaseUnavailable:
        return False


async def test_the_last_one_out_stops_it(folder: Path) -> None:
    with embedded_postgres(folder) as url:
        with embedded_postgres(folder) as same_url:
            assert same_url == url
        assert await _answers(url)
    assert not await _answers(url)


@pytest.mark.parametrize(
    "name",
    ["with space", 'it\'s "quoted" $HOME', "one,two", "long" * 30],
    ids=["space", "quotes", "comma", "long"],
)
async def test_a_data_folder_may_have_any_name(folder: Path, name: str) -> None:
    with embedded_postgres(folder / name) as url:
        assert await _answers(url)


def test_data_of_another_version_is_left_alone(folder: Path) -> None:
    version_file = folder / "postgres" / "PG_VERSION"
    version_file.parent.mkdir()
    version_file.write_text("16\n")

    with pytest.raises(OperatorError, match="holds data of Postgres 16"), embedded_postgres(folder):
        pass

    assert list(version_file.parent.iterdir()) == [version_file]


def test_an_impossible_data_folder_is_one_clear_line(folder: Path) -> None:
    (folder / "file").write_text("")

    with pytest.raises(OperatorError, match="Not a directory"):
        embedded_postgres(folder / "file" / "data").__enter__()
