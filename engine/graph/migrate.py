"""Nodes saved by older versions of their type, brought up to the version that is installed."""

from __future__ import annotations

from dataclasses import replace

from engine.graph.errors import LoomError, WorkflowError
from engine.graph.graph import Graph, Node, Source
from engine.graph.registry import Registry
from engine.graph.spec import Migration, NodeSpec


def upgrade(graph: Graph, registry: Registry) -> Graph:
    """The graph with every node of a known type at the version of its specification.

    Unknown types stay as they are, for `check` to report. Raises WorkflowError for a node that is
    newer than its installed type, or whose migration is missing or fails.
    """
    renamed: dict[str, dict[str, str]] = {}
    nodes: dict[str, Node] = {}
    for node in graph.nodes.values():
        spec = registry.find(node.type)
        nodes[node.id] = node
        if spec is not None and node.version != spec.version:
            nodes[node.id], renamed[node.id] = _upgraded(node, spec)
    if not renamed:
        return graph
    rewired = [_rewired(node, renamed) for node in nodes.values()]
    sweep = {_moved(target, graph, registry): axis for target, axis in graph.sweep.items()}
    along = {axis.along: _moved(axis.along, graph, registry) for axis in graph.sweep.values()}
    sweep = {target: replace(axis, along=along[axis.along]) for target, axis in sweep.items()}
    return Graph(rewired, graph.outputs, graph.view, definitions=graph.definitions, sweep=sweep)


def _moved(target: str, graph: Graph, registry: Registry) -> str:
    """`node.param` by the name that the parameter has in the installed version."""
    node_id, _, name = target.partition(".")
    node = graph.nodes.get(node_id)
    spec = registry.find(node.type) if node else None
    if node is None or spec is None:
        return target
    for version in range(node.version, spec.version):
        name = spec.migrations[version].params.get(name, name)
    return f"{node_id}.{name}"


def _upgraded(node: Node, spec: NodeSpec) -> tuple[Node, dict[str, str]]:
    """The node at the version of its spec, and the new names of its outputs by the old ones."""
    if node.version > spec.version:
        raise WorkflowError(
            f"It was saved by version {node.version} of {node.type}, and version {spec.version} "
            "is installed.",
            node=node.id,
            field="version",
            remedy="Update the pack that the node comes from.",
        )
    outputs = {name: name for name in spec.outputs}
    for version in range(node.version, spec.version):
        step = spec.migrations.get(version)
        if step is None:
            raise WorkflowError(
                f"Version {version} of {node.type} can no longer be read.",
                node=node.id,
                field="version",
                remedy="Add the node anew.",
            )
        outputs = {old: step.outputs.get(new, new) for old, new in outputs.items()} | {
            old: new for old, new in step.outputs.items() if old not in outputs
        }
        node = _stepped(node, step)
    return replace(node, version=spec.version), outputs


def _stepped(node: Node, step: Migration) -> Node:
    params = {step.params.get(name, name): value for name, value in node.params.items()}
    if step.edit:
        try:
            params = step.edit(params)
        except Exception as error:  # the migration meets whatever value the file holds
            raise WorkflowError(
                f"Its parameters can't be brought up to date: {error}.",
                node=node.id,
                field=error.field if isinstance(error, LoomError) else "params",
                remedy="Add the node anew.",
            ) from error
    # A parameter may be linked as well, so both tables of names apply to the wires.
    names = {**step.params, **step.inputs}
    inputs = {names.get(port, port): sources for port, sources in node.inputs.items()}
    return replace(node, params=params, inputs=inputs)


def _rewired(node: Node, renamed: dict[str, dict[str, str]]) -> Node:
    inputs = {
        port: tuple(
            Source(source.node, renamed.get(source.node, {}).get(source.port, source.port))
            for source in sources
        )
        for port, sources in node.inputs.items()
    }
    return replace(node, inputs=inputs)
