"""Graphs with subgraphs, zones and sweeps that several tests use."""

from __future__ import annotations

from engine.graph.graph import Graph, Node, Source
from engine.graph.subgraph import Definition


def source(text: str) -> Source:
    return Source.parse(text)


def node(id: str, type: str, zone: str = "", params: dict | None = None, **inputs: str) -> Node:
    wired = {port: (Source.parse(text),) for port, text in inputs.items()}
    return Node(id, type, params=params or {}, inputs=wired, zone=zone)


def affine() -> Definition:
    """y = clamp(x + shift), with `shift` and `high` as parameters."""
    nodes = [
        node("add", "math.add", params={"b": 1}, a="inputs.x", b="inputs.shift"),
        node("clamp", "math.clamp", params={"high": 100}, a="add.int", high="inputs.high"),
    ]
    return Definition(
        {item.id: item for item in nodes}, ("x", "shift", "high"), {"y": source("clamp.int")}
    )


def two_instances() -> Graph:
    graph = Graph()
    graph.define("affine", affine())
    graph.add("math.number", "n", params={"value": 5})
    graph.add("subgraph:affine", "one", params={"shift": 10}, inputs={"x": "n.int"})
    graph.add("subgraph:affine", "two", inputs={"x": "one.y"})
    graph.add("math.add", "end", inputs={"a": "two.y", "b": "one.y"})
    graph.set_outputs(["end"])
    return graph


def loop(times: int = 3) -> Graph:
    """total = start; for i in range(times): total = clamp(total + i)."""
    graph = Graph()
    graph.add("math.number", "start", params={"value": 7})
    graph.add("repeat", "loop", params={"times": times}, inputs={"total": "start.int"})
    graph.add("math.add", "step", zone="loop", inputs={"a": "loop.total", "b": "loop.index"})
    graph.add("math.clamp", "clamp", zone="loop", params={"high": 99}, inputs={"a": "step.int"})
    graph.connect("clamp.int", "loop.next.total")
    graph.add("math.add", "end", inputs={"a": "loop.total"})
    graph.set_outputs(["end"])
    return graph
