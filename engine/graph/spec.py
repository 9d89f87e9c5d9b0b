"""`@node`: a function's signature becomes a node specification.

Parameters of a kind are input ports (of a TypeVar, generic ones: of any kind, or of the kinds that
constrain it), plain Python types are parameters, a parameter annotated
`Context` is injected, the return annotation names the outputs and the docstring is the help.
"""

from __future__ import annotations

import inspect
import re
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from engine.graph.context import Context, Settings
from engine.graph.errors import SpecError
from engine.graph.params import (
    REQUIRED,
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
from engine.graph.types import Facet, Kind, PortType, kind_of

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

_PLAIN = (int, float, str, bool, Path)
_ID = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)+")


@dataclass(frozen=True)
class Port:
    """An input or output of a node.

    With `handle_only` a model joined to it need not be loaded. What is joined to one `for_previews`
    can't change the node's results. One that is `nullable` may be joined to an output that carries
    nothing in the end.
    """

    name: str
    type: PortType
    required: bool = True
    label: str = ""
    handle_only: bool = False
    for_previews: bool = False
    nullable: bool = False


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
        """Run the function; its results by output port."""
        extra = {self.context: context} if self.context else {}
        result = self.function(**arguments, **extra)
        if self.bundle:
            return {name: getattr(result, name) for name in self.outputs}
        return dict.fromkeys(self.outputs, result)


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


@dataclass(frozen=True)
class _Annotation:
    """One annotation taken apart: `Annotated[list[X] | None, Range(…), Label(…)]`."""

    core: Any
    nullable: bool
    many: bool
    metadata: tuple[Any, ...]

    @property
    def label(self) -> str:
        return next((item.text for item in self.metadata if isinstance(item, Label)), "")

    @property
    def widget(self) -> Widget | None:
        if get_origin(self.core) is Literal:
            return Choices(*get_args(self.core))
        return next((item for item in self.metadata if isinstance(item, Widget)), None)

    @property
    def base(self) -> type | None:
        """The plain Python type, None for a kind."""
        if get_origin(self.core) is Literal:
            return str if isinstance(get_args(self.core)[0], str) else int
        return next((plain for plain in _PLAIN if plain is self.core and not self.many), None)

    def port_type(self) -> PortType:
        terms: dict[str, Facet | None] = {}
        for item in self.metadata:
            if isinstance(item, Facets):
                terms.update(item.terms)
        if isinstance(self.core, TypeVar):
            among = tuple(_kind(one) for one in self.core.__constraints__)
            return PortType(None, terms, self.many, self.core.__name__, among)
        found = _kind(self.core)
        if unknown := [name for name in terms if name not in found.facets]:
            raise SpecError(f"{found.name} has no facet called {unknown[0]!r}.")
        return PortType(found, terms, self.many)


def _take_apart(annotation: Any) -> _Annotation:
    nullable = many = False
    metadata: tuple[Any, ...] = ()
    while True:
        origin = get_origin(annotation)
        if origin is Annotated:
            metadata += annotation.__metadata__
            annotation = annotation.__origin__
        elif origin in (Union, types.UnionType):
            rest = [option for option in get_args(annotation) if option is not types.NoneType]
            if len(rest) != 1:
                raise SpecError(f"{annotation} is a choice of several types; a port has one.")
            nullable, annotation = True, rest[0]
        elif origin is list:
            many, annotation = True, get_args(annotation)[0]
        else:
            return _Annotation(annotation, nullable, many, metadata)


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
    hints = _hints(function)
    inputs: dict[str, Port] = {}
    params: dict[str, Param] = {}
    context = ""
    for name, parameter in inspect.signature(function).parameters.items():
        if name not in hints:
            raise SpecError("It has no annotation.", field=name)
        if hints[name] is Context:
            context = name
            continue
        try:
            _read_parameter(name, hints[name], parameter.default, inputs, params)
        except SpecError as error:
            raise error.at("", name) from None
    bundle, outputs = _read_outputs(hints.get("return"), output)
    _check_nature(nature, [param.widget for param in params.values()])
    return NodeSpec(
        id=id,
        label=label or title(id.rpartition(".")[2]),
        help=inspect.getdoc(function) or "",
        version=version,
        nature=nature,
        inputs=inputs,
        params=params,
        outputs=outputs,
        function=function,
        probe=probe,
        migrations=migrations,
        context=context,
        bundle=bundle,
    )


