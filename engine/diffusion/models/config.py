"""Model configurations: frozen dataclasses that read and write the published `config.json`."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar, Self, TypeVar

from engine.graph.errors import LoomError

T = TypeVar("T")

# Values of a field we do not know that switch nothing on. False stands for 0 as well; 1 is not
# here because it equals True.
_INERT: tuple[object, ...] = (None, False, "default", "")


@dataclasses.dataclass(frozen=True)
class ModelConfig:
    """Base of all model configurations.

    Subclasses declare the fields they use; `inert` lists published fields, with the values for
    which they change nothing, so that a checkpoint that relies on one we do not implement is
    refused by name instead of loading to wrong numbers.
    """

    class_name: ClassVar[str]
    inert: ClassVar[Mapping[str, tuple[object, ...]]] = {}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Read a parsed `config.json`. Raises LoomError for a field or value not supported."""
        fields = {field.name: field for field in dataclasses.fields(cls)}
        values: dict[str, Any] = {}
        for name, value in data.items():
            if name.startswith("_"):
                continue
            value = _frozen(value)
            if name in fields:
                values[name] = value
            elif value not in cls.inert.get(name, _INERT):
                raise LoomError(
                    f"{cls.class_name}: the config asks for {name}={value!r}, which this version "
                    "does not implement. Use a model of another layout, or remove the field if "
                    "its value changes nothing."
                )
        try:
            return cls(**values)
        except (TypeError, ValueError) as error:
            raise LoomError(f"{cls.class_name}: the config can't be read: {error}.") from error

    def to_json(self) -> dict[str, Any]:
        """The `config.json` content that the reference library reads too."""
        values = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        return {"_class_name": self.class_name, **{n: _thawed(v) for n, v in values.items()}}


def _frozen(value: Any) -> Any:
    """Lists as tuples, at any depth."""
    return tuple(map(_frozen, value)) if isinstance(value, (list, tuple)) else value


def _thawed(value: Any) -> Any:
    """Tuples as lists, at any depth."""
    return [_thawed(entry) for entry in value] if isinstance(value, tuple) else value


def per_block(value: T | tuple[T, ...], count: int, field: str) -> tuple[T, ...]:
    """Spread a single value over `count` blocks, or check that a tuple has one for each."""
    if not isinstance(value, tuple):
        return (value,) * count
    if len(value) != count:
        raise LoomError(f"`{field}` has {len(value)} entries where there are {count} blocks.")
    return value
