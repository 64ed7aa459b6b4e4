"""Inputs that coverage-guided runs of `explore` kept, as base64 in `corpus.json`."""

from base64 import b64decode
from pathlib import Path

import msgspec

CORPUS = Path(__file__).parent / "corpus.json"


def corpus() -> list[bytes]:
    """Read them; the first byte of each chooses an adapter."""
    if not CORPUS.exists():
        return []
    return [
        b64decode(encoded) for encoded in msgspec.json.decode(CORPUS.read_bytes(), type=list[str])
    ]
