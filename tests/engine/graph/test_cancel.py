"""What a run tells while it goes on, and how it stops."""

from __future__ import annotations

import threading

import pytest

from engine.graph import events
from engine.graph.context import Settings
from engine.graph.errors import Cancelled, GraphError
from engine.graph.executor import Executor
from engine.graph.graph import Graph
from tests.engine.graph import stubs


def test_the_events_of_a_run(executor: Executor):
    graph = stubs.diffusion()
    listener = stubs.Listener()
    executor.run(graph, emit=listener)
    assert listener.texts == [
        "started model", "produced model", "started prompt", "produced prompt",
        "started empty", "produced empty", "started denoise", "produced denoise", "finished",
    ]  # fmt: skip
    steps = [e.step for e in listener.events if isinstance(e, events.Progress)]
    assert steps == [1, 2, 3, 4]
    finished = listener.events[-1]
    assert isinstance(finished, events.Finished)
    assert (finished.ran, finished.cached, finished.failed) == (4, 0, 0)
    again = stubs.Listener()
    executor.run(graph, emit=again)
    assert again.texts == [f"cached {name}" for name in graph.nodes] + ["finished"]


def test_cancel_stops_within_one_step(executor: Executor):
    graph = stubs.diffusion()
    graph.set_param("denoise", "steps", 100)
    cancel = threading.Event()
    seen: list[int] = []

    def listen(event: events.Event) -> None:
        if isinstance(event, events.Progress):
            seen.append(event.step)
            if event.step == 7:
                cancel.set()

    result = executor.run(graph, emit=listen, cancel=cancel)
    assert seen == list(range(1, 8))
    assert result.cancelled and not result.ok
    assert set(result.ran) == {"model", "prompt", "empty"}
    assert executor.run(graph).ran == ("denoise",)


def test_cancel_before_anything(executor: Executor):
    cancel = threading.Event()
    cancel.set()
    listener = stubs.Listener()
    result = executor.run(stubs.chain(3), emit=listener, cancel=cancel)
    assert result.cancelled and not stubs.calls
    assert listener.texts == ["cancelled n0", "cancelled n1", "cancelled n2", "finished"]


def test_an_interrupt_is_a_cancel(executor: Executor, monkeypatch: pytest.MonkeyPatch):
    def interrupt(event: events.Event) -> None:
        if isinstance(event, events.Progress):
            raise KeyboardInterrupt

    result = executor.run(stubs.diffusion(), emit=interrupt)
    assert result.cancelled
    assert "denoise" not in result.ran


class After(threading.Event):
    """A cancel that comes when it was looked at so often."""

    def __init__(self, looks: int) -> None:
        super().__init__()
        self.looks = looks

    def is_set(self) -> bool:
        self.looks -= 1
        return self.looks < 0


@pytest.fixture
def large(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Graph:
    """A graph over a model of a hundred chunks."""
    monkeypatch.setattr("engine.graph.files.CHUNK", 16)
    (settings.model_folders[0] / "tiny" / "weights").write_bytes(bytes(1600))
    return stubs.diffusion()


def test_a_cancel_stops_the_reading_of_a_model(executor: Executor, large: Graph):
    cancel = After(10)
    listener = stubs.Listener()
    result = executor.run(large, emit=listener, cancel=cancel)
    assert result.cancelled and not result.ok and not stubs.calls
    assert -5 <= cancel.looks < 0
    assert listener.texts == ["finished"]
    assert result.graph == large and result.files == result.files_of(None) == ()
    with pytest.raises(GraphError, match="no value at denoise"):
        result.value("denoise.stub_latents")
    assert executor.run(large).ok


def test_a_cancel_stops_a_plan(executor: Executor, large: Graph):
    with pytest.raises(Cancelled):
        executor.plan(large, cancel=After(10))
    assert len(executor.plan(large).runs) == 4


def test_a_cancel_stops_a_node_that_reads_a_model(executor: Executor, large: Graph):
    cancel = threading.Event()

    def listen(event: events.Event) -> None:
        if isinstance(event, events.Started):
            cancel.set()

    result = executor.run(large, emit=listen, cancel=cancel)
    assert result.cancelled and result.ran == () and not result.failed
