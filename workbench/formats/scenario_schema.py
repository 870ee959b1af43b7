"""The JSON Schema of scenario files, for editors that complete and check while one types.

python -m workbench.formats.scenario_schema > scenarios/scenario.schema.json
"""

from __future__ import annotations

import json
from typing import Any

from workbench.formats.scenario_document import ScenarioDocument


def schema() -> dict[str, Any]:
    """Return the schema as plain values."""
    made = _untitled(ScenarioDocument.model_json_schema())
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Scenario", **made}


def schema_text() -> str:
    """Return the schema as it is kept in a file: sorted keys, a line feed at the end."""
    return json.dumps(schema(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _untitled(value: Any) -> Any:
    """Leave out the titles that are made from names; they say nothing that the names do not."""
    if isinstance(value, list):
        return [_untitled(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {key: _untitled(one) for key, one in value.items() if key != "title" or not isinstance(one, str)}


if __name__ == "__main__":
    print(schema_text(), end="")
