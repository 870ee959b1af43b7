"""What must hold between a batch app's own keys, and between apps that wait for each other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from workbench.errors import Problem, no_such
from workbench.formats.places import ValuePath
from workbench.formats.scenario_apps import AppPart

Place = Callable[[ValuePath], str]

WITH: Mapping[str, tuple[str, ...]] = {"after": ("chronos", "hadoop"), "schedule": ("chronos",)}
"""Key -> the frameworks that know what it means."""


def keys_together(app: AppPart, path: ValuePath, place: Place) -> Iterator[Problem]:
    """Yield what does not go together in one batch app."""
    for key, frameworks in WITH.items():
        if getattr(app, key) and app.framework not in frameworks:
            other = f"framework: {' / '.join(frameworks)}"
            yield Problem("only-with", place((*path, key)), {"key": key, "other": other})
    if app.clock and not app.after:
        yield Problem("only-with", place((*path, "clock")), {"key": "clock", "other": "after"})
    for key, other in (("schedule", "after"), ("schedule", "arrivals"), ("schedule", "replicas")):
        if getattr(app, key) and getattr(app, other):
            yield Problem("not-together", place((*path, other)), {"key": other, "other": key})
    if app.input is not None and not app.input.size:
        yield Problem("not-positive", place((*path, "input", "size")), {"value": "0"})
    alone = {"spark": "Spark", "mpi": "MPI", "hadoop": "Hadoop", "chronos": "Chronos"}.get(app.framework or "")
    if alone and app.arrivals is not None:
        args = {"key": "arrivals", "other": f"framework: {app.framework}"}
        yield Problem("not-together", place((*path, "arrivals")), args)


def copies(app: AppPart, path: ValuePath, machines: int, place: Place) -> Iterator[Problem]:
    """Yield more copies of a block than there are machines at the start to hold them."""
    given = app.input is not None and "copies" in app.input.model_fields_set
    if app.input is not None and given and app.input.copies > machines:
        args = {"copies": app.input.copies, "machines": machines}
        yield Problem("too-few-machines", place((*path, "input", "copies")), args)


def parents(apps: Iterable[tuple[ValuePath, str, AppPart | None]], place: Place) -> Iterator[Problem]:
    """Yield parents that do not exist, and the first circle of apps that wait for each other."""
    known = list(apps)
    names = [name for _, name, _ in known]
    edges: list[tuple[str, str]] = []
    where: dict[str, str] = {}
    for path, name, app in known:
        for index, parent in enumerate(app.after if app is not None else ()):
            spot = place((*path, "after", index))
            if parent not in names:
                yield no_such(parent, names, "apps", spot)
            elif (
                (other := next(one for _, named, one in known if named == parent)) is not None
                and app is not None
                and ((other.framework, other.team) != (app.framework, app.team))
            ):
                args = {"name": parent, "framework": app.framework, "team": app.team}
                yield Problem("other-framework", spot, args)
            else:
                edges.append((parent, name))
                where.setdefault(name, spot)
    if circle := _circle(edges, names):
        yield Problem("circle", where[circle[0]], {"names": " -> ".join([*circle, circle[0]])})


def _circle(edges: list[tuple[str, str]], names: list[str]) -> list[str]:
    """Return the first circle of apps that wait for each other, from its first app on; none: an empty list."""
    if not edges:
        return []
    import networkx as nx  # takes a tenth of a second to load: only for files in which apps wait for apps

    graph = nx.DiGraph(edges)
    if nx.is_directed_acyclic_graph(graph):
        return []
    circle = [edge[0] for edge in nx.find_cycle(graph)]
    first = circle.index(min(circle, key=names.index))
    return circle[first:] + circle[:first]
