"""Shows the form of what was received without what it says. Pure; knows no provider.

A masked body keeps its structure, field names and punctuation: letters become x, digits 9. A
masked header keeps its name.
"""

import json
from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import parse_qsl

MASKED = "***"
_TELLING = (
    "signature", "token", "secret", "auth", "cookie", "key", "password", "forwarded", "real-ip",
    "client-ip", "connecting-ip", "email", "from", "sender", "recipient",
)  # fmt: skip
_LONGEST = 16 * 1024
_LONGEST_NAME = 40


def mask_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Hide the values of headers that authenticate or name a person or a machine."""
    return {
        name: MASKED if any(word in name.lower() for word in _TELLING) else value
        for name, value in headers.items()
    }


def mask_body(body: bytes, content_type: str) -> str:
    """Write the form of a body: of JSON and of forms with the names of their fields."""
    text = body[:_LONGEST].decode("utf-8", "replace")
    if "x-www-form-urlencoded" in content_type:
        return _mask_form(text)
    if len(body) <= _LONGEST and text.lstrip()[:1] in ("{", "["):
        try:
            return json.dumps(_mask_json(json.loads(text)), indent=2, ensure_ascii=False)
        except (ValueError, RecursionError):
            pass
    return mask_text(text)


def mask_text(text: str) -> str:
    """Keep punctuation and white space only."""
    return "".join(map(_mask_character, text))


def printable_text(body: bytes) -> str | None:
    """Return a body as text where it is one; None where it is not."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return None
    return text if all(char.isprintable() or char in "\r\n\t" for char in text) else None


def _mask_form(text: str) -> str:
    pairs = parse_qsl(text, keep_blank_values=True, errors="replace")
    return "\n".join(f"{_mask_name(name)}={mask_text(value)}" for name, value in pairs)


def _mask_json(node: Any) -> Any:
    if isinstance(node, dict):
        return {
            _mask_name(name): _mask_json(value)
            for name, value in cast("dict[str, Any]", node).items()
        }
    if isinstance(node, list):
        return [_mask_json(item) for item in cast("list[Any]", node)]
    if isinstance(node, str):
        return mask_text(node)
    return node if isinstance(node, bool) or node is None else mask_text(str(node))


def _mask_name(name: str) -> str:
    """Field names are the provider's words, unless they look like somebody's."""
    is_word = len(name) <= _LONGEST_NAME and name.replace("_", "").replace("-", "").isalnum()
    return name if is_word and not name.isdigit() else mask_text(name)


def _mask_character(char: str) -> str:
    if char.isdigit():
        return "9"
    return "x" if char.isalpha() or not (char.isascii() or char.isspace()) else char
