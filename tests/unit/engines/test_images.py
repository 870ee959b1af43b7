"""How long images take: alone, beside each other, one after another."""

import pytest

from workbench.engines.agenda import Agenda, Order
from workbench.engines.images import MIB, ImageParameters, Images

SIZES = {"small": 64 * MIB, "large": 192 * MIB, "other": 64 * MIB}


def fetch_times(asked: list[tuple[float, str, bool]]) -> list[float]:
    """Return when each fetch, asked for at a time in seconds, was over; at 64 MiB/s."""
    agenda = Agenda()
    images = Images(agenda, SIZES, ImageParameters(rate_mib_s=64), machines=1)
    over: dict[int, float] = {}
    for number, (at, image, serial) in enumerate(asked):

        def ask(number: int = number, image: str = image, serial: bool = serial) -> None:
            images.fetch(0, image, lambda: over.__setitem__(number, agenda.now_us / 1e6), serial=serial)

        agenda.at(round(at * 1e6), Order.AGENT, ask)
    agenda.run(100_000_000)
    return [over[number] for number in range(len(asked))]


@pytest.mark.parametrize(
    ("asked", "over"),
    [
        pytest.param([(0, "large", False)], [3.0], id="alone: size over rate"),
        pytest.param([(0, "small", False), (0, "other", False)], [2.0, 2.0], id="two at once share the rate"),
        pytest.param([(0, "small", True), (0, "other", True)], [1.0, 2.0], id="serial: one after another"),
        pytest.param([(0, "large", False), (1, "small", False)], [4.0, 3.0], id="a later one slows the first down"),
        pytest.param([(0, "small", False), (0.5, "small", True)], [1.0, 1.0], id="the same image is fetched once"),
        pytest.param([(0, "small", False), (5, "small", False)], [1.0, 5.0], id="present: at once"),
        pytest.param([(2, "", False)], [2.0], id="no image: at once"),
    ],
)
def test_fetching(asked, over):
    assert fetch_times(asked) == pytest.approx(over, abs=1e-5)


def test_a_lost_machine_forgets_what_it_was_fetching_but_keeps_what_it_has():
    agenda = Agenda()
    images = Images(agenda, SIZES, ImageParameters(rate_mib_s=64), machines=1)
    over: list[str] = []
    images.fetch(0, "small", lambda: over.append("small"), serial=False)
    agenda.run(1_500_000)
    images.fetch(0, "large", lambda: over.append("large"), serial=False)
    images.lose(0)
    agenda.run(20_000_000)
    assert over == ["small"]
    assert images.present(0, "small")
    assert not images.present(0, "large")
