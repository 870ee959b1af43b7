import pytest

from workbench.errors import DocumentError
from workbench.formats.scheduler_configuration import read_scheduler_configuration
from workbench.model.native.kubernetes.scheduler_configuration import NodeResourcesFitArgs

HEAD = "apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n"

GOOD = (
    HEAD
    + """
percentageOfNodesToScore: 40
leaderElection: {leaderElect: true}
profiles:
- schedulerName: packing
  plugins:
    score:
      disabled: [{name: ImageLocality}]
      enabled: [{name: NodeResourcesFit, weight: 5}]
  pluginConfig:
  - name: NodeResourcesFit
    args:
      apiVersion: kubescheduler.config.k8s.io/v1
      kind: NodeResourcesFitArgs
      scoringStrategy: {type: MostAllocated, resources: [{name: cpu, weight: 2}]}
"""
)


def test_a_genuine_file():
    found = read_scheduler_configuration(GOOD, "config.yaml")
    (profile,) = found.profiles
    assert (found.percentage_of_nodes_to_score, profile.scheduler_name) == (40, "packing")
    args = profile.plugin_config[0].args
    assert isinstance(args, NodeResourcesFitArgs)
    assert (args.scoring_strategy.type, args.scoring_strategy.resources[0].weight) == ("MostAllocated", 2)


def faults(body, head=HEAD):
    with pytest.raises(DocumentError) as caught:
        read_scheduler_configuration(head + body, "config.yaml")
    return [problem.code for problem in caught.value.problems]


def config(name, args):
    return f"profiles: [{{pluginConfig: [{{name: {name}, args: {args}}}]}}]"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param("percentageOfNodesToScore: 101", ["out-of-range"], id="more than all"),
        pytest.param("profiles: [{schedulername: x}]", ["unknown-key"], id="a key misspelt"),
        pytest.param(
            config("InterPodAffinity", "{hardPodAffinityWeight: 200}"), ["out-of-range"], id="an argument out of range"
        ),
        pytest.param(
            config("NodeResourcesFit", "{scoringStrategy: {type: MostAlocated}}"), ["not-allowed-near"],
            id="no such strategy",
        ),
        pytest.param(
            config("NodeResourcesFit", "{scoringStrategy: {type: RequestedToCapacityRatio}}"), ["missing-key"],
            id="a ratio without its line",
        ),
        pytest.param(
            config(
                "NodeResourcesFit",
                "{scoringStrategy: {type: RequestedToCapacityRatio, requestedToCapacityRatio: "
                "{shape: [{utilization: 50, score: 1}, {utilization: 50, score: 2}]}}}",
            ),
            ["not-rising"],
            id="a line that goes back",
        ),
        pytest.param(
            "profiles: [{plugins: {score: {disabled: [{name: ImageLocalty}]}}}]", ["reference-to-nothing-near"],
            id="a plugin misspelt among those taken away",
        ),
        pytest.param(
            "profiles: [{plugins: {multiPoint: {enabled: [{name: Foo}, {name: '*'}]}}}]",
            ["reference-to-nothing", "reference-to-nothing"], id="plugins that cannot be added",
        ),
        pytest.param(config("NodeNam", "{x: 1}"), ["reference-to-nothing"], id="a plugin without arguments"),
    ],
)  # fmt: skip
def test_faults(body, expected):
    assert faults(body) == expected


def test_all_plugins_of_a_point_can_be_taken_away():
    body = "profiles: [{plugins: {score: {disabled: [{name: '*'}], enabled: [{name: NodeResourcesFit, weight: 2}]}}}]"
    (profile,) = read_scheduler_configuration(HEAD + body, "config.yaml").profiles
    assert profile.plugins.score.disabled[0].name == "*"


def test_other_versions_are_refused():
    old = HEAD.replace("/v1", "/v1beta2")
    assert faults("", old) == ["not-allowed"]
