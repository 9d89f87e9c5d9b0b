"""A document with what runs it, on the stub nodes."""

from __future__ import annotations

import itertools

import pytest

WAIT = 60_000  # milliseconds
_fresh = itertools.count(1000)


@pytest.fixture
def document(stub_registry):
    from app.gui.document import Document

    return Document(stub_registry)


@pytest.fixture
def statuses():
    from app.gui.status import Statuses

    return Statuses()


@pytest.fixture
def runs(document, statuses, stub_worker, qtbot):
    from app.gui.runs.runs import Runs

    made = Runs(document, statuses, stub_worker)
    qtbot.waitUntil(lambda: stub_worker.state == "ready", timeout=WAIT)
    yield made
    made.close()


@pytest.fixture
def chain(document):
    """Builds number → slow → add, of a number that no other test has."""

    def build(**params):
        number = next(_fresh)
        with document.edit("Build") as graph:
            graph.add("stub.number", "number", params={"value": number})
            graph.add("stub.slow", "slow", params=params, inputs={"value": "number.int"})
            graph.add("stub.add", "add", inputs={"a": "slow.int"})
        return number

    return build


@pytest.fixture
def states(statuses):
    return lambda *names: [statuses[name].state for name in names]


@pytest.fixture
def ran(qtbot, runs):
    """Runs, and waits for the end, which has to be of this state."""

    def run(*outputs, state="done"):
        with qtbot.waitSignal(runs.ended, timeout=WAIT) as ended:
            runs.run(outputs)
        assert ended.args[1] == state

    return run
