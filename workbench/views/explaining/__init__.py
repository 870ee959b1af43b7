"""The plain *why* of one pod or task: what stopped it, what would change that, and a small table.

    wb.explain("offer-starvation", on="mesos", name="work.533")

prints as text and shows as a card in a notebook.

| A reader asks | and opens |
|---|---|
| What is on the card? | `card.py` |
| What stopped a pod, and what would change that? | `kubernetes.py`, `volumes.py` |
| What stopped a Mesos task, or its own framework? | `mesos.py`, `frameworks.py` |
| And where there is no task yet, or none any more? | `absent.py` |
| What happened to it, step by step? | `story.py` |
| What does the trace alone tell, without a second run? | `outline.py` |
| Which words do both sides share? | `words.py` |
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.errors import Problem, ScenarioError
from workbench.experiments.check import as_scenario
from workbench.experiments.explain import Facts, Listing, find_out
from workbench.model.clock import to_seconds
from workbench.model.scenario import Scenario
from workbench.views.explaining import card as cards
from workbench.views.explaining.card import Card
from workbench.views.figures import story
from workbench.views.i18n import Texts

if TYPE_CHECKING:
    import plotly.graph_objects as go

__all__ = ["Card", "Explanation", "card_html", "explain"]


@dataclass(frozen=True)
class Explanation:
    """The answer; `str()` of it is the text, in `language`.

    Parameters
    ----------
    facts : Facts or Listing
        What was found out: about one task, or the tasks of an app.
    language : str
        Of the text; `card` takes any.
    scenario : Scenario or None
        It says what its own sides are called.
    """

    facts: Facts | Listing
    language: str = "en"
    scenario: Scenario | None = None

    @property
    def at_s(self) -> float:
        """The instant that it is about, in s since the start."""
        return to_seconds(self.facts.at_us)

    def card(self, t: Texts | None = None) -> Card:
        """Return title, two sentences, table and story as texts."""
        return cards.card(self.facts, self._texts(t))

    def figure(self, t: Texts | None = None) -> go.Figure:
        """Return the story of the task as a figure along the time.

        Raises
        ------
        ScenarioError
            When it is about the tasks of an app, not about one.
        """
        if isinstance(self.facts, Listing):
            raise ScenarioError(Problem("not-one-task", self.facts.app))
        return story.draw(self.facts, self._texts(t))

    def _texts(self, t: Texts | None) -> Texts:
        texts = t or Texts(self.language)
        return texts if self.scenario is None else texts.about(self.scenario)

    def __str__(self) -> str:
        return cards.text(self.card())

    def _repr_html_(self) -> str:
        return card_html(self, Texts(self.language))


def explain(
    scenario: Scenario | str,
    on: str,
    name: str,
    at: float | None = None,
    *,
    seed: int | None = None,
    language: str = "en",
) -> Explanation:
    """Say why a pod or task waits, or runs where it runs.

    Parameters
    ----------
    scenario : Scenario or str
        A scenario, its file, or the name of a shipped one.
    on : str
        ``kubernetes``, ``mesos``, or a variant or policy of the scenario.
    name : str
        The pod or task, as in the trace; the name of an app lists its tasks.
    at : float, optional
        The instant, in s since the start. When not given: the last moment of its wait, if it waited, else the end.
    seed : int, optional
        The scenario's own when not given.

    Raises
    ------
    ScenarioError
        When there is no such side, name or instant.
    """
    made = as_scenario(scenario)
    return Explanation(find_out(made, on, name, at, seed=seed), language, made)


def card_html(explanation: Explanation, t: Texts) -> str:
    """Return the card as HTML, everything escaped; made for a box of about 740 by 140 pixels."""
    return cards.html(explanation.card(t))
