"""A place to play with fairness: sliders for the pool, what each task takes, and the weights; the figure follows.

No run is behind it, so every move is drawn at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import ipywidgets

from workbench.experiments.fairness import User, amounts
from workbench.views.figures import playground as figure
from workbench.views.i18n import Texts
from workbench.views.widgets.chart import Chart
from workbench.views.widgets.panel import cells

START = {
    "pool_cpu": 9, "pool_memory": 18,
    "a_cpu": 1, "a_memory": 4, "a_weight": 1,
    "b_cpu": 3, "b_memory": 1, "b_weight": 1,
}  # fmt: skip
"""The worked example of the paper on dominant resource fairness."""

MOST = {"pool_cpu": 60, "pool_memory": 120, "a_weight": 4, "b_weight": 4}
MOST_OF_A_TASK = 12


class Playground(ipywidgets.VBox):
    """Two users and a pool.

    Parameters
    ----------
    language : str
        ``en`` or ``zh``.

    Examples
    --------
    >>> place = Playground()
    >>> place.sliders["b_cpu"].value = 2
    >>> place.tasks
    {'A': 3, 'B': 3}
    """

    def __init__(self, language: str = "en") -> None:
        self._t = Texts(language)
        self.sliders = {name: _slider(name, value, self._words()[name]) for name, value in START.items()}
        self.chart = Chart(language=language)
        for slider in self.sliders.values():
            slider.observe(self._moved, "value")
        groups = [[name for name in START if name.startswith(of)] for of in ("pool", "a_", "b_")]
        columns = [ipywidgets.VBox([self.sliders[name] for name in group]) for group in groups]
        rail = ipywidgets.HBox(columns, layout={"flex_flow": "row wrap"})
        super().__init__([rail, self.chart])
        self._draw()

    def close(self) -> None:
        """Take everything off the page."""
        for one in self.children:
            one.close()
        super().close()

    @property
    def tasks(self) -> dict[str, int]:
        """Whole tasks that each user has under dominant resource fairness."""
        given = figure.rules(self._total(), self._users())["dominant"]
        return {name: int(number) for name, number in given.items()}

    def _total(self) -> dict[str, Fraction]:
        return amounts(cpu=self._now("pool_cpu"), memory=self._now("pool_memory"))

    def _users(self) -> tuple[User, User]:
        return self._user("A"), self._user("B")

    def _user(self, name: str) -> User:
        own = name.lower()
        demand = amounts(cpu=self._now(f"{own}_cpu"), memory=self._now(f"{own}_memory"))
        return User(name, demand, Fraction(self._now(f"{own}_weight")))

    def _now(self, name: str) -> int:
        return int(self.sliders[name].value)

    def _moved(self, _: Mapping[str, Any]) -> None:
        self._draw()

    def _draw(self) -> None:
        total, users = self._total(), self._users()
        self.chart.show(figure.draw(total, users, self._t), figure.alt(total, users, self._t))

    def _words(self) -> dict[str, str]:
        t = self._t
        words = {"pool_cpu": t("cores in all"), "pool_memory": t("memory in all, GB")}
        for name in ("A", "B"):
            words |= {
                f"{name.lower()}_cpu": t("{user}: cores a task", user=name),
                f"{name.lower()}_memory": t("{user}: GB a task", user=name),
                f"{name.lower()}_weight": t("{user}: weight", user=name),
            }
        return words


def _slider(name: str, value: int, words: str) -> ipywidgets.IntSlider:
    most = MOST.get(name, MOST_OF_A_TASK)
    return ipywidgets.IntSlider(
        value, 1, most, description=words, style={"description_width": "120px"}, layout={"width": "292px"}
    )


def playground(*, language: str = "en") -> Playground:
    """Return two users and a pool to play with, to be shown in a notebook.

    Parameters
    ----------
    language : str
        ``en`` or ``zh``.
    """
    shown = Playground(language)
    cells.replace(shown)
    return shown
