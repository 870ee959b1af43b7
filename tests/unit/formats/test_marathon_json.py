"""Marathon JSON: what is read, noted, refused, and what other control planes get of it."""

import json
from pathlib import Path

import pytest

from workbench.errors import DocumentError
from workbench.formats.marathon_apps import neutral_apps
from workbench.formats.marathon_json import CARRIED, read_marathon, redacted_marathon, whole_id
from workbench.formats.receipt import NOT_MODELLED, compose
from workbench.model.native.marathon import App, Constraint, PodDefinition, UnreachableStrategy, UpgradeStrategy
from workbench.model.workload import Volume

ROOT = Path(__file__).parents[3]
MIB, GIB = 2**20, 2**30


def read(value):
    return read_marathon(json.dumps(value), "x.json")


def one(**fields):
    return read({"id": "/web", **fields}).apps[0]


def neutral(*values):
    return neutral_apps(*(read(value) for value in values))


def faults(value):
    with pytest.raises(DocumentError) as caught:
        read(value)
    return [(problem.code, problem.place.partition(": ")[2]) for problem in caught.value.problems]


def fates(value):
    return {
        presence.key: (presence.fate.status, presence.fate.text())
        for presence in read(value).presences
        if presence.fate is not None
    }


# -- defaults: marathon, docs/docs/rest-api/public/api/v2/types/app.raml and healthCheck.raml -------------------------


def test_defaults_of_an_app():
    app = one()
    assert (app.instances, app.cpus, app.mem, app.disk, app.gpus) == (1, 1, 128, 0, 0)
    assert (app.backoff_seconds, app.backoff_factor, app.max_launch_delay_seconds) == (1, 1.15, 300)
    assert (app.kill_selection, app.require_ports) == ("YOUNGEST_FIRST", False)
    assert app.upgrade_strategy == UpgradeStrategy(minimum_health_capacity=1, maximum_over_capacity=1)
    assert app.unreachable_strategy == UnreachableStrategy(inactive_after_seconds=0, expunge_after_seconds=0)


def test_defaults_of_a_health_check():
    (check,) = one(healthChecks=[{}]).health_checks
    assert (check.protocol, check.grace_period_seconds, check.interval_seconds) == ("HTTP", 300, 60)
    assert (check.timeout_seconds, check.delay_seconds, check.max_consecutive_failures) == (20, 15, 3)


DATA = {"volumes": [{"containerPath": "data", "mode": "RW", "persistent": {"size": 512}}]}


def test_a_resident_app_waits_for_its_agent_and_never_has_more_instances():
    app = one(container={"type": "MESOS", **DATA})
    assert app.resident
    assert app.upgrade_strategy == UpgradeStrategy(minimum_health_capacity=0.5, maximum_over_capacity=0)
    assert app.unreachable_strategy.disabled


def test_what_an_upgrade_strategy_leaves_out_is_filled_in():
    app = one(upgradeStrategy={"minimumHealthCapacity": 0.75})
    assert app.upgrade_strategy == UpgradeStrategy(minimum_health_capacity=0.75, maximum_over_capacity=1)


def test_defaults_of_a_pod():
    pod = read({"id": "/pod", "containers": [{"name": "a"}]}).apps[0]
    assert (pod.executor_resources.cpus, pod.executor_resources.mem, pod.executor_resources.disk) == (0.1, 32, 10)
    assert (pod.scaling.instances, pod.containers[0].resources.mem) == (1, 128)


# -- documents --------------------------------------------------------------------------------------------------------

GROUP = {
    "id": "/shop",
    "dependencies": ["/base"],
    "apps": [{"id": "web", "dependencies": ["../shop/db/main"]}],
    "groups": [
        {"id": "db", "apps": [{"id": "main"}, {"id": "/shop/db/copy", "dependencies": ["main"]}], "groups": []},
        {"id": "jobs", "pods": [{"id": "sweep", "containers": [{"name": "a"}]}]},
    ],
}


