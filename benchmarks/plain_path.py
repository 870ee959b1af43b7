"""The long recorded sequences by the book: ``python -m benchmarks.plain_path [NAME...]``, a part of ``make study``.

Every plugin is asked about every node for each of 20,000 decisions of the real kube-scheduler, totals included. With
5,000 nodes that takes the better part of a second per decision; the tests put the same sequences to the fast path
(`tests/fast_path`).
"""

from __future__ import annotations

import sys
from multiprocessing import Pool
from pathlib import Path

from workbench.fidelity import run_fidelity

PERF = Path("tests/fast_path/perf")


def counted(path: Path) -> tuple[str, int, int, str]:
    """Return a sequence's name, how many of its decisions agree, how many there are, and the first difference."""
    verdicts = run_fidelity([path]).verdicts
    differing = [one for one in verdicts if one.status != "agree"]
    return (
        path.name.partition(".")[0],
        len(verdicts) - len(differing),
        len(verdicts),
        "".join(f"{one.name}: {one.detail}" for one in differing[:1]),
    )


def main(names: list[str]) -> int:
    """Print one line per sequence, shortest first; return 1 if a decision differs."""
    files = sorted(PERF.glob("*.json.gz"), key=lambda path: path.stat().st_size)
    chosen = [path for path in files if not names or any(name in path.name for name in names)]
    failed = 0
    with Pool() as pool:
        for name, agree, of, first in pool.imap(counted, chosen):
            failed += agree != of
            print(f"{name:40} {agree:,} of {of:,} decisions agree by the plain plugins {first}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
