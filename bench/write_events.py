"""`python -m bench.write_events`: writes docs/events/NAME.json, one JSON Schema for each event."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from inbox.hooks.payload import EVENT_SHAPES

FOLDER = Path(__file__).parents[1] / "docs" / "events"
_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def event_schema(name: str) -> Mapping[str, Any]:
    """Make the schema of an event from its struct."""
    schema = msgspec.json.schema(EVENT_SHAPES[name])
    reference = schema["$ref"].rpartition("/")[2]
    definitions = dict(schema["$defs"])
    root = definitions.pop(reference)
    properties = root["properties"] | {"type": {"const": name}}
    return {"$schema": _DIALECT, **root, "title": name, "properties": properties} | {
        "$defs": definitions
    }


def written(name: str) -> str:
    """Write the schema of an event as its file has it."""
    return json.dumps(event_schema(name), indent=1, ensure_ascii=False) + "\n"


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name in EVENT_SHAPES:
        (FOLDER / f"{name}.json").write_text(written(name), encoding="utf-8")


if __name__ == "__main__":
    main()
