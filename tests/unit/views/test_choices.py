"""Every choice that a setting offers has words, in both languages."""

import re

import pytest

from workbench.engines.catalogue import PARAMETERS
from workbench.views.choices import NAMES, word
from workbench.views.i18n import Texts

CHOICES = sorted({choice for one in PARAMETERS.values() for choice in one.choices})


@pytest.mark.parametrize("choice", CHOICES)
def test_a_choice_is_a_name_or_has_words(choice):
    said = [word(Texts(language), choice) for language in ("en", "zh")]
    if choice in NAMES:
        assert set(said) == {NAMES[choice]}
    else:
        assert re.search("[\u4e00-\u9fff]", said[1])
