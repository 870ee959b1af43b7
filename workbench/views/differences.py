"""In which settings do the sides differ? Said where a control plane is compared with itself."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.experiments.variants import differing
from workbench.model.scenario import Scenario
from workbench.views import sentences
from workbench.views.amounts import control_plane
from workbench.views.i18n import Texts


def differences(t: Texts, scenario: Scenario, sides: Sequence[str]) -> str:
    """Return the settings in which the sides differ, with the value on each, in one text; empty without variants."""
    said = []
    for one in differing(scenario, sides):
        values = [_said(t, side, sentences.setting(t, one.path, value)) for side, value in one.values.items()]
        said.append(t("{setting}: {values}", setting=sentences.label(t, scenario, one.path), values=t.listed(*values)))
    return t("The sides differ in: {settings}.", settings=t("; ").join(said)) if said else ""


def _said(t: Texts, side: str, value: str) -> str:
    """Return what a side has; a side that is called after its setting is named once."""
    name = control_plane(t, side)
    return name if value == name else t("{side} {value}", side=name, value=value)
