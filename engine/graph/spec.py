"""`@node`: a function's signature becomes a node specification.

Parameters of a kind are input ports (of a TypeVar, generic ones: of any kind, or of the kinds that
constrain it), plain Python types are parameters, a parameter annotated
`Context` is injected, the return annotation names the outputs and the docstring is the help.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, TypeVar, cast

from engine.graph.context import Context, Settings
from engine.graph.errors import LoomError, SpecError
from engine.graph.naming import title
from engine.graph.params import (
    Cells,
    Choices,
    Drawing,
    Facets,
    FilePath,
    ForPreviews,
    HandleOnly,
    Label,
    ModelName,
    Multiline,
    OutputFolder,
    Param,
    Range,
    Seed,
    Widget,
)
from engine.graph.signature import Port, read_signature
from engine.graph.types import Facet, PortType, kind_of

__all__ = [
    "Cells",
    "Choices",
    "Context",
    "Drawing",
    "Facets",
    "FilePath",
    "ForPreviews",
    "HandleOnly",
    "Label",
    "Migration",
    "ModelName",
    "Multiline",
    "Nature",
    "NodeSpec",
    "OutputFolder",
    "Param",
    "Place",
    "Port",
    "Range",
    "Seed",
    "Settings",
    "node",
    "spec_of",
]

Nature = Literal["pure", "seeded", "external", "effect"]
Place = Literal["device", "cpu", "io"]
Probe = Callable[[Mapping[str, Any]], Mapping[str, Mapping[str, Facet]]]
Also = Callable[[Mapping[str, Any]], Mapping[str, Path | str]]
Function = Callable[..., Any]
F = TypeVar("F", bound=Function)

_NOTHING = object()

_ID = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)+")


@dataclass(frozen=True)
class Migration:
    """How a node saved by one version becomes the next: renames, then `edit` on its parameters."""

    params: Mapping[str, str] = field(default_factory=dict[str, str])
    inputs: Mapping[str, str] = field(default_factory=dict[str, str])
    outputs: Mapping[str, str] = field(default_factory=dict[str, str])
    edit: Callable[[dict[str, Any]], dict[str, Any]] | None = None


@dataclass(frozen=True)
class NodeSpec:
    """All that is known of a node type without running it.

    `id` is stable for ever; `version` rises when the meaning of parameters or results changes, and
    `migrations[v]` takes a node saved by version v to v + 1. `probe` maps resolved parameters to
    facets of output ports, by reading file headers only. `also` maps them to what else the result
    of a node that is not pure depends on, by what it is: files that it finds by itself, and facts.
    `context` is the name of the function's `Context` parameter; with `bundle` the function returns
    a named tuple of its outputs. `runs_on` is what it occupies: one node at a time has the device;
    beside it others use the processor, or wait for disks and networks.
    """

    id: str
    label: str
    help: str
    version: int
    nature: Nature
    inputs: Mapping[str, Port]
    params: Mapping[str, Param]
    outputs: Mapping[str, Port]
    function: Function
    probe: Probe | None = None
    migrations: Mapping[int, Migration] = field(default_factory=dict[int, Migration])
    context: str = ""
    bundle: bool = False
    runs_on: Place = "device"
    also: Also | None = None

    @property
    def family(self) -> str:
        """The part of the id before the last dot: the menu it stands in."""
        return self.id.rpartition(".")[0]

    @property
    def summary(self) -> str:
        """The first line of the help."""
        return self.help.partition("\n")[0]

    @property
    def gathers(self) -> str:
        """The parameter that gets the labels of a sweep's cells, "" for a node of each cell."""
        named = (name for name, param in self.params.items() if isinstance(param.widget, Cells))
        return next(named, "")

    def socket(self, name: str) -> PortType | None:
        """The type that a link into `name` must have, be it an input port or a parameter.

        None where no link can go: what names a file, a model or a folder has to be in the workflow,
        because its content is part of the key, and what a sweep fills in comes from there alone.
        """
        if port := self.inputs.get(name):
            return port.type
        param = self.params.get(name)
        if param is None or isinstance(param.widget, FilePath | ModelName | OutputFolder | Cells):
            return None
        return PortType(kind_of(param.base))

    def call(self, arguments: Mapping[str, Any], context: Context) -> dict[str, Any]:
        """Run the function; its results by output port.

        Raises what the function raises, and LoomError for a result that is not of its port's type.
        """
        extra = {self.context: context} if self.context else {}
        result = self.function(**arguments, **extra)
        values = dict.fromkeys(self.outputs, result)
        if self.bundle:
            values = {name: getattr(result, name, _NOTHING) for name in self.outputs}
        for name, port in self.outputs.items():
            value = values[name]
            if not (port.type.holds(value) or (value is None and port.nullable)):
                raise LoomError(
                    f"{self.label} gave {_class_name(value, result)} here, where it promises "
                    f"{port.type.describe()}.",
                    field=name,
                    remedy="The mistake is in the code of the node.",
                )
        return values


