"""One of several choices in the reader's words: what a setting offers that is no number and no switch."""

from __future__ import annotations

from workbench.views.i18n import Texts

NAMES = {
    "marathon": "Marathon", "dcos-commons": "dcos-commons", "kafka": "Kafka", "marathon-lb": "marathon-lb",
    "mesos-dns": "Mesos-DNS", "drf": "DRF", "cluster-autoscaler": "Cluster Autoscaler", "karpenter": "Karpenter",
    "metrics-server": "metrics-server", "heapster": "Heapster",
    "Immediate": "Immediate", "WaitForFirstConsumer": "WaitForFirstConsumer",
    "cpus:0.01|mem:32": "cpus:0.01|mem:32", "cpus:1;mem:1024": "cpus:1;mem:1024",
    "cpus:0.01;mem:32": "cpus:0.01;mem:32",
}  # fmt: skip
"""Names, and values of upstream's own, that are the same in every language."""


def word(t: Texts, chosen: str) -> str:
    """Return a choice in words; one that has none as it is."""
    words = {
        "out-of-service": t("mark it out of service"),
        "delete-node": t("delete the node"),
        "force-delete": t("delete its pods by force"),
        "external": t("follow their task"),
        "persistent": t("stay on their machine"),
        "random": t("at random"),
        "sorted": t("in order"),
        "first-by-name": t("first by name"),
        "lasting-first": t("lasting apps first"),
        "demand": t("by demand"),
        "weight": t("by weight"),
        "nobody": t("nobody"),
        "frameworks": t("other frameworks"),
        "reconnect": t("go on with them"),
        "cleanup": t("kill them"),
        "variable": t("as many as tasks wait"),
        "fixed": t("a fixed number"),
        "ignore": t("says nothing"),
        "accept": t("agrees"),
        "decline": t("refuses"),
        "vip": t("virtual addresses"),
        "total": t("all there is"),
        "unreserved": t("what is not reserved"),
        "force": t("nothing"),
    }
    return words.get(chosen) or NAMES.get(chosen, chosen)
