import pytest

from tests.unit.engines.kubernetes.builders import HOSTNAME, ZONE, apart, cluster, helped, near, node, pod
from workbench.engines.kubernetes.framework import SKIP, ClusterEvent, unresolvable, unschedulable
from workbench.engines.kubernetes.plugins import DEFAULT_PROFILE
from workbench.engines.kubernetes.plugins.inter_pod_affinity import InterPodAffinity
from workbench.engines.kubernetes.schedule_one import schedule

WEB = pod(labels={"app": "web"})
DB = pod(labels={"app": "db"})
SHY = pod(labels={"app": "shy"}, affinity=apart(HOSTNAME, app="web"))

NOT_NEAR = unresolvable("node(s) didn't match pod affinity rules")
NOT_APART = unschedulable("node(s) didn't match pod anti-affinity rules")
UNWELCOME = unschedulable("node(s) didn't satisfy existing pods anti-affinity rules")


def verdicts(asking, *nodes):
    """Return per node why InterPodAffinity refuses it, None where it does not."""
    verdict = schedule(DEFAULT_PROFILE, asking, cluster(*nodes))
    return {one.name: verdict.statuses.get(one.name, (None, None))[1] for one in nodes}


def zoned(name: str, zone: str, *pods):
    return node(name, *pods, labels={ZONE: zone})


@pytest.mark.parametrize(
    ("asking", "expected"),
    [
        pytest.param(pod(affinity=apart(HOSTNAME, app="web")), [NOT_APART, None, None], id="apart by node"),
        pytest.param(pod(affinity=apart(ZONE, app="web")), [NOT_APART, NOT_APART, None], id="apart by zone"),
        pytest.param(pod(affinity=near(HOSTNAME, app="web")), [None, NOT_NEAR, NOT_NEAR], id="near by node"),
        pytest.param(pod(affinity=near(ZONE, app="web")), [None, None, NOT_NEAR], id="near by zone"),
        pytest.param(pod(affinity=near(ZONE, app="none")), [NOT_NEAR] * 3, id="near nobody"),
        pytest.param(
            pod(labels={"app": "new"}, affinity=near(ZONE, app="new")),
            [None] * 3,
            id="the first of its kind goes anywhere",
        ),
        pytest.param(pod(affinity=apart("rack", app="web")), [None] * 3, id="nodes without the key are no place"),
        pytest.param(pod(affinity=near("rack", app="web")), [NOT_NEAR] * 3, id="no node has the key"),
        pytest.param(pod(namespace="other", affinity=apart(HOSTNAME, app="web")), [None] * 3, id="other namespace"),
    ],
)
def test_own_terms(asking, expected):
    nodes = (zoned("a1", "a", WEB), zoned("a2", "a"), zoned("b1", "b", DB))
    assert list(verdicts(asking, *nodes).values()) == expected


def test_pods_that_are_there_keep_others_away():
    assert verdicts(WEB, zoned("a1", "a", SHY), zoned("a2", "a")) == {"a1": UNWELCOME, "a2": None}
    assert verdicts(DB, zoned("a1", "a", SHY), zoned("a2", "a")) == {"a1": None, "a2": None}


def test_steps_aside_when_no_term_concerns_the_pod():
    assert InterPodAffinity().pre_filter(WEB, cluster(node("n", DB, WEB))) is SKIP


@pytest.mark.parametrize(
    ("asking", "event", "helps"),
    [
        pytest.param(SHY, ClusterEvent("AssignedPod", "Delete", WEB), True, id="unwanted company has gone"),
        pytest.param(SHY, ClusterEvent("AssignedPod", "Delete", DB), False, id="somebody else has gone"),
        pytest.param(
            pod(affinity=near(ZONE, app="web")), ClusterEvent("AssignedPod", "Add", None, WEB), True, id="company"
        ),
        pytest.param(SHY, ClusterEvent("AssignedPod", "Add", None, WEB), False, id="more unwanted company"),
    ],
)
def test_what_helps(asking, event, helps):
    assert helped(InterPodAffinity(), event, asking) == helps
