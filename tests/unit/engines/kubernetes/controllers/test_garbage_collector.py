"""What belongs to something that was deleted goes too."""

import pytest

from tests.make import GIB, app, scenario, seconds
from tests.unit.engines.kubernetes.builders import simulate, tasks
from workbench.engines.kubernetes.control_plane import Kubernetes
from workbench.engines.world import World
from workbench.model.changes import PlannedChange
from workbench.model.workload import Arrivals, Duration, Volume

TASKS = app("tasks", "batch", 0, duration=Duration(seconds(900)), arrivals=Arrivals(0.1, "constant", seconds(400)))


@pytest.mark.parametrize(
    "gone",
    [
        pytest.param(app("web", replicas=4), id="a Deployment, its ReplicaSet, the pods of that"),
        pytest.param(app("db", "stateful", 2, volume=Volume(GIB)), id="a StatefulSet"),
        pytest.param(app("logs", "daemon"), id="a DaemonSet"),
        pytest.param(app("job", "batch", 3, runs=900), id="a Job"),
        pytest.param(TASKS, id="bare pods"),
    ],
)
def test_an_app_that_is_deleted_goes_with_all_its_pods(gone):
    stays = app("other", replicas=2)
    made = scenario(gone, stays, horizon=300, changes=[PlannedChange(seconds(100), "delete", gone.name)])
    plane = Kubernetes()
    trace = World(made, plane, 1).run()
    assert {row["outcome"] for row in tasks(trace) if row["app"] == gone.name} == {"killed"}
    assert {row["outcome"] for row in tasks(trace) if row["app"] == "other"} == {"running"}
    assert plane.endpoints(gone.name) == ()
    assert {pod.app.name for pod in plane.api.pods.values()} == {"other"}
    kinds = {one.kind for one in plane.api.objects.values() if one.app and one.app.name == gone.name}
    assert kinds <= {"PersistentVolumeClaim"}


def test_nothing_is_made_again_for_a_deleted_app():
    trace = simulate(
        scenario(app("web", replicas=3), horizon=300, changes=[PlannedChange(seconds(0.02), "delete", "web")])
    )
    assert {row["outcome"] for row in tasks(trace)} <= {"killed"}
