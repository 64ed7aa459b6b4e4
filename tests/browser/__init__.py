"""Tests of the page in a real browser. A package, so that its conftest.py has a name of its own."""
