from __future__ import annotations

import pytest

from workbench.engines.kubernetes.prober import detected_us, next_tick_us
from workbench.model.clock import SECOND_US
from workbench.model.native.kubernetes.pods import Container, Probe


@pytest.mark.parametrize(
    ("begin", "earliest", "expected"), [(3, 0, 3), (3, 3, 3), (3, 4, 13), (3, 13, 13), (3, 14, 23)]
)
def test_ticks(begin, earliest, expected):
    assert next_tick_us(begin, 10, earliest) == expected


def probed(readiness=None, startup=None) -> Container:
    return Container(name="c", readiness_probe=readiness, startup_probe=startup)


@pytest.mark.parametrize(
    ("made", "able", "expected"),
    [
        pytest.param(probed(), 7, 4, id="no probe: when it is known to run"),
        pytest.param(probed(Probe()), 4, 10, id="first probe after it runs"),
        pytest.param(probed(Probe()), 11, 20, id="first probe that it answers"),
        pytest.param(probed(Probe(period_seconds=2)), 11, 12, id="shorter period"),
        pytest.param(probed(Probe(initial_delay_seconds=15)), 4, 20, id="initial delay counts from the start at 3"),
        pytest.param(probed(Probe(success_threshold=3)), 4, 30, id="three successes in a row"),
        pytest.param(probed(Probe(), Probe(period_seconds=3)), 11, 20, id="startup probe at 12 comes first"),
        pytest.param(probed(None, Probe(period_seconds=3)), 11, 12, id="startup probe alone"),
    ],
)
def test_when_readiness_is_known(made, able, expected):
    """Probing from 0 s on, started at 3 s, known to run at 4 s."""
    found = detected_us(made, 0, 4 * SECOND_US, 3 * SECOND_US, able * SECOND_US)
    assert found == expected * SECOND_US
