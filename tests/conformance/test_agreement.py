"""Agreement with the records of the real systems: it may only rise, and what is said about it is current."""

import json
from pathlib import Path

import pytest

from workbench.fidelity import run_fidelity
from workbench.fidelity.agreement import agreement, agreement_of, written

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def found():
    return agreement_of(run_fidelity([HERE]))


def test_no_family_agrees_less_than_before(found):
    before = json.loads((HERE / "agreement.json").read_text(encoding="utf-8"))
    fallen = {
        family: (counts["agree"], found.get(family, {"agree": 0})["agree"])
        for family, counts in before.items()
        if found.get(family, {"agree": 0})["agree"] < counts["agree"]
    }
    assert not fallen, "family: (before, now)"


def test_a_rise_is_written_down(found):
    assert (HERE / "agreement.json").read_text(encoding="utf-8") == written(found)


def test_the_package_states_the_present_agreement(found):
    assert agreement() == found
