import pytest
from ipywidgets.widgets.widget import _instances


@pytest.fixture(autouse=True)
def closed():
    """Close the widgets that a test made."""
    before = set(_instances)
    yield
    for name in set(_instances) - before:
        _instances[name].close()


@pytest.fixture
def wire(monkeypatch):
    """What the widgets made from now on send: one mapping per message, as the browser gets it."""
    sent = []

    def publish(self, kind, data=None, metadata=None, buffers=None, **keys):
        sent.append({"kind": kind, "buffers": list(buffers or ()), **(data or {})})

    monkeypatch.setattr("comm.DummyComm.publish_msg", publish)
    return sent
