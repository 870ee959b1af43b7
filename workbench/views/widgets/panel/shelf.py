"""What the picker offers: the scenario that the panel was opened with, and the shipped ones."""

from __future__ import annotations

from collections import Counter

from workbench.experiments.check import load, shipped
from workbench.formats.scenario_yaml import read_title
from workbench.model.scenario import LocalText, Scenario
from workbench.views.i18n import Texts


class Library:
    """Scenarios by key; files are read again whenever they are asked for.

    Parameters
    ----------
    given : Scenario
        Kept as it is: the panel needs its file no more.
    """

    def __init__(self, given: Scenario) -> None:
        self._given = given
        self.key = given.name
        self._paths = {name: path for name, path in shipped().items() if name != given.name}
        # A file that is not all right has a title too: what is wrong with it is said to those who pick it.
        self._titles = {name: read_title(path) or LocalText(name, name) for name, path in self._paths.items()}

    def titles(self, t: Texts) -> dict[str, str]:
        """Return key -> title, in the order of the keys; titles that occur twice have their keys beside them."""
        everything = {**self._titles, self.key: self._given.title}
        titles = {key: t.local(everything[key]) for key in sorted(everything)}
        often = Counter(titles.values())
        return {key: title if often[title] == 1 else f"{title} ({key})" for key, title in titles.items()}

    def fetch(self, key: str) -> Scenario:
        """Return the scenario with this key.

        Raises
        ------
        InputError
            When its file is gone or no longer all right.
        """
        return self._given if key == self.key else load(self._paths[key])
