"""Why something happened, as a code; the English sentence to each code stands here, the Chinese one in the catalogue.

Reasons that upstream words itself (a scheduler plugin's status) keep upstream's text verbatim as their code.
"""

from __future__ import annotations

REASONS: dict[str, str] = {
    # -- Kubernetes: what became of a pod, a node, a quota -------------------------------------------------------
    "pod-ready": "the pod became ready",
    "pod-not-ready": "the pod is not ready",
    "pod-deleted": "the pod is being deleted",
    "pod-ended": "the pod has ended",
    "node-not-ready": "its node is not ready",
    "container-restarted": "its containers are started again",
    "container-lost": "its containers went down with the machine",
    "node-silent": "the node was not heard of for the grace period",
    "node-heard": "the node was heard of again",
    "node-tainted": "its node has a taint that it does not tolerate any longer",
    "all-nodes-silent": "no node is heard of: the fault may lie here, so nothing is evicted",
    "exceeded-quota": "the quota of its namespace is used up",
    "beyond-limits": "it does not keep within the bounds (LimitRange) of its namespace",
    "no-guarantee": "Kubernetes has no guaranteed share; only the limit is set",
    "no-max-per-node": "Kubernetes has no limit of instances per node other than one; it is not enforced",
    "no-scheduler": "no scheduler of the name that the pod gives is running",
    "turned-away": "its node had no room left for it: another scheduler had been there first",
    "makes-room": "makes room for a pod of higher priority",
    "create-pods": "pods created",
    "delete-pods": "pods deleted",
    "rollout-grows": "the new version may grow: there is room within the surge",
    "rollout-shrinks": "the old version may shrink: enough pods stay available",
    "recreate": "all old pods have to be gone before the first new one",
    "resized": "another number of pods is wanted",
    "rollout-complete": "all pods are of the new version and available",
    "progress-deadline": "nothing got better for the progress deadline; it is flagged, not taken back",
    "rollout-paused": "the rollout is held where it is",
    "rollout-resumed": "the rollout goes on",
    "no-revision": "the ReplicaSet of the version before is no longer kept",
    "drained": "its node is being emptied",
    "budget-exhausted": "its disruption budget allows no more now; it is asked for again every 5 s",
    "two-budgets": "more than one disruption budget covers it: that is never granted",
    "member-ended": "it has ended; its number is free once it is gone",
    "member-outdated": "it is not of the version that is wanted",
    "number-taken": "its node does not answer, so nobody can say that it has stopped: its number stays taken",
    "failure-policy": "a pod failed in a way that its failure policy does not stand",
    "backoff-limit": "more failures than it stands",
    "job-deadline": "it was active for longer than its deadline allows",
    "failed-indexes": "some of its indexes failed for good",
    "success-policy": "what its success policy demands has succeeded",
    "ttl-over": "it was over for as long as it says that it is to be kept",
    "start-due": "its schedule says that it is time",
    "starting-deadline": "its starting deadline has passed: this start is left out",
    "still-active": "the Job before is still active, and two at once are forbidden",
    "many-missed": "more than 100 starts were missed; only the most recent one is made",
    "never-due": "its schedule never comes",
    "replaced": "the next one is due and takes its place",
    "scaled-down": "fewer are wanted, and this one is worth least",
    # -- Kubernetes: upstream's own words ------------------------------------------------------------------------
    "Insufficient cpu": "Insufficient cpu",
    "Insufficient memory": "Insufficient memory",
    "Insufficient ephemeral-storage": "Insufficient ephemeral-storage",
    "Too many pods": "Too many pods",
    "node(s) were unschedulable": "node(s) were unschedulable",
    "node(s) didn't match the requested node name": "node(s) didn't match the requested node name",
    "node(s) didn't satisfy plugin(s) [NodeAffinity]": "node(s) didn't satisfy plugin(s) [NodeAffinity]",
    "node(s) didn't match Pod's node affinity/selector": "node(s) didn't match Pod's node affinity/selector",
    "node(s) didn't have free ports for the requested pod ports": (
        "node(s) didn't have free ports for the requested pod ports"
    ),
    "node(s) didn't match PersistentVolume's node affinity": "node(s) didn't match PersistentVolume's node affinity",
    "node(s) didn't match pod affinity rules": "node(s) didn't match pod affinity rules",
    "node(s) didn't match pod anti-affinity rules": "node(s) didn't match pod anti-affinity rules",
    "node(s) didn't satisfy existing pods anti-affinity rules": (
        "node(s) didn't satisfy existing pods anti-affinity rules"
    ),
    "node(s) didn't match pod topology spread constraints": "node(s) didn't match pod topology spread constraints",
    "node(s) didn't match pod topology spread constraints (missing required label)": (
        "node(s) didn't match pod topology spread constraints (missing required label)"
    ),
    "node(s) had no available disk": "node(s) had no available disk",
    "pod affinity terms conflict": "pod affinity terms conflict",
    # -- Mesos: offers looked at ----------------------------------------------------------------------------
    # (in the column `rejected` after their rule: "offer/too-small=2; constraint/UNIQUE=1")
    "too-small": "the offer is too small",
    "instances-per-offer": "the framework launches no more instances on one offer",
    "UNIQUE": "constraint UNIQUE: an instance is there already",
    "CLUSTER": "constraint CLUSTER: not the value that is asked for",
    "GROUP_BY": "constraint GROUP_BY: another group is to be filled first",
    "MAX_PER": "constraint MAX_PER: as many instances as allowed are there already",
    "LIKE": "constraint LIKE: the value does not match",
    "UNLIKE": "constraint UNLIKE: the value matches",
    "IS": "constraint IS: not the value that is asked for",
    # -- Mesos: what happened to tasks, agents, offers ------------------------------------------------------
    "healthy": "its checks pass",
    "agent-unreachable": "the agent left too many pings unanswered",
    "machine-restarted": "the machine has started again, without its tasks",
    "launch-lost": "the launch was on its way to a machine that was lost",
    "offer-rescinded": "the offer was taken back before the answer came",
    "quota-disabled": "quotas are switched off in the settings",
    "scheduler-lost": "the connection to its process broke",
    "failover-timeout": "its failover timeout has passed",
    "failed-over": "it is back within its failover timeout; its tasks ran on",
    "new-framework-id": "it was removed meanwhile and starts under a new id",
    "framework-removed": "its framework was removed",
    "app-locked": "the app is being deployed already, and the change was not forced",
    "forced": "another change was forced",
    "health-checks-failed": "too many health checks in a row failed",
    "resident-waits": "its data is on the lost agent; it is launched nowhere else",
    # -- Kubernetes: who decides ----------------------------------------------------------------------------
    "lease-expired": "the lease of the leader before it ran out",
    # -- changes during a run -------------------------------------------------------------------------------
    "no-such-change": "this control plane has no counterpart for such a change here; nothing happens",
    "app-deleted": "the app was deleted before",
    "no-version-before": "there is no version before this one to go back to",
    # -- static partitions ----------------------------------------------------------------------------------
    "machine-lost": "the machine is lost",
    "ready": "it is ready to serve",
    "label": "the machine lacks a label that is asked for",
    "max-per-node": "as many instances as allowed are on the machine already",
    "port-taken": "a port that is asked for is taken on the machine",
    "too-full": "the machine is too full",
}
"""Code -> English text."""
