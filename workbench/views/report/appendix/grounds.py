"""What the answer stands on. H: agreement with the real systems. I: data and provenance. J: references."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.experiments.compare import LEVER_REPLICATIONS
from workbench.views.against import method
from workbench.views.amounts import control_plane
from workbench.views.i18n import Texts
from workbench.views.report.blocks import Section, grid
from workbench.views.report.material import Material


def agreement(t: Texts, material: Material) -> Section:
    """Return how often the model decides as the real systems did, by family of records."""
    rows = []
    for family, counts in (material.fidelity or {}).items():
        agree, of = counts["agree"], counts["of"]
        rows.append((family, f"{agree:,}", f"{of:,}", t("{number} %", number=f"{100 * agree / of:.4g}") if of else ""))
    said = t("The model was held against records of the real systems. A case agrees only if every detail does.")
    table = grid("", (t("Family of records"), t("Agree"), t("Of"), t("Share")), rows, numbers=(1, 2, 3), codes=(0,))
    return Section("H", t("Agreement with the real systems"), (said,) if rows else (), (table,))


def data(t: Texts, material: Material) -> Section:
    """Return what the numbers rest on: seeds, method, versions, fingerprints."""
    comparison = material.comparison
    seeds = comparison.seeds
    said = [
        t("Everything here was computed by a model, version {version}; nothing was measured on a cluster.",
          version=material.version),
        _seeds(t, seeds),
        t("Differences are paired by seed. One counts as clear when nine in ten repeats agree and its 95 % confidence"
          " interval (Student's t) lies beyond the smallest difference worth speaking of."),
        *([method(t, comparison)] if len(comparison.sides) > 2 else []),
        *([_varied(t)] if comparison.turns else []),
        t("The scenario, its files, seeds, settings, digests and every measured value are embedded in the HTML file as"
          " JSON; values of Secrets and of environment variables were removed before."),
    ]  # fmt: skip
    rows = [
        (control_plane(t, side), f"{len(comparison.traces[side]['tasks']):,}", comparison.digests.get(side, ""))
        for side in comparison.sides
    ]
    head = (t("Side"), t("Tasks"), t("SHA-256 of the trace"))
    table = grid(t("Runs of the first repeat"), head, rows, numbers=(1,), codes=(2,))
    return Section("I", t("Data and provenance"), tuple(said), (table,))


def _seeds(t: Texts, seeds: Sequence[int]) -> str:
    if len(seeds) == 1:
        return t("Seed {seed}, the same on every side: chance does the same to all.", seed=seeds[0])
    return t(
        "Seeds {first} to {last}, the same on every side: in each repeat chance does the same to all.",
        first=seeds[0], last=seeds[-1],
    )  # fmt: skip


def _varied(t: Texts) -> str:
    return t("Settings were varied one at a time, with {count} repeats at each value.", count=LEVER_REPLICATIONS)


def references(t: Texts, material: Material) -> Section:
    """Return where the scenario's facts are from."""
    source = material.scenario.study.source
    return Section("J", t("References"), (source,) if source else ())
