"""Finds node packs: Python packages whose modules hold `@node` functions.

A pack is installed (its distribution declares an entry point) or lies in a folder of packs. Loading
one imports it, which runs its code; nothing here installs or fetches any.
"""

from __future__ import annotations

import difflib
import importlib
import importlib.util
import pkgutil
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from engine.graph.errors import SpecError, UnknownNodeError
from engine.graph.spec import Function, NodeSpec, spec_of

ENTRY_POINTS = "latent_loom.nodes"
FOLDER_PACKS = "loom_packs"  # the package that packs from folders are parts of


@dataclass(frozen=True)
class PackReport:
    """What came of loading a pack: the ids of its nodes, and a line for each thing that failed.

    `origin` is the distribution or the path it comes from, `summary` the first line of what it
    says of itself.
    """

    name: str
    nodes: tuple[str, ...]
    failures: tuple[str, ...]
    origin: str = ""
    version: str = ""
    summary: str = ""


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

    def pack_of(self, type_id: str) -> PackReport | None:
        """The pack that a node type comes from, None when it was not loaded with one."""
        return next((pack for pack in self.packs if type_id in pack.nodes), None)

    def load_pack(self, package_name: str, *, origin: str = "", version: str = "") -> PackReport:
        """Import a package and each of its modules, and take in their nodes.

        A module that fails to import is reported and skipped; the others are loaded.
        """
        nodes: list[str] = []
        failures: list[str] = []
        for name in _module_names(package_name, failures):
            try:
                nodes += self._take_in(importlib.import_module(name))
            except (Exception, SystemExit) as error:
                # A pack is foreign code; nothing it does may stop the rest.
                failures.append(_failure(name, error))
        module = sys.modules.get(package_name)
        said = (getattr(module, "__doc__", None) or "").strip().partition("\n")[0]
        version = version or str(getattr(module, "__version__", ""))
        name = package_name.removeprefix(f"{FOLDER_PACKS}.")
        report = PackReport(name, tuple(nodes), tuple(failures), origin, version, said)
        self.packs.append(report)
        return report

    def load_entry_points(self) -> list[PackReport]:
        """Load the packs that installed distributions declare under `latent_loom.nodes`."""
        import importlib.metadata  # slow to import, and seldom asked for

        declared = importlib.metadata.entry_points(group=ENTRY_POINTS)
        return [
            self.load_pack(
                point.value,
                origin=point.dist.name if point.dist else "",
                version=point.dist.version if point.dist else "",
            )
            for point in declared
        ]

    def load_folder(self, folder: Path) -> list[PackReport]:
        """Load every pack in a folder of packs: packages and single modules, by name.

        A folder that is not there has none. Hidden files and names that are no Python names are
        left out.
        """
        reports: list[PackReport] = []
        for path in sorted(folder.absolute().iterdir()) if folder.is_dir() else ():
            start = path / "__init__.py" if path.is_dir() else path
            name = path.stem
            if start.suffix != ".py" or not start.is_file() or not name.isidentifier():
                continue
            full = f"{FOLDER_PACKS}.{name}"
            taken = getattr(sys.modules.get(full), "__file__", None)
            if taken is not None and Path(taken) != start:
                failure = f"{name}: another pack has this name: {taken}"
                reports.append(PackReport(name, (), (failure,), str(path)))
                self.packs.append(reports[-1])
                continue
            _place(full, start)
            reports.append(self.load_pack(full, origin=str(path)))
        return reports

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


def _module_names(package_name: str, failures: list[str]) -> list[str]:
    """A package and all modules in it; what is inside is only looked for, not imported."""
    try:
        package = importlib.import_module(package_name)
    except (Exception, SystemExit) as error:
        failures.append(_failure(package_name, error))
        return []
    found = [package_name]
    paths: list[str] = list(getattr(package, "__path__", ()))
    pending = [(package_name, paths)]
    while pending:
        prefix, paths = pending.pop()
        for module in pkgutil.iter_modules(paths):
            name = f"{prefix}.{module.name}"
            found.append(name)
            if module.ispkg:
                pending.append((name, [str(Path(path, module.name)) for path in paths]))
    return sorted(found)


def _failure(name: str, error: BaseException) -> str:
    said = str(error).strip().replace("\n", " ")
    return f"{name}: {type(error).__name__}: {said}" if said else f"{name}: {type(error).__name__}"


_pack_files: dict[str, Path] = {}


class _FolderFinder:
    """Lets packs in folders be imported as parts of one package, without a change of `sys.path`."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> Any:
        if name == FOLDER_PACKS:
            return importlib.util.spec_from_loader(name, None, is_package=True)
        start = _pack_files.get(name)
        if start is None:
            return None
        inside = [str(start.parent)] if start.name == "__init__.py" else None
        return importlib.util.spec_from_file_location(
            name, start, submodule_search_locations=inside
        )


_finder = _FolderFinder()


def _place(full_name: str, start: Path) -> None:
    """Let a pack be imported by this name."""
    _pack_files[full_name] = start
    if _finder not in sys.meta_path:
        sys.meta_path.append(_finder)
