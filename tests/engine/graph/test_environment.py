import threading
from dataclasses import replace

import pytest

from engine.graph.environment import environment, within
from engine.graph.executor import Executor
from engine.graph.graph import Graph
from engine.graph.registry import Registry
from engine.graph.spec import node, spec_of


def test_changes_are_undone_in_turn():
    assert environment() == {}
    with within({"device": "cpu", "attention": "sdpa"}):
        with within({"attention": "sliced:1"}):
            assert environment() == {"device": "cpu", "attention": "sliced:1"}
        assert environment() == {"device": "cpu", "attention": "sdpa"}
    assert environment() == {}


@pytest.mark.parametrize("place", ["cpu", "io"])
def test_runs_side_by_side_have_each_their_own(place):
    meeting = threading.Barrier(2, timeout=10)

    @node("test.look")
    def look() -> str:
        """What a node finds, while the other run's node looks too."""
        meeting.wait()
        return environment()["attention"]

    graph = Graph()
    graph.add("test.look", "look")
    graph.set_outputs(["look"])
    registry = Registry()
    registry.add(replace(spec_of(look), runs_on=place))
    found: dict[str, str] = {}

    def run(backend: str) -> None:
        result = Executor(registry, environment={"attention": backend}).run(graph)
        found[backend] = result.value("look.text")

    threads = [threading.Thread(target=run, args=(name,)) for name in ("sdpa", "sliced:1")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {"sdpa": "sdpa", "sliced:1": "sliced:1"}
    assert environment() == {}