def node(
    id: str,
    *,
    label: str = "",
    version: int = 1,
    nature: Nature = "pure",
    output: str = "",
    facets: Probe | None = None,
    migrations: Mapping[int, Migration] | None = None,
    runs_on: Place = "device",
    also: Also | None = None,
) -> Callable[[F], F]:
    """Decorator: describe a function as the node type `id` ("family.name").

    The function stays an ordinary callable. `output` names a single output port; `facets` is the
    probe, and `also` says what the result depends on besides. Give `runs_on` "cpu" or "io" only to
    a function that may run in any thread, beside others. Raises SpecError when the signature does
    not say what each parameter is.
    """

    def describe(function: F) -> F:
        try:
            spec = _read(function, id, label, version, nature, output, facets, migrations or {})
            spec = replace(spec, runs_on=runs_on, also=also)
        except SpecError as error:
            raise error.at(id) from None
        function.__dict__["__loom_spec__"] = spec
        return function

    return describe


def spec_of(function: Function) -> NodeSpec:
    """The specification that `@node` gave a function; SpecError when it is no node."""
    spec = getattr(function, "__loom_spec__", None)
    if not isinstance(spec, NodeSpec):
        raise SpecError(f"{getattr(function, '__name__', function)!r} is not a node.")
    return spec


def _read(
    function: Function,
    id: str,
    label: str,
    version: int,
    nature: Nature,
    output: str,
    probe: Probe | None,
    migrations: Mapping[int, Migration],
) -> NodeSpec:
    if not _ID.fullmatch(id):
        raise SpecError("A node id reads family.name, in small letters.")
    if sorted(migrations) != list(range(version - len(migrations), version)):
        raise SpecError(f"The migrations must lead up to version {version} without a gap.")
    signature = read_signature(function, output)
    _check_nature(nature, [param.widget for param in signature.params.values()])
    return NodeSpec(
        id=id,
        label=label or title(id.rpartition(".")[2]),
        help=inspect.getdoc(function) or "",
        version=version,
        nature=nature,
        inputs=signature.inputs,
        params=signature.params,
        outputs=signature.outputs,
        function=function,
        probe=probe,
        migrations=migrations,
        context=signature.context,
        bundle=signature.bundle,
    )


def _check_nature(nature: Nature, widgets: list[Widget | None]) -> None:
    seeded = any(isinstance(widget, Seed) for widget in widgets)
    external = any(isinstance(widget, FilePath | ModelName) for widget in widgets)
    if nature == "seeded" and not seeded:
        raise SpecError("A seeded node needs a parameter annotated Seed().")
    if nature == "external" and not external:
        raise SpecError("An external node needs a parameter annotated FilePath() or ModelName().")
    if nature == "pure" and (seeded or external):
        raise SpecError(f"It reads {'a seed' if seeded else 'a file'}, so it is not pure.")


def _class_name(value: object, result: object) -> str:
    """What a port got instead of its type, or the node instead of a tuple of its outputs."""
    if value is _NOTHING:
        return f"{type(result).__name__}, which has no such field,"
    if isinstance(value, list):
        kinds = dict.fromkeys(type(item).__name__ for item in cast(list[object], value))
        return f"a list of {', '.join(kinds) or 'nothing'}"
    return "nothing" if value is None else type(value).__name__
