"""Both languages: an English template goes in, the sentence in the reader's language comes out.

The Chinese sentences stand in ``zh.po``, keyed by the English template, and are read from ``zh.mo``, which installing
the package compiles. `messages.py` collects every template of the package, ``python -m workbench.views.i18n.update``
(`update.py`) lists what the catalogue lacks, and a test lets nothing be missing, stale or doubtful.
"""

from __future__ import annotations

import gettext
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from workbench.errors import TEXTS, InputError, Problem, WorkbenchError
from workbench.formats.places import SHAPES, Said
from workbench.formats.yaml_scalars import KINDS
from workbench.model.scenario import LocalText, Scenario

LANGUAGES = ("en", "zh")
"""English comes first: its templates are the keys of the catalogues."""

CATALOGUES = Path(__file__).parent

WORDS = ("what", "wanted", "why", "unit")
"""Arguments of a problem that hold our own words, not the user's; so does ``kind`` where it is one of `KINDS`."""


_WIDE = r"[\u3000-\u303f\uff00-\uffef]"
_CHINESE = r"[\u3000-\u9fff\uff00-\uffef]"
SPACE_INSIDE_CHINESE = re.compile(f"(?<={_WIDE}) +| +(?={_WIDE})|(?<={_CHINESE}) +(?={_CHINESE})")
"""A placeholder stands between spaces for names in Latin letters; beside Chinese characters and punctuation is none."""


class Texts:
    """The texts of one language; called with an English template and what to put into it.

    Parameters
    ----------
    language : str
        One of `LANGUAGES`.

    Attributes
    ----------
    sides : mapping
        Name -> what a reader calls it, of the sides that a scenario has beside the control planes, in its order.

    Raises
    ------
    WorkbenchError
        For an unknown language, or one whose catalogue has not been compiled.

    Examples
    --------
    >>> Texts("en")("{count} machines", count=8)
    '8 machines'
    """

    def __init__(self, language: str = "en") -> None:
        self.language = language
        self._catalogue = _catalogue(language)
        self.sides: Mapping[str, LocalText] = {}

    def about(self, scenario: Scenario) -> Texts:
        """Return the same texts that also know what the scenario's own sides are called: variants and policies."""
        told = Texts(self.language)
        labels = {name: one.label for name, one in scenario.study.variants.items()}
        told.sides = {**labels, **{name: LocalText(name, name) for name in scenario.policies}}
        return told

    def __call__(self, template: str, **args: object) -> str:
        """Return the sentence of an English `template`, filled in with `args`."""
        return self.tidy(self.template(template).format(**args))

    def tidy(self, said: str) -> str:
        """Return a filled-in sentence without the spaces that the language does not know."""
        return SPACE_INSIDE_CHINESE.sub("", said) if self.language == "zh" else said

    def joined(self, *sentences: str) -> str:
        """Return sentences one after the other, as the language sets them."""
        return (" " if self.language == "en" else "").join(filter(None, sentences))

    def listed(self, *names: str) -> str:
        """Return names in a row, as the language separates them."""
        return (", " if self.language == "en" else "、").join(filter(None, names))

    def template(self, english: str) -> str:
        """Return the template in this language, not filled in; the English one if the catalogue has none."""
        return self._catalogue.gettext(english) if english else ""

    def local(self, text: LocalText) -> str:
        """Return the part of a text that its author wrote in this language."""
        return self.tidy(text[self.language])

    def problem(self, problem: Problem) -> str:
        """Return the sentence about a fault in the user's input, its place in front."""
        args = {name: self._said(name, value) for name, value in problem.args.items()}
        said = Problem(problem.code, "", args).text(self.template(TEXTS[problem.code]))
        if any(isinstance(value, Said) for value in args.values()):  # a word of ours, so no spaces of the user's
            said = self.tidy(said)
        return f"{problem.place}: {said}" if problem.place else said

    def error(self, error: WorkbenchError) -> str:
        """Return what an error says: one line per fault, or its only sentence."""
        if isinstance(error, InputError):
            return "\n".join(map(self.problem, error.problems))
        return self.template(str(error))

    def _said(self, name: str, value: object) -> object:
        if isinstance(value, Said):
            return Said(self.template(value) if value in SHAPES else value)
        ours = name in WORDS or (name == "kind" and value in KINDS)
        if not ours or not isinstance(value, str):
            return value
        said = self.template(value.strip())
        return f" {said}" if value.startswith(" ") else said


@cache
def _catalogue(language: str) -> gettext.NullTranslations:
    if language not in LANGUAGES:
        raise WorkbenchError(f"there is no language {language!r}; known: {', '.join(LANGUAGES)}")
    if language == "en":
        return gettext.NullTranslations()
    try:
        with (CATALOGUES / f"{language}.mo").open("rb") as file:
            return gettext.GNUTranslations(file)
    except FileNotFoundError:
        raise WorkbenchError(
            f"the texts for {language!r} are not compiled; install the package again, "
            "or run: python -m workbench.views.i18n.update"
        ) from None
