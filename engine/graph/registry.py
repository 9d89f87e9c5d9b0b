"""Finds node packs: Python packages whose modules hold `@node` functions."""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from engine.graph.errors import SpecError, UnknownNodeError
from engine.graph.spec import Function, NodeSpec, spec_of

ENTRY_POINTS = "latent_loom.nodes"


@dataclass(frozen=True)
class PackReport:
    """What came of loading a pack: the ids of its nodes, and a line for each thing that failed."""

    name: str
    nodes: tuple[str, ...]
    failures: tuple[str, ...]


class Registry:
    """The node types that are known, by id."""

    def __init__(self, functions: Iterable[Function] = ()) -> None:
        self._specs: dict[str, NodeSpec] = {}
        self.packs: list[PackReport] = []
        for function in functions:
            self.add(spec_of(function))

    def __iter__(self) -> Iterator[NodeSpec]:
        return iter(self._specs.values())

    def __len__(self) -> int:
        return len(self._specs)

    def __contains__(self, type_id: object) -> bool:
        return type_id in self._specs

    def add(self, spec: NodeSpec) -> None:
        """Make a specification known; SpecError when another function has its id."""
        old = self._specs.get(spec.id)
        if old and _origin(old) != _origin(spec):
            raise SpecError(
                f"Two nodes are called {spec.id!r}: {_origin(old)} and {_origin(spec)}."
            )
        self._specs[spec.id] = spec

    def with_specs(self, specs: Iterable[NodeSpec]) -> Registry:
        """This registry and some more node types, which it does not take in itself."""
        more = Registry()
        more.packs = self.packs
        more._specs = self._specs | {spec.id: spec for spec in specs}
        return more

    def get(self, type_id: str) -> NodeSpec:
        """The specification of a node type; UnknownNodeError suggests the nearest names."""
        try:
            return self._specs[type_id]
        except KeyError:
            remedy = "Install the pack it comes from." + suggestion(type_id, self._specs)
            raise UnknownNodeError(
                f"There is no node type {type_id!r}.", field="type", remedy=remedy
            ) from None

    def find(self, type_id: str) -> NodeSpec | None:
        """The specification of a node type, None when it is unknown."""
        return self._specs.get(type_id)

    def load_pack(self, package_name: str) -> PackReport:
        """Import a package and each of its modules, and take in their nodes.

        A module that fails to import is reported and skipped; the others are loaded.
        """
        nodes: list[str] = []
        failures: list[str] = []
        for name in self._module_names(package_name, failures):
            try:
                nodes += self._take_in(importlib.import_module(name))
            except Exception as error:  # a pack is foreign code; nothing it does may stop the rest
                failures.append(f"{name}: {type(error).__name__}: {error}")
        report = PackReport(package_name, tuple(nodes), tuple(failures))
        self.packs.append(report)
        return report

    def load_entry_points(self) -> list[PackReport]:
        """Load the packs that installed distributions declare under `latent_loom.nodes`."""
        import importlib.metadata  # slow to import, and seldom asked for

        declared = importlib.metadata.entry_points(group=ENTRY_POINTS)
        return [self.load_pack(point.value) for point in declared]

    def _module_names(self, package_name: str, failures: list[str]) -> list[str]:
        try:
            package = importlib.import_module(package_name)
        except Exception as error:
            failures.append(f"{package_name}: {type(error).__name__}: {error}")
            return []
        inside = pkgutil.walk_packages(
            getattr(package, "__path__", ()),
            package_name + ".",
            onerror=lambda name: None,  # load_pack imports it again and reports why it fails
        )
        return [package_name, *sorted(module.name for module in inside)]

    def _take_in(self, module: ModuleType) -> list[str]:
        """Add the nodes that `module` itself defines."""
        taken: list[str] = []
        members: dict[str, Any] = vars(module)
        for member in members.values():
            spec = getattr(member, "__loom_spec__", None)
            if isinstance(spec, NodeSpec) and spec.function.__module__ == module.__name__:
                self.add(spec)
                taken.append(spec.id)
        return taken


def suggestion(name: str, known: Iterable[str]) -> str:
    """` Did you mean 'steps'?` when a known name is near, else nothing."""
    near = difflib.get_close_matches(name, list(known), n=3, cutoff=0.6)
    return f" Did you mean {' or '.join(repr(item) for item in near)}?" if near else ""


def _origin(spec: NodeSpec) -> str:
    return f"{spec.function.__module__}.{spec.function.__qualname__}"
