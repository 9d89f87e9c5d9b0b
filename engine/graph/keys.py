"""Recipe keys: what a node's result depends on, known before anything runs.

A key is a Merkle BLAKE2b over the node's type, version, canonical parameters, the content of files
it reads, the numeric environment, and the keys of the nodes above it. Action keys are the same
with the *content* of the inputs in place of their recipes: they give early cut-off.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.graph.context import Settings
from engine.graph.errors import LoomError
from engine.graph.files import FileHashes
from engine.graph.graph import Graph, Node
from engine.graph.params import FilePath, ModelName, Param
from engine.graph.registry import Registry
from engine.graph.spec import NodeSpec

_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False).encode


@dataclass(frozen=True, slots=True)
class Recipe:
    """All that determines the result of a node, in readable parts, and their key.

    `params` are canonical and complete (defaults filled in; linked ones left out, and the labels of
    cells that a sweep fills in), `files` the content hashes of files and models by parameter, and
    of what else the node finds by itself. `sources` are the wires by input, without those of ports
    for previews. `folder` is where an effect saves, "" for other nodes.
    """

    key: str
    own: str
    params: Mapping[str, Any]
    files: Mapping[str, str]
    sources: Mapping[str, tuple[str, ...]]
    folder: str


def canonical(value: Any) -> str:
    """The one JSON text of a value: sorted names, no spaces, ASCII."""
    return _encode(value)


def recipes(
    graph: Graph,
    registry: Registry,
    order: Iterable[str],
    settings: Settings,
    environment: Mapping[str, str],
    hashes: FileHashes,
) -> dict[str, Recipe]:
    """The recipe of each node in `order`, which lists every node after those it reads.

    A locked node's key is that of the result it keeps.

    Raises LoomError that names node and parameter when a model or file is missing, unreadable, or
    not the one whose hash the workflow gives.
    """
    found: dict[str, Recipe] = {}
    surroundings = canonical(dict(environment))
    for node_id in order:
        node = graph.nodes[node_id]
        if node.lock:
            found[node_id] = Recipe(node.lock, "", {}, {}, {}, "")
            continue
        spec = registry.get(node.type)
        try:
            found[node_id] = _recipe(node, spec, settings, surroundings, hashes, found)
        except LoomError as error:
            raise error.at(node_id) from None
    return found


def action_key(recipe: Recipe, digests: Mapping[str, tuple[str, ...]]) -> str:
    """The key of a node over its own part and the content digests of its inputs."""
    wired = ";".join(f"{port}={','.join(found)}" for port, found in sorted(digests.items()))
    return _hash(f"action\n{recipe.own}\n{wired}")


def given_params(node: Node, spec: NodeSpec) -> dict[str, Any]:
    """Canonical values of all parameters that are not linked, defaults filled in."""
    return {
        name: param.validate(node.params[name]) if name in node.params else param.default
        for name, param in spec.params.items()
        if name not in node.inputs
    }


def content_of(param: Param, value: Any, settings: Settings, hashes: FileHashes) -> str:
    """The content hash behind a parameter that names a file or model, "" for any other."""
    widget = param.widget
    if value is None or not isinstance(widget, ModelName | FilePath):
        return ""
    path = Path(param.resolve(value, settings))
    part = widget.part if isinstance(widget, ModelName) else ""
    try:
        found = hashes.of(path / part)
    except OSError as error:
        raise LoomError(
            f"{path / part} can't be read: {error.strerror or error}.", field=param.name
        ) from error
    if isinstance(widget, ModelName) and value.get("hash", found) != found:
        raise LoomError(
            f"{value['name']!r} here is not the model this workflow was made with "
            f"({found}, not {value['hash']}).",
            field=param.name,
            remedy="Put that model into a model folder, or remove the hash to use this one.",
        )
    return found


def _recipe(
    node: Node,
    spec: NodeSpec,
    settings: Settings,
    surroundings: str,
    hashes: FileHashes,
    above: Mapping[str, Recipe],
) -> Recipe:
    params = given_params(node, spec)
    files: dict[str, str] = {}
    keyed = params
    if spec.nature in ("external", "effect", "seeded"):
        for name, value in params.items():
            if content := content_of(spec.params[name], value, settings, hashes):
                files[name] = content
        if spec.also:
            files |= _found_besides(params, spec, settings, hashes)
        keyed = {**params, **files}
    folder = str(settings.output_folder.absolute()) if spec.nature == "effect" else ""
    own = f"{spec.id}\n{spec.version}\n{_encode(keyed)}\n{surroundings}\n{folder}"
    wired: list[str] = []
    sources: dict[str, tuple[str, ...]] = {}
    for port in sorted(node.inputs):
        if port in spec.inputs and spec.inputs[port].for_previews:
            continue
        ends = node.inputs[port]
        sources[port] = tuple(map(str, ends))
        wired.append(f"{port}={','.join(f'{above[end.node].key}.{end.port}' for end in ends)}")
    key = _hash(f"recipe\n{own}\n{';'.join(wired)}")
    if spec.gathers:
        params = {name: value for name, value in params.items() if name != spec.gathers}
    return Recipe(key, own, params, files, sources, folder)


def _found_besides(
    params: Mapping[str, Any], spec: NodeSpec, settings: Settings, hashes: FileHashes
) -> dict[str, str]:
    """What `spec.also` names: files by their content, facts as they are."""
    assert spec.also
    resolved = {name: spec.params[name].resolve(value, settings) for name, value in params.items()}
    found: dict[str, str] = {}
    for name, what in spec.also(resolved).items():
        try:
            found[name] = what if isinstance(what, str) else hashes.of(what)
        except OSError as error:
            raise LoomError(f"{what} can't be read: {error.strerror or error}.") from error
    return found


def _hash(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
