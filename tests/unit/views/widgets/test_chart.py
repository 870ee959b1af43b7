import gzip
import json
import threading

import plotly.graph_objects as go
import pytest
from ipywidgets import Widget
from plotly.offline import get_plotlyjs

from workbench.views.widgets.chart import Chart, plotly_script

FIGURE = {
    "data": [{"type": "scatter", "x": [1, 2], "y": [3, None], "customdata": ["web-0", "web-1"]}],
    "layout": {"title": {"text": "谁在等?"}},
}


def spec(chart):
    return json.loads(chart.spec)


def clicked(chart, content):
    """What the browser's message about a click does."""
    chart._handle_custom_msg(content, [])


class TestScript:
    def test_there_is_one_for_all_charts_and_it_is_plotlys(self):
        Chart(), Chart()
        assert plotly_script() is plotly_script()
        assert gzip.decompress(plotly_script().packed).decode() == get_plotlyjs()

    def test_charts_do_not_carry_it(self, wire):
        plotly_script()
        wire.clear()
        Chart(FIGURE)
        assert sum(len(json.dumps(message, default=str)) for message in wire) < 20_000
        assert not any(message["buffers"] for message in wire)

    def test_it_goes_as_bytes_not_as_text(self, wire):
        plotly_script().close()
        wire.clear()
        plotly_script()
        (buffer,) = (buffer for message in wire for buffer in message["buffers"])
        assert len(buffer) < 2_000_000

    def test_closing_every_widget_does_not_leave_later_charts_without_it(self):
        first = plotly_script()
        Widget.close_all()
        Chart()
        assert plotly_script() is not first
        assert plotly_script().comm is not None

    def test_many_threads_make_one(self):
        plotly_script().close()
        found = []
        threads = [threading.Thread(target=lambda: found.append(plotly_script())) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(set(map(id, found))) == 1


class TestShow:
    def test_the_whole_figure_is_in_the_state_of_the_widget(self):
        chart = Chart(FIGURE, "Two tasks wait.")
        assert spec(chart)["data"] == FIGURE["data"]
        assert spec(chart)["layout"]["title"] == {"text": "谁在等?"}
        assert chart.get_state()["spec"] == chart.spec
        assert chart.alt == "Two tasks wait."

    def test_a_figure_of_plotly_and_its_parts_are_the_same(self):
        assert spec(Chart(go.Figure(FIGURE, layout={"template": {}})))["data"] == FIGURE["data"]

    def test_one_message_per_figure(self, wire):
        chart = Chart()
        wire.clear()
        chart.show(FIGURE, "Two tasks wait.", time_axes=["x"])
        (message,) = wire
        assert set(message["state"]) == {"spec", "alt", "time_axes"}

    def test_the_same_figure_again_sends_nothing(self, wire):
        chart = Chart(FIGURE, "Two tasks wait.")
        wire.clear()
        chart.show(FIGURE, "Two tasks wait.")
        assert [message for message in wire if message.get("state")] == []

    def test_zoom_is_kept_while_the_subject_is_the_same(self):
        chart = Chart()
        chart.show(FIGURE, subject="staircase")
        assert spec(chart)["layout"]["uirevision"] == "staircase"

    def test_the_figure_given_is_not_changed(self):
        figure = go.Figure(FIGURE)
        before = figure.to_json()
        Chart(figure).show(figure, subject="other")
        assert figure.to_json() == before

    def test_what_the_browser_cannot_read_is_refused(self):
        chart = Chart(FIGURE)
        before = chart.spec
        with pytest.raises(ValueError, match="JSON compliant"):
            chart.show({"data": [{"y": [float("nan")]}]})
        assert chart.spec == before

    def test_figures_from_many_threads_arrive_whole(self):
        chart = Chart()
        wrong = []

        def show(number):
            for _ in range(50):
                chart.show({"data": [{"y": [number]}]}, str(number))

        chart.observe(lambda change: wrong.append(change) if change["new"] == "" else None, "alt")
        threads = [threading.Thread(target=show, args=(number,)) for number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert chart.alt == str(spec(chart)["data"][0]["y"][0])
        assert wrong == []


class TestClicks:
    def test_a_chart_nobody_listens_to_is_a_picture(self):
        chart = Chart(FIGURE)
        assert not chart.clickable
        chart.on_click(print)
        assert chart.clickable
        chart.on_click(print, remove=True)
        assert not chart.clickable

    def test_a_click_brings_the_customdata_every_time(self):
        chart, seen = Chart(FIGURE), []
        chart.on_click(seen.append)
        for _ in range(2):
            clicked(chart, {"kind": "click", "customdata": ["web-1", 3]})
        assert seen == [["web-1", 3], ["web-1", 3]]

    @pytest.mark.parametrize(
        "content",
        [
            pytest.param({"kind": "click"}, id="a point without customdata"),
            pytest.param({"kind": "click", "customdata": None}, id="nothing in it"),
            pytest.param({"kind": "other", "customdata": "x"}, id="another message"),
        ],
    )
    def test_other_messages_are_no_clicks(self, content):
        chart, seen = Chart(FIGURE), []
        chart.on_click(seen.append)
        clicked(chart, content)
        assert seen == []

    def test_a_click_can_be_made_in_python(self):
        chart, seen = Chart(FIGURE), []
        chart.on_click(seen.append)
        chart.click("web-0")
        assert seen == ["web-0"]


def test_the_browsers_half_is_text_that_travels_with_the_widget():
    chart = Chart(FIGURE)
    assert "Plotly.react" in chart._esm
    assert "var(--jp-ui-font-color1" in chart._css
    assert "var(--jp-layout-color1" in chart._css
