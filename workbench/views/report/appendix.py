"""The appendix: everything that a careful reader asks for, each subject under its own letter, only where there is any."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import groupby

from workbench.engines.catalogue import CONTROL_PLANES, PARAMETERS
from workbench.experiments import phases
from workbench.experiments.compare import Comparison, Turn
from workbench.formats.receipt import SUMMARY, Receipt
from workbench.model.clock import to_seconds
from workbench.model.cluster import Node
from workbench.model.parameters import Parameter, Treatment, declared
from workbench.model.resources import CPU, MEMORY, Resources
from workbench.model.scenario import Scenario
from workbench.model.workload import App, Team
from workbench.views import sentences
from workbench.views.amounts import bytes_, control_plane, cores, duration
from workbench.views.figures import FIGURES
from workbench.views.i18n import Texts
from workbench.views.report import decisions
from workbench.views.report.blocks import Grid, Section, grid
from workbench.views.report.material import Material
from workbench.views.report.page import Cell, line


def appendix(t: Texts, material: Material) -> list[Section]:
    """Return the sections that have something in them, in the order of their letters."""
    parts: tuple[Callable[[Texts, Material], Section], ...] = (
        scenario_section, placement, decision_section, receipts, settings, agreement, data, references,
    )  # fmt: skip
    return [section for part in parts if (section := part(t, material)).filled]


# -- A: the scenario ----------------------------------------------------------------------------------------


def scenario_section(t: Texts, material: Material) -> Section:
    """Return what was run: machines, apps, teams, faults."""
    scenario = material.scenario
    return Section(
        "A",
        t("The scenario"),
        grids=(_machines(t, scenario), _apps(t, scenario), _teams(t, scenario), _faults(t, scenario)),
    )


def _machines(t: Texts, scenario: Scenario) -> Grid:
    head = (t("Pool"), t("Zone"), t("Machines"), t("Cores"), t("Memory"), t("Other"), t("Taints"))
    rows = []
    for nodes in _alike(scenario.cluster.nodes):
        one = nodes[0]
        taints = ", ".join(f"{taint.key}={taint.value}:{taint.effect}" for taint in one.taints)
        amounts = (cores(one.capacity.get(CPU, 0)), bytes_(one.capacity.get(MEMORY, 0)), _others(one.capacity))
        rows.append((one.pool or one.name, one.zone, f"{len(nodes):,}", *amounts, taints))
    return grid(t("Machines"), head, rows, numbers=(2, 3, 4), codes=(0, 1, 6))


def _alike(nodes: tuple[Node, ...]) -> list[list[Node]]:
    """Return the machines in groups that look the same, in their first order."""
    groups: dict[tuple[object, ...], list[Node]] = {}
    for node in nodes:
        key = (node.pool, node.zone, tuple(sorted(node.capacity.items())), node.taints)
        groups.setdefault(key, []).append(node)
    return list(groups.values())


def _others(amounts: Resources) -> str:
    return ", ".join(f"{name}: {amount:,}" for name, amount in amounts.items() if name not in (CPU, MEMORY))


def _apps(t: Texts, scenario: Scenario) -> Grid:
    head = (
        t("App"), t("Kind"), t("Team"), t("Instances"), t("Cores each"), t("Memory each"), t("Image"),
        t("Runs for"), t("Submitted at"),
    )  # fmt: skip
    rows = [_app(t, app) for app in scenario.apps]
    return grid(t("Apps"), head, rows, numbers=(3, 4, 5), codes=(0, 2, 6))


def _app(t: Texts, app: App) -> tuple[str, ...]:
    many = t("one per machine") if app.kind == "daemon" else f"{app.replicas:,}"
    if app.arrivals is not None:
        many = t("{rate} per second", rate=f"{app.arrivals.rate:g}")
    runs = ""
    if app.duration is not None:
        shape = {"constant": "", "exponential": t("exponential"), "uniform": t("uniform")}[app.duration.shape]
        runs = " ".join(filter(None, (duration(t, to_seconds(app.duration.mean_us)), shape)))
    size = (cores(app.request.get(CPU, 0)), bytes_(app.request.get(MEMORY, 0)))
    return (app.name, kind(t, app.kind), app.team, many, *size, app.image, runs, duration(t, to_seconds(app.at_us)))


def kind(t: Texts, name: str) -> str:
    """Return what a kind of app is called."""
    names = {"service": t("service"), "stateful": t("stateful"), "batch": t("batch"), "daemon": t("daemon")}
    return names.get(name, name)


def _teams(t: Texts, scenario: Scenario) -> Grid:
    head = (t("Team"), t("Weight"), t("Limit"), t("Guarantee"), t("Set at"))
    rows = [_team(t, team) for team in scenario.teams if team.limit or team.guarantee or team.weight != 1]
    return grid(t("Teams"), head, rows, numbers=(1,), codes=(0,))


def _team(t: Texts, team: Team) -> tuple[str, ...]:
    when = duration(t, to_seconds(team.quota_at_us)) if team.limit or team.guarantee else ""
    return (team.name, f"{team.weight:g}", _amounts(t, team.limit), _amounts(t, team.guarantee), when)


def _amounts(t: Texts, amounts: Resources) -> str:
    said = []
    if CPU in amounts:
        said.append(t("{number} cores", number=cores(amounts[CPU])))
    if MEMORY in amounts:
        said.append(bytes_(amounts[MEMORY]))
    return ", ".join(filter(None, [*said, _others(amounts)]))


def _faults(t: Texts, scenario: Scenario) -> Grid:
    rows = []
    for fault in scenario.faults:
        back = t("never") if fault.back_us is None else duration(t, to_seconds(fault.back_us))
        target = fault.node or t("the machine with the most of {app}", app=fault.hosting)
        rows.append((duration(t, to_seconds(fault.at_us)), t("machine lost"), target, back))
    return grid(t("Faults"), (t("At"), t("What"), t("Where"), t("Back at")), rows)


# -- B: placement, waiting and further measures -------------------------------------------------------------


def placement(t: Texts, material: Material) -> Section:
    """Return where the wait went, every measure, and the further figures."""
    comparison = material.comparison
    first = material.scenario.study.figure
    further = tuple(name for name, one in FIGURES.items() if name != first and one.has_content(comparison))
    return Section(
        "B",
        t("Placement, waiting, and everything measured"),
        grids=(
            _phases(t, comparison),
            _measures(t, comparison, t("Every measure"), equalised=False),
            _measures(t, comparison, t("The same with equal defaults"), equalised=True),
            *(_lever(t, comparison, turn) for turn in comparison.turns),
        ),
        figures=further,
    )


def _phases(t: Texts, comparison: Comparison) -> Grid:
    spent = {side: phases.mean(comparison.traces[side]) for side in comparison.sides}
    rows = []
    for name, said in phases.PHASES.items():
        times = [spent[side].get(name, 0.0) for side in comparison.sides]
        if any(time >= 0.0005 for time in times):
            rows.append((t(said), *(duration(t, time) for time in times)))
    if rows:
        rows.append((t("in all"), *(duration(t, sum(spent[side].values())) for side in comparison.sides)))
    caption = t("Where the time from submission to ready went, mean over the tasks of the first repeat")
    return grid(caption, (t("Phase"), *_names(t, comparison)), rows, numbers=tuple(range(1, 9)))


def _names(t: Texts, comparison: Comparison) -> tuple[str, ...]:
    return tuple(control_plane(t, side) for side in comparison.sides)


def _measures(t: Texts, comparison: Comparison, caption: str, *, equalised: bool) -> Grid:
    rows = []
    for row in comparison.equalised if equalised else comparison.rows:
        said = line(t, row, comparison.sides)
        cells = tuple(_joined(cell) for cell in (*said.cells, said.difference))
        rows.append((said.title, *cells, said.sure, said.meaning))
    head = (t("Measure"), *_names(t, comparison), t("Difference"), t("How sure"), t("Meaning"))
    return grid(caption, head, rows)


def _joined(cell: Cell) -> str:
    return f"{cell.main} ({cell.interval})" if cell.interval else cell.main


def _lever(t: Texts, comparison: Comparison, turn: Turn) -> Grid:
    row = comparison.rows[0]
    rows = []
    for chosen, apart in zip(turn.values, turn.differences, strict=True):
        at = type(row)(row.measure, row.values, apart)
        between, _ = sentences.gap(t, at, comparison.sides)
        count = t("{agree} of {repeats} repeats", agree=sentences.agreeing(apart), repeats=len(apart.pairs))
        rows.append((sentences.setting(t, turn.path, chosen), between, count))
    setting = sentences.label(t, comparison.scenario, turn.path)
    caption = t("{measure}, when one setting is varied: {setting}", measure=sentences.title(t, row), setting=setting)
    return grid(caption, (t("Value"), t("Difference"), t("How sure")), rows)


# -- E: notable decisions -----------------------------------------------------------------------------------


def decision_section(t: Texts, material: Material) -> Section:
    """Return why machines were refused most often, and who waited longest and why."""
    comparison = material.comparison
    refusals = [
        (control_plane(t, side), rule, decisions.said(t, reason), f"{count:,}", f"{tasks:,}")
        for side in comparison.sides
        for rule, reason, count, tasks in decisions.refusals(comparison.traces[side])
    ]
    waits = [
        (control_plane(t, side), one.task, duration(t, one.wait_s), f"{one.attempts:,}", decisions.said(t, one.why), one.node)
        for side in comparison.sides
        for one in decisions.longest(comparison.traces[side])
    ]
    return Section(
        "E",
        t("Notable decisions"),
        grids=(
            grid(
                t("Why machines were refused most often (first repeat)"),
                (t("Side"), t("Rule"), t("Reason"), t("Machines refused"), t("Tasks")),
                refusals,
                numbers=(3, 4),
                codes=(1,),
            ),
            grid(
                t("Who waited longest for a machine (first repeat)"),
                (t("Side"), t("Task"), t("Waited"), t("Decisions"), t("What stood in the way"), t("Went to")),
                waits,
                numbers=(2, 3),
                codes=(1, 5),
            ),
        ),
    )


# -- F: the user's files ------------------------------------------------------------------------------------


def receipts(t: Texts, material: Material) -> Section:
    """Return what of the scenario's own files was honoured, approximated, ignored."""
    said = [
        t(
            "{file}, {side}: {summary}",
            file=receipt.file,
            side=control_plane(t, side),
            summary=counts.text(t.template(SUMMARY)),
        )
        for receipt in material.receipts
        for side, counts in receipt.summaries().items()
    ]
    title = t("What of the files was honoured, approximated, ignored")
    return Section("F", title, tuple(said), tuple(_receipt(t, receipt) for receipt in material.receipts))


