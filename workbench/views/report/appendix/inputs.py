"""F: what became of the fields of the scenario's own files. G: every setting, changed ones first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

from workbench.engines.catalogue import CONTROL_PLANES, PARAMETERS, concerned_by
from workbench.experiments.variants import Differing, base, differing
from workbench.formats.receipt import SUMMARY, Receipt
from workbench.model.parameters import Parameter, Treatment, declared
from workbench.views import sentences
from workbench.views.amounts import control_plane
from workbench.views.i18n import Texts
from workbench.views.report.blocks import Grid, Section, grid
from workbench.views.report.material import Material


def receipts(t: Texts, material: Material) -> Section:
    """Return what of the scenario's own files was honoured, approximated, ignored, for the sides compared."""
    sides = _planes(material)
    said = [
        t(
            "{file}, {side}: {summary}",
            file=receipt.file,
            side=control_plane(t, side),
            summary=_counts(t, receipt, side),
        )
        for receipt in material.receipts
        for side in sides
        if side in receipt.control_planes
    ]
    title = t("What of the files was honoured, approximated, ignored")
    return Section("F", title, tuple(said), tuple(_receipt(t, receipt, sides) for receipt in material.receipts))


def _counts(t: Texts, receipt: Receipt, side: str) -> str:
    return receipt.summary(side).text(t.template(SUMMARY))


def _receipt(t: Texts, receipt: Receipt, compared: Sequence[str]) -> Grid:
    sides = [side for side in compared if side in receipt.control_planes]
    rows = []
    for one in receipt.lines:
        treatments = [one.treatments[side] for side in sides]
        if any(how.status != "honoured" for how in treatments):
            field = f"{one.kind}: {one.path}" if one.path else one.kind
            rows.append((field, *(_treated(t, how) for how in treatments)))
    head = (t("Field"), *(control_plane(t, side) for side in sides))
    return grid(t("{file}: fields not simply honoured", file=receipt.file), head, rows, codes=(0,))


def _treated(t: Texts, treatment: Treatment) -> str:
    names = {"honoured": t("honoured"), "approximated": t("approximated"), "ignored": t("ignored")}
    note = treatment.text(t.template(treatment.note))
    return f"{names[treatment.status]}: {note}" if note else names[treatment.status]


def _planes(material: Material) -> tuple[str, ...]:
    """Return the control planes that are compared, each once, whatever the settings under which it is run."""
    return tuple(dict.fromkeys(base(material.scenario, side) for side in material.comparison.sides))


def settings(t: Texts, material: Material) -> Section:
    """Return every setting of the sides compared, changed ones first."""
    changed = material.scenario.settings.values
    paths = sorted(_relevant(_planes(material)), key=lambda one: (one.path not in changed, one.path))
    head = (t("Meaning"), t("Value"), t("Default"), t("Setting"), t("Source"))
    grids = [one for one in (_differing(t, material),) if one.rows]
    for is_default, some in groupby(paths, key=lambda one: one.path not in changed):
        caption = t("At their defaults") if is_default else t("Changed by this scenario or on the command line")
        rows = [_setting(t, one, changed) for one in some]
        if is_default:
            rows = [(meaning, value, "", *rest) for meaning, value, _, *rest in rows]
        grids.append(grid(caption, head, rows, codes=(3,)))
    return Section("G", t("Settings"), grids=tuple(grids))


def _differing(t: Texts, material: Material) -> Grid:
    """Return the settings in which the sides differ, a column for each side."""
    sides = material.comparison.sides
    rows = [
        (t(PARAMETERS[one.path].help), *(_value(t, one, side) for side in sides), one.path)
        for one in differing(material.scenario, sides)
    ]
    head = (t("Meaning"), *(control_plane(t, side) for side in sides), t("Setting"))
    return grid(t("In which the sides differ"), head, rows, codes=(len(sides) + 1,))


def _value(t: Texts, one: Differing, side: str) -> str:
    return sentences.setting(t, one.path, one.values[side]) if side in one.values else "\N{EM DASH}"


def _setting(t: Texts, one: Parameter, changed: Mapping[str, object]) -> tuple[str, ...]:
    value = changed.get(one.path, one.default)
    said = [sentences.setting(t, one.path, chosen) for chosen in (value, one.default)]  # type: ignore[arg-type]  # a checked value
    return (t(one.help), *said, one.path, one.source)


def _relevant(planes: Sequence[str]) -> list[Parameter]:
    """Return the parameters of the World and of the control planes that were run."""
    of_others = {
        one.path
        for name, entry in CONTROL_PLANES.items()
        if name not in concerned_by(planes)
        for cls in entry.parameters
        for one in declared(cls)
    }
    return [one for path, one in PARAMETERS.items() if path not in of_others]
