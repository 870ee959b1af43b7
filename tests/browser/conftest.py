"""What the tests of this folder share: the browser, and a look, after every test of a lab, at what its page said."""

import pytest
from playwright.sync_api import sync_playwright

from tests.browser.servers import ARGUMENTS, CHROMIUM


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as running:
        chromium = running.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture(autouse=True)
def content(request):
    """After every test: nobody complained, and nothing was asked from anywhere else."""
    yield
    if "lab" in request.fixturenames:
        watched = request.getfixturevalue("lab")
        assert watched.complaints == []
        assert watched.elsewhere == []
