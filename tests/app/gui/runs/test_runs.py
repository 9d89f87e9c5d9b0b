"""Running a document: through the queue, and told by statuses."""

from __future__ import annotations

import pytest

from app.gui.document import Document
from app.gui.runs.runs import Runs
from app.gui.status import Statuses

WAIT = 60_000


@pytest.fixture
def document(stub_registry):
    return Document(stub_registry)


@pytest.fixture
def statuses():
    return Statuses()


@pytest.fixture
def runs(document, statuses, stub_worker, qtbot):
    made = Runs(document, statuses, stub_worker)
    yield made
    made.close()


def chain(document, **params):
    """number → slow → add, `value` making its results its own."""
    with document.edit("Build") as graph:
        graph.add("stub.number", "number", params={"value": params.pop("value", 1)})
        graph.add("stub.slow", "slow", params=params)
        graph.add("stub.add", "add")
        graph.connect("number.int", "slow.value")
        graph.connect("slow.int", "add.a")


def states(statuses, *names):
    return [statuses[name].state for name in names]


def ran(qtbot, runs, *outputs, state="done"):
    with qtbot.waitSignal(runs.ended, timeout=WAIT) as ended:
        runs.run(outputs)
    assert ended.args[1] == state


def test_a_run_is_followed_to_its_end(document, statuses, runs, qtbot):
    chain(document, value=101, steps=4)
    seen = []
    statuses.changed.connect(lambda names: seen.append(statuses["slow"]))
    ran(qtbot, runs)
    assert states(statuses, "number", "slow", "add") == ["done"] * 3
    assert statuses["slow"].seconds >= 0.08
    assert {"running", "done"} <= {status.state for status in seen}
    assert max(status.step for status in seen) == 4
    assert runs.current is None
