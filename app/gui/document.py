"""The workflow that a window edits: the graph is the truth, and whatever shows it follows.

Every edit of every panel goes through a `Document`. It says which nodes changed, undoes, keeps the
file, and has the graph checked in a thread of its own.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.gui.checking import Checking
from app.session import open_settings, open_workflow
from engine.graph import workflow
from engine.graph.check import Report
from engine.graph.context import Settings
from engine.graph.errors import LoomError
from engine.graph.graph import Graph, Node
from engine.graph.interface import local_registry
from engine.graph.problems import Problem
from engine.graph.registry import Registry
from engine.graph.spec import NodeSpec
from engine.graph.subgraph import OUTPUTS, used

UNSAVED = "workflow.json"  # a workflow without a file reads what is in the current folder


@dataclass(frozen=True)
class Opened:
    """A workflow that was read, and is not shown yet.

    `saved` is what its file holds; `path` is that file, None where it is saved under another name;
    `place` is where the files lie that it reads.
    """

    graph: Graph
    saved: Graph
    path: Path | None
    place: Path
    settings: Settings
    registry: Registry


class Document(QObject):
    """A workflow with its file, its history, and the part of it that is shown.

    What is shown is the whole graph, or the inside of a subgraph (`scope`), which has its ports as
    the nodes `inputs` and `outputs`. `graph` is always what is shown; `root` is what is saved.
    """

    changed = Signal(object)
    """Nodes that are shown came, went, changed or moved: a frozenset of their ids."""
    shown = Signal()
    """Something else is shown: another workflow, another subgraph."""
    titled = Signal()
    """The file, whether it is saved, or what can be undone is another."""
    checked = Signal(object)
    """The graph was checked: its Report."""

    def __init__(self, registry: Registry, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._base = registry
        self._models: tuple[Path, ...] = ()
        self._output: Path | None = None
        self._checking = Checking(self)
        self._checking.checked.connect(self._take_report)
        self._replace(self._opened(Graph(), Graph(), None, None))

    # What there is

    @property
    def root(self) -> Graph:
        """The whole workflow."""
        return self._root

    @property
    def graph(self) -> Graph:
        """What is shown. Read it; edit it through `edit` and `change` only."""
        return self._shown

    @property
    def scope(self) -> str:
        """The subgraph whose inside is shown, "" for the whole workflow."""
        return self._scope

    @property
    def registry(self) -> Registry:
        """All node types, those of this workflow's own subgraphs as well."""
        return self._registry

    @property
    def path(self) -> Path | None:
        """The file, None for a workflow that has none yet."""
        return self._path

    @property
    def settings(self) -> Settings:
        """The folders that a run of this workflow may use."""
        return self._settings

    @property
    def modified(self) -> bool:
        """Whether there is something to save."""
        return self._root != self._saved

    @property
    def report(self) -> Report | None:
        """What the last check found; None before the first has ended."""
        return self._report

    def spec(self, node_id: str) -> NodeSpec | None:
        """The specification of a node that is shown, None for an unknown type."""
        return self._registry.find(self._shown.nodes[node_id].type)

    def problems(self, node_id: str) -> tuple[Problem, ...]:
        """What the last check found at a node that is shown, or inside of it."""
        name = f"subgraph:{self._scope}/{node_id}" if self._scope else node_id
        return self._problems.get(name, ())

    # Edits

    @contextmanager
    def edit(self, label: str) -> Generator[Graph]:
        """Edit what is shown; all that is done inside is undone as one.

        Raised errors leave everything as it was.
        """
        with self._told(), self._root.grouped(label), self._within() as graph:
            yield graph

    def change(self, edit: Callable[[Graph], object], label: str = "") -> None:
        """One edit of what is shown, which those that go on with it merge into.

        `document.change(lambda graph: graph.set_param("denoise", "steps", 30))` from a slider.
        """
        with self._told(), self._root.grouped(label, merges=True), self._within() as graph:
            edit(graph)

    def settle(self) -> None:
        """Let the next edit undo alone: a slider was let go, a text was left."""
        self._root.settle()

    @contextmanager
    def edit_root(self, label: str) -> Generator[Graph]:
        """Edit the whole workflow, whatever is shown: definitions, outputs, axes."""
        with self._told(), self._root.grouped(label):
            yield self._root

    def undo(self) -> None:
        """Take back the last edit."""
        with self._told():
            self._root.undo()

    def redo(self) -> None:
        """Do again what was undone last."""
        with self._told():
            self._root.redo()

    # What is shown

    def enter(self, name: str) -> None:
        """Show the inside of a subgraph, or the whole workflow for ""."""
        if name and name not in self._root.definitions:
            return
        self._scope = name
        self._shown = self._body()
        self.shown.emit()

    # Files

    def new(self) -> None:
        """Begin with an empty workflow."""
        self.take(self._opened(Graph(), Graph(), None, None))

    def open(self, path: Path, *, template: bool = False) -> None:
        """Open a workflow file, a bundle or a picture that carries one.

        Raises LoomError and keeps what is open. A picture, a bundle and a `template` are saved
        under another name.
        """
        self.take(self.read(path, template=template))

    def restore(self, data: Mapping[str, Any], path: Path | None) -> None:
        """Open work that was not saved, from its JSON; LoomError keeps what is open."""
        self.take(self.read_unsaved(data, path))

    def read(self, path: Path, *, template: bool = False) -> Opened:
        """What `open` shows, read without showing it: also in another thread."""
        graph = open_workflow(path, self._base)
        own = workflow.is_json(path) and not template
        return self._opened(graph, graph, path if own else None, path)

    def read_unsaved(self, data: Mapping[str, Any], path: Path | None) -> Opened:
        """What `restore` shows, read without showing it: also in another thread."""
        graph = workflow.from_json(data, self._base, name=str(path or "the unsaved workflow"))
        return self._opened(graph, self._on_disk(path), path, path)

    def take(self, opened: Opened) -> None:
        """Show what was read, in place of what is open."""
        self._replace(opened)
        self._announce()

    def save(self, path: Path | None = None) -> None:
        """Write the workflow to its file or another; LoomError keeps the old file whole."""
        path = path or self._path
        if path is None:
            raise ValueError("A workflow without a file needs a path.")
        workflow.write(self._root, path)
        self._path, self._place, self._saved = path, path, self._root.copy()
        self._settings = self._folders(path)
        self.titled.emit()

    def look_in(self, models: Iterable[str], output: str) -> None:
        """Search these model folders first, and save to this folder; "" is the usual one."""
        self._models = tuple(Path(name) for name in models)
        self._output = Path(output) if output else None
        self._settings = self._folders(self._place)
        self.recheck()

    def recheck(self) -> None:
        """Check again, as after a model folder was added."""
        self._checking.start(self._root, self._base, self._settings)

    @property
    def busy(self) -> bool:
        """Whether the newest state is still to be checked."""
        return self._checking.busy

    def wait_checked(self, seconds: float = 10.0) -> Report | None:
        """The report of the graph as it is now, waited for; for tests and for saving."""
        self._checking.wait(seconds)
        return self._report

    # Inside

    def _opened(self, graph: Graph, saved: Graph, path: Path | None, place: Path | None) -> Opened:
        place = place or Path(UNSAVED)
        registry = local_registry(graph, self._base)
        return Opened(graph, saved.copy(), path, place, self._folders(place), registry)

    def _replace(self, opened: Opened) -> None:
        self._root = self._shown = opened.graph
        self._saved, self._path, self._place = opened.saved, opened.path, opened.place
        self._settings, self._registry = opened.settings, opened.registry
        self._scope = ""
        self._report = None
        self._problems: Mapping[str, tuple[Problem, ...]] = {}

    def _folders(self, place: Path) -> Settings:
        return open_settings(place, self._models, self._output)

    def _on_disk(self, path: Path | None) -> Graph:
        """What a file holds, as far as it can be read; an empty graph else."""
        try:
            return open_workflow(path, self._base) if path else Graph()
        except LoomError:
            return Graph()

    def _announce(self) -> None:
        self.shown.emit()
        self.titled.emit()
        self.recheck()

    @contextmanager
    def _within(self) -> Generator[Graph]:
        """What is shown, to be edited."""
        if self._scope:
            with self._root.editing(self._scope) as body:
                yield body
        else:
            before = self._root.nodes.keys() | set()
            yield self._root
            self._ask_for_new(before)

    def _ask_for_new(self, before: set[str]) -> None:
        """Where results are listed, new nodes that save something are among them."""
        root = self._root
        kinds = {
            name: self._base.find(root.nodes[name].type) for name in root.nodes.keys() - before
        }
        new = [name for name, spec in kinds.items() if spec and spec.nature == "effect"]
        if root.outputs and new:
            root.set_outputs(dict.fromkeys((*root.outputs, *sorted(new))))

    def _body(self) -> Graph:
        return self._root.definitions[self._scope].body() if self._scope else self._root

    @contextmanager
    def _told(self) -> Generator[None]:
        """Say afterwards what is different."""
        nodes, view = dict(self._shown.nodes), dict(self._shown.view)
        definitions = dict(self._root.definitions)
        around = dict(self._root.nodes), self._root.outputs, dict(self._root.sweep)
        yield
        if definitions != self._root.definitions:
            self._registry = local_registry(self._root, self._base)
        if self._scope and self._scope not in self._root.definitions:
            self.enter("")
        else:
            self._shown = self._body()
            touched = _differences(nodes, self._shown.nodes)
            touched |= _differences(view, self._shown.view)
            touched |= self._instances(definitions)
            if touched:
                self.changed.emit(frozenset(touched))
        self.titled.emit()
        now = self._root.nodes, self._root.outputs, self._root.sweep
        if around != now or definitions != self._root.definitions:
            self.recheck()

    def _instances(self, definitions: Mapping[str, Any]) -> set[str]:
        """The nodes whose type, a subgraph, is another now; the end whose ports change places."""
        if definitions == self._root.definitions:
            return set()
        found = {node.id for node in self._shown.nodes.values() if used(node)}
        before, after = definitions.get(self._scope), self._root.definitions.get(self._scope)
        if before and after and [*before.outputs] != [*after.outputs]:
            found.add(OUTPUTS)
        return found

    def _take_report(self, report: Report) -> None:
        self._report = report
        self._problems = _by_node(report.problems)
        self.checked.emit(report)


def _by_node(problems: Iterable[Problem]) -> dict[str, tuple[Problem, ...]]:
    """Problems by the node that has them, and by those that this one is inside of."""
    found: defaultdict[str, list[Problem]] = defaultdict(list)
    for item in problems:
        for mark in re.finditer("[/#]|$", item.node):
            found[item.node[: mark.start()]].append(item)
    return {name: tuple(items) for name, items in found.items()}


def _differences(before: Mapping[str, Node | Any], after: Mapping[str, Node | Any]) -> set[str]:
    found: set[str] = set()
    for name in before.keys() | after.keys():
        old, new = before.get(name), after.get(name)
        if old is not new and old != new:  # most are the same object, which is soon told
            found.add(name)
    return found
