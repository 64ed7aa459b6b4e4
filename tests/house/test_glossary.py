"""docs/glossary.md names, for each word, a table or a module that is there."""

import re

from source_files import ROOT

_GLOSSARY = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
_ROW = re.compile(r"^\| (?!word )([^|]+) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
_TABLE = re.compile(r"^CREATE TABLE (\w+)", re.MULTILINE)


def test_each_word_is_kept_where_the_glossary_says() -> None:
    migrations = ROOT.glob("migrations/*.sql")
    tables = {
        table for path in migrations for table in _TABLE.findall(path.read_text(encoding="utf-8"))
    }
    places = {
        place
        for _, _, where in _ROW.findall(_GLOSSARY)
        for place in re.findall(r"`([^`]+)`", where)
    }
    assert "inbound_events" in places
    absent = {place for place in places - tables if "/" not in place or not (ROOT / place).exists()}
    assert absent == set()


def test_each_word_is_there_once_and_says_where() -> None:
    rows = _ROW.findall(_GLOSSARY)
    words = [word for word, _, _ in rows]
    assert sorted(set(words)) == sorted(words)
    assert [word for word, _, where in rows if "`" not in where] == []
