"""Same scenario, same seed: the same bytes, in any process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.laws.conftest import SCENARIOS, loaded, traced
from workbench.engines.catalogue import CONTROL_PLANES
from workbench.experiments.check import with_values
from workbench.experiments.run import run

CODE = """
import json, sys
from workbench.experiments.check import load
from workbench.experiments.run import run
names, planes = sys.argv[1].split(","), sys.argv[2].split(",")
print(json.dumps({f"{n}/{p}": run(load(n), p).digest() for n in names for p in planes}))
"""


EVERYTHING = [(name, plane) for name in SCENARIOS for plane in CONTROL_PLANES]


def digests(hash_seed: str) -> dict[str, str]:
    answer = subprocess.run(
        [sys.executable, "-c", CODE, ",".join(SCENARIOS), ",".join(CONTROL_PLANES)],
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        check=True,
        text=True,
    )
    return json.loads(answer.stdout)


def test_two_processes_with_different_hash_seeds_give_the_same_bytes():
    other = "2" if os.environ.get("PYTHONHASHSEED") == "1" else "1"  # where nothing is said, Python draws one
    assert digests(other) == {f"{name}/{plane}": traced(name, plane).digest() for name, plane in EVERYTHING}


def test_another_seed_gives_another_run(scenario, control_plane):
    assert (
        run(scenario, control_plane, seed=scenario.seed + 1).digest() != traced(scenario.name, control_plane).digest()
    )


@pytest.mark.parametrize("name", SCENARIOS)
def test_control_planes_meet_the_same_arrivals_and_the_same_run_times(name):
    alone = with_values(loaded(name), {"world.processors.contention": False})  # neighbours cost nobody time
    shares = any(app.cpu_use > 1 for app in alone.apps)
    plain = {app.name for app in loaded(name).apps if app.input is None and app.framework not in ("mpi", "hadoop")}
    durations = []
    for control_plane in CONTROL_PLANES:
        tasks = (run(alone, control_plane) if shares else traced(name, control_plane))["tasks"]
        rows = zip(tasks["app"], tasks["slot"], tasks["incarnation"], tasks["outcome"], tasks["started_us"],
                   tasks["ended_us"], strict=True)  # fmt: skip
        durations.append(
            {(app, slot): end - start for app, slot, inc, outcome, start, end in rows
             if outcome == "finished" and inc == 0 and app in plain}
        )  # fmt: skip
    for other in durations[1:]:
        shared = durations[0].keys() & other.keys()
        assert all(durations[0][key] == other[key] for key in shared)


def test_golden_digests_are_those_of_the_last_release():
    """For stability only: a change of numbers must be meant. `python -m tests.golden` writes them anew."""
    golden = json.loads(Path("tests/golden/digests.json").read_text(encoding="utf-8"))
    now = {
        f"{name}/{plane}": traced(loaded(name).name, plane).digest() for name in SCENARIOS for plane in CONTROL_PLANES
    }
    assert now == golden
