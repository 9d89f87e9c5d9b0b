import pytest

from engine.graph.context import Settings
from engine.graph.errors import LoomError
from engine.graph.executor import Executor
from engine.graph.graph import Graph, Source
from engine.graph.resolve import draw_seeds
from engine.graph.subgraph import Definition, collapse
from tests.engine.graph import stubs

REGISTRY = stubs.registry()


def noise(seed: int | None) -> Graph:
    graph = Graph()
    graph.add("noise.seed", "a", params={"seed": seed})
    graph.add("noise.seed", "default")
    graph.add("math.number", "n", params={"value": 5})
    graph.add("noise.seed", "linked", inputs={"seed": "n.int"})
    return graph


def seeds(graph: Graph) -> list[int | None]:
    return [graph.nodes[name].params.get("seed") for name in ("a", "default", "linked")]


def test_open_seeds_are_drawn_and_the_others_kept():
    graph = noise(None)
    found = {seeds(draw_seeds(graph, REGISTRY))[0] for _ in range(3)}
    assert len(found) == 3 and None not in found
    assert seeds(graph) == [None, None, None]
    assert seeds(draw_seeds(noise(7), REGISTRY)) == [7, None, None]


def test_a_given_seed_takes_the_place_of_all_that_no_link_gives():
    assert seeds(draw_seeds(noise(7), REGISTRY, 3)) == [3, 3, None]


def test_unknown_nodes_are_left():
    graph = Graph()
    graph.add("any.unknown", "u", params={"seed": None})
    assert draw_seeds(graph, REGISTRY, 1) == graph


def test_seeds_inside_subgraphs_are_drawn_too():
    graph = noise(None)
    collapse(graph, ["a"], "start")
    drawn = draw_seeds(graph, REGISTRY)
    assert isinstance(drawn.definitions["start"].nodes["a"].params["seed"], int)


@pytest.mark.parametrize("inside", [False, True])
def test_models_that_a_zone_names_are_pinned(settings: Settings, inside: bool):
    """As items and as what a state starts as; those that nothing needed reads stay as they are."""
    graph = Graph()
    graph.add("repeat", "loop", params={"each": ["tiny", "big"]})
    graph.add("load.model", "model", zone="loop", inputs={"model": "loop.item"})
    graph.add("text.encode", "text", zone="loop", inputs={"model": "model.model"})
    graph.connect("text.stub_text", "loop.gather.texts")
    graph.add("repeat", "idle", params={"each": ["big", "none"]})
    graph.add("load.model", "unread", zone="idle", inputs={"model": "idle.item"})
    graph.set_outputs(["loop"])
    if inside:
        body = graph.nodes
        graph = Graph()
        outputs = {"texts": Source("loop", "texts")}
        graph.define("both", Definition(dict(body), (), outputs))
        graph.add("subgraph:both", "both")
        graph.set_outputs(["both"])
    executor = Executor(stubs.registry(), settings)
    result = executor.run(graph)
    nodes = result.graph.definitions["both"].nodes if inside else result.graph.nodes
    items = nodes["loop"].params["each"]
    assert [item["name"] for item in items] == ["tiny", "big"]
    assert nodes["idle"].params["each"] == ["big", "none"]
    made = result._done.job.settled.provenance(result.ran[0])
    assert made["models"] == {item["name"]: item["hash"] for item in items}
    assert executor.run(result.graph).ran == ()
    (settings.model_folders[0] / "big" / "more").write_text("x")
    with pytest.raises(LoomError, match="is not the model this workflow was made with"):
        executor.run(result.graph)


def zone_of_seeds() -> Graph:
    graph = Graph()
    graph.add("repeat", "loop", params={"each": [None, 3, None], "first": None})
    graph.add("noise.seed", "one", zone="loop", inputs={"seed": "loop.item"})
    graph.add("noise.seed", "other", zone="loop", inputs={"seed": "loop.first"})
    graph.add("math.number", "n", zone="loop", params={"value": 8})
    graph.connect("n.int", "loop.next.first")
    graph.connect("one.stub_latents", "loop.gather.items")
    graph.connect("other.stub_latents", "loop.gather.states")
    graph.set_outputs(["loop"])
    return graph


def test_open_seeds_that_a_zone_names_are_drawn():
    result = Executor(stubs.registry()).run(zone_of_seeds())
    items = result.graph.nodes["loop"].params["each"]
    first = result.graph.nodes["loop"].params["first"]
    assert items[1] == 3 and None not in items and items[0] != items[2]
    assert [one.values[0] for one in result.value("loop.items")] == list(map(float, items))
    assert [one.values[0] for one in result.value("loop.states")] == [float(first), 8.0, 8.0]
    queued = draw_seeds(zone_of_seeds(), REGISTRY).nodes["loop"].params
    assert queued["first"] is not None and None not in queued["each"]
