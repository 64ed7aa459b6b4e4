"""Files and functions stay small enough to be read in one go."""

import ast

from source_files import ROOT, code_files, name_of, python_files

_LONGEST_FILE = 400
_LONGEST_ADAPTER = 250
_LONGEST_FUNCTION = 60


def test_no_file_is_too_long() -> None:
    lengths = {name_of(path): len(path.read_text().splitlines()) for path in code_files()}

    assert {name: lines for name, lines in lengths.items() if lines > _LONGEST_FILE} == {}


def test_no_adapter_is_too_long() -> None:
    """What has a place of its own goes to providers/parts, or to domain."""
    adapters = sorted((ROOT / "providers").glob("*.py"))
    lengths = {name_of(path): len(path.read_text().splitlines()) for path in adapters}

    assert {name: lines for name, lines in lengths.items() if lines > _LONGEST_ADAPTER} == {}


def test_no_function_is_too_long() -> None:
    too_long = [
        f"{name_of(path)} {node.name}: {_length(node)} lines"
        for path in python_files()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and _length(node) > _LONGEST_FUNCTION
    ]

    assert too_long == []


def _length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1
