from __future__ import annotations

from collections.abc import Mapping

from engine.graph.frontier import Frontier
from engine.graph.graph import Graph
from engine.graph.order import distances
from engine.graph.spec import Place


def graph(**reads: str) -> Graph:
    """Nodes that read others: graph(a="", b="a", c="a b")."""
    found = Graph()
    for name, above in reads.items():
        found.add("x.y", name, inputs={"in": [f"{source}.out" for source in above.split()]})
    return found


class World:
    """A frontier over a graph, and what is there."""

    def __init__(
        self,
        nodes: Graph,
        *outputs: str,
        places: Mapping[str, Place] | None = None,
        fit: Mapping[str, int] | None = None,
        sizes: Mapping[str, int] | None = None,
    ) -> None:
        self.there: set[str] = set()
        self.nodes = nodes
        where: dict[str, Place] = dict.fromkeys(nodes.nodes, "device")
        self.frontier = Frontier(
            nodes,
            outputs,
            nodes.order(),
            {**where, **(places or {})},
            lambda node_id: (fit or {}).get(node_id, 0),
            lambda node_id: (sizes or {}).get(node_id, 0),
        )
        self.frontier.demand(outputs, self.there.__contains__)

    def run(self) -> list[str]:
        """Run the device's nodes to the end; the order they come in."""
        order: list[str] = []
        while node_id := self.frontier.take("device"):
            order.append(node_id)
            self.done(node_id)
        return order

    def done(self, node_id: str) -> list[str]:
        self.there.add(node_id)
        return self.frontier.settle(node_id)


def test_distances_to_the_nearest_target():
    nodes = graph(a="", b="a", c="b", d="a", e="")
    assert distances(nodes.nodes, ["c", "d"]) == {"c": 0, "d": 0, "b": 1, "a": 1}


def test_what_is_there_is_not_demanded():
    world = World(graph(a="", b="a", c="b"))
    world.there.add("b")
    world.frontier.demand(["c"], world.there.__contains__)
    assert world.run() == ["c"]


def test_one_branch_is_finished_before_the_next_begins():
    nodes = graph(a1="", b1="", a2="a1", b2="b1", a3="a2", b3="b2")
    assert World(nodes, "a3", "b3").run() == ["a1", "a2", "a3", "b1", "b2", "b3"]


def test_nearest_to_an_output_goes_first():
    nodes = graph(far="", far2="far", far3="far2", near="")
    assert World(nodes, "far3", "near").run() == ["near", "far", "far2", "far3"]


def test_a_resident_model_comes_before_all_else():
    nodes = graph(near="", far="", last="far")
    assert World(nodes, "near", "last", fit={"near": 2}).run() == ["far", "last", "near"]


def test_what_frees_most_goes_first_among_the_near():
    nodes = graph(a="", b="", one="a", two="b", both="a b")
    world = World(nodes, "one", "two", sizes={"a": 10, "b": 1000}, places={"a": "io", "b": "io"})
    world.done(world.frontier.take("io"))
    world.done(world.frontier.take("io"))
    assert world.run() == ["two", "one"]


def test_what_another_still_reads_is_not_freed():
    nodes = graph(a="", b="", one="a", two="b", both="b")
    places: dict[str, Place] = {"a": "io", "b": "io", "both": "cpu"}
    world = World(nodes, "one", "two", "both", sizes={"a": 10, "b": 1000}, places=places)
    world.done(world.frontier.take("io"))
    world.done(world.frontier.take("io"))
    assert world.run() == ["one", "two"]


def test_many_ready_nodes_all_come():
    names = [f"n{index}" for index in range(100)]
    world = World(graph(**dict.fromkeys(names, "")), *names, fit={"n7": -1, "n99": 1})
    order = world.run()
    assert sorted(order) == sorted(names)
    assert order[0] == "n7" and order[-1] == "n99"


def test_each_place_has_its_own_ready_nodes():
    nodes = graph(a="", b="", c="a b")
    world = World(nodes, "c", places={"b": "cpu"})
    assert world.frontier.take("io") == ""
    assert (world.frontier.take("device"), world.frontier.take("cpu")) == ("a", "b")
    assert world.done("b") == []
    assert world.frontier.take("device") == ""
    world.done("a")
    assert world.frontier.take("device") == "c"