def _receipt(t: Texts, receipt: Receipt) -> Grid:
    sides = receipt.control_planes
    rows = [
        (f"{one.kind}: {one.path}" if one.path else one.kind, *(_treated(t, one.treatments[side]) for side in sides))
        for one in receipt.differing()
    ]
    head = (t("Field"), *(control_plane(t, side) for side in sides))
    return grid(t("{file}: fields not simply honoured", file=receipt.file), head, rows, codes=(0,))


def _treated(t: Texts, treatment: Treatment) -> str:
    names = {"honoured": t("honoured"), "approximated": t("approximated"), "ignored": t("ignored")}
    note = treatment.text(t.template(treatment.note))
    return f"{names[treatment.status]}: {note}" if note else names[treatment.status]


# -- G: settings --------------------------------------------------------------------------------------------


def settings(t: Texts, material: Material) -> Section:
    """Return every setting of the sides compared, changed ones first."""
    changed = material.scenario.settings.values
    paths = sorted(_relevant(material.comparison), key=lambda one: (one.path not in changed, one.path))
    head = (t("Setting"), t("Value"), t("Default"), t("Meaning"), t("Source"))
    grids = []
    for is_default, some in groupby(paths, key=lambda one: one.path not in changed):
        caption = t("At their defaults") if is_default else t("Changed by this scenario or on the command line")
        rows = [_setting(t, one, changed) for one in some]
        if is_default:
            rows = [(path, value, "", *rest) for path, value, _, *rest in rows]
        grids.append(grid(caption, head, rows, codes=(0,)))
    return Section("G", t("Settings"), grids=tuple(grids))


