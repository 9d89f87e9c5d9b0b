"""A workflow as a Python script: each node a call of its function, in an order that works.

Subgraphs, zones and sweeps are written out; muted nodes are left out. The script needs the packages
of this project and the same models, and neither the executor nor its cache.
"""

from __future__ import annotations

import json
import keyword
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from engine.graph.check import check, requested
from engine.graph.context import Settings
from engine.graph.errors import LoomError
from engine.graph.expand import expand
from engine.graph.graph import Graph, Link, Node, Source
from engine.graph.params import FilePath, ModelName, OutputFolder, Param, Seed
from engine.graph.registry import Registry
from engine.graph.spec import NodeSpec
from engine.graph.states import active
from engine.graph.types import ONE_TO_LIST, Conversion

WIDTH = 100


def script(graph: Graph, registry: Registry, settings: Settings, title: str) -> str:
    """Python source that computes what the workflow's outputs need.

    Raises CheckError when the workflow has problems, LoomError for a zone whose number of runs only
    a run can tell.
    """
    expansion = expand(graph, registry, settings)
    if expansion.open:
        _, zone = expansion.open[0]
        raise LoomError(
            "How often it runs is known only when it runs, and a script has to know before.",
            node=zone.zone,
            remedy="Give the zone a fixed number, or a list of items that is written down.",
        )
    flat = active(expansion.graph, expansion.registry.find).graph
    report = check(flat, expansion.registry)
    wanted = requested(flat, expansion.registry)
    order = flat.order(wanted)
    report.raise_problems(order)
    writer = _Writer(flat, expansion.registry, report.conversions, order)
    return writer.text(title, settings)


class _Writer:
    """Names for nodes and functions, and the lines that use them."""

    def __init__(
        self,
        graph: Graph,
        registry: Registry,
        conversions: Mapping[Link, Conversion],
        order: Iterable[str],
    ) -> None:
        self.graph = graph
        self.conversions = conversions
        self.order = tuple(order)
        self.specs = {node_id: registry.get(graph.nodes[node_id].type) for node_id in self.order}
        self.functions = self._name_functions()
        taken = {*self.functions.values(), "settings", "context", "convert", "kind_named", "Path"}
        taken |= {"Settings", "Context", "model_folders", "random"}
        self.names: dict[str, str] = {}
        for node_id in self.order:
            self.names[node_id] = _free(_identifier(node_id), taken)
        self.uses: set[str] = set()

    def text(self, title: str, settings: Settings) -> str:
        """The whole script."""
        calls = [self._call(self.graph.nodes[node_id]) for node_id in self.order]
        head = [f'"""{title}, as a script."""', "", *self._imports(), ""]
        head += [
            "settings = Settings(",
            f"    output_folder={_path(settings.output_folder)},",
            *_folders("model_folders", settings.model_folders),
            *_folders("input_folders", settings.input_folders),
            ")",
        ]
        if "context" in self.uses:
            head.append("context = Context(settings=settings)")
        return "\n".join([*head, "", *calls, ""])

    def _imports(self) -> list[str]:
        found = ["from pathlib import Path", ""]
        if "random" in self.uses:
            found.insert(0, "import random")
        by_module: dict[str, list[str]] = {}
        names = "Context, Settings" if "context" in self.uses else "Settings"
        by_module["engine.graph.context"] = [names]
        if "convert" in self.uses:
            by_module["engine.graph.types"] = ["convert, kind_named"]
        for function, name in self.functions.items():
            own = function.__name__
            shown = own if name == own else f"{own} as {name}"
            by_module.setdefault(function.__module__, []).append(shown)
        for module, members in sorted(by_module.items()):
            found.append(f"from {module} import {', '.join(sorted(members))}")
        return found

    def _name_functions(self) -> dict[Callable[..., Any], str]:
        """What each function is called: its own name, with its module's before where two share."""
        functions = dict.fromkeys(spec.function for spec in self.specs.values())
        shared = [function.__name__ for function in functions]
        found: dict[Callable[..., Any], str] = {}
        for function in functions:
            own = function.__name__
            module = function.__module__.rpartition(".")[2]
            alone = shared.count(own) == 1 and not keyword.iskeyword(own)
            found[function] = own if alone and own not in self.graph.nodes else f"{module}_{own}"
        return found

    def _call(self, node: Node) -> str:
        spec = self.specs[node.id]
        given: dict[str, str] = {}
        if spec.context:
            self.uses.add("context")
            given[spec.context] = "context"
        for name, param in spec.params.items():
            # What a run resolves, the function itself would take as it stands.
            resolved = isinstance(param.widget, Seed | ModelName | FilePath | OutputFolder)
            if name not in node.inputs and (name in node.params or resolved):
                given[name] = self._value(param, node.params.get(name, param.default))
        for name, sources in node.inputs.items():
            given[name] = self._linked(node, spec, name, sources)
        start = f"{self.names[node.id]} = {self.functions[spec.function]}"
        if not spec.outputs:
            start = self.functions[spec.function]
        words = [f"{name}={value}" for name, value in given.items()]
        line = f"{start}({', '.join(words)})"
        if len(line) <= WIDTH:
            return line
        return "\n".join([f"{start}(", *(f"    {word}," for word in words), ")"])

    def _value(self, param: Param, value: Any) -> str:
        value = param.validate(value)
        match param.widget:
            case Seed() if value is None:
                self.uses.add("random")
                return "random.randrange(2**63)"
            case ModelName() if value is not None:
                digest = f", {_text(value['hash'])}" if value.get("hash") else ""
                part = f", part={_text(param.widget.part)}" if param.widget.part and digest else ""
                return f"settings.find_model({_text(value['name'])}{digest}{part})"
            case FilePath(folder=folder) if value is not None:
                return f"settings.find_input({_text(value)}{', is_folder=True' if folder else ''})"
            case OutputFolder():
                return f"settings.output({_text(str(value))})"
            case _:
                return _text(value) if isinstance(value, str) else repr(value)

    def _linked(self, node: Node, spec: NodeSpec, name: str, sources: tuple[Source, ...]) -> str:
        socket = spec.socket(name)
        many = socket is not None and socket.many
        found: list[str] = []
        for source in sources:
            way = self.conversions.get(Link(source, node.id, name))
            origin = self.specs[source.node]
            text = self.names[source.node] + (f".{source.port}" if origin.bundle else "")
            if way is not None and way is not ONE_TO_LIST:
                self.uses.add("convert")
                text = f'convert({text}, kind_named("{way.target}"))'
            port = origin.outputs[source.port]
            found.append(f"*{text}" if many and port.type.many else text)
        if not many:
            return found[0]
        return found[0][1:] if found[0][0] == "*" and len(found) == 1 else f"[{', '.join(found)}]"


def _identifier(node_id: str) -> str:
    name = re.sub(r"\W+", "_", node_id).strip("_").lower() or "node"
    return f"_{name}" if name[0].isdigit() else name


def _free(name: str, taken: set[str]) -> str:
    number, found = 1, name
    while found in taken or keyword.iskeyword(found):
        number += 1
        found = f"{name}_{number}"
    taken.add(found)
    return found


def _path(path: Path) -> str:
    return f"Path({_text(path.as_posix())})"


def _folders(name: str, folders: tuple[Path, ...]) -> list[str]:
    return [f"    {name}=(", *(f"        {_path(folder)}," for folder in folders), "    ),"]


def _text(text: str) -> str:
    """A text in double quotes, as JSON and Python both read it."""
    return json.dumps(text, ensure_ascii=False)
