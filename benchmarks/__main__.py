"""How fast the main path is: a complete run, start-up, a report.

    python -m benchmarks [--repeats N] [--json FILE]

Every figure is the median of some repeats in CPU milliseconds, and a multiple of a yardstick (a fixed piece of plain
Python, measured in the same run), so that figures from different machines can be laid side by side.
"""

from __future__ import annotations

import argparse
import json
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from workbench.engines.catalogue import CONTROL_PLANES
from workbench.experiments.check import load
from workbench.experiments.compare import compare
from workbench.experiments.run import run
from workbench.model.clock import SECOND_US
from workbench.model.cluster import Cluster, Node
from workbench.model.scenario import LocalText, Scenario
from workbench.model.workload import App, Duration
from workbench.views.report import report

GIB = 1024**3


def yardstick() -> int:
    """A fixed piece of work: half a million dictionary updates."""
    counts: dict[int, int] = {}
    for number in range(500_000):
        key = number % 1009
        counts[key] = counts.get(key, 0) + number
    return len(counts)


def hundred_by_thousand() -> Scenario:
    """100 machines, 1,000 pods: ten services of 50, and 500 batch tasks of a minute."""
    machines = tuple(Node(f"node-{n:03}", {"cpu": 16_000, "memory": 64 * GIB}) for n in range(100))
    services = [
        App(f"service-{n}", "service", 50, {"cpu": 500, "memory": GIB}, start_us=SECOND_US, ready_us=SECOND_US)
        for n in range(10)
    ]
    batch = App("batch", "batch", 500, {"cpu": 1000, "memory": GIB}, team="batch", duration=Duration(60 * SECOND_US))
    name = LocalText("100 x 1,000", "100 x 1,000")
    return Scenario("hundred-by-thousand", name, name, 300 * SECOND_US, 1, Cluster(machines), (*services, batch))


def cpu_ms(work: Callable[[], object], repeats: int) -> float:
    """Return the median CPU time of `work`, in milliseconds, after one call that does not count."""
    work()
    spent = []
    for _ in range(repeats):
        start = time.process_time()
        work()
        spent.append(1000 * (time.process_time() - start))
    return median(spent)


def child_ms(code: str, repeats: int) -> float:
    """Return the median CPU time of ``python -c code`` in a process of its own, in milliseconds."""
    spent = []
    for _ in range(repeats + 1):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-c", code], check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent.append(1000 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime))
    return median(spent[1:])


def report_ms(repeats: int) -> float:
    """Return the CPU time of writing a report of the first look, all formats, in milliseconds."""
    comparison = compare(load("first-look"), replications=2, deeper=False)
    with tempfile.TemporaryDirectory() as folder:
        return cpu_ms(lambda: report(comparison, Path(folder)), repeats)


def measure(repeats: int) -> dict[str, float]:
    """Return every figure, in CPU milliseconds."""
    scenario = hundred_by_thousand()
    bare = child_ms("pass", repeats)
    figures = {"yardstick": cpu_ms(yardstick, repeats)}
    for name in CONTROL_PLANES:
        figures[f"complete run, 100 nodes x 1,000 pods, {name}"] = cpu_ms(lambda on=name: run(scenario, on), repeats)
    figures["start-up: import workbench"] = child_ms("import workbench", repeats) - bare
    figures["start-up: import workbench, load and run"] = (
        child_ms("import workbench as wb; wb.run(wb.load('first-look'))", repeats) - bare
    )
    figures["first-look, one run, kubernetes"] = cpu_ms(lambda: run(load("first-look"), "kubernetes"), repeats)
    figures["report of the first look, all formats"] = report_ms(repeats)
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    figures = measure(args.repeats)
    print(f"Python {platform.python_version()}, {platform.machine()}, median of {args.repeats}")
    for name, value in figures.items():
        print(f"{name:55} {value:9.1f} ms CPU {value / figures['yardstick']:8.2f} x yardstick")
    if args.json is not None:
        args.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
