"""A panel just large enough to try every widget at once; the tests in a browser show it in a notebook."""

from __future__ import annotations

from typing import Any

import ipywidgets

from workbench.errors import CancelledError
from workbench.experiments.statistics import paired
from workbench.views.widgets.chart import Chart
from workbench.views.widgets.dots import DotStrip
from workbench.views.widgets.download import Download, File
from workbench.views.widgets.runner import Cancelled, LatestRunner, Progress
from workbench.views.widgets.scrubber_clock import ScrubberClock

END_S = 600
WORDS = {"play": "Play", "pause": "Pause", "time": "Time", "speed": "Speed"}


def figure(replicas: int) -> dict[str, Any]:
    """Twelve large points in a row, as high as there are replicas, over an axis of time."""
    times = list(range(0, END_S, 50))
    points = {
        "type": "scatter", "mode": "markers", "marker": {"size": 20}, "hovertemplate": "%{customdata}<extra></extra>",
        "x": times, "y": [replicas] * len(times), "customdata": [f"pod-{number}" for number in range(len(times))],
    }  # fmt: skip
    layout = {
        "template": {}, "height": 260, "margin": {"l": 40, "r": 20, "t": 40, "b": 30}, "dragmode": False,
        "title": {"text": f"replicas={replicas}"}, "xaxis": {"range": [-20, END_S]}, "yaxis": {"range": [0, 20]},
        "hovermode": "closest",
    }  # fmt: skip
    return {"data": [points], "layout": layout}


class TinyPanel:
    """A slider that starts runs, and everything a run moves."""

    def __init__(self) -> None:
        self.slider = ipywidgets.IntSlider(3, 1, 20, description="replicas")
        self.clock = ScrubberClock(END_S, 290, [(300, "machine lost")], WORDS)
        self.chart = Chart(alt="nothing yet", clock=self.clock)
        self.dots = DotStrip(("kubernetes", "mesos"), "no repeat yet")
        self.progress = ipywidgets.FloatProgress(max=1.0)
        self.heard = ipywidgets.Label("")
        self.export = Download(self.file, "Export", "Working")
        self.more = ipywidgets.VBox()
        self.button = ipywidgets.Button(description="Six charts")
        self.runner = LatestRunner()
        self.slider.observe(self.moved, "value")
        self.clock.observe(self.told, "at")
        self.chart.on_click(self.chosen)
        self.button.on_click(self.six)
        self.moved()
        self.view = ipywidgets.VBox(
            [self.slider, self.clock, self.chart, self.dots, self.progress, self.heard, self.export, self.button,
             self.more]
        )  # fmt: skip

    def moved(self, _: Any = None) -> None:
        replicas = self.slider.value
        self.runner.submit(lambda *asked: self.work(replicas, *asked), self.done, self.failed, self.part)

    def work(self, replicas: int, cancelled: Cancelled, progress: Progress) -> int:
        """Keep a core busy for as long as a small run does."""
        for step in range(40):
            if cancelled():
                raise CancelledError("stopped on request")
            sum(range(50_000))
            progress(step / 40)
        return replicas

    def done(self, replicas: int) -> None:
        self.chart.show(figure(replicas), f"{replicas} replicas", time_axes=["x"])
        self.dots.show(paired([0.0] * replicas, [float(one + 1) for one in range(replicas)]), f"{replicas} repeats")

    def failed(self, error: BaseException) -> None:
        self.heard.value = repr(error)

    def part(self, done: float) -> None:
        self.progress.value = done

    def chosen(self, pod: str) -> None:
        self.heard.value = f"clicked {pod}"

    def told(self, _: Any) -> None:
        self.heard.value = f"at {self.clock.at:.1f} s"

    def six(self, _: Any) -> None:
        self.more.children = () if self.more.children else [Chart(figure(number), f"{number}") for number in range(6)]

    def file(self) -> File:
        if self.slider.value == 13:
            raise RuntimeError("thirteen is unlucky")
        return File("试船.txt", "text/plain", b"replicas=%d" % self.slider.value)
