"""Port types: a kind (Latents, UNet, …), facets (space=sdxl, channels=4), safe conversions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar, cast

from engine.graph.errors import LoomError, SpecError

Facet = str | int
T = TypeVar("T")


@dataclass(frozen=True)
class Kind:
    """What a wire carries: a named Python class, the colour of its wires, its facets."""

    name: str
    python: type
    colour: str = "#98c379"
    facets: tuple[str, ...] = ()


@dataclass(frozen=True)
class PortType:
    """The type of one port.

    `kind` is None for a generic port, which takes the kind of whatever is joined to it;
    generic ports of one node with the same `generic` name agree. `among` are the kinds that a
    generic port may be of, () for any. `facets` says what the node fixes:
    a value fixes the facet, None frees it, and a facet of the kind that is not named here is one
    variable shared by all ports of the node. `many` ports carry a list.
    """

    kind: Kind | None
    facets: Mapping[str, Facet | None] = field(default_factory=dict[str, Facet | None])
    many: bool = False
    generic: str = ""
    among: tuple[Kind, ...] = ()

    def takes(self, kind: Kind) -> bool:
        """Whether a generic port can be of this kind."""
        return not self.among or any(carries(one, kind) for one in self.among)

    def holds(self, value: object) -> bool:
        """Whether a port of this type can carry a value as it is.

        A whole number is one with a fraction too, as in Python's annotations.
        """
        if self.many:
            return isinstance(value, list) and all(map(self._holds_one, cast(list[object], value)))
        return self._holds_one(value)

    def _holds_one(self, value: object) -> bool:
        found = kind_of(type(value))
        if self.kind is None:
            return not self.among or (found is not None and self.takes(found))
        if found is INT and self.kind is FLOAT:
            return True
        return found is not None and carries(self.kind, found)

    def describe(self, facets: Mapping[str, Facet] | None = None) -> str:
        """In words: `Latents [space=sd15, channels=4]`, `list of Image`."""
        known = {name: value for name, value in self.facets.items() if value is not None}
        known.update(facets or {})
        name = self.kind.name if self.kind else " or ".join(one.name for one in self.among)
        name = name or "any kind"
        inside = ", ".join(f"{facet}={value}" for facet, value in known.items())
        return f"{'list of ' if self.many else ''}{name}{f' [{inside}]' if inside else ''}"


@dataclass(frozen=True)
class Conversion:
    """A safe way to use a value of one kind where another is asked for, shown on the wire."""

    source: str
    target: str
    note: str
    apply: Callable[[Any], Any]

    def __str__(self) -> str:
        return f"{self.source} → {self.target}: {self.note}"

    def as_data(self) -> dict[str, str]:
        """The conversion as JSON data."""
        return {"from": self.source, "to": self.target, "note": self.note}


_kinds: dict[str, Kind] = {}
_by_class: dict[type, Kind] = {}
_conversions: dict[tuple[str, str], Conversion] = {}


def kind(
    name: str, *, colour: str = "#98c379", facets: tuple[str, ...] = ()
) -> Callable[[type[T]], type[T]]:
    """Class decorator: make `cls` a kind that ports can carry.

    Raises SpecError when another class already has the name.
    """

    def register(cls: type[T]) -> type[T]:
        add_kind(Kind(name, cls, colour, facets))
        return cls

    return register


def add_kind(new: Kind) -> Kind:
    """Register a kind; a reloaded module may register the same class again."""
    old = _kinds.get(new.name)
    if old and _qualified(old.python) != _qualified(new.python):
        raise SpecError(
            f"Two classes want to be the kind {new.name!r}: {_qualified(old.python)} and "
            f"{_qualified(new.python)}."
        )
    _kinds[new.name] = new
    _by_class[new.python] = new
    return new


def kinds() -> tuple[Kind, ...]:
    """Every registered kind, in order of registration."""
    return tuple(_kinds.values())


def kind_named(name: str) -> Kind:
    """The kind called `name`; LoomError when nothing registered it."""
    try:
        return _kinds[name]
    except KeyError:
        raise LoomError(f"There is no kind called {name!r}.") from None


def kind_of(cls: type) -> Kind | None:
    """The kind of a Python class or of its nearest base that is one."""
    for base in cls.__mro__:
        if found := _by_class.get(base):
            return found
    return None


def conversion(
    source: type, target: type, note: str
) -> Callable[[Callable[[Any], Any]], Callable[[Any], Any]]:
    """Decorator: list a function as the safe conversion from one kind's class to another's."""

    def register(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
        ends = [kind_of(source), kind_of(target)]
        if ends[0] is None or ends[1] is None:
            raise SpecError(f"{source.__name__} → {target.__name__}: both must be kinds.")
        key = (ends[0].name, ends[1].name)
        _conversions[key] = Conversion(*key, note, function)
        return function

    return register


def conversions() -> tuple[Conversion, ...]:
    """Every listed conversion."""
    return (ONE_TO_LIST, *_conversions.values())


def find_conversion(source: Kind, target: Kind) -> Conversion | None:
    """The listed conversion from `source` to `target`, if there is one."""
    return _conversions.get((source.name, target.name))


def carries(target: Kind, source: Kind) -> bool:
    """Whether a value of kind `source` is one of kind `target` as it is.

    A truth value is no number here, whatever Python says.
    """
    return source is target or (source is not BOOL and issubclass(source.python, target.python))


def convert(value: object, target: Kind) -> Any:
    """`value` as `target` carries it; LoomError when it is another kind with no safe conversion."""
    source = kind_of(type(value))
    if source is not None:
        if carries(target, source):
            return value
        if way := find_conversion(source, target):
            return way.apply(value)
    raise LoomError(f"It got {type(value).__name__}, and it takes {target.name}.")


def _qualified(cls: type) -> str:
    return f"{cls.__module__}.{cls.__qualname__}"


INT = add_kind(Kind("Int", int, "#61afef"))
FLOAT = add_kind(Kind("Float", float, "#56b6c2"))
TEXT = add_kind(Kind("Text", str, "#e5c07b"))
BOOL = add_kind(Kind("Bool", bool, "#d19a66"))
PATH = add_kind(Kind("Path", Path, "#abb2bf"))

ONE_TO_LIST = Conversion("One", "List", "one value becomes a list of one", lambda value: [value])


@conversion(int, float, "a whole number is a number")
def _int_to_float(value: int) -> float:
    return float(value)
