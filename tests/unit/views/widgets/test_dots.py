import math
import re

from workbench.experiments.statistics import paired
from workbench.views.widgets.dots import DotStrip

SIDES = ("kubernetes", "mesos")


def marks(strip):
    return len(re.findall("<(?:circle|rect)", strip.svg))


def test_before_the_first_repeat_there_is_the_line_at_zero_alone():
    strip = DotStrip(SIDES, "no repeat yet")
    assert marks(strip) == 0
    assert 'class="zero"' in strip.svg
    assert 'aria-label="no repeat yet"' in strip.svg


def test_every_repeat_brings_a_dot():
    strip = DotStrip(SIDES)
    for count in range(1, 21):
        strip.show(paired([0.0] * count, [float(number) for number in range(1, count + 1)]), f"{count} repeats")
        assert marks(strip) == count
    assert 'aria-label="20 repeats"' in strip.svg


def test_a_side_that_never_got_there_is_a_dot_too():
    strip = DotStrip(SIDES)
    strip.show(paired([1.0, 1.0], [2.0, math.inf]), "2 repeats")
    assert marks(strip) == 2


def test_words_cannot_break_out_of_the_picture():
    strip = DotStrip(SIDES)
    strip.show(paired([1.0], [2.0]), 'a "name" <script>alert(1)</script>')
    assert "<script" not in strip.svg
    assert "&quot;name&quot;" in strip.svg


def test_it_can_be_emptied_for_a_new_run():
    strip = DotStrip(SIDES)
    strip.show(paired([1.0], [2.0]), "1 repeat")
    strip.clear("running")
    assert marks(strip) == 0
    assert 'aria-label="running"' in strip.svg
