"""The names of nodes, ports and parameters in the language of the person."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from PySide6.QtCore import QCoreApplication

from engine.graph.registry import Registry
from engine.graph.spec import NodeSpec

CONTEXT = "nodes"


def in_language(registry: Registry) -> Registry:
    """The same node types with labels in the current language, where they have been translated.

    Ids, values and what nodes do are as they were: a label is only shown.
    """
    return registry.with_specs(_translated(spec) for spec in registry)


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
        label=_say(spec.label),
        inputs={name: replace(port, label=_say(port.label)) for name, port in spec.inputs.items()},
        params={name: replace(one, label=_say(one.label)) for name, one in spec.params.items()},
        outputs={
            name: replace(port, label=_say(port.label)) for name, port in spec.outputs.items()
        },
    )


def _say(label: str) -> str:
    return QCoreApplication.translate(CONTEXT, label)