def _setting(t: Texts, one: Parameter, changed: Mapping[str, object]) -> tuple[str, ...]:
    value = changed.get(one.path, one.default)
    said = [sentences.setting(t, one.path, chosen) for chosen in (value, one.default)]  # type: ignore[arg-type]
    return (one.path, *said, t(one.help), one.source)


def _relevant(comparison: Comparison) -> list[Parameter]:
    """Return the parameters of the World and of the control planes that were run."""
    of_others = {
        one.path
        for name, entry in CONTROL_PLANES.items()
        if name not in comparison.sides
        for cls in entry.parameters
        for one in declared(cls)
    }
    return [one for path, one in PARAMETERS.items() if path not in of_others]


# -- H: agreement with the real systems ---------------------------------------------------------------------


def agreement(t: Texts, material: Material) -> Section:
    """Return how often the model decides as the real systems did, by family of records."""
    rows = []
    for family, counts in (material.fidelity or {}).items():
        agree, of = counts["agree"], counts["of"]
        rows.append((family, f"{agree:,}", f"{of:,}", t("{number} %", number=f"{100 * agree / of:.4g}") if of else ""))
    said = t("The model was held against records of the real systems. A case agrees only if every detail does.")
    table = grid("", (t("Family of records"), t("Agree"), t("Of"), t("Share")), rows, numbers=(1, 2, 3), codes=(0,))
    return Section("H", t("Agreement with the real systems"), (said,) if rows else (), (table,))


# -- I: data and provenance ---------------------------------------------------------------------------------


def data(t: Texts, material: Material) -> Section:
    """Return what the numbers rest on: seeds, method, versions, fingerprints."""
    comparison = material.comparison
    seeds = comparison.seeds
    said = [
        t("Everything here was computed by a model, version {version}; nothing was measured on a cluster.",
          version=material.version),
        t("Seeds {first} to {last}, the same on every side, so that chance does to both what it does to one.",
          first=seeds[0], last=seeds[-1]),
        t("Differences are paired by seed. One counts as clear when nine in ten repeats agree and its 95 % confidence"
          " interval (Student's t) lies beyond the smallest difference worth speaking of."),
        t("Settings were varied one at a time, with five repeats at each value."),
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


# -- J: references ------------------------------------------------------------------------------------------


def references(t: Texts, material: Material) -> Section:
    """Return where the scenario's facts are from."""
    source = material.scenario.study.source
    return Section("J", t("References"), (source,) if source else ())
