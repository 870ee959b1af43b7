"""From the checked document to the values a run works with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import overload

from workbench.formats.demand_csv import Point
from workbench.formats.quantities import to_amounts
from workbench.formats.scenario_apps import AppPart, BehaviourPart
from workbench.formats.scenario_batch import DurationPart
from workbench.formats.scenario_disks import DataPart, VolumePart
from workbench.formats.scenario_document import ScenarioDocument, TeamPart
from workbench.formats.scenario_events import ChangePart, FaultPart
from workbench.formats.scenario_lives import check_of, containers_of, disk_of, memory_of, trouble_of
from workbench.formats.scenario_load import DemandPart, LoadPart, ScalingPart
from workbench.formats.scenario_machines import OutOfStockPart, Pool
from workbench.formats.scenario_names import team_names
from workbench.formats.scenario_study import FindingPart, StudyPart, Texts, VariantPart
from workbench.model import load
from workbench.model.batch_work import Input
from workbench.model.changes import PlannedChange
from workbench.model.cluster import Cluster, NodePool, OutOfStock, Taint
from workbench.model.faults import Fault
from workbench.model.load import Demand, Load, Scaling
from workbench.model.scenario import Finding, Lever, LocalText, Slider, Study, Variant
from workbench.model.workload import App, Arrivals, Duration, Replication, Team, Toleration, Volume


@overload
def local_text(texts: Texts) -> LocalText: ...
@overload
def local_text(texts: None) -> None: ...
def local_text(texts: Texts | None) -> LocalText | None:
    """Return a text in both languages."""
    return None if texts is None else LocalText(texts.en, texts.zh)


def cluster_of(pools: Iterable[Pool]) -> Cluster:
    """Return the machines of all pools, in order."""
    known = tuple(_pool(pool) for pool in pools)
    return Cluster(tuple(pool.machine(number) for pool in known for number in range(pool.count)), known)


def _pool(pool: Pool) -> NodePool:
    return NodePool(
        name=pool.name,
        count=pool.count,
        capacity=to_amounts(pool.capacity),
        labels=pool.labels,
        taints=tuple(Taint(taint.key, taint.value, taint.effect) for taint in pool.taints),
        zones=pool.zones,
        racks=pool.racks,
        reserved=tuple((one.name, to_amounts(one.amounts), one.machines) for one in pool.reserved),
        boot_us=pool.boot,
        price=pool.price,
        least=None if pool.autoscale is None else pool.autoscale.least,
        most=None if pool.autoscale is None else pool.autoscale.most,
        fixed=None if pool.autoscale is None else pool.autoscale.fixed,
        out_of_stock=_out_of_stock(pool.out_of_stock),
    )


def _out_of_stock(part: OutOfStockPart | None) -> OutOfStock | None:
    return None if part is None else OutOfStock(part.from_, part.until, part.told)


Recordings = Mapping[str, tuple[Point, ...]]
"""File with a recorded demand -> what is in it."""


def app_of(part: AppPart, recordings: Recordings) -> App:
    """Return an app of the short form."""
    return App(
        name=part.name,
        kind=part.kind,
        replicas=_replicas(part),
        request=to_amounts(part.request),
        team=part.team,
        image=part.image,
        start_us=part.start,
        ready_us=part.ready,
        at_us=part.at,
        duration=_duration(part.duration),
        arrivals=_arrivals(part),
        parallelism=part.parallelism,
        volume=_volume(part.volume),
        replication=_replication(part.data),
        priority=part.priority,
        node_selector=part.node_selector,
        tolerations=tuple(
            Toleration(one.key, one.operator, one.value, one.effect, one.for_) for one in part.tolerations
        ),
        max_per_node=part.max_per_node,
        across_zones=part.across_zones,
        ordered=part.ordered,
        host_ports=part.host_ports,
        may_miss=part.may_miss,
        load=_load(part.load, recordings),
        scaling=None if part.scaling is None else _scaling(part.scaling),
        vertical=part.vertical or "",
        stop_us=part.stop,
        cpu_use=part.cpu_use,
        behind=part.behind,
        errors=part.errors,
        framework=part.framework or "",
        input=_input(part),
        after=part.after,
        clock_us=part.clock,
        schedule=part.schedule,
        memory_use=memory_of(part.memory_use),
        disk_use=disk_of(part.disk_use),
        limit=to_amounts(part.limit),
        check=check_of(part.check),
        trouble=trouble_of(part.trouble),
        pre_stop_us=part.pre_stop,
    )


def _input(part: AppPart) -> Input | None:
    one = part.input
    return None if one is None else Input(one.size.units(), one.copies, one.blocks)


def _load(part: LoadPart | None, recordings: Recordings) -> Load | None:
    if part is None:
        return None
    cap = None if part.cap is None else part.cap.milli()
    return Load(_demand(part.demand, recordings), part.cpu, cap, part.queue, part.late, part.from_, part.metrics)


def _scaling(part: ScalingPart) -> Scaling:
    return Scaling(part.target, part.least, part.most, part.requests)


def _demand(part: DemandPart, recordings: Recordings) -> Demand:
    match part.shape:
        case "step":
            return load.step(part.rate, part.to, part.start)
        case "ramp":
            return load.ramp(part.rate, part.to, part.start, part.start + part.rise)
        case "flash-crowd":
            return load.flash_crowd(part.rate, part.to, part.start, part.rise, part.hold, part.fall)
        case "diurnal":
            return load.Diurnal(part.rate, part.swing, part.period, part.peak_at)
        case "recorded":
            given = [(point.at, point.rate) for point in part.points]
            return load.replay(given if part.file is None else recordings[part.file])
        case _:
            return load.constant(part.rate)


def _volume(part: VolumePart | None) -> Volume | None:
    if part is None:
        return None
    return Volume(part.size.units(), part.reach, zonal=part.zonal, binding=part.binding)


def _replicas(part: AppPart) -> int:
    """Return the instances asked for; arrivals count for themselves."""
    if part.replicas is not None:
        return part.replicas
    return 0 if part.arrivals is not None or part.schedule else 1


def _duration(part: DurationPart | None) -> Duration | None:
    return None if part is None else Duration(part.mean, part.shape)


def _replication(part: DataPart | None) -> Replication | None:
    if part is None:
        return None
    return Replication(part.size.units(), part.shape, part.copies, float(part.writes.units()))


def _arrivals(part: AppPart) -> Arrivals | None:
    one = part.arrivals
    return (
        None if one is None else Arrivals(one.rate, one.shape, one.until, one.burst if one.shape == "bursty" else 1.0)
    )


def behaving(app: App, part: BehaviourPart | None, recordings: Recordings) -> App:
    """Return an app of a companion file with what the scenario says about it."""
    if part is None:
        return app
    return replace(
        app,
        start_us=app.start_us if part.start is None else part.start,
        ready_us=app.ready_us if part.ready is None else part.ready,
        stop_us=app.stop_us if part.stop is None else part.stop,
        at_us=app.at_us if part.at is None else part.at,
        duration=app.duration if part.duration is None else _duration(part.duration),
        team=app.team if part.team is None else part.team,
        cpu_use=app.cpu_use if part.cpu_use is None else part.cpu_use,
        replication=app.replication if part.data is None else _replication(part.data),
        load=app.load if part.load is None else _load(part.load, recordings),
        behind=part.behind,
        errors=part.errors,
        memory_use=app.memory_use if part.memory_use is None else memory_of(part.memory_use),
        disk_use=app.disk_use if part.disk_use is None else disk_of(part.disk_use),
        trouble=trouble_of(part.trouble),
        pre_stop_us=app.pre_stop_us if part.pre_stop is None else part.pre_stop,
        containers=containers_of(part.containers),
        image=app.name if part.image_size is not None and not app.image else app.image,
    )


def images_of(document: ScenarioDocument, apps: Iterable[App]) -> Mapping[str, int]:
    """Return image name -> bytes: the scenario's list, and what it says as behaviour of an app."""
    sizes = {name: size.units() for name, size in document.images.items()}
    for app in apps:
        part = document.behaviour.get(app.name)
        if part is not None and part.image_size is not None:
            sizes[app.image] = part.image_size.units()
    return sizes


