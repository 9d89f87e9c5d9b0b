"""The names of nodes, ports and parameters in the language of the person."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from PySide6.QtCore import QCoreApplication

from engine.graph.interface import zone_specs
from engine.graph.registry import Registry
from engine.graph.spec import NodeSpec

CONTEXT = "nodes"


def in_language(registry: Registry) -> Registry:
    """The same node types with labels in the current language, where they have been translated.

    Ids, values and what nodes do are as they were: a label is only shown.
    """
    return registry.with_specs(_translated(spec) for spec in (*registry, *zone_specs()))


def labels(specs: Iterable[NodeSpec]) -> dict[str, str]:
    """Every label of node types, their ports and parameters, and the first id that has it."""
    found: dict[str, str] = {}
    for spec in specs:
        parts = (*spec.inputs.values(), *spec.params.values(), *spec.outputs.values())
        for text in (spec.label, *(part.label for part in parts)):
            found.setdefault(text, spec.id)
    return found


def _translated(spec: NodeSpec) -> NodeSpec:
    return replace(
        spec,
        label=say(spec.label),
        inputs={name: replace(port, label=say(port.label)) for name, port in spec.inputs.items()},
        params={name: replace(one, label=say(one.label)) for name, one in spec.params.items()},
        outputs={name: replace(port, label=say(port.label)) for name, port in spec.outputs.items()},
    )


def say(label: str) -> str:
    """A label of a node, a port or a parameter in the current language."""
    return QCoreApplication.translate(CONTEXT, label)
