"""The curve of a wait for nearby data in a notebook."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.experiments.locality import Waited
from workbench.views.figures import locality
from workbench.views.i18n import Texts
from workbench.views.widgets.chart import Chart


def locality_chart(curve: Sequence[Waited], *, language: str = "en") -> Chart:
    """Return a curve of `workbench.locality_curve` as a figure, to be shown in a notebook.

    Parameters
    ----------
    curve : sequence of Waited
        In the order of the waits, the shortest first; at least one.
    language : str
        ``en`` or ``zh``.
    """
    t = Texts(language)
    return Chart(locality.draw(curve, t), alt=locality.alt(curve, t), language=language)