def teams_of(part: TeamPart) -> Iterator[Team]:
    """Yield a team with its shares, or several alike."""
    limit, guarantee = to_amounts(part.limit), to_amounts(part.guarantee)
    for name in team_names(part):
        yield Team(name, part.weight, limit, guarantee, part.quota_at, part.always_on, part.decides)


def fault_of(part: FaultPart) -> Fault:
    """Return a fault."""
    return Fault(
        part.at, part.kind, part.node, part.hosting, part.sparing, part.zone, part.back, part.grace, part.critical,
        part.machines,
    )  # fmt: skip


def change_of(part: ChangePart) -> PlannedChange:
    """Return a change."""
    return PlannedChange(
        at_us=part.at,
        kind=part.kind,
        app=part.app,
        replicas=part.replicas,
        parallelism=part.parallelism,
        image=part.image,
        start_us=part.start,
        ready_us=part.ready,
        stop_us=part.stop,
        broken=part.broken,
        trouble=trouble_of(part.trouble),
        memory_use=memory_of(part.memory_use),
        disk_use=disk_of(part.disk_use),
        node=part.node,
        hosting=part.hosting,
        errors=part.errors,
        partition=part.partition,
        size=0 if part.size is None else part.size.units(),
        cascade=part.cascade,
        to=part.to,
        labels=part.labels,
        instances=part.instances,
        cost=part.cost,
        period_us=part.period,
        poll_us=part.poll,
        timeout_us=part.timeout,
        client_us=part.client,
        pool=part.pool,
        count=part.count,
        unless_autoscaled=part.unless_autoscaled,
        begins_us=part.begins or 0,
        ends_us=(part.begins or 0) + (part.lasts or 0),
    )


def fronted(apps: Iterable[App]) -> tuple[App, ...]:
    """Return the apps, those that others stand behind among them marked by their own name."""
    apps = tuple(apps)
    fronts = {app.behind for app in apps if app.behind}
    return tuple(replace(app, behind=app.name) if app.name in fronts else app for app in apps)


def study_of(part: StudyPart) -> Study:
    """Return how the scenario is to be looked at."""
    return Study(
        control_planes=part.control_planes,
        replications=part.replications,
        measures=part.measures,
        figure=part.figure,
        predictions=tuple(local_text(one) for one in part.predictions),
        answer=part.answer,
        finding=_finding(part.finding),
        why=local_text(part.why),
        cannot_tell=tuple(local_text(one) for one in part.cannot_tell),
        equalised=part.equalised,
        levers=tuple(Lever(one.path, one.values) for one in part.levers),
        sliders=tuple(Slider(one.path, local_text(one.label), one.low, one.high, one.step) for one in part.sliders),
        cure=part.cure,
        source=part.source,
        variants={name: _variant(name, one) for name, one in part.variants.items()},
    )


def _variant(name: str, part: VariantPart) -> Variant:
    label = LocalText(name, name) if part.label is None else local_text(part.label)
    return Variant(part.of, label, part.parameters)


def _finding(part: FindingPart | None) -> Finding | None:
    if part is None:
        return None
    text, reverse, close = local_text(part.text), local_text(part.reverse), local_text(part.close)
    return Finding(part.measure, part.lower, text, reverse, close, part.grain)
