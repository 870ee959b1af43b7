"""What a pod that has its node waits for, in words: its volumes, or a disk that is still elsewhere."""

from __future__ import annotations

import pytest

import workbench as wb
from tests.unit.engines.kubernetes.test_node_loss_with_disk import DEPLOYMENT
from tests.unit.engines.kubernetes.test_storage import Cluster
from workbench.views.i18n import Texts

MODE = "kubernetes.storage.volume_binding_mode"


@pytest.fixture
def stuck(tmp_path):
    made = Cluster(tmp_path, *DEPLOYMENT, more="faults: [{kind: node-loss, at: 200s, hosting: web}]\n", horizon="1h")
    return made.scenario, made.tasks()


@pytest.mark.parametrize(("language", "words"), [("en", "is already exclusively attached to one"), ("zh", "独占挂接")])
def test_a_disk_that_is_still_elsewhere(stuck, language, words):
    scenario, (first, second) = stuck
    said = str(wb.explain(scenario, "kubernetes", second["task"], language=language))
    assert words in said
    assert first["node"] in said
    assert second["node"] in said


def test_volumes_that_are_being_made():
    scenario = wb.load("wrong-zone", {MODE: "WaitForFirstConsumer"})
    assert "waits there for its volumes to be made" in str(wb.explain(scenario, "kubernetes", "db-0", at=2))
    assert "waits there" not in str(wb.explain(scenario, "kubernetes", "db-0", at=60))


def test_a_zone_without_a_machine_that_suits():
    said = str(wb.explain("wrong-zone", "kubernetes", "db-0"))
    assert "4 of 6: node(s) didn't match PersistentVolume's node affinity" in said
    assert Texts("zh")("node(s) didn't match PersistentVolume's node affinity") in str(
        wb.explain("wrong-zone", "kubernetes", "db-0", language="zh")
    )