def _read_parameter(
    name: str, hint: Any, default: Any, inputs: dict[str, Port], params: dict[str, Param]
) -> None:
    note = _take_apart(hint)
    given = default is not inspect.Parameter.empty
    if note.base is None:
        if given and default is not None:
            raise SpecError("An input port has no default but None.")
        marks: set[type] = {type(item) for item in note.metadata}
        inputs[name] = Port(
            *(name, note.port_type(), not given, note.label or title(name)),
            handle_only=HandleOnly in marks,
            for_previews=ForPreviews in marks,
            nullable=note.nullable,
        )
        return
    widget = note.widget
    param = Param(name, note.base, REQUIRED, widget, note.label or title(name), note.nullable)
    if given:
        default = str(default) if isinstance(default, Path) else default
        param = Param(name, param.base, param.validate(default), widget, param.label, note.nullable)
    params[name] = param


def _read_outputs(hint: Any, name: str) -> tuple[bool, dict[str, Port]]:
    """Whether a named tuple comes back, and the output ports."""
    if hint is None or hint is types.NoneType:
        return False, {}
    if isinstance(hint, type) and issubclass(hint, tuple) and "_fields" in hint.__dict__:
        fields = _hints(hint)
        return True, {key: _output(key, note) for key, note in fields.items()}
    note = _take_apart(hint)
    port_type = note.port_type()
    name = name or (snake(port_type.kind.name) if port_type.kind else "value")
    return False, {name: _output(name, hint)}


def _output(name: str, hint: Any) -> Port:
    note = _take_apart(hint)
    return Port(name, note.port_type(), True, note.label or title(name))


def _check_nature(nature: Nature, widgets: list[Widget | None]) -> None:
    seeded = any(isinstance(widget, Seed) for widget in widgets)
    external = any(isinstance(widget, FilePath | ModelName) for widget in widgets)
    if nature == "seeded" and not seeded:
        raise SpecError("A seeded node needs a parameter annotated Seed().")
    if nature == "external" and not external:
        raise SpecError("An external node needs a parameter annotated FilePath() or ModelName().")
    if nature == "pure" and (seeded or external):
        raise SpecError(f"It reads {'a seed' if seeded else 'a file'}, so it is not pure.")


def _hints(owner: Any) -> dict[str, Any]:
    try:
        return get_type_hints(owner, include_extras=True)
    except Exception as error:  # an annotation may name anything at all
        raise SpecError(f"Its annotations can't be read: {error}.") from error


def _kind(core: Any) -> Kind:
    found = kind_of(core) if isinstance(core, type) else None
    if found is None:
        raise SpecError(
            f"{_name(core)} is neither a kind nor int, float, str, bool, Path, Literal.",
            remedy="Register the class with @kind before the node.",
        )
    return found


def _name(annotation: Any) -> str:
    return getattr(annotation, "__name__", str(annotation))


# Words that the field does not write as others are written.
TERMS = {
    "control net": "ControlNet",
    "controlnet": "ControlNet",
    "dtype": "data type",
    "lora": "LoRA",
    "psnr": "PSNR",
    "snr": "SNR",
    "ssim": "SSIM",
    "t2iadapter": "T2I-Adapter",
    "unet": "UNet",
    "vae": "VAE",
}
_TERM = re.compile(rf"\b({'|'.join(TERMS)})\b")


def title(name: str) -> str:
    """`text_encoder` as people read it: `Text encoder`; `unet` as the field does: `UNet`."""
    words = _TERM.sub(lambda found: TERMS[found[0]], name.replace("_", " "))
    return words[:1].upper() + words[1:]


def snake(name: str) -> str:
    """`TextEncoder` → `text_encoder`, `UNet` → `unet`, `VAE` → `vae`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z][a-z])", "_", name).lower()
