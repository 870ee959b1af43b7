"""Where the disks are: one square for each, standing in its zone, and whether an instance uses it.

Shown where disks mind zones. The zone of a disk that nobody has attached is the one in which it was made.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.model.scenario import Scenario
from workbench.views.amounts import control_plane
from workbench.views.figures import focus, panels
from workbench.views.figures.style import ALARM, Spec, axis, figure, look, named_once, plain
from workbench.views.i18n import Texts

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from workbench.experiments.compare import Comparison
    from workbench.model.trace import Trace
    from workbench.model.workload import App
    from workbench.views.figures.panels import Panel

HEIGHT = 170
SQUARE_PIXELS = 13
ABREAST, APART = 4, 0.19
"""So many squares stand side by side in a zone, and how far apart, as a part of a zone's width."""


@dataclass(frozen=True, slots=True)
class Disk:
    """One disk at the end of a run.

    Parameters
    ----------
    zone : str
        Where it can be reached.
    used : bool
        Whether a machine has it: an instance waits for it otherwise.
    """

    name: str
    zone: str
    used: bool


def disks(trace: Trace, scenario: Scenario) -> list[Disk]:
    """Return the disks of apps that mind zones, in the order in which they were made."""
    zone_of = {node.name: node.zone for node in scenario.cluster.nodes}
    apps = {app.name for app in _apps(scenario)}
    made = _made_in(trace)
    states: dict[str, tuple[str, str]] = {}
    columns = (trace["volumes"][name] for name in ("volume", "app", "node", "state"))
    for volume, app, node, state in zip(*columns, strict=True):
        if state == "deleted":
            states.pop(volume, None)
        elif app in apps and state != "grown":
            states[volume] = (node or states.get(volume, ("", ""))[0], state)
    return [
        Disk(name, made.get(name) or zone_of.get(node, ""), state == "attached")
        for name, (node, state) in states.items()
    ]


def _made_in(trace: Trace) -> dict[str, str]:
    columns = (trace["events"][name] for name in ("kind", "subject", "detail"))
    return {subject: detail for kind, subject, detail in zip(*columns, strict=True) if kind == "ProvisioningSucceeded"}


def _apps(scenario: Scenario) -> list[App]:
    return [app for app in scenario.apps if app.volume is not None and app.volume.zonal]


def zones(scenario: Scenario) -> dict[str, int]:
    """Return the zones, those with suitable machines first, and how many machines of each suit the apps with disks."""
    wanted = [app.node_selector for app in _apps(scenario)]
    found = {node.zone: 0 for node in scenario.cluster.nodes}
    for node in scenario.cluster.nodes:
        found[node.zone] += all(one.items() <= dict(node.labels).items() for one in wanted)
    return dict(sorted(found.items(), key=lambda one: -one[1]))


def has_content(comparison: Comparison) -> bool:
    """Say whether there are disks that mind zones, on every side."""
    scenario = comparison.scenario
    return bool(_apps(scenario)) and all(disks(trace, scenario) for trace in comparison.traces.values())


def _in_vain(comparison: Comparison, side: str) -> tuple[int, int]:
    """Return how many disks lie where no machine suits, and how many there are."""
    suits = zones(comparison.scenario)
    there = disks(comparison.traces[side], comparison.scenario)
    return sum(not suits.get(one.zone, 0) for one in there), len(there)


def finding(comparison: Comparison, t: Texts) -> str:
    """Return the title: how many disks of each side lie where nobody can use them."""
    told = ((side, *_in_vain(comparison, side)) for side in focus.sides(comparison))
    said = t.listed(
        *(
            t("{side} {count} of {all}", side=control_plane(t, side), count=count, all=all_)
            for side, count, all_ in told
        )
    )
    return t("Disks in a zone without a machine that suits: {sides}.", sides=said)


def caption(_: Comparison, t: Texts) -> str:
    """Return the sentence below: what a square is."""
    return t(
        "A square is a disk, in the zone that it will never leave. Hollow and red: no machine has it; its instance can "
        "only run where a machine of that zone suits and has room."
    )


def alt(comparison: Comparison, t: Texts) -> str:
    """Return what the figure shows, for those who do not see it."""
    return t(
        "For each control plane, the disks stacked by zone, filled where they are used and hollow where they are not. "
        "{finding}",
        finding=finding(comparison, t),
    )


def draw(comparison: Comparison, t: Texts) -> go.Figure:
    """Return the figure: stacks of squares by zone, one panel for each side."""
    sides, suits = focus.sides(comparison), zones(comparison.scenario)
    grid = panels.grid(len(sides))
    data = [one for side, panel in zip(sides, grid[0], strict=True) for one in _stacks(comparison, t, side, panel)]
    highest = max((int(one["y"][-1] or 0) for one in data if one["y"]), default=0)
    labels = [f"{plain(zone, 9)}<br>" + t("{count} suit", count=count) for zone, count in suits.items()]
    x = {
        **axis(), "tickvals": list(range(len(labels))), "ticktext": labels, "range": [-0.6, len(labels) - 0.4],
        "showgrid": False, "tickangle": 0,
    }  # fmt: skip
    y = {
        **axis(t("disks")),
        "range": [0, max(3.0, highest + 1.0)],
        "showticklabels": False,
        "ticks": "",
        "showgrid": False,
    }
    return figure(
        named_once(data), finding(comparison, t), height=HEIGHT, above=panels.LABEL_PIXELS, legend=True,
        annotations=panels.names(t, sides, grid[0]), **panels.axes(grid, x, [y]),
    )  # fmt: skip


def _stacks(comparison: Comparison, t: Texts, side: str, panel: Panel) -> Iterator[Spec]:
    """Yield the squares of one side: those in use, and above them those that are not."""
    places = list(zones(comparison.scenario))
    there = disks(comparison.traces[side], comparison.scenario)
    heights = dict.fromkeys(places, 0)
    colour = look(t, side).colour
    for used, name, group in (
        (True, t("in use"), "used"),
        (False, t("its instance waits"), "waits"),
    ):
        x, y, names = [], [], []
        for one in (one for one in there if one.used is used and one.zone in heights):
            row, place = divmod(heights[one.zone], ABREAST)
            heights[one.zone] += 1
            x.append(round(places.index(one.zone) + (place - (ABREAST - 1) / 2) * APART, 3))
            y.append(row + 0.5)
            names.append(plain(one.name))
        marker = (
            {"symbol": "square", "size": SQUARE_PIXELS, "color": colour}
            if used
            else {"symbol": "square-open", "size": SQUARE_PIXELS, "color": ALARM, "line": {"width": 2}}
        )
        yield {
            "type": "scatter", "mode": "markers", "x": x or [None], "y": y or [None], "name": name,
            "legendgroup": group, "marker": marker, "customdata": names or [""],
            "hovertemplate": "%{customdata}: " + name + "<extra></extra>", **panel.axes,
        }  # fmt: skip
