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
    "FilterPlugin": "workbench.experiments.policy",
    "ScorePlugin": "workbench.experiments.policy",
    "VolumePlugin": "workbench.experiments.volume_kinds",
    "check": "workbench.experiments.check",
    "cliff": "workbench.views.widgets.cliff",
    "compare": "workbench.experiments.compare",
    "explain": "workbench.views.explaining",
    "load": "workbench.experiments.check",
    "locality_chart": "workbench.views.widgets.locality",
    "locality_curve": "workbench.experiments.locality",
    "panel": "workbench.views.widgets.panel",
    "playground": "workbench.views.widgets.playground",
    "report": "workbench.views.report",
    "run": "workbench.experiments.run",
    "size": "workbench.experiments.sizing",
    "size_search": "workbench.views.widgets.sizing",
    "sweep": "workbench.experiments.sweep",
    "trade_off": "workbench.views.widgets.trade_off",
    "unschedulable": "workbench.experiments.policy",
    "what_survives": "workbench.views.widgets.survives",
    "with_policy": "workbench.experiments.policy",
    "with_volume_plugin": "workbench.experiments.volume_kinds",
}

__all__ = [
    "FilterPlugin",
    "ScorePlugin",
    "VolumePlugin",
    "__version__",
    "check",
    "cliff",
    "compare",
    "explain",
    "load",
    "locality_chart",
    "locality_curve",
    "panel",
    "playground",
    "report",
    "run",
    "size",
    "size_search",
    "sweep",
    "trade_off",
    "unschedulable",
    "what_survives",
    "with_policy",
    "with_volume_plugin",
]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        _speak_both_languages()
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _speak_both_languages() -> None:
    """Have errors say what they say in a notebook in the second language too."""

    def chinese(error: Any) -> str:
        said: str = import_module("workbench.views.i18n").Texts("zh").error(error)
        return said

    import_module("workbench.errors").WorkbenchError.translated = staticmethod(chinese)


def __dir__() -> list[str]:
    return sorted(__all__)
