from engine.graph.graph import Graph
from engine.graph.resolve import draw_seeds
from engine.graph.subgraph import collapse
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