@pytest.mark.parametrize(
    ("value", "ids"),
    [
        pytest.param({"id": "web"}, ["/web"], id="an app"),
        pytest.param({"app": {"id": "/web"}}, ["/web"], id="an app as the API answers"),
        pytest.param([{"id": "a"}, {"id": "/b/c"}], ["/a", "/b/c"], id="a list of apps"),
        pytest.param({"apps": [{"id": "a"}, {"id": "b"}]}, ["/a", "/b"], id="apps as the API lists them"),
        pytest.param(GROUP, ["/shop/web", "/shop/db/main", "/shop/db/copy", "/shop/jobs/sweep"], id="nested groups"),
        pytest.param({"id": "/p", "containers": [{"name": "a"}]}, ["/p"], id="a pod"),
        pytest.param(
            {"id": "/", "pods": [{"id": "/p", "status": "STABLE", "spec": {"id": "/p", "containers": []}}]},
            ["/p"],
            id="a pod as the API lists it",
        ),
    ],
)
def test_every_form_of_document_is_read(value, ids):
    assert [app.id for app in read(value).apps] == ids


def test_dependencies_are_whole_and_come_from_groups_too():
    web, main, copy, sweep = read(GROUP).apps
    assert web.dependencies == ("/base", "/shop/db/main")
    assert main.dependencies == sweep.dependencies == ("/base",)
    assert copy.dependencies == ("/base", "/shop/db/main")
    assert isinstance(web, App)
    assert isinstance(sweep, PodDefinition)


@pytest.mark.parametrize(
    ("said", "group", "whole"),
    [
        pytest.param("/a/b", "/x", "/a/b", id="from the root"),
        pytest.param("a/b", "/x/y", "/x/y/a/b", id="from its group"),
        pytest.param("../a", "/x/y", "/x/a", id="one group up"),
        pytest.param("../../../a", "/x", None, id="above the root"),
        pytest.param("a.b-c", "/", "/a.b-c", id="dots and dashes"),
        pytest.param("Web", "/", None, id="upper case"),
        pytest.param("a_b", "/", None, id="an underscore"),
        pytest.param("-a", "/", None, id="a dash in front"),
    ],
)
def test_an_id_is_a_path(said, group, whole):
    assert whole_id(said, group) == whole


# -- older spellings --------------------------------------------------------------------------------------------------


def test_older_spellings_are_read_and_noted():
    value = {
        "id": "/web",
        "uris": ["http://files/a.tgz"],
        "ports": [0, 9000],
        "taskRateLimit": 1.0,
        "residency": {"taskLostBehavior": "WAIT_FOREVER"},
        "container": {"docker": {"image": "web:1", "network": "BRIDGE", "portMappings": [{"containerPort": 80}]}},
    }
    app = read(value).apps[0]
    assert len(app.fetch) == 1
    assert [one.port for one in app.port_definitions] == [0, 9000]
    assert [one.container_port for one in app.container.port_mappings] == [80]
    assert [one.mode for one in app.networks] == ["container/bridge"]
    assert fates(value) == {
        "App: uris": ("honoured", "an older spelling, read as fetch"),
        "App: ports": ("honoured", "an older spelling, read as portDefinitions"),
        "App: container.docker.network": ("honoured", "an older spelling, read as networks"),
        "App: container.docker.portMappings": ("honoured", "an older spelling, read as container.portMappings"),
        "App: taskRateLimit": ("ignored", "no longer exists in Marathon"),
        "App: residency": ("ignored", "has no effect in Marathon any more"),
    }


@pytest.mark.parametrize(
    ("fields", "mode", "name"),
    [
        pytest.param({"container": {"docker": {"image": "a", "network": "HOST"}}}, "host", "", id="HOST"),
        pytest.param({"ipAddress": {"networkName": "blue"}}, "container", "blue", id="an address of its own"),
        pytest.param(
            {"container": {"docker": {"image": "a", "network": "USER"}}, "ipAddress": {"networkName": "blue"}},
            "container",
            "blue",
            id="USER",
        ),
    ],
)
def test_older_networks(fields, mode, name):
    (network,) = one(**fields).networks
    assert (network.mode, network.name) == (mode, name)


def test_older_pods():
    pod = read(
        {
            "id": "/p",
            "labels": [{"name": "a", "value": "b"}],
            "environment": [{"name": "PASSWORD", "value": "x"}],
            "containers": [{"name": "a"}],
            "scaling": {"fixed": {"instances": 3, "maxInstances": 9}},
            "scheduling": {
                "backoffStrategy": {"backoff": 2},
                "upgradeStrategy": {"maximumOverCapacity": 0},
                "placement": {"constraints": [{"fieldName": "rack", "operator": "GROUP_BY", "value": "2"}]},
            },
        }
    ).apps[0]
    assert (pod.scaling.instances, pod.scheduling.backoff.backoff) == (3, 2)
    assert pod.scheduling.upgrade.maximum_over_capacity == 0
    assert pod.scheduling.placement.constraints == (Constraint(field_name="rack", operator="GROUP_BY", value="2"),)
    assert pod.environment == {"PASSWORD": ""}


