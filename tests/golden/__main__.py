"""``python -m tests.golden``: write the digests of our own traces anew, after a change of numbers that was meant."""

import json
from pathlib import Path

from tests.laws.conftest import SCENARIOS, traced
from workbench.engines.catalogue import CONTROL_PLANES

DIGESTS = {f"{name}/{plane}": traced(name, plane).digest() for name in SCENARIOS for plane in CONTROL_PLANES}
Path("tests/golden/digests.json").write_text(json.dumps(DIGESTS, indent=1, sort_keys=True) + "\n", encoding="utf-8")
