"""Every test asserts something: itself, in a function of its file, or in one that checks by name.

Helpers that prepare a test assert too, that they could; that is no assertion of the test.
"""

import ast
from pathlib import Path

from source_files import name_of, python_files

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_ASSERTS = frozenset(
    {
        *("raises", "fail"),  # pytest
        "expect",  # playwright
        *("check_schema", "validate", "validate_response"),  # jsonschema, schemathesis
        *("refuse", "refused", "check_order", "until", "wait_until"),  # helpers of several files
    }
)


def test_every_test_asserts_something() -> None:
    tests = [path for path in python_files() if path.name.startswith("test_")]

    assert [found for path in tests for found in _without_assertion(path)] == []


def _without_assertion(path: Path) -> list[str]:
    nodes = ast.walk(ast.parse(path.read_bytes()))
    functions = [node for node in nodes if isinstance(node, _Function)]
    asserting = set(_ASSERTS)
    while found := {each.name for each in functions if _asserts(each, asserting)} - asserting:
        asserting |= found
    return [
        f"{name_of(path)}:{each.lineno} {each.name}"
        for each in functions
        if each.name.startswith("test_") and each.name not in asserting
    ]


def _asserts(function: _Function, asserting: set[str]) -> bool:
    return any(
        isinstance(node, ast.Assert) or _name(node) in asserting for node in ast.walk(function)
    )


def _name(node: ast.AST) -> str:
    """Name the function that is called, or handed to a runner."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""