def test_unknown_fields_are_ignored_with_the_nearest_name():
    assert fates({"id": "/web", "instnaces": 3, "zzz": 1, "version": "2015-09-28T19:47:37.681Z"}) == {
        "App: instnaces": ("ignored", "unknown field; did you mean instances?"),
        "App: zzz": ("ignored", "unknown field"),
        "App: version": ("ignored", "filled in by a server"),
    }


def test_a_dependency_on_another_file_is_noted():
    assert fates({"id": "/web", "dependencies": ["/elsewhere"]}) == {
        "App: dependencies": ("ignored", "some of it names nothing in this file")
    }


# -- faults -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param({}, [("missing-key", "")], id="no id"),
        pytest.param([], [("no-marathon-apps", "")], id="nothing in it"),
        pytest.param({"id": "/a", "groups": []}, [("no-marathon-apps", "")], id="a group without apps"),
        pytest.param([3, None], [("wrong-type", "[0]"), ("wrong-type", "[1]")], id="no apps"),
        pytest.param({"apps": {"a": {}}}, [("wrong-type", "apps")], id="apps that are no list"),
        pytest.param({"apiVersion": "v1", "kind": "Pod"}, [("kubernetes-not-marathon", "")], id="a Kubernetes object"),
        pytest.param({"id": "/Shop_1"}, [("bad-marathon-id", "id")], id="an id that is none"),
        pytest.param({"id": "/"}, [("bad-marathon-id", "id")], id="the root as an app"),
        pytest.param([{"id": "/a"}, {"id": "a"}], [("duplicate-name", "[1].id")], id="an id twice"),
        pytest.param(
            {"id": "/a", "cpus": "1", "mem": -1, "instances": 1.5, "disk": True, "gpus": -1},
            [
                ("wrong-type", "cpus"), ("negative", "mem"), ("wrong-type", "disk"),
                ("wrong-type", "instances"), ("negative", "gpus"),
            ],
            id="amounts",
        ),
        pytest.param({"id": "/a", "backoffFactor": 0.5}, [("out-of-range", "backoffFactor")], id="a factor below one"),
        pytest.param(
            {"id": "/a", "upgradeStrategy": {"minimumHealthCapacity": 2}},
            [("out-of-range", "upgradeStrategy.minimumHealthCapacity")],
            id="a share above one",
        ),
        pytest.param(
            {"id": "/a", "constraints": [["hostname"], ["a", "UNIK"], ["a", "MAX_PER", "x"], ["a", "LIKE", "("]]},
            [
                ("wrong-type", "constraints[0]"), ("not-allowed-near", "constraints[1].operator"),
                ("wrong-type", "constraints[2].value"), ("wrong-type", "constraints[3].value"),
            ],
            id="constraints",
        ),
        pytest.param({"id": "/a", "constraints": [["a", "LIKE"]]}, [("missing-key", "constraints[0]")], id="no value"),
        pytest.param(
            {"id": "/a", "container": {"docker": {"network": "BRDGE"}}},
            [("not-allowed", "container.docker.network"), ("missing-key", "container.docker")],
            id="an unknown network, no image",
        ),
        pytest.param(
            {"id": "/a", "container": DATA, "upgradeStrategy": {"maximumOverCapacity": 1}},
            [("resident-over-capacity", "upgradeStrategy.maximumOverCapacity")],
            id="more instances than volumes",
        ),
        pytest.param(
            {"id": "/a", "unreachableStrategy": {"inactiveAfterSeconds": 9, "expungeAfterSeconds": 3}},
            [("not-after", "unreachableStrategy")],
            id="given up before it is replaced",
        ),
        pytest.param(
            [{"id": "/a", "dependencies": ["/b"]}, {"id": "/b", "dependencies": ["/a"]}],
            [("dependency-cycle", "[0].id")],
            id="dependencies in a circle",
        ),
        pytest.param(
            {"id": "/g", "dependencies": ["/g/a"], "apps": [{"id": "a"}]},
            [("dependency-cycle", "apps[0].id")],
            id="a group that depends on its own app",
        ),
        pytest.param({"id": "/a", "env": {"A": 3}}, [("wrong-type", "env.A")], id="a variable that is a number"),
        pytest.param({"id": "/a", "ports": [70000]}, [("out-of-range", "portDefinitions[0].port")], id="a port"),
    ],
)  # fmt: skip
def test_every_fault_is_named_at_once(value, expected):
    assert faults(value) == expected


