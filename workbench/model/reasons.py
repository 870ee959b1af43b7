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
    "no-guarantee": "Kubernetes has no guaranteed share; only the limit is set",
    "no-max-per-node": "Kubernetes has no limit of instances per node other than one; it is not enforced",
    "no-scheduler": "no scheduler of the name that the pod gives is running",
    "makes-room": "makes room for a pod of higher priority",
    "create-pods": "pods created",
    "delete-pods": "pods deleted",
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
    "agent-reregistered": "its agent has registered again",
    "replaced-meanwhile": "another runs in its place since it was given up",
    "master-lost": "the leading master was lost",
    "session-expired": "the session of the leader before it ran out",
    "new-master": "there is a new master, which knows no tasks and no frameworks",
    "agents-awaited": "there are quotas, and too few agents are back",
    "agents-back": "enough agents are back",
    "recovery-timeout": "the time to wait for agents has passed",
    "reregister-timeout": "it did not register with the new master in time",
    "resident-waits": "its data is on the lost agent; it is launched nowhere else",
    # -- Kubernetes: who decides ----------------------------------------------------------------------------
    "etcd-no-leader": "etcd has lost its leader",
    "etcd-no-quorum": "too few members of etcd are left for a majority",
    "election-timeout": "its leader has been silent for the election timeout",
    "lease-expired": "the lease of the leader before it ran out",
    # -- changes during a run -------------------------------------------------------------------------------
    "no-such-change": "this control plane has no counterpart for such a change here; nothing happens",
    "app-deleted": "the app was deleted before",
    "no-version-before": "there is no version before this one to go back to",
    # -- machines that are cut off --------------------------------------------------------------------------
    "may-still-run": "it cannot be seen and may still run; another takes its place",
    # -- static partitions ----------------------------------------------------------------------------------
    "machine-lost": "the machine is lost",
    "ready": "it is ready to serve",
    "label": "the machine lacks a label that is asked for",
    "max-per-node": "as many instances as allowed are on the machine already",
    "port-taken": "a port that is asked for is taken on the machine",
    "too-full": "the machine is too full",
}
"""Code -> English text."""
