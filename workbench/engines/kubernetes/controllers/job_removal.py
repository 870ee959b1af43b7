"""Which active pods of a Job go first where there are too many.

Of an Indexed Job those go whatever their state whose index lies beyond the number of completions, and those whose index
another pod has. Beyond that the pods that have got least far: not yet on a node, not yet running, not ready, ready for
the shortest time, started again most often, youngest. Neither a deletion cost nor the number of others on a node counts
here, and ages are compared as they are: a ReplicaSet does that differently.

Source: kubernetes, pkg/controller/job/job_controller.go, activePodsForRemoval; pkg/controller/controller_utils.go,
ActivePods.Less (version 1.34).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cmp_to_key

from workbench.engines.kubernetes.controllers.deletion_ranking import less
from workbench.engines.kubernetes.controllers.job_indexes import duplicated_index_pods_for_removal
from workbench.engines.kubernetes.controllers.replicaset import ranked
from workbench.engines.kubernetes.objects import PodObject


def active_pods_for_removal(
    pods: Sequence[PodObject], count: int, completions: int | None, now_us: int
) -> list[PodObject]:
    """Return at least `count` active pods to delete: first those that no index needs, then those worth least.

    `completions`: of an Indexed Job; None for any other.
    """
    keep, remove = list(pods), list[PodObject]()
    if completions is not None:
        keep, remove = duplicated_index_pods_for_removal(
            pods, completions, lambda pod: pod.index, lambda pod: ranked(pod, 0, now_us)
        )
    more = count - len(remove)
    return remove + (_worth_least_first(keep, now_us)[:more] if more > 0 else [])


def _worth_least_first(pods: Iterable[PodObject], now_us: int) -> list[PodObject]:
    def compared(one: PodObject, other: PodObject) -> int:
        first, second = ranked(one, 0, now_us), ranked(other, 0, now_us)
        if less(first, second, deletion_cost=False, logarithmic=False):
            return -1
        return int(less(second, first, deletion_cost=False, logarithmic=False))

    return sorted(pods, key=cmp_to_key(compared))
