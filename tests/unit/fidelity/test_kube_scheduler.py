"""A record that was tampered with is found out, and the first difference is told."""

import copy
import gzip
import json
from pathlib import Path

import pytest

from workbench.fidelity.adapters import judged
from workbench.fidelity.records import recognised

RECORDS = Path(__file__).parents[2] / "conformance" / "kube-scheduler"


def record(name):
    return json.loads(gzip.decompress((RECORDS / f"{name}.json.gz").read_bytes()))


def details(document):
    return [one.detail for one in judged(recognised(document, "r.json")) if one.status == "differ"]


def decision_with(document, part):
    return next(one for one in document["result"]["decisions"] if one.get(part))


def _wrong_reason(found):
    decision_with(found, "infeasible")["infeasible"][0]["reasons"] = ["no reason"]


def _wrong_score(found):
    decision_with(found, "scores")["scores"]["NodeResourcesFit"][0] += 1


def _wrong_skip(found):
    decision_with(found, "preFilter")["preFilter"]["skip"] = []


def _wrong_victim(found):
    decided = next(one for one in found["result"]["decisions"] if (one.get("preemption") or {}).get("candidates"))
    decided["preemption"]["candidates"][0]["pdbViolations"] = 9


def _wrong_total(found):
    decision_with(found, "sha")["sha"] = "0"


def _wrong_volume(found):
    decision_with(found, "volumes")["volumes"] = {"default/none": "v"}


@pytest.mark.parametrize(
    ("name", "tamper", "told"),
    [
        pytest.param(
            "unschedulable-0", _wrong_reason, "infeasible: [0] reasons: [0] expected 'no reason'", id="a reason"
        ),
        pytest.param("resources-least", _wrong_score, "scores: NodeResourcesFit: [0] expected", id="a score"),
        pytest.param("taints-0", _wrong_skip, "preFilter: skip: expected []", id="a plugin that stepped aside"),
        pytest.param("preemption-basic", _wrong_victim, "preemption: candidates: [0] pdbViolations", id="a candidate"),
        pytest.param("mixed-20x100-compact", _wrong_total, "sha: expected '0'", id="a total in a compact record"),
        pytest.param("volumes-wffc-local", _wrong_volume, "volumes: expected", id="a volume"),
    ],
)
def test_a_changed_record_differs_in_one_decision(name, tamper, told):
    changed = copy.deepcopy(record(name))
    tamper(changed)
    (detail,) = details(changed)
    assert detail.startswith(told)
