"""A: what was run, that is machines, apps, teams, faults and changes."""

from __future__ import annotations

from workbench.engines.kubernetes import Policy
from workbench.model.clock import to_seconds
from workbench.model.cluster import Node
from workbench.model.resources import CPU, MEMORY, Resources
from workbench.model.scenario import Scenario
from workbench.model.workload import App, Team
from workbench.views import changes, faults
from workbench.views.amounts import bytes_, cores, duration
from workbench.views.i18n import Texts
from workbench.views.report.blocks import Grid, Section, grid
from workbench.views.report.material import Material


def scenario(t: Texts, material: Material) -> Section:
    """Return what was run: machines, apps, teams, faults, changes."""
    run = material.scenario
    grids = (_machines(t, run), _apps(t, run), _teams(t, run), _faults(t, run), _changes(t, run), *_policies(t, run))
    return Section("A", t("The scenario"), grids=grids)


def _policies(t: Texts, scenario: Scenario) -> list[Grid]:
    """Return the source text of each scheduling policy that is compared."""
    return [
        grid(
            t("The policy {name}, registered with {call}", name=one.name, call=f"wb.with_policy(scenario, {one.call})"),
            ("",),
            [(_indented(line),) for line in lines],
            codes=(0,),
        )
        for one in scenario.policies.values()
        if isinstance(one, Policy) and (lines := one.source.splitlines())
    ]


def _indented(line: str) -> str:
    """Return a line of Python with spaces in front that no page folds up."""
    bare = line.lstrip()
    return "\N{NO-BREAK SPACE}" * (len(line) - len(bare)) + bare


def _machines(t: Texts, scenario: Scenario) -> Grid:
    head = (t("Pool"), t("Zone"), t("Machines"), t("Cores"), t("Memory"), t("Other"), t("Taints"), t("Set aside"))
    rows = []
    there = {node.pool for node in scenario.cluster.nodes}
    later = [pool for pool in scenario.cluster.pools if pool.name not in there]
    groups = [(nodes[0], len(nodes)) for nodes in _alike(scenario.cluster.nodes)]
    for one, number in [*groups, *((pool.machine(0), 0) for pool in later)]:
        taints = ", ".join(f"{taint.key}={taint.value}:{taint.effect}" for taint in one.taints)
        amounts = (cores(one.capacity.get(CPU, 0)), bytes_(one.capacity.get(MEMORY, 0)), _others(one.capacity))
        aside = ", ".join(f"{team}: {_amounts(t, reserved)}" for team, reserved in one.reserved.items())
        rows.append((one.pool or one.name, one.zone, _count(scenario, one.pool, number), *amounts, taints, aside))
    return grid(t("Machines"), head, rows, numbers=(2, 3, 4), codes=(0, 1, 6))


def _count(scenario: Scenario, name: str, number: int) -> str:
    """Return how many machines are alike, and between which bounds the pool of this name may change."""
    pool = next((one for one in scenario.cluster.pools if one.name == name), None)
    bounds = "" if pool is None or pool.most is None else f" ({pool.least or 0:,}\N{EN DASH}{pool.most:,})"
    return f"{number:,}{bounds}"


def _alike(nodes: tuple[Node, ...]) -> list[list[Node]]:
    """Return the machines in groups that look the same, in their first order."""
    groups: dict[tuple[object, ...], list[Node]] = {}
    for node in nodes:
        aside = tuple((team, tuple(amounts.items())) for team, amounts in node.reserved.items())
        key = (node.pool, node.zone, tuple(sorted(node.capacity.items())), node.taints, aside)
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
    if app.schedule is not None:
        period = to_seconds(app.schedule.period_us)
        many = t("every {time}", time=duration(t, period)) if period > 0 else "1"
    runs = ""
    if app.duration is not None:
        shape = {"constant": "", "exponential": t("exponential"), "uniform": t("uniform")}[app.duration.shape]
        runs = " ".join(filter(None, (duration(t, to_seconds(app.duration.mean_us)), shape)))
    each = cores(app.request.get(CPU, 0))
    if app.cpu_use != 1:
        each = t("{asked}, uses {used}", asked=each, used=cores(app.wanted_cpu))
    size = (each, bytes_(app.request.get(MEMORY, 0)))
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
        at = duration(t, to_seconds(fault.at_us))
        rows.append((at, faults.in_short(t, fault), faults.struck(t, fault), back))
    return grid(t("Faults"), (t("At"), t("What"), t("Where"), t("Back at")), rows)


def _changes(t: Texts, scenario: Scenario) -> Grid:
    rows = [
        (changes.at(t, one), changes.named(t, one), changes.about(t, one), changes.particulars(t, one))
        for one in scenario.changes
    ]
    return grid(t("Changes"), (t("At"), t("What"), t("Where"), t("Particulars")), rows)
