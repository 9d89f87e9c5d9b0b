"""What a run gives, and how that came to be."""

from __future__ import annotations

from typing import Any

from engine.graph import workflow
from engine.graph.context import Context, Settings
from engine.graph.executor import Executor
from engine.graph.graph import Graph
from engine.graph.registry import Registry
from engine.graph.spec import node
from tests.engine.graph import stubs

seen: dict[str, Any] = {}


@node("test.keep", nature="effect")
def keep(ctx: Context, items: list[stubs.Latents] | None = None) -> None:
    """Keeps what it is told of its origin."""
    seen.update(ctx.provenance)


@node("test.maybe")
def maybe() -> stubs.Latents | None:
    """Nothing, today."""
    return None


@node("test.bears")
def bears(latents: stubs.Latents | None) -> int:
    """Has to be joined, and can do with nothing."""
    return -1 if latents is None else len(latents.values)


@node("test.needs")
def needs(latents: stubs.Latents) -> int:
    """Can't do with nothing."""
    return len(latents.values)


def test_a_graph_runs(executor: Executor):
    result = executor.run(stubs.chain(4, value=10))
    assert result.ok
    assert result.value("n3.int") == 16
    assert result.ran == ("n0", "n1", "n2", "n3")


def test_an_output_may_carry_nothing_for_those_who_say_so(settings: Settings):
    executor = Executor(Registry((*stubs.NODES, maybe, bears, needs)), settings)
    graph = Graph()
    graph.add("test.maybe", "maybe")
    graph.add("test.bears", "bears", inputs={"latents": "maybe.stub_latents"})
    graph.add("test.needs", "needs", inputs={"latents": "maybe.stub_latents"})
    result = executor.run(graph, ["bears", "needs"])
    assert result.value("bears.int") == -1
    assert "latents: What is joined to it gave nothing" in str(result.failed["needs"])


def test_only_what_is_asked_for_runs(executor: Executor):
    graph = stubs.chain(5)
    graph.add("math.fail", "unrelated", params={"a": 1})
    assert executor.run(graph, ["n2"]).ran == ("n0", "n1", "n2")
    assert stubs.calls["fail"] == 0


def test_conversions_are_applied(executor: Executor):
    graph = Graph()
    graph.add("math.number", "n", params={"value": 3})
    graph.add("math.halve", "h", inputs={"value": "n.int"})
    assert executor.run(graph).value("h.float") == 1.5


def test_lists_are_gathered_in_order(executor: Executor):
    graph = Graph()
    graph.add("noise.seed", "a", params={"seed": 1})
    graph.add("noise.seed", "b", params={"seed": 2, "count": 2})
    graph.add("math.sum", "s", inputs={"items": ["a.stub_latents", "b.stub_latents"]})
    assert executor.run(graph).value("s.total") == 6
    graph.disconnect("s.items")
    assert executor.run(graph).value("s.total") == 0


def test_seeds(executor: Executor):
    graph = Graph()
    graph.add("noise.seed", "noise", params={"seed": None})
    drawn = executor.run(graph)
    seed = drawn.graph.nodes["noise"].params["seed"]
    assert drawn.value("noise.stub_latents").values == (float(seed),)
    assert graph.nodes["noise"].params["seed"] is None
    assert executor.run(drawn.graph).ran == ()
    assert executor.run(graph, seed=5).value("noise.stub_latents").values == (5.0,)
    assert executor.run(graph, seed=5).ran == ()


def test_provenance_makes_the_same_again(settings: Settings, executor: Executor):
    executor = Executor(Registry([*stubs.NODES, keep]), settings)
    graph = stubs.diffusion()
    graph.add("noise.seed", "noise", params={"seed": None})
    graph.add("test.keep", "keep", inputs={"items": ["noise.stub_latents", "denoise.stub_latents"]})
    graph.set_outputs(["keep"])
    result = executor.run(graph)
    assert seen["seeds"] == {"noise.seed": result.graph.nodes["noise"].params["seed"]}
    assert list(seen["models"]) == ["tiny"]
    assert seen["models"]["tiny"].startswith("b2:")
    again = workflow.from_json(seen["workflow"])
    assert again == result.graph
    assert executor.run(again).ran == ()


def test_a_long_chain_runs_without_recursion(executor: Executor):
    executor.strict = False
    result = executor.run(stubs.chain(3000))
    assert result.value("n2999.int") == sum(range(3000))


def test_an_output_folder_can_be_made(executor: Executor, settings: Settings):
    assert not settings.output_folder.exists()
    result = executor.run(stubs.saving())
    assert result.files[0].exists()
    assert list(settings.output_folder.iterdir()) == [result.files[0]]
