"""Compare how Kubernetes and Mesos-style two-level scheduling run one workload.

Same waves, different ships: one scenario, identical random draws, several control planes, measured side by side.

The names a notebook needs::

    import workbench as wb

    scenario = wb.load("scenarios/first-look.yaml")
    comparison = wb.compare(scenario, replications=20)
    print(comparison)
    wb.report(comparison, "out")

Every name is imported when it is first used, so that ``import workbench`` costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_HOME = {
    "check": "workbench.experiments.check",
    "cliff": "workbench.views.widgets.cliff",
    "compare": "workbench.experiments.compare",
    "explain": "workbench.views.explaining",
    "load": "workbench.experiments.check",
    "panel": "workbench.views.widgets.panel",
    "playground": "workbench.views.widgets.playground",
    "report": "workbench.views.report",
    "run": "workbench.experiments.run",
    "sweep": "workbench.experiments.sweep",
}

__all__ = [
    "__version__",
    "check",
    "cliff",
    "compare",
    "explain",
    "load",
    "panel",
    "playground",
    "report",
    "run",
    "sweep",
]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
