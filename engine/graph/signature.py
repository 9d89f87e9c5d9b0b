"""What a function's signature says of its ports, parameters and outputs."""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from engine.graph.context import Context
from engine.graph.errors import SpecError
from engine.graph.naming import snake, title
from engine.graph.params import (
    REQUIRED,
    Choices,
    Facets,
    ForPreviews,
    HandleOnly,
    Label,
    Param,
    Widget,
)
from engine.graph.types import Facet, Kind, PortType, kind_of

_PLAIN = (int, float, str, bool, Path)


@dataclass(frozen=True)
class Port:
    """An input or output of a node.

    With `handle_only` a model joined to it need not be loaded. What is joined to one `for_previews`
    can't change the node's results. One that is `nullable` may be joined to an output that carries
    nothing in the end; an output that is may be the one.
    """

    name: str
    type: PortType
    required: bool = True
    label: str = ""
    handle_only: bool = False
    for_previews: bool = False
    nullable: bool = False


@dataclass(frozen=True)
class Signature:
    """A function's parameters, sorted, and its outputs.

    `context` is the name of its `Context` parameter; with `bundle` it returns a named tuple.
    """

    inputs: Mapping[str, Port]
    params: Mapping[str, Param]
    outputs: Mapping[str, Port]
    context: str
    bundle: bool


def read_signature(function: Callable[..., Any], output: str) -> Signature:
    """Read a node's function; `output` names its output where it has one alone.

    Raises SpecError, placed at the parameter, when it does not say what each parameter is.
    """
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
    return Signature(inputs, params, outputs, context, bundle)


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
    label = note.label or title(name)
    return Port(name, note.port_type(), True, label, nullable=note.nullable)


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
