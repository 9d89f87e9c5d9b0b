"""How values become bytes on disk and come back: a codec by Python class.

Plain values (numbers, texts, lists, tuples, dictionaries) and kinds made only of them are built
in. Other packages register theirs: `register(Codec("latents", Latents, encode, decode))`.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from engine.graph.errors import CacheError
from engine.graph.types import kind_named, kind_of


@dataclass(frozen=True)
class Codec:
    """Turns values of one class into bytes and back. `name` is written beside the bytes.

    `decode` raises when the bytes are not what `encode` wrote; they are then dropped, and what they
    held is computed again.
    """

    name: str
    python: type
    encode: Callable[[Any], bytes]
    decode: Callable[[bytes], Any]


_by_name: dict[str, Codec] = {}
_by_class: dict[type, Codec] = {}


def register(codec: Codec) -> None:
    """Use a codec for values of its class and of classes derived from it."""
    _by_name[codec.name] = codec
    _by_class[codec.python] = codec


def encode(value: Any) -> tuple[str, bytes] | None:
    """The codec's name and the bytes, None for a value that can't be kept on disk."""
    for base in _class(value).__mro__:
        if codec := _by_class.get(base):
            return codec.name, codec.encode(value)
    try:
        return "json", json.dumps(_plain(value), ensure_ascii=False).encode()
    except (TypeError, ValueError):
        return None


def decode(name: str, data: bytes) -> Any:
    """The value that the bytes hold; CacheError or what the codec raises when they don't fit."""
    if name == "json":
        return _value(json.loads(data))
    codec = _by_name.get(name)
    if codec is None:
        raise CacheError(f"No loaded pack can read a kept result of the form {name!r}.")
    return codec.decode(data)


def _class(value: object) -> type[Any]:
    return type(value)


def _plain(value: Any) -> Any:
    """JSON that tells tuples, dictionaries and kinds apart; TypeError for anything else."""
    cls = _class(value)
    if value is None or cls in (bool, int, float, str):
        return value
    if cls is list:
        return [_plain(item) for item in value]
    if cls is tuple:
        return {"tuple": [_plain(item) for item in value]}
    if cls is dict:
        return {"dict": [[_plain(key), _plain(item)] for key, item in value.items()]}
    kind = kind_of(cls)
    if kind is not None and kind.python is cls and dataclasses.is_dataclass(cls):
        fields = {
            field.name: _plain(getattr(value, field.name))
            for field in dataclasses.fields(cls)
            if field.init
        }
        return {"kind": kind.name, "fields": fields}
    raise TypeError(cls.__qualname__)


def _value(plain: Any) -> Any:
    if isinstance(plain, list):
        return [_value(item) for item in cast(list[Any], plain)]
    if not isinstance(plain, dict):
        return plain
    tagged = cast(dict[str, Any], plain)
    if "tuple" in tagged:
        return tuple(_value(item) for item in tagged["tuple"])
    if "dict" in tagged:
        return {_value(key): _value(item) for key, item in tagged["dict"]}
    fields = {name: _value(item) for name, item in tagged["fields"].items()}
    return kind_named(tagged["kind"]).python(**fields)
