import pytest

from tests.unit.engines.kubernetes.builders import cluster, container, node, pod
from workbench.engines.kubernetes.plugins.image_locality import ImageLocality

MIB = 1024 * 1024


def score(image: str, having: int, of: int, size: int, containers: int = 1) -> int:
    """Return the score of a node that has the image, when `having` of `of` nodes do."""
    nodes = [node(f"n{k}", images={image: size} if k < having else {}) for k in range(of)]
    asking = pod(*(container("1", image=image) for _ in range(containers)))
    plugin = ImageLocality()
    return plugin.score(plugin.pre_score(asking, cluster(*nodes), nodes), asking, nodes[0])


@pytest.mark.parametrize(
    ("having", "of", "size", "expected"),
    [
        pytest.param(1, 1, 23 * MIB, 0, id="small images are worth nothing"),
        pytest.param(1, 1, 1000 * MIB, 100, id="1000 MiB are worth all"),
        pytest.param(1, 1, 5000 * MIB, 100, id="more is worth no more"),
        pytest.param(1, 1, 500 * MIB, 48, id="(500 - 23) / (1000 - 23)"),
        pytest.param(1, 4, 500 * MIB, 10, id="on a quarter of the nodes: (125 - 23) / 977"),
    ],
)
def test_score(having, of, size, expected):
    assert score("app:1", having, of, size) == expected


def test_a_node_without_the_image_gets_nothing():
    asking, here = pod(container("1", image="app:1")), node()
    plugin = ImageLocality()
    assert plugin.score(plugin.pre_score(asking, cluster(here), [here]), asking, here) == 0


def test_names_without_a_tag_mean_latest():
    here = node(images={"registry:5000/app:latest": 1000 * MIB})
    asking = pod(container("1", image="registry:5000/app"))
    plugin = ImageLocality()
    assert plugin.score(plugin.pre_score(asking, cluster(here), [here]), asking, here) == 100


def test_bounds_grow_with_the_containers():
    # two containers with one image of 500 MiB each: (1000 - 23) / (2000 - 23) = 49 %
    assert score("app:1", 1, 1, 500 * MIB, containers=2) == 49