def test_a_message_does_not_show_a_confidential_value():
    with pytest.raises(DocumentError) as caught:
        read({"id": "/a", "env": {"PASSWORD": 12345678}, "cmd": ["rm", "secret-file"]})
    assert "12345678" not in str(caught.value)
    assert "secret-file" not in str(caught.value)


SECRETS = {
    "id": "/web",
    "cmd": "run --password s3cret",
    "args": ["s3cret"],
    "env": {"A": "s3cret", "name": "s3cret", "B": {"secret": "s3cret"}},
    "secrets": {"x": {"source": "s3cret"}},
    "labels": {"TOKEN": "s3cret"},
    "fetch": [{"uri": "https://me:s3cret@files/a"}],
    "uris": ["https://me:s3cret@files/b"],
    "healthChecks": [{"protocol": "COMMAND", "command": {"value": "s3cret"}, "path": "/?key=s3cret"}],
    "container": {
        "docker": {"image": "web:1", "parameters": [{"key": "env", "value": "s3cret"}]},
        "volumes": [{"containerPath": "/x", "hostPath": "/home/s3cret"}],
    },
}


def test_confidential_values_are_not_kept():
    document = read(SECRETS)
    assert "s3cret" not in repr(document)
    assert set(document.apps[0].env) == {"A", "name", "B"}


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(SECRETS, id="an app"),
        pytest.param(GROUP, id="groups"),
        pytest.param(
            {"id": "/p", "environment": [{"name": "A", "value": "s3cret"}], "containers": [{"name": "a"}]}, id="a pod"
        ),
    ],
)
def test_a_redacted_document_reads_to_the_same_apps(value):
    text = redacted_marathon(json.dumps(value), "x.json")
    assert "s3cret" not in text
    again = read_marathon(text, "x.json")
    assert again == read(value)


# -- what other control planes get ------------------------------------------------------------------------------------


