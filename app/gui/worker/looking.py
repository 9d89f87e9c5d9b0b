"""Looks at kept results: what a port holds, as pictures and as numbers."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any, cast

from app.gui.worker.line import Line
from app.gui.worker.pictures import smaller, tensor_of, to_bytes
from app.gui.worker.wire import Message
from app.gui.worker.work import Engine, options_of
from engine.diffusion.values import Latents, ModelRef, Trajectory
from engine.graph import workflow
from engine.graph.cache import Entry, Lost
from engine.graph.errors import LoomError
from engine.graph.expand import Expansion, expand
from engine.graph.flat import Given
from engine.graph.graph import Graph, Source
from engine.graph.types import kind_of

TEXT = 400  # letters of a text that a summary shows


class Looking:
    """Finds the results that are kept for a workflow as it is, and says what they are."""

    def __init__(self, engine: Engine, line: Line) -> None:
        self._engine, self._line = engine, line

    def pictures(
        self, graph: Graph, options: Message, name: str, port: str, side: int = 0
    ) -> Message:
        """The pictures at a port, `side` pixels at most, 0 for as they are.

        Latents are drawn without a VAE. Raises LoomError for a port that holds no pictures, or
        nothing that is kept.
        """
        value = self._kept(graph, options, name, [port]).value(port)
        found = [tensor for item in _each(value) if (tensor := tensor_of(item)) is not None]
        if not found:
            raise LoomError(f"There are no pictures at {port}.")
        shown = [
            self._line.show(picture)
            for tensor in found
            for picture in to_bytes(smaller(tensor, side))
        ]
        return {"pictures": shown}

    def thumbnails(
        self, graph: Graph, options: Message, name: str, ports: Mapping[str, str], side: int
    ) -> Message:
        """A small picture for each node whose port, `ports[node]`, holds one that is kept.

        Empty latents have none.
        """
        kept = self._kept(graph, options, name, ports.values())
        nodes: list[str] = []
        shown: list[int] = []
        for node, port in ports.items():
            try:
                value = _each(kept.value(port))[0]
            except (LoomError, IndexError):
                continue
            tensor = None if _is_blank(value) else tensor_of(value)
            if tensor is not None and len(tensor):
                nodes.append(node)
                shown.append(self._line.show(to_bytes(smaller(tensor[:1], side))[0]))
        return {"nodes": nodes, "pictures": shown}

    def trajectory(
        self, graph: Graph, options: Message, name: str, port: str, item: int = 0, side: int = 0
    ) -> Message:
        """The pictures of every step of a recorded run, of one item of its batch."""
        from engine.diffusion.trajectories import recorded

        path = self._kept(graph, options, name, [port]).value(port)
        path = recorded(path if isinstance(path, Trajectory) else None)
        if not 0 <= item < path.samples.shape[1]:
            raise LoomError(f"The batch has {path.samples.shape[1]} items, and none is {item}.")
        samples = path.samples[:, item]
        # All at once, so that principal colours, where they stand in, are the same in every step.
        tensor = tensor_of(Latents(samples, path.space, path.factor))
        assert tensor is not None
        shown = [self._line.show(picture) for picture in to_bytes(smaller(tensor, side))]
        return {"pictures": shown, "timesteps": list(path.timesteps)}

    def summary(self, graph: Graph, options: Message, name: str, port: str) -> Message:
        """What a port holds: kind, facets, and of tensors shape, dtype and range."""
        value = self._kept(graph, options, name, [port]).value(port)
        items = _each(value)
        first = items[0] if items else None
        kind = kind_of(type(first))
        facets = kind.facets if kind else ()
        fields = vars(first) if dataclasses.is_dataclass(first) else {"value": first}
        return {
            "kind": kind.name if kind else type(first).__name__,
            "count": len(items),
            "facets": {facet: getattr(first, facet, None) for facet in facets},
            "tensors": [
                _numbers(field, content) for field, content in fields.items() if _is_tensor(content)
            ],
            "fields": {
                field: _short(content)
                for field, content in fields.items()
                if not _is_tensor(content) and field not in facets and not field.startswith("_")
            },
            "is_model": isinstance(first, ModelRef),
        }

    def _kept(self, graph: Graph, options: Message, name: str, ports: Iterable[str]) -> _Kept:
        """What is kept for these ports; LoomError for one that is nowhere."""
        executor = self._engine.executor(options_of(options))
        nodes = dict.fromkeys(Source.parse(port).node for port in ports)
        plan = executor.plan(graph, nodes, name=name)
        expansion = expand(graph, self._engine.registry, executor.settings)
        return _Kept(self._engine, expansion, plan.entries)


@dataclasses.dataclass(frozen=True)
class _Kept:
    """Kept results by the ports that people see."""

    engine: Engine
    expansion: Expansion
    entries: Mapping[str, Entry]

    def value(self, port: str) -> Any:
        """What is at `node.port`; a list where there are several. LoomError when it is not kept."""
        try:
            ends, many = self.expansion.ends(port)
            values = [
                end.value
                if isinstance(end, Given)
                else self.engine.cache.load(self.entries[end.node])[end.port]
                for end in ends
            ]
            return values if many or len(values) > 1 else values[0]
        except (KeyError, IndexError, Lost):
            raise LoomError(f"There is no result at {port}.", remedy="Run it first.") from None


def graph_of(data: Message) -> Graph:
    """The workflow that came over the line."""
    return workflow.from_json(data)


def _each(value: Any) -> list[Any]:
    """A value as the list of what it consists of."""
    if not isinstance(value, list):
        return [value]
    return [item for part in cast(list[Any], value) for item in _each(part)]


def _is_blank(value: Any) -> bool:
    """Whether these are latents with nothing in them yet."""
    return isinstance(value, Latents) and not value.samples.any()


def _is_tensor(value: Any) -> bool:
    return hasattr(value, "untyped_storage")


def _numbers(name: str, tensor: Any) -> Message:
    """Shape, dtype and range of a tensor."""
    numbers = tensor.detach().float()
    some = bool(numbers.numel())
    return {
        "name": name,
        "shape": list(tensor.shape),
        "dtype": str(tensor.dtype).removeprefix("torch."),
        "min": float(numbers.min()) if some else None,
        "max": float(numbers.max()) if some else None,
        "mean": float(numbers.mean()) if some else None,
        "finite": bool(numbers.isfinite().all()),
    }


def _short(value: Any) -> Any:
    """A plain value as it is, anything else as a text of bearable length."""
    if value is None or isinstance(value, bool | int | float):
        return value
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= TEXT else f"{text[:TEXT]}…"
