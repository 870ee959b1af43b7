"""What a report is made from, in one value that every part of it is handed."""

from __future__ import annotations

import hashlib
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from workbench import __version__
from workbench.engines.kubernetes import Policy
from workbench.engines.volumes.registry import OwnKind
from workbench.experiments.compare import Comparison
from workbench.experiments.sides import written
from workbench.formats.receipt import Receipt
from workbench.model.parameters import Value
from workbench.model.scenario import Scenario

if TYPE_CHECKING:
    from workbench.views.explaining import Explanation

SHORT = 12
"""Characters of a fingerprint that people compare."""


@dataclass(frozen=True)
class Material:
    """A comparison and what is known about its files and about the model."""

    comparison: Comparison
    receipts: tuple[Receipt, ...] = ()
    fidelity: Mapping[str, Any] | None = None
    overrides: Mapping[str, Value] | None = None

    @property
    def scenario(self) -> Scenario:
        """The scenario that was compared."""
        return self.comparison.scenario

    @property
    def version(self) -> str:
        """The version of the model."""
        return __version__

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of version, seeds and the digests of the traces: equal fingerprints mean equal runs."""
        traces = [f"{side}={self.comparison.digests.get(side, '')}" for side in self.comparison.sides]
        seeds = ",".join(map(str, self.comparison.seeds))
        return hashlib.sha256("\n".join([self.version, seeds, *traces]).encode()).hexdigest()

    @cached_property
    def explained(self) -> tuple[Explanation, ...]:
        """Why the task waited that waited longest on each side, where finding out takes a moment only."""
        from workbench.views.report.explained import longest_wait  # which words its reasons with this package's help

        found = (longest_wait(self.comparison, side) for side in self.comparison.sides)
        return tuple(one for one in found if one is not None)

    @property
    def stem(self) -> str:
        """The name of the report's files without ending: the scenario's, letters that file systems dislike replaced."""
        return re.sub(r"[^\w.-]+", "-", self.scenario.name).strip("-.") or "report"

    @property
    def command(self) -> str:
        """The command that makes the same report again."""
        seeds = self.comparison.seeds
        if self.scenario.policies or self.scenario.volume_kinds:
            return self._call
        words = [
            "workbench", "compare", f"scenarios/{self.stem}.yaml",
            "--seed", str(seeds[0]), "--replications", str(len(seeds)),
        ]  # fmt: skip
        if self.comparison.sides != written(self.scenario):
            words += ["--sides", ",".join(self.comparison.sides)]
        for path, value in (self.overrides or {}).items():
            words += ["--set", f"{path}={str(value).lower() if isinstance(value, bool) else value}"]
        return shlex.join(words)

    @property
    def _call(self) -> str:
        """The call that makes the same comparison again; what is written as a class no command line takes."""
        seeds, made = self.comparison.seeds, f'"{self.stem}"'
        if self.overrides:
            made = f"wb.load({made}, {dict(self.overrides)})"
        for one in self.scenario.policies.values():
            assert isinstance(one, Policy)
            made = f"wb.with_policy({made}, {one.call})"
        for kind in self.scenario.volume_kinds:
            assert isinstance(kind, OwnKind)
            apps = [app.name for app in self.scenario.apps if app.volume is not None and app.volume.kind == kind.name]
            made = f"wb.with_volume_plugin({made}, {kind.written}, apps={apps})"
        return f"wb.compare({made}, seed={seeds[0]}, replications={len(seeds)})"