def test_values_that_nobody_reads_any_more_are_let_go():
    world = World(graph(a="", b="a", c="a"), "b", "c")
    for name, unread in (("a", []), ("b", ["b"]), ("c", ["c", "a"])):
        assert world.frontier.take("device") == name
        assert world.done(name) == unread


def test_a_failure_blocks_what_reads_it_and_spares_what_only_that_reads():
    nodes = graph(bad="", only="", both="", below="bad only both", end="below", other="both")
    world = World(nodes, "end", "other")
    assert world.frontier.take("device") == "both"  # nearest to an output
    world.done("both")
    assert world.frontier.take("device") == "other"
    world.done("other")
    assert world.frontier.take("device") == "bad"
    blocked, unread = world.frontier.fail("bad")
    assert blocked == ["below", "end"]
    assert set(unread) == {"bad", "below", "only", "both"}
    assert world.run() == []
    assert world.frontier.unfinished() == []


def test_an_output_is_not_spared():
    nodes = graph(bad="", above="", only="above", below="bad only")
    world = World(nodes, "below", "only", places={"above": "io"})
    assert world.frontier.take("device") == "bad"
    world.frontier.fail("bad")
    assert world.frontier.unfinished() == ["above", "only"]


def test_what_spared_nodes_would_have_read_is_spared_too():
    world = World(graph(bad="", x="", y="x", z="y", below="bad z"), "below")
    assert world.frontier.take("device") == "bad"
    world.frontier.fail("bad")
    assert world.run() == [] and world.frontier.waiting == {}


def test_a_running_node_is_neither_blocked_nor_spared():
    world = World(graph(bad="", x="", below="bad x"), "below", places={"x": "cpu"})
    assert world.frontier.take("cpu") == "x"
    assert world.frontier.take("device") == "bad"
    world.frontier.fail("bad")
    assert world.frontier.unfinished() == ["x"]
    world.done("x")
    assert world.frontier.unfinished() == []


def test_a_lost_value_is_made_again_before_its_reader():
    world = World(graph(a="", b="a", c="b"))
    world.there.add("b")
    world.frontier.demand(["c"], world.there.__contains__)
    assert world.frontier.take("device") == "c"
    world.there.clear()
    world.frontier.again("c", "b", world.there.__contains__)
    assert world.run() == ["a", "b", "c"]


def test_a_reader_that_has_its_values_is_not_blocked_when_they_can_not_be_made_again():
    world = World(graph(a="", b="a", c="a"))
    world.there.add("a")
    world.frontier.demand(["b", "c"], world.there.__contains__)
    assert (world.frontier.take("device"), world.frontier.take("device")) == ("b", "c")
    world.there.clear()
    world.frontier.again("c", "a", world.there.__contains__)
    assert world.frontier.take("device") == "a"
    assert world.frontier.fail("a")[0] == ["c"]
    assert world.frontier.unfinished() == ["b"]
    world.done("b")


def test_a_node_held_behind_another_comes_when_that_is_done():
    world = World(graph(a="", b=""), "a", "b", places={"b": "cpu"})
    assert (world.frontier.take("device"), world.frontier.take("cpu")) == ("a", "b")
    world.frontier.hold("b", "a")
    assert world.frontier.take("cpu") == ""
    world.done("a")
    assert world.frontier.take("cpu") == "b"
    assert world.frontier.running == {"b"}


def test_a_node_held_behind_one_that_fails_is_tried_itself():
    world = World(graph(a="", b=""), "a", "b", places={"b": "cpu"})
    world.frontier.take("device"), world.frontier.take("cpu")
    world.frontier.hold("b", "a")
    assert world.frontier.fail("a") == ([], [])
    assert world.frontier.take("cpu") == "b"


def test_what_comes_next_on_the_device():
    nodes = graph(a="", b="a", c="a", d="b c")
    world = World(nodes, "d", places={"b": "cpu"})
    assert world.frontier.take("device") == "a"
    assert world.frontier.upcoming("a") == "c"
    world = World(graph(a="", b="", c="a b"), "c")
    assert world.frontier.take("device") == "a"
    assert world.frontier.upcoming("a") == "b"
    world.done("a")
    assert world.frontier.take("device") == "b"
    assert world.frontier.upcoming("b") == "c"
    world.done("b")
    assert world.frontier.take("device") == "c"
    assert world.frontier.upcoming("c") == ""
