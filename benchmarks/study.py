"""The measured numbers of two-level scheduling over many seeds: ``python -m benchmarks.study [SEEDS]``.

Prints a table: what was measured with the real allocator, and mean and spread of the model. The tests hold the same
rows over few seeds (`tests/laws/test_measured_numbers.py`).
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing import Pool
from statistics import fmean, median, stdev
from typing import Any

from workbench.experiments.check import load
from workbench.experiments.metrics import measured
from workbench.experiments.run import run

SEEDS = 20

NEIGHBOURS, REFUSAL = "teams.idle.count", "mesos.batch.idle_refuse_s"
REVIVE, TIMEOUT = "mesos.batch.revive_interval_s", "mesos.offers.timeout_s"
WITHOUT_WORK = {"apps.thoughtful.arrivals.until": "2s"}
"""The slow team only declines, as in the measurement."""
TWO_HOURS = {"horizon": "7500s", "apps.tasks.replicas": 11_000}


@dataclass(frozen=True)
class Row:
    """One number: where it comes from, and what was measured."""

    scenario: str
    measure: str
    settings: Mapping[str, Any]
    expected: str


def slow(seconds: float, **more: Any) -> dict[str, Any]:
    """Return the settings under which one team without work thinks so long."""
    return {**WITHOUT_WORK, "teams.slow.decides": f"{seconds}s", **more}


ROWS = [
    *(Row("offer-starvation", "wait:work", {NEIGHBOURS: count}, said)
      for count, said in ((0, "1.2 s"), (5, "0.50 s"), (6, "184 s, spread 11"), (7, "as starved"))),
    Row("offer-starvation", "unplaced:work", {}, "41 % of about 900"),
    Row("offer-starvation", "utilisation", {}, "0.21 at the end"),
    Row("offer-starvation", "wait:work", {REFUSAL: 120}, "0.5 s"),
    Row("offer-starvation", "wait:work", {NEIGHBOURS: 0, "mesos.offers.refuse_s": 120}, "33 s"),
    Row("offer-starvation", "wait:work", {"apps.work.arrivals.rate": 0.25}, "nothing happens"),
    *(Row("offer-starvation", "wait:work", {REVIVE: 1, NEIGHBOURS: count}, "jump at 9 to 12")
      for count in (8, 9, 10, 11, 12)),
    *(Row("offer-starvation", "wait:work", {REVIVE: 5, NEIGHBOURS: count}, "jump at 7") for count in (6, 7)),
    *(Row("slow-thinking", "held", slow(think), said)
      for think, said in ((1, "0.115"), (5, "0.33"), (10, "0.44"), (30, "0.556"))),
    *(Row("slow-thinking", "wait:work", slow(think), said)
      for think, said in ((1, "0.7 s"), (5, "1.0 s"), (30, "3.6 s"), (60, "13.6 s"))),
    *(Row("slow-thinking", measure, slow(60, **{TIMEOUT: 10.0}), said)
      for measure, said in (("wait:work", "1.8 s"), ("held", "0.53"))),
    *(Row("big-job", "wait:job", {**TWO_HOURS, "teams.big.guarantee.cpu": cores}, said)
      for cores, said in ((0, "0 of 20 in 7200 s"), (14, "half never"), (42, "median 111 s"))),
    Row("big-job", "busy_while_waiting:job", {}, "122 of 160 (76 %)"),
    Row("idle-quota", "first_wait:late", {}, "15 s"),
    Row("idle-quota", "longest_wait:late", {}, "about 250 s"),
]  # fmt: skip


def values(work: tuple[int, int]) -> list[float]:
    """Return the measure of row number ``work[0]`` over ``work[1]`` seeds, on Mesos."""
    row = ROWS[work[0]]
    scenario = load(row.scenario, row.settings)
    seeds = range(1, work[1] + 1)
    return [measured(row.measure, run(scenario, "mesos", seed=seed), scenario) for seed in seeds]


def main(seeds: int) -> None:
    """Print the table, a row as soon as it is there."""
    print(f"{'measured':20} {'mean':>9} {'spread':>8} {'median':>9}  {seeds} seeds")
    with Pool() as pool:
        work = [(number, seeds) for number in range(len(ROWS))]
        for row, found in zip(ROWS, pool.imap(values, work), strict=True):
            spread = stdev(found) if len(found) > 1 else 0.0
            settings = ", ".join(f"{path.rpartition('.')[2]}={value}" for path, value in row.settings.items())
            print(
                f"{row.expected:20} {fmean(found):9.3f} {spread:8.3f} {median(found):9.3f}  "
                f"{row.scenario} {row.measure} {settings}",
                flush=True,
            )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else SEEDS)