def test_a_service():
    (app,) = neutral(
        {
            "id": "/shop/front/web", "instances": 4, "cpus": 0.1, "mem": 64.5, "disk": 10, "gpus": 1,
            "container": {"docker": {"image": "web:1"}},
        }
    )  # fmt: skip
    assert (app.name, app.kind, app.replicas, app.team, app.image) == ("web", "service", 4, "shop", "web:1")
    assert app.request == {"cpu": 100, "memory": 129 * MIB // 2, "disk": 10 * MIB, "nvidia.com/gpu": 1}
    assert app.native.id == "/shop/front/web"


def test_amounts_are_rounded_up_once():
    # 0.0001 cpu is a tenth of a millicore; 1/3 MiB is not a whole number of bytes
    (app,) = neutral({"id": "a", "cpus": 0.0001, "mem": 0.3333333})
    assert app.request == {"cpu": 1, "memory": 349_526}


def test_a_pod_is_the_sum_of_its_containers_and_executor():
    (app,) = neutral(
        {
            "id": "/p",
            "scaling": {"kind": "fixed", "instances": 3},
            "containers": [
                {"name": "a", "resources": {"cpus": 0.5, "mem": 100}, "image": {"kind": "DOCKER", "id": "a:1"}},
                {"name": "b", "resources": {"cpus": 0.25, "mem": 28, "disk": 5}},
            ],
        }
    )
    # executor: 0.1 cpu, 32 MiB, 10 MiB of disk
    assert app.request == {"cpu": 850, "memory": 160 * MIB, "disk": 15 * MIB}
    assert (app.replicas, app.image, app.team) == (3, "a:1", "default")


@pytest.mark.parametrize(
    ("fields", "volume"),
    [
        pytest.param({"container": DATA}, Volume(512 * MIB, "local"), id="persistent volumes stay on their machine"),
        pytest.param(
            {"container": {"volumes": [{"containerPath": "/d", "external": {"size": 20, "name": "d"}}]}},
            Volume(20 * GIB, "network"),
            id="external volumes follow their task",
        ),
    ],
)
def test_volumes_make_a_stateful_app_without_order(fields, volume):
    (app,) = neutral({"id": "/db", **fields})
    assert (app.kind, app.volume, app.ordered) == ("stateful", volume, False)


@pytest.mark.parametrize(
    ("constraints", "most", "selector"),
    [
        pytest.param([["hostname", "UNIQUE"]], 1, {}, id="UNIQUE by host"),
        pytest.param([["@hostname", "MAX_PER", "3"]], 3, {}, id="MAX_PER by host"),
        pytest.param([["hostname", "MAX_PER", "3"], ["hostname", "UNIQUE"]], 1, {}, id="the narrower of two"),
        pytest.param([["rack", "UNIQUE"]], None, {}, id="UNIQUE by another attribute is not carried"),
        pytest.param([["rack", "CLUSTER", "r1"]], None, {"rack": "r1"}, id="CLUSTER with a value"),
        pytest.param([["rack", "CLUSTER"]], None, {}, id="CLUSTER without a value is not carried"),
        pytest.param([["rack", "IS", "r1"]], None, {"rack": "r1"}, id="IS"),
        pytest.param([["rack", "LIKE", "r-1"]], None, {"rack": "r-1"}, id="LIKE one value"),
        pytest.param([["rack", "LIKE", "r[1-3]"]], None, {}, id="LIKE several values is not carried"),
        pytest.param([["hostname", "LIKE", "node-1"]], None, {"kubernetes.io/hostname": "node-1"}, id="LIKE one host"),
        pytest.param([["rack", "GROUP_BY", "2"]], None, {}, id="GROUP_BY is not carried"),
    ],
)
def test_constraints(constraints, most, selector):
    (app,) = neutral({"id": "/a", "constraints": constraints})
    assert (app.max_per_node, app.node_selector) == (most, selector)


@pytest.mark.parametrize(
    ("fields", "ports"),
    [
        pytest.param({"portDefinitions": [{"port": 8080}]}, (), id="a service port"),
        pytest.param({"portDefinitions": [{"port": 8080}, {"port": 0}], "requirePorts": True}, (8080,), id="required"),
        pytest.param(
            {"container": {"portMappings": [{"containerPort": 80, "hostPort": 8080}, {"containerPort": 81}]}},
            (8080,),
            id="a mapping to a port of the host",
        ),
    ],
)
def test_fixed_ports_of_the_machine(fields, ports):
    assert neutral({"id": "/a", **fields})[0].host_ports == ports


def test_names_are_short_where_they_differ_and_teams_are_roles_or_groups():
    apps = neutral([{"id": "/shop/web"}, {"id": "/blog/web"}, {"id": "/blog/db", "role": "data"}], {"id": "/solo"})
    assert [(app.name, app.team) for app in apps] == [
        ("shop/web", "shop"),
        ("blog/web", "blog"),
        ("db", "data"),
        ("solo", "default"),
    ]


def test_the_table_of_what_is_carried_covers_every_field_of_a_full_app():
    document = read(
        {
            "id": "/shop/web", "instances": 1, "cpus": 1, "mem": 1, "disk": 1, "gpus": 1, "cmd": "x", "args": ["x"],
            "env": {"A": "b"}, "secrets": {"s": {"source": "x"}}, "labels": {"a": "b"}, "fetch": [{"uri": "x"}],
            "role": "shop", "acceptedResourceRoles": ["*"], "dependencies": ["/shop/db"], "requirePorts": True,
            "container": {
                "type": "DOCKER", "docker": {"image": "a", "forcePullImage": True},
                "portMappings": [{"containerPort": 1, "hostPort": 2}],
                "volumes": [{"containerPath": "x", "mode": "RW", "persistent": {"size": 1, "type": "root"}}],
            },
            "networks": [{"mode": "host"}], "portDefinitions": [{"port": 1}], "constraints": [["a", "UNIQUE"]],
            "healthChecks": [{"protocol": "TCP"}], "readinessChecks": [{"name": "r"}], "killSelection": "OLDEST_FIRST",
            "backoffSeconds": 1, "backoffFactor": 2, "maxLaunchDelaySeconds": 3, "taskKillGracePeriodSeconds": 4,
            "upgradeStrategy": {"minimumHealthCapacity": 0, "maximumOverCapacity": 0},
            "unreachableStrategy": "disabled",
        }
    )  # fmt: skip
    receipt = compose(document.presences, {"other": CARRIED})
    assert [line.path for line in receipt.lines if line.treatments["other"] == NOT_MODELLED] == []


@pytest.mark.parametrize("path", sorted((ROOT / "scenarios").glob("*/*.json")), ids=lambda path: path.stem)
def test_a_shipped_document_is_covered_by_the_table(path):
    receipt = compose(read_marathon(path.read_text(encoding="utf-8"), path.name).presences, {"other": CARRIED})
    assert [line.path for line in receipt.lines if line.treatments["other"] == NOT_MODELLED] == []
