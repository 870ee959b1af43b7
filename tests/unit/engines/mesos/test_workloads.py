"""What an app becomes on Mesos."""

from __future__ import annotations

import pytest

from tests.make import GIB, app, node
from workbench.engines.mesos.frameworks.marathon_backoff import Backoff
from workbench.engines.mesos.frameworks.marathon_constraints import Constraint
from workbench.engines.mesos.frameworks.run_spec import HealthCheck
from workbench.engines.mesos.treatments import TREATMENTS
from workbench.engines.mesos.workloads import place_of, request_of, run_spec
from workbench.model.cluster import Cluster
from workbench.model.native import marathon as native
from workbench.model.resources import CPU, DISK, MEMORY
from workbench.model.workload import Volume

PLAIN = Cluster((node("a"), node("b")))
WITH_DISK = Cluster((type(node("a"))("a", {CPU: 4000, MEMORY: GIB, DISK: 100 * GIB}),))
UNIQUE = Constraint("@hostname", "UNIQUE")


@pytest.mark.parametrize(
    ("given", "constraints"),
    [
        pytest.param({}, (), id="nothing said"),
        pytest.param({"max_per_node": 1}, (UNIQUE,), id="one per machine"),
        pytest.param({"max_per_node": 3}, (Constraint("@hostname", "MAX_PER", "3"),), id="three per machine"),
        pytest.param({"host_ports": (80,)}, (UNIQUE,), id="a fixed port"),
        pytest.param({"kind": "daemon"}, (UNIQUE,), id="a daemon"),
        pytest.param({"node_selector": {"disk": "ssd"}}, (Constraint("disk", "CLUSTER", "ssd"),), id="a label"),
    ],
)
def test_neutral_fields_become_constraints(given, constraints):
    assert run_spec(app("web", **given), PLAIN).constraints == constraints


def test_a_daemon_has_as_many_instances_as_there_are_agents():
    assert run_spec(app("log", "daemon"), PLAIN).instances == 2


@pytest.mark.parametrize(
    ("volume", "resident", "inactive_after"),
    [
        pytest.param(Volume(GIB, "local"), True, None, id="on the machine: stays there, waits for ever"),
        pytest.param(Volume(GIB, "network"), False, 0, id="on the network: replaced at once"),
        pytest.param(None, False, 0, id="none"),
    ],
)
def test_volumes(volume, resident, inactive_after):
    spec = run_spec(app("db", "stateful", volume=volume), PLAIN)
    assert (spec.resident, spec.inactive_after_us) == (resident, inactive_after)


def test_disk_is_asked_for_only_where_machines_have_an_amount_of_it():
    db = app("db", "stateful", cpu=100, memory=100, volume=Volume(5 * GIB, "local"))
    assert request_of(db, PLAIN).plain == {CPU: 100, MEMORY: 100}
    assert request_of(db, WITH_DISK).plain == {CPU: 100, MEMORY: 100, DISK: 5 * GIB}
    assert run_spec(db, WITH_DISK).disk == 5 * GIB


def test_a_marathon_app_is_run_from_its_own_fields():
    made = native.App(
        id="/shop/web",
        instances=3,
        constraints=(native.Constraint(field_name="rack", operator="GROUP_BY", value="2"),),
        backoff_seconds=2.5,
        backoff_factor=2.0,
        max_launch_delay_seconds=60,
        unreachable_strategy=native.UnreachableStrategy(inactive_after_seconds=300, expunge_after_seconds=600),
        dependencies=("/shop/db",),
    )
    spec = run_spec(app("web", replicas=3, max_per_node=1, native=made), PLAIN)
    assert (spec.id, spec.instances) == ("/shop/web", 3)
    assert spec.constraints == (Constraint("rack", "GROUP_BY", "2"),)
    assert spec.backoff == Backoff(2_500_000, 2.0, 60_000_000)
    assert spec.inactive_after_us == 300_000_000
    assert spec.depends_on("/shop/db/primary")
    assert not spec.depends_on("/shop/dbx")


def test_what_a_marathon_app_says_of_changes_and_checks():
    made = native.App(
        id="/web",
        upgrade_strategy=native.UpgradeStrategy(minimum_health_capacity=0.5, maximum_over_capacity=0.2),
        kill_selection="OLDEST_FIRST",
        task_kill_grace_period_seconds=10,
        health_checks=(native.HealthCheck(grace_period_seconds=20, interval_seconds=5, max_consecutive_failures=2),),
        readiness_checks=(native.ReadinessCheck(),),
    )
    spec = run_spec(app("web", native=made), PLAIN)
    assert (spec.upgrade, spec.kill_selection, spec.kill_grace_us) == (
        made.upgrade_strategy, "OLDEST_FIRST", 10_000_000,
    )  # fmt: skip
    assert (spec.health, spec.readiness_us) == (
        HealthCheck(20_000_000, 5_000_000, 2, paced=True, queued=True),
        30_000_000,
    )
    assert run_spec(app("web", native=native.App(id="/web")), PLAIN).health is None


@pytest.mark.parametrize(
    ("given", "least", "over"),
    [
        pytest.param({}, 1.0, 1.0, id="a service: all stay, as many again may come"),
        pytest.param({"kind": "stateful", "volume": Volume(GIB, "local")}, 0.5, 0.0, id="a resident app: half may go"),
        pytest.param({"kind": "stateful", "volume": Volume(GIB, "network")}, 0.5, 0.0, id="an external volume as well"),
        pytest.param({"kind": "daemon"}, 0.25, 0.0, id="a daemon: all but one stay, of two machines"),
    ],
)
def test_how_an_app_is_upgraded_that_does_not_say(given, least, over):
    upgrade = run_spec(app("web", **given), PLAIN).upgrade
    assert (upgrade.minimum_health_capacity, upgrade.maximum_over_capacity) == (least, over)


def test_a_marathon_app_that_disables_its_unreachable_strategy_waits_for_ever():
    made = native.App(id="/web", unreachable_strategy=native.UnreachableStrategy(disabled=True))
    assert run_spec(app("web", native=made), PLAIN).inactive_after_us is None


def test_a_pod_is_run_from_its_own_fields():
    placement = native.PodPlacement(constraints=(native.Constraint(field_name="hostname", operator="UNIQUE"),))
    made = native.PodDefinition(
        id="/pod", scaling=native.PodScaling(instances=4), scheduling=native.PodScheduling(placement=placement)
    )
    spec = run_spec(app("pod", replicas=4, native=made), PLAIN)
    assert (spec.instances, spec.constraints) == (4, (Constraint("hostname", "UNIQUE"),))


def test_labels_name_and_zone_are_attributes():
    place = place_of(node("a", labels={"disk": "ssd"}, zone="north"))
    assert (place.value("disk"), place.value("@hostname"), place.value("@zone")) == ("ssd", "a", "north")
    assert place.value("kubernetes.io/hostname") == "a"
    assert place.value("@region") is None


def test_every_treatment_that_is_not_honoured_says_how_or_why():
    assert all(one.status == "honoured" or one.note for one in TREATMENTS.values())
