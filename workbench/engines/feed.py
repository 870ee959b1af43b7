"""What is handed over in the course of a run: quotas, apps, and the tasks of a batch that come one by one."""

from __future__ import annotations

from collections.abc import Callable

from workbench.engines.agenda import Agenda, Order
from workbench.engines.draws import Draws
from workbench.engines.protocol import AddTasks, Change, CreateApp, SetQuota
from workbench.engines.timeline import Timeline
from workbench.model.scenario import Scenario
from workbench.model.workload import App, Arrivals


class Feed:
    """Hands over what the scenario holds, each at its time.

    Parameters
    ----------
    apply : callable
        Told every change: the control plane.
    """

    def __init__(
        self, agenda: Agenda, scenario: Scenario, draws: Draws, timeline: Timeline, apply: Callable[[Change], None]
    ) -> None:
        self._agenda = agenda
        self._scenario = scenario
        self._draws = draws
        self._timeline = timeline
        self._apply = apply

    def plan(self) -> None:
        """Write down what users and operators will ask, in the order of the scenario."""
        for team in self._scenario.teams:
            if team.limit or team.guarantee:
                self._agenda.at(team.quota_at_us, Order.ARRIVAL, self._apply, SetQuota(team))
        for app in self._scenario.apps:
            self._agenda.at(app.at_us, Order.ARRIVAL, self._hand_over, app)

    def _hand_over(self, app: App) -> None:
        self._apply(CreateApp(app))
        if app.arrivals is not None:
            self._arrive(app, app.arrivals, 0, self._draws.gaps(app.name, app.arrivals))

    def _arrive(self, app: App, arrivals: Arrivals, number: int, gaps: Callable[[], int]) -> None:
        """Hand over task `number` and plan the next; the first comes one gap after the app itself."""
        if self._timeline.deleted(app.name):
            return
        if number:
            self._apply(AddTasks(app, number - 1, 1))
        next_us = self._agenda.now_us + gaps()
        if next_us < min(arrivals.until_us, self._scenario.horizon_us):
            self._agenda.at(next_us, Order.ARRIVAL, self._arrive, app, arrivals, number + 1, gaps)
