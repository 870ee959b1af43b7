"""How each family of records is put to the model: one file per family, calling the model's own functions.

| Family | is answered by |
|---|---|
| `kube_scheduler.py` | `workbench.engines.kubernetes.schedule_one`, `runtime` and `plugins` |
| `kube_queue.py` | `workbench.engines.kubernetes.queue`, `event_handlers` and the plugins' hints |
| `quantity.py` | `workbench.formats.quantities` and the type `Quantity` |
| `pod_effective_resources.py` | `workbench.engines.kubernetes.resources` |
| `qos_class.py` | `workbench.engines.kubernetes.qos` |
| `replicaset.py`, `deployment.py` | `workbench.engines.kubernetes.controllers` |
| `node_lifecycle.py` | `controllers.node_lifecycle`, `node_shutdown` and `oom_score` of the Kubernetes engine |
| `daemonset.py`, `taint_eviction.py` | `workbench.engines.kubernetes.controllers` |
| `pv_matching.py` | `workbench.engines.kubernetes.volume_matching` |
| `job.py` | `controllers.job_indexes`, `job_backoff` and `ttl_after_finished` of the Kubernetes engine |
| `cronjob.py` | `controllers.cronjob_schedule` of the Kubernetes engine |
| `horizontal.py`, `vertical.py`, `cluster.py` | `workbench.engines.kubernetes.autoscalers` |
| `statefulset.py` | `controllers.stateful_set_control` and `stateful_set_status` of the Kubernetes engine |
| `kubelet_eviction.py` | `workbench.engines.kubernetes.kubelet_eviction` |
| `limit_range.py` | `workbench.engines.kubernetes.limit_ranger` |
| `resource_quota.py` | `quota_evaluator` and `resource_lists` of the Kubernetes engine |
| `mesos_allocator.py` | `workbench.engines.mesos.allocator` |
| `mesos_sorter.py` | `workbench.engines.mesos.sorters` |
| `mesos_marathon.py` | `workbench.engines.mesos.frameworks` |
| `mesos_roles.py` | `workbench.engines.mesos.role_names` |

A family without an adapter is unsupported.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from workbench.errors import DocumentError, Problem
from workbench.fidelity import not_applicable
from workbench.fidelity.adapters import (
    cluster,
    cronjob,
    daemonset,
    deployment,
    horizontal,
    job,
    kube_queue,
    kube_scheduler,
    kubelet_eviction,
    limit_range,
    mesos_allocator,
    mesos_marathon,
    mesos_roles,
    mesos_sorter,
    node_lifecycle,
    pod_effective_resources,
    pv_matching,
    qos_class,
    quantity,
    replicaset,
    resource_quota,
    statefulset,
    taint_eviction,
    vertical,
)
from workbench.fidelity.adapters.comparing import Adapter, by_row
from workbench.fidelity.records import Record, find
from workbench.fidelity.verdicts import Report, Verdict

ADAPTERS: Mapping[str, Adapter] = {
    "kube-scheduler": kube_scheduler.judge,
    "kube-queue": kube_queue.judge,
    "kubernetes/quantity": by_row(quantity.difference),
    "kubernetes/pod_effective_resources": by_row(pod_effective_resources.difference),
    "kubernetes/qos_class": by_row(qos_class.difference),
    "kubernetes/cluster_autoscaler": by_row(cluster.difference),
    "kubernetes/cronjob": by_row(cronjob.difference),
    "kubernetes/daemonset": by_row(daemonset.difference),
    "kubernetes/deployment_proportional_scaling": by_row(deployment.difference),
    "kubernetes/deployment_rolling": by_row(deployment.difference),
    "kubernetes/hpa_behavior": by_row(horizontal.difference),
    "kubernetes/hpa_replica_calculator": by_row(horizontal.difference),
    "kubernetes/job": by_row(job.difference),
    "kubernetes/kubelet_eviction": by_row(kubelet_eviction.difference),
    "kubernetes/limit_range": by_row(limit_range.difference),
    "kubernetes/node_shutdown": by_row(node_lifecycle.shutdown),
    "kubernetes/node_zone_state": by_row(node_lifecycle.zone_state),
    "kubernetes/oom_score": by_row(node_lifecycle.oom_score),
    "kubernetes/pv_matching": by_row(pv_matching.difference),
    "kubernetes/replicaset_deletion_ranking": by_row(replicaset.deletion_ranking),
    "kubernetes/replicaset_slow_start": by_row(replicaset.slow_starting),
    "kubernetes/resource_quota": by_row(resource_quota.difference),
    "kubernetes/statefulset": by_row(statefulset.difference),
    "kubernetes/taint_eviction": by_row(taint_eviction.difference),
    "kubernetes/vpa_recommender": by_row(vertical.difference),
    "mesos/allocator": by_row(mesos_allocator.difference),
    "mesos/sorter": by_row(mesos_sorter.difference),
    "mesos/drf_progressive_filling": by_row(mesos_sorter.progressive_filling),
    "mesos/random_sorter": by_row(mesos_sorter.probabilities),
    "mesos/role_validate": by_row(mesos_roles.difference),
    "mesos/role_parse": by_row(mesos_roles.difference),
    "mesos/role_strict_subrole": by_row(mesos_roles.difference),
    "mesos/marathon_constraint": by_row(mesos_marathon.difference),
    "mesos/marathon_backoff": by_row(mesos_marathon.difference),
    "mesos/marathon_kill_order": by_row(mesos_marathon.difference),
    "mesos/marathon_kill_selection": by_row(mesos_marathon.difference),
    "mesos/marathon_rolling_restart": by_row(mesos_marathon.difference),
    "mesos/marathon_scaling": by_row(mesos_marathon.difference),
    "mesos/role_ancestors": by_row(mesos_roles.difference),
}
"""System/family, or system for all of its families -> how its records are put to the model."""

NO_SUCH_PART = "the model has no such part"


def run_fidelity(paths: Iterable[Path], progress: Callable[[float], None] | None = None) -> Report:
    """Run the model on all records below `paths`.

    Parameters
    ----------
    progress : function or None
        Called after each file with the share of files that are done.

    Raises
    ------
    DocumentError
        A path does not exist, a file cannot be read, or there is no record at all.
    """
    found = find(paths)
    verdicts: list[Verdict] = []
    others: list[str] = []
    left_out: Counter[tuple[str, str]] = Counter()
    for number, record in enumerate(found.records(others.append)):
        verdicts.extend(judged(record))
        for case in record.cases:
            if why := not_applicable.not_compared(record, case):
                left_out[f"{record.system}/{record.family}", why] += 1
        if progress is not None:
            progress((number + 1) / len(found.files))
    if not verdicts:
        raise DocumentError(Problem("no-records"))
    return Report(tuple(verdicts), tuple(others), tuple((*key, count) for key, count in left_out.items()))


def judged(record: Record) -> Iterator[Verdict]:
    """Yield the verdicts about one file's cases, in order."""
    adapter = ADAPTERS.get(f"{record.system}/{record.family}") or ADAPTERS.get(record.system)
    applicable = []
    for case in record.cases:
        if why := not_applicable.reason(record, case):
            yield Verdict(record.system, record.family, case.id, "not applicable", case.name, why)
        else:
            applicable.append(case)
    if adapter is not None:
        yield from adapter(record, applicable)
        return
    for case in applicable:
        yield Verdict(record.system, record.family, case.id, "unsupported", case.name, NO_SUCH_PART)
